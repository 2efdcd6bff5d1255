from __future__ import annotations

import random

import pytest

from engine.dataset.caption_lines import (
    Line,
    dedupe,
    insert,
    lead_with,
    map_tags,
    read_line,
    reorder,
)
from engine.dataset.prose import looks_like_prose
from engine.dataset.tags import (
    alike,
    common,
    counts,
    deduped,
    edited,
    inserted,
    join,
    mapped,
    moved,
    reordered,
    split,
    tags_of,
    typed_tags,
    with_tag,
    without_tags,
)

SEPARATORS = (",", ", ", " ,", ",,", "\n", "\r\n", "\t", "\u3000", " ", "\x1c")
WORDS = ("a", "b c", "fox_tail", "miku \\(v\\)", "女孩", "。", "🦊")
SENTENCES = ("The cat sits on a mat.", "a fox that runs over the wide green hills")
PIECES = SEPARATORS + WORDS + SENTENCES


def random_caption(chance):
    return "".join(chance.choices(PIECES, k=chance.randint(0, 14)))


def random_list(chance):
    return ", ".join(chance.choices(("a", "b", "c d", "fox_tail", "x"), k=chance.randint(1, 8)))


def test_joining_what_was_split_gives_the_same_text():
    chance = random.Random(1)
    for _ in range(3000):
        caption = random_caption(chance)
        assert join(split(caption)) == caption


def test_edits_that_change_nothing_leave_every_byte():
    chance = random.Random(2)
    for _ in range(2000):
        caption = random_caption(chance)
        assert mapped(caption, lambda tag: (tag,)) == caption
        assert reordered(caption, list) == caption
        assert edited(caption, lambda line: line) == caption
        assert without_tags(caption, {"nothing like it"}) == caption
        if "\n" not in caption:
            assert all(with_tag(caption, tag) == caption for tag in tags_of(caption))


def test_removing_an_added_tag_gives_the_caption_back():
    chance = random.Random(3)
    for _ in range(1000):
        caption = random_list(chance)
        for at in (None, 0, 1):
            assert without_tags(with_tag(caption, "new", at), {"new"}) == caption


def test_a_plain_line_is_edited_as_one_with_cells_is():
    chance = random.Random(4)
    for _ in range(1000):
        text = random_list(chance)
        plain, slow = read_line(text), Line(text.split(","))
        assert plain.plain is not None
        assert (plain.tags, plain.text, list(plain.cells)) == (slow.tags, slow.text, slow.cells)
        word = chance.choice(("a", "new", ""))
        for edit in (several_edits, lambda line, word=word: lead_with(line, word, "b")):
            assert edit(plain).text == edit(slow).text


def several_edits(line):
    change = {"a": (), "b": ("x", "y"), "x": ("z",)}
    made = dedupe(map_tags(line, lambda tag: change.get(tag, (tag,))))
    return insert(reorder(made, sorted(made.tags)), "end")


@pytest.mark.parametrize(
    ("caption", "after"),
    [
        ("", "new"),
        ("a", "a, new"),
        ("a,b ,c", "a,b ,c,new"),
        ("a , b , c", "a , b , c , new"),
        ("a, b,", "a, b, new,"),
        ("a, b, ", "a, b, new, "),
        ("a, b ", "a, b, new "),
        ("a,\tb", "a,\tb,\tnew"),
        (" ", "new"),
        ("new, a", "new, a"),
        ("a, b\nc", "a, b, new\nc, new"),
        ("The cat sits on a mat.\na, b", "The cat sits on a mat.\na, b, new"),
        ("The cat sits on a mat.", "The cat sits on a mat., new"),
    ],
)
def test_a_tag_is_added_without_touching_the_others(caption, after):
    assert with_tag(caption, "new") == after


@pytest.mark.parametrize(
    ("caption", "after"),
    [
        ("a,b ,c", "x,a,b ,c"),
        (" a, b", " x, a, b"),
        (", a", ", x, a"),
        ("The cat sits on a mat.", "x, The cat sits on a mat."),
    ],
)
def test_a_tag_is_added_at_the_front(caption, after):
    assert with_tag(caption, "x", 0) == after


def test_a_tag_goes_behind_the_trigger_word_only_where_that_is_first():
    assert with_tag("t, a", "x", 0, after="t") == "t, x, a"
    assert with_tag("a, t", "x", 0, after="t") == "x, a, t"
    assert with_tag("t", "x", 0, after="t") == "t, x"
    prose = "t, the cat sits on a green mat today."
    assert with_tag(prose, "x", 0, after="t") == "t, x, the cat sits on a green mat today."


@pytest.mark.parametrize(
    ("caption", "after"),
    [
        ("a, b ,c", "a,c"),
        ("b, a", "a"),
        ("a, b \t", "a \t"),
        ("a, b, ", "a, "),
        ("b", ""),
        ("b,", ""),
        ("a\nb\nc", "a\nc"),
        ("b, b", ""),
        ("a,,b,c", "a,,c"),
    ],
)
def test_a_removed_tag_takes_one_comma_with_it(caption, after):
    assert without_tags(caption, {"b"}) == after


def test_blank_lines_that_were_there_stay():
    assert without_tags("a\n\nb\n", {"b"}) == "a\n\n"


def test_a_chip_moves_and_the_spaces_stay():
    assert moved("a,b ,c", 2, 0) == "c,a ,b"
    assert moved("a, b, c, ", 0, 1) == "b, a, c, "
    assert moved("a, b\nc, d", 0, 2) == "b\nc, a, d"
    assert moved("a\nb", 0, 1) == "b, a"
    assert moved("a, b\nc", 2, 0) == "c, a, b"


def test_moving_puts_each_tag_where_it_was_told():
    chance = random.Random(5)
    for _ in range(1000):
        caption = "\n".join(random_list(chance) for _ in range(chance.randint(1, 3)))
        tags = tags_of(caption)
        source, target = chance.randrange(len(tags)), chance.randrange(len(tags))
        expected = list(tags)
        expected.insert(target, expected.pop(source))
        assert tags_of(moved(caption, source, target)) == expected


def test_a_tag_is_inserted_before_another():
    assert inserted("a,b\nc, d", "x", 1) == "a,x,b\nc, d"
    assert inserted("a,b\nc, d", "x", 2) == "a,b\nx, c, d"
    assert inserted("a,b\nc, d", "x", 9) == "a,b\nc, d, x"
    assert inserted("", "x", 0) == "x"


def test_the_first_of_equal_tags_stays():
    assert deduped("b, a, b ,c, a") == "b, a,c"
    assert deduped("Blue_Eyes, blue eyes, a", alike) == "Blue_Eyes, a"
    assert deduped("a\na") == "a\na"


@pytest.mark.parametrize(
    "line",
    [
        "A painting of a horse standing in a field.",
        "a painting of a horse standing in a field with trees",
        "The sky is blue. A bird, small and white, flies.",
        "mystyle, A cat is sitting on a mat, looking up.",
        "A woman with long hair, standing by the sea, smiling",
        "一个女孩站在海边，头发很长。",
    ],
)
def test_sentences_are_prose(line):
    assert looks_like_prose(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "bell pepper copy",
        "1girl, solo, long_hair, looking at viewer",
        "1girl, solo, standing on one leg, !?",
        "1girl, ore no imouto ga konna ni kawaii wake ga nai, solo, smile",
        "the legend of zelda: breath of the wild, link, master sword, blonde hair",
        "mr. fox (cartoon), St. Bernard, dr. no",
        "Solo, 1girl.",
        "女孩, 长发, 蓝色的眼睛",
    ],
)
def test_tags_are_not_prose(line):
    assert not looks_like_prose(line)


def test_sentences_are_no_tags_but_tags_beside_them_are():
    assert tags_of("A horse stands in a field, calm and proud.") == []
    assert tags_of("mystyle, a horse stands in a field of the north, as they do., brown") == [
        "mystyle",
        "brown",
    ]
    assert tags_of("a, b\nThe cat sits on a mat.\nc") == ["a", "b", "c"]


def test_edits_of_tags_leave_sentences_alone():
    caption = "A cat, sitting, sits on a mat.\nsitting, cat"
    assert without_tags(caption, {"sitting"}) == "A cat, sitting, sits on a mat.\ncat"


def test_what_is_typed_as_tags_is_taken_at_every_comma():
    assert typed_tags(" the cat sits on a mat., b ,, c\nd") == [
        "the cat sits on a mat.",
        "b",
        "c",
        "d",
    ]


def test_spellings_of_one_tag_are_alike():
    assert alike("Blue_Eyes") == alike("blue  eyes")
    assert alike(r"miku_\(vocaloid\)") == alike("Miku (Vocaloid)")
    assert alike("_") != alike("a")
    assert alike("^_^") != ""


def test_tags_of_a_selection_are_common_or_partial():
    found = common(["a, b, a", "b, c", "b"])
    assert found.common == ["b"]
    assert found.partial == [("a", 1), ("c", 1)]
    assert common([]).found == ()


def test_counts_are_by_caption_and_most_frequent_first():
    assert counts(["b, b", "a", "a, c"]) == [("a", 2), ("b", 1), ("c", 1)]


def test_a_trigger_word_leads_prose_too():
    line = read_line("old, the horse stands in a wide field.")
    assert lead_with(line, "new", "old").text == "new, the horse stands in a wide field."
    assert lead_with(line, "", "old").text == "the horse stands in a wide field."
