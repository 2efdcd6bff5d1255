from __future__ import annotations

import random
import re

import pytest

from engine.dataset.completion import KnownTags, Spelling, TagIndex, tag_at
from engine.dataset.tag_lists import (
    add_tag_list,
    folder_of_lists,
    parse_tag_list,
    read_tag_list,
    tag_lists,
)
from engine.dataset.tag_words import TagWords, needle_of
from engine.runtime.errors import BadInputError, JobCancelled, MissingFileError

CSV = """name,category,post_count,aliases
1girl,0,6000000,"1girls,sole_female"
long_hair,0,4000000,"/lh,longhair"
hair_ornament,0,900000,
blue_hair,0,800000,
chair,0,70000,
hatsune_miku_(vocaloid),4,100000,"miku,初音ミク"
^_^,0,50000,
"""
LIST = parse_tag_list(CSV.encode())


def index(*own):
    return TagIndex(own, KnownTags([LIST]))


def texts(found):
    return [one.text for one in found]


def test_beginnings_come_before_words_and_words_before_parts():
    assert texts(index().complete("hair")) == [
        "hair ornament",
        "long hair",
        "blue hair",
        "chair",
    ]


def test_tags_of_the_dataset_come_first_and_only_once():
    found = index(("blue hair", 3), ("hair bow", 1), ("armchair", 9)).complete("hair")
    assert texts(found) == [
        "hair bow",
        "blue hair",
        "hair ornament",
        "long hair",
        "armchair",
        "chair",
    ]
    assert [one.own for one in found] == [True, True, False, False, True, False]
    assert found[1].count == 3


def test_the_tag_itself_comes_before_more_frequent_longer_ones():
    assert texts(index(("fox ears", 9), ("fox", 1)).complete("fox")) == ["fox", "fox ears"]
    assert texts(index().complete("hair ornament"))[0] == "hair ornament"


def test_another_name_shows_the_tag_it_stands_for():
    (found,) = index().complete("miku")
    assert (found.text, found.alias) == ("hatsune miku (vocaloid)", "")
    (found,) = index().complete("初音")
    assert (found.text, found.alias) == ("hatsune miku (vocaloid)", "初音ミク")
    (found,) = index().complete("sole_f")
    assert (found.text, found.alias) == ("1girl", "sole female")


def test_lists_give_their_category_to_tags_of_the_dataset_too():
    found = index((r"Hatsune Miku \(vocaloid\)", 2), ("mine", 1))
    assert found.complete("hatsune")[0].category == 4
    assert found.complete("mine")[0].category is None


def test_underscores_and_case_make_no_difference():
    for typed in ("long_h", "LONG h", "long  h", "Long_Hair"):
        assert texts(index().complete(typed)) == ["long hair"]
    assert texts(index().complete("^_")) == ["^_^"]


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ((), "hatsune miku (vocaloid)"),
        ((("long_tail", 5), ("short tail", 1)), "hatsune_miku_(vocaloid)"),
        (((r"fox \(animal\)", 1),), r"hatsune miku \(vocaloid\)"),
        (((r"red_fox_\(animal\)", 1),), r"hatsune_miku_\(vocaloid\)"),
        ((("^_^", 90), ("red fox", 1)), "hatsune miku (vocaloid)"),
    ],
)
def test_tags_are_put_in_as_the_dataset_writes_its_own(own, text):
    assert texts(index(*own).complete("hatsune")) == [text]


def test_faces_keep_their_underscore():
    assert Spelling()("o_o") == "o_o"
    assert Spelling()("red_fox") == "red fox"


def test_nothing_typed_offers_nothing():
    assert index(("a", 1)).complete("") == []
    assert index(("a", 1)).complete("  ") == []
    assert TagIndex().complete("a") == []
    assert index().complete("nothing like it") == []


def test_no_more_are_offered_than_asked_for():
    many = index(*((f"tag {n}", n) for n in range(1, 200)))
    assert texts(many.complete("tag", 3)) == ["tag 199", "tag 198", "tag 197"]
    assert len(many.complete("a", 30)) == 30


def test_new_tags_of_the_dataset_keep_the_lists():
    first = index(("a", 1))
    second = first.with_own([("hair band", 1)])
    assert second.known is first.known
    assert texts(second.complete("hair"))[:2] == ["hair band", "hair ornament"]


def test_two_lists_are_one_with_each_tag_once():
    other = parse_tag_list(b"Long Hair,0,5000000,\nred_fox,3,10,\n")
    known = KnownTags([LIST, other])
    assert len(known.words) == len(LIST) + 1
    found = TagIndex((), known).complete("long")
    assert [(one.text, one.count) for one in found] == [("Long Hair", 5000000)]


def test_making_the_index_can_be_cancelled():
    def cancelled():
        raise JobCancelled

    with pytest.raises(JobCancelled):
        KnownTags([LIST], cancelled)
    with pytest.raises(JobCancelled):
        parse_tag_list(CSV.encode(), cancelled)


def test_searches_agree_with_looking_at_every_tag():
    chance = random.Random(1)
    words = ["ha", "air", "h", "hai", "long", "初音", "x(y", ":d", "é", "a-b"]
    for _ in range(60):
        made = (chance.choice("_ ").join(chance.choices(words, k=3)) for _ in range(30))
        found = TagWords(list(dict.fromkeys(made)))
        keys = [found.key(n) for n in range(len(found))]
        for needle in ("h", "ha", "hair", "long", "a", "初", "b", "x(", "long ha", "q"):
            begins, words_begin = (dict(hits) for hits in found.beginning(needle))
            assert list(begins) == [n for n, key in enumerate(keys) if key.startswith(needle)]
            assert {n for n, key in enumerate(keys) if f" {needle}" in key} <= set(words_begin)
            assert all(re.search(rf"[ (:-]{re.escape(needle)}", keys[n]) for n in words_begin)
            inside = [n for n, _ in found.containing(needle, ())]
            assert inside == [n for n, key in enumerate(keys) if needle in key]


def test_what_is_typed_is_compared_with_a_space_at_its_end_as_a_whole_word():
    assert needle_of("Blue_") == "blue "
    assert needle_of("  ") == ""
    found = index(("blue", 1), ("bluebird", 1), ("blue eyes", 1)).complete("blue ")
    assert texts(found) == ["blue eyes", "blue hair"]


def test_a_list_is_read_with_mark_header_and_windows_line_ends():
    data = '\ufeffname,category,count,alias\r\nred_fox,3,7,"vixen, todd"\r\n'.encode()
    found = parse_tag_list(data)
    assert (found.names, found.categories, found.counts) == (["red_fox"], [3], [7])
    known = TagIndex((), KnownTags([found]))
    assert known.complete("todd")[0].alias == "todd"
    assert known.complete("vix")[0].text == "red fox"


def test_a_list_without_a_header_keeps_its_first_tag():
    assert parse_tag_list(b"a,0,5,\nb,0,3,").names == ["a", "b"]
    assert parse_tag_list(b"tag\nred fox\nhen").names == ["red fox", "hen"]


@pytest.mark.parametrize(
    "line",
    [
        b"x,no number,5,",
        b"x,0,many,",
        b'"two,tags",0,5,',
        b",0,5,",
        b"x\xff\xfe,0,5,",
        b"x\0,0,5,",
        b"x,999,5,",
        b"x,0,-1,",
        b"x,0,99999999999999,",
        b"y" * 300 + b",0,5,",
    ],
)
def test_a_bad_line_is_left_out_and_counted(line):
    found = parse_tag_list(b"a,0,5,\n" + line + b"\nb,0,4,\n")
    assert found.names == ["a", "b"]
    assert found.skipped == 1


def test_a_quotation_without_its_end_costs_its_line_only():
    assert parse_tag_list(b'a,0,5,"p\nb,0,4,"q"\nc,0,3,').names == ["a", "b", "c"]


def test_lists_are_added_to_the_folder_of_the_user(tmp_path):
    source = tmp_path / "danbooru.txt"
    source.write_text(CSV, "utf-8")
    assert tag_lists(tmp_path) == []
    added = add_tag_list(tmp_path, source)
    assert added == folder_of_lists(tmp_path) / "danbooru.csv"
    assert tag_lists(tmp_path) == [added]
    assert read_tag_list(added).names == LIST.names
    assert add_tag_list(tmp_path, added) == added


def test_what_is_no_list_is_not_added(tmp_path):
    source = tmp_path / "empty.csv"
    source.write_bytes(b"\n\nname,category,count\n")
    with pytest.raises(BadInputError):
        add_tag_list(tmp_path, source)
    with pytest.raises(MissingFileError):
        add_tag_list(tmp_path, tmp_path / "gone.csv")
    assert tag_lists(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "cursor", "tag"),
    [
        ("red fox, blu", 12, "blu"),
        ("red fox, blu", 3, "red fox"),
        ("a,b ,c", 3, "b"),
        ("a\nblue sky\nc", 5, "blue sky"),
        ("a, ", 3, ""),
        ("", 0, ""),
        ("a,  b", 3, "b"),
    ],
)
def test_the_tag_under_the_cursor(text, cursor, tag):
    start, end = tag_at(text, cursor)
    assert start <= cursor <= end
    assert text[start:end].strip() == tag
