"""What the keys of the filter language find."""

from __future__ import annotations

import datetime

import pytest

from engine.dataset.bucket_places import BucketPlaces
from engine.dataset.buckets import BucketSpec
from engine.dataset.columns import Columns, TokenCounts
from engine.dataset.edits import Recipe
from engine.dataset.problem import Problem
from engine.dataset.query import parse
from engine.dataset.query_keys import KEY_OF, KEYS, MARK_OF
from tests.engine.dataset.query_case import columns, found, picture

FOX = picture(
    1, "Fox, long hair, standing", "/home/me/art/biped/fox_1.png", stars=3, category="biped"
)
WOLF = picture(2, "wolf, short hair", "/home/me/art/raw/wolf.JPEG", stars=4, flag="picked")
BARE = picture(3, "", "/home/me/art/raw/x 1.webp", flag="rejected")
ALL = (FOX, WOLF, BARE)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 2, 3]),
        ("   ", [1, 2, 3]),
        ("fox", [1]),
        ("HAIR", [1, 2]),
        ("fox_1.png", [1]),
        ("hair fox", [1]),
        ('"x 1"', [3]),
        ("tag:fox", [1]),
        ("tag:hair", []),
        ('tag:"LONG hair"', [1]),
        ("tag:'long hair'", [1]),
        ("tag:*hair", [1, 2]),
        ("tag:?o*", [1, 2]),
        ("tag=wolf", [2]),
        ("tag!=wolf", [1, 3]),
        ("-tag:wolf", [1, 3]),
        ("not tag:wolf", [1, 3]),
        ("caption:hair", [1, 2]),
        ('caption="wolf, short hair"', [2]),
        ("caption:f?x", [1]),
        ("caption:w*f*air", [2]),
        ("folder:raw", [2, 3]),
        ("folder:art", [1, 2, 3]),
        ("folder:art/biped", [1]),
        ("folder:ra*", [2, 3]),
        ("folder:ra", []),
        ("category:biped", [1]),
        ("type:jpg", [2]),
        ("ext:.webp", [3]),
        ("name:*.png", [1]),
        ("path:art/raw", [2, 3]),
        (r"path:ART\raw", [2, 3]),
        ("stars>=3", [1, 2]),
        ("stars>3", [2]),
        ("stars!=3", [2, 3]),
        ("stars:3", [1]),
        ("flag:picked", [2]),
        ("flag:none", [1]),
        ("flag!=rejected", [1, 2]),
        ("tags:=3", [1]),
        ("tags<3", [2, 3]),
        ("chars:>100", []),
        ("tokens:>=4", [1]),
        ("untagged", [3]),
        ("not untagged", [1, 2]),
        ("is:untagged", [3]),
        ("tag：fox", [1]),
        ("stars＞＝４", [2]),
        ("stars≥4", [2]),
    ],
)
def test_a_filter_finds(text, ids):
    assert found(text, *ALL) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("tag:fox OR tag:wolf", [1, 2]),
        ("tag:fox or tag:wolf and stars>3", [1, 2]),
        ("(tag:fox or tag:wolf) and stars>3", [2]),
        ("NOT tag:fox AND NOT tag:wolf", [3]),
        ("not (tag:fox or tag:wolf)", [3]),
        ("NOT(tag:fox)and(stars>3)", [2]),
        ("fox | wolf", [1, 2]),
        ("fox|wolf", []),
        ("not not fox", [1]),
        ("-(fox or wolf)", [3]),
        ("hair -fox", [2]),
        ('hair -"fox"', [2]),
        ("hair and not fox", [2]),
        ("tag : fox", [1]),
        ("stars : >= 4", [2]),
        ("stars >= 4", [2]),
    ],
)
def test_connectives_bind_not_before_and_before_or(text, ids):
    assert found(text, *ALL) == ids


def test_quoted_connectives_and_marks_are_ordinary_words():
    pair = picture(1, "fox and wolf"), picture(2, "untagged art")
    assert found('"and"', *pair) == [1]
    assert found('"untagged"', *pair) == [2]
    assert found("untagged", *pair) == []


def test_wildcards_can_be_meant_literally():
    pair = picture(1, "what?, a*b"), picture(2, "whats, axb")
    assert found("tag:what?", *pair) == [1, 2]
    assert found(r"tag:what\?", *pair) == [1]
    assert found(r'tag:"a\*b"', *pair) == [1]
    assert found(r'tag:"say \"hi\""', picture(1, 'say "hi"')) == [1]


def test_parentheses_inside_a_word_belong_to_it_and_escaped_ones_are_the_same():
    pair = picture(1, "fox_(cub), den"), picture(2, r"fox_\(cub\)"), picture(3, "fox")
    assert found("tag:fox_(cub)", *pair) == [1, 2]
    assert found(r"tag:fox_\(cub\)", *pair) == [1, 2]
    assert found("(tag:fox_(cub)) or tag:fox", *pair) == [1, 2, 3]


def test_accents_compare_however_they_are_composed_and_any_script_is_found():
    pictures = picture(1, "caf\u00e9, 狐狸"), picture(2, "cafe\u0301 🦊"), picture(3, "STRASSE")
    assert found("caf\u00e9", *pictures) == [1, 2]
    assert found("tag:狐狸", *pictures) == [1]
    assert found("🦊", *pictures) == [2]
    assert found("straße", *pictures) == [3]


def test_regular_expressions_search_captions_names_and_tags():
    assert found(r're:"\bf[aeo]x\b"', *ALL) == [1]
    assert found(r"re:/^x \d/", *ALL) == [3]
    assert found("re:(fox|wolf)", *ALL) == [1, 2]
    assert found("caption:/^wolf, S/", *ALL) == [2]
    assert found("tag:/^.* hair$/", *ALL) == [1, 2]
    assert found(r"name:/\.(png|webp)$/", *ALL) == [1, 3]
    assert found("category:/^bi/", *ALL) == [1]
    assert found(r"caption:/\x66ox/", *ALL) == [1]
    assert found(r"caption:/a\/b/", picture(1, "a/b"), picture(2, "ab")) == [1]


def test_sizes_and_shapes():
    wide = picture(1, width=900, height=600, bytes=2_100_000)
    tall = picture(2, width=512, height=768, bytes=2048)
    lost = picture(3, width=0, height=0, problem=Problem("It ends early."))
    three = (wide, tall, lost)
    assert found("width<600", *three) == [2]
    assert found("w>=512 h<=700", *three) == [1]
    assert found("area>0.5mp", *three) == [1]
    assert found("area>500k", *three) == [1]
    assert found("aspect>1", *three) == [1]
    assert found("aspect=3:2", *three) == [1]
    assert found("ratio:0.67", *three) == [2]
    assert found("size>2MB", *three) == [1]
    assert found("bytes=2KiB", *three) == [2]
    assert found("bytes:2048", *three) == [2]
    assert found("size:900x600", *three) == [1]
    assert found("size:900:600", *three) == [1]
    assert found("size!=900x600", *three) == [2, 3]
    assert found("unreadable", *three) == [3]
    assert found("width:none", *three) == [3]


def test_what_is_not_measured_fits_no_comparison():
    pair = picture(1, sharpness=0.1), picture(2)
    assert found("sharpness<0.2", *pair) == [1]
    assert found("sharpness>=0", *pair) == [1]
    assert found("sharpness!=0.5", *pair) == [1]
    assert found("sharpness:none", *pair) == [2]
    assert found("sharpness!=none", *pair) == [1]
    assert found("sharpness=0.1", *pair) == [1]


def test_yes_and_no():
    cropped = Recipe.model_validate({"crop": (0, 0, 4, 4)})
    pair = picture(1, recipe=cropped, has_alpha=True, held_out=True, is_reg=True), picture(2)
    for key in ("crop", "edited", "alpha", "heldout", "reg"):
        assert found(f"{key}:yes", *pair) == [1]
        assert found(f"{key}:no", *pair) == [2]
        assert found(f"{key}:TRUE", *pair) == [1]
    assert found("mask:yes", *pair) == []


def test_a_masked_picture_is_found_unless_the_mask_is_off():
    def masked(key, on):
        step = {"kind": "mask", "on": on, "source": "alpha"}
        return picture(key, recipe=Recipe.model_validate({"steps": [step]}))

    assert found("mask:yes", masked(1, on=True), masked(2, on=False), picture(3)) == [1]


def test_days_are_whole():
    def changed(key, *when):
        return picture(key, modified=datetime.datetime(*when).timestamp())

    three = changed(1, 2026, 1, 31, 0, 0), changed(2, 2026, 1, 31, 23, 59), changed(3, 2026, 2, 1)
    assert found("modified:2026-01-31", *three) == [1, 2]
    assert found("modified>2026-01-31", *three) == [3]
    assert found("modified>=2026-01-31", *three) == [1, 2, 3]
    assert found("modified<=2026-01-31", *three) == [1, 2]
    assert found("date<2026-02", *three) == [1, 2]
    assert found("modified!=2026-02", *three) == [1, 2]
    assert found("date:2026", *three) == [1, 2, 3]
    assert found("date>2025/12/31", *three) == [1, 2, 3]
    assert found("date:today", picture(1, modified=datetime.datetime.now().timestamp())) == [1]


def test_marks_come_from_the_caller():
    given = {"marks": {"blurred": {2}, "duplicate": {1}}}
    assert found("blurred", *ALL, **given) == [2]
    assert found("is:blurry", *ALL, **given) == [2]
    assert found("duplicate:yes", *ALL, **given) == [1]
    assert found("duplicate:no", *ALL, **given) == [2, 3]
    later = columns(*ALL).judged({"blurred": {3}})
    assert parse("blurred").select(later) == [3]


def test_buckets_are_those_of_the_settings_and_of_the_pictures_after_their_edits():
    places = BucketPlaces(BucketSpec(resolution=(512, 512), minimum=256, maximum=1024))
    tall, wide = picture(1, width=600, height=900), picture(2, width=900, height=600)
    cut = picture(3, width=900, height=600, recipe=Recipe().with_crop((0, 0, 600, 600)))
    torn = picture(4, width=0, height=0)
    table = columns(tall, wide, cut, torn, buckets=places)
    assert parse("bucket:384x640").select(table) == [1]
    assert parse("bucket:640×384").select(table) == [2]
    assert parse("bucket:512x5*").select(table) == [3]
    whole = picture(3, width=900, height=600)
    assert parse("bucket:640x384").select(table.updated([whole])) == [2, 3]
    places.spec = BucketSpec(resolution=(256, 256), minimum=128, maximum=512)
    assert parse("bucket:256x256").select(table) == [3]
    assert parse("bucket:512x512").select(table) == []
    assert found("bucket:512x512", tall) == []


def test_tokens_are_counted_for_the_pictures_that_other_terms_leave_and_only_once():
    asked = []

    def count(captions):
        asked.extend(captions)
        return [len(caption) for caption in captions]

    table = Columns(ALL, tokens=TokenCounts(count))
    assert parse("tokens>0 and stars>3").select(table) == [2]
    assert asked == [WOLF.caption]
    assert parse("tokens>0").select(table) == [1, 2]
    assert sorted(asked) == sorted({p.caption for p in ALL})


def test_counting_tokens_can_be_interrupted():
    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        parse("tokens>1").select(columns(*ALL), stop)


def test_counts_of_captions_that_are_gone_are_forgotten():
    asked = []

    def count(captions):
        asked.extend(captions)
        return [1 for _ in captions]

    tokens = TokenCounts(count)
    tokens.of([f"caption {number}" for number in range(10_100)])
    table = Columns(ALL, tokens=tokens)
    table.prepare()
    asked.clear()
    assert tokens.of(["caption 5"]) == [1]
    assert asked == ["caption 5"]


def test_a_query_knows_its_keys():
    assert parse("fox stars>=3 (len>4 or not tag:x)").keys == {"stars", "chars", "tag"}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_the_example_of_every_key_is_a_filter_with_that_key(key):
    assert parse(key.example).keys == {key.name}
    for name in (key.name, *key.aliases):
        assert KEY_OF[name] is key


def test_every_mark_is_a_filter():
    for name in MARK_OF:
        assert found(f"is:{name}", FOX) == []


@pytest.mark.parametrize(
    "text",
    [
        "rating:safe",
        "score:9",
        "artist:someone",
        "http://x.org/a",
        "character:fox",
        "copyright:z",
        "a=b",
        ">_<",
        "=3",
        ":d",
        "C:\\art",
        "text:hi",
        "colour:red",
        "'tis",
        "girl's",
        "50%",
        "a|b",
        "&",
        "-",
        "--",
        "fox,",
        "masterpiece,best",
    ],
)
def test_words_of_other_kinds_are_looked_for_as_they_are(text):
    assert found(text, picture(1, f"before {text} after"), picture(2, "fix")) == [1]
