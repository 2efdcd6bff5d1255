from __future__ import annotations

import random

import pytest

from engine.dataset.batch import (
    OPERATIONS,
    AddTags,
    Dedupe,
    DeleteTags,
    MergeTags,
    MoveFirst,
    OperationError,
    Prefix,
    RenameTags,
    Replace,
    SetTrigger,
    Sort,
    Suffix,
    preview,
    read_operation,
)
from engine.dataset.tags import tags_of
from engine.runtime.errors import BadInputError, JobCancelled
from engine.runtime.schema import settings_of

PROSE = "A red fox, calm, sits on the blue hill."


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [
        (RenameTags(old=("a",), new="x"), "a,b ,c", "x,b ,c"),
        (RenameTags(old=("a",), new="x"), "aa, ba", "aa, ba"),
        (RenameTags(old=("a", "c"), new="b"), "a,b ,c, d", "b, d"),
        (RenameTags(old=("a",), new="b"), "b, b", "b, b"),
        (RenameTags(old=("a",), new="x, y"), "a,b,y", "x,y,b"),
        (RenameTags(old=("a",), new=""), "a, b", "a, b"),
        (RenameTags(old=("calm",), new="x"), PROSE, PROSE),
        (MergeTags(tags=("blue_eye",), into="blue eyes"), "a, Blue Eye,b", "a, blue eyes,b"),
        (MergeTags(tags=("x", "y"), into="z"), "y, a, X, z", "z, a"),
        (MergeTags(tags=("^_^",), into="smile"), "^_^, a", "smile, a"),
        (DeleteTags(tags=("b",)), "a,b ,c,", "a,c,"),
        (DeleteTags(tags=("b", "a")), "a, b", ""),
        (AddTags(tags=("x", "a, y")), "a, b", "a, b, x, y"),
        (AddTags(tags=("x", "y"), position="first"), "a,b", "x,y,a,b"),
        (AddTags(tags=("x", "y"), position="after_trigger", trigger="t"), "t, a", "t, x, y, a"),
        (AddTags(tags=("x", "y"), position="after_trigger", trigger="t"), "a", "x, y, a"),
        (Prefix(text="art of "), "fox\nhen", "art of fox\nart of hen"),
        (Prefix(text="mine, "), "", "mine"),
        (Prefix(text="mine, "), "mine, a", "mine, a"),
        (Suffix(text=", end"), "a\n\nb", "a, end\n\nb, end"),
        (Suffix(text=", end"), "a, end", "a, end"),
        (Sort(), "c,B ,a", "a,B ,c"),
        (Sort(keep=1), "t, c, b", "t, b, c"),
        (Sort(), PROSE, PROSE),
        (Dedupe(), "a, A, a", "a, A"),
        (Dedupe(any_spelling=True), "a b, A_b, c", "a b, c"),
        (MoveFirst(tags=("c", "b")), "a,b ,c", "c,b ,a"),
        (SetTrigger(old="t", new="s"), "t,a\nb, t", "s,a\ns, b"),
        (SetTrigger(new="s"), "a, s", "s, a"),
        (SetTrigger(new="s"), "", "s"),
        (SetTrigger(old="t"), "t, a", "a"),
        (SetTrigger(old="t", new="s"), f"t, {PROSE}", f"s, {PROSE}"),
    ],
)
def test_operation(operation, before, after):
    assert operation.apply(before) == after


@pytest.mark.parametrize(
    ("settings", "before", "after"),
    [
        ({"find": "BLUE", "replacement": "red"}, "blue, Blue sky", "red, red sky"),
        ({"find": "B", "replacement": "x", "case_sensitive": True}, "b, B", "b, x"),
        ({"find": "a.b", "replacement": r"\1"}, "a.b, acb", r"\1, acb"),
        ({"find": "blue", "replacement": ""}, "red, blue, green", "red, green"),
        ({"find": "blue", "replacement": ""}, "blue, green", "green"),
        ({"find": "blue", "replacement": ""}, "red, blue,", "red,"),
        ({"find": "blue", "replacement": "", "whole_tag": True}, "blue ,blue sky", "blue sky"),
        ({"find": "fox", "replacement": "hen"}, "A fox sits on a hill.", "A hen sits on a hill."),
        (
            {"find": r"(\w+) ear", "replacement": r"\1 fur", "regex": True},
            "a, red ear",
            "a, red fur",
        ),
        ({"find": "^a", "replacement": "b", "regex": True}, "a a\na", "b a\nb"),
        ({"find": "a|b", "replacement": "x", "regex": True, "whole_tag": True}, "A,ab,b", "x,ab,x"),
        ({"find": "", "replacement": "x"}, "a", "a"),
    ],
)
def test_replace(settings, before, after):
    assert Replace(**settings).apply(before) == after


def test_a_plain_replacement_never_reads_signs_as_a_pattern():
    chance = random.Random(1)
    for _ in range(500):
        text, find, new = ("".join(chance.choices("aB.\\(,[*1 ", k=n)) for n in (20, 2, 2))
        made = Replace(find=find, replacement=new + "z", case_sensitive=True).apply(text)
        assert made == text.replace(find, new + "z")
        lower = Replace(find=find.lower(), replacement=new + "z").apply(text.lower())
        assert lower == text.lower().replace(find.lower(), new + "z")


@pytest.mark.parametrize(
    ("settings", "field", "start"),
    [
        ({"find": "fox)", "replacement": ""}, "find", 3),
        ({"find": "[a", "replacement": ""}, "find", 1),
        ({"find": "a", "replacement": r"\2"}, "replacement", 0),
        ({"find": "a", "replacement": r"\g<name>"}, "replacement", 0),
        ({"find": "a", "replacement": "b\\"}, "replacement", 1),
        ({"find": "(a+)+$", "replacement": ""}, "find", 0),
        ({"find": "a" * 2000, "replacement": ""}, "find", 0),
    ],
)
def test_a_bad_expression_is_a_problem_with_its_place(settings, field, start):
    found = preview(Replace(regex=True, **settings), {1: "a" * 5000 + "b"})
    (problem,) = found.problems
    assert (problem.field, problem.start) == (field, start)
    assert problem.start < problem.end
    assert not found.changes
    with pytest.raises(OperationError):
        Replace(regex=True, **settings).apply("a" * 5000 + "b")


def test_a_preview_holds_only_what_changes():
    found = preview(DeleteTags(tags=("b",)), {1: "a,b ,b", 2: "a ,c", 3: ""})
    assert found.changes == {1: ("a,b ,b", "a")}
    assert found.texts == {1: "a"}
    assert found.matches == 2


def test_a_preview_tells_of_tags_that_exist_already():
    captions = {1: "a", 2: "b", 3: "b, c"}
    assert preview(RenameTags(old=("a",), new="b"), captions).merges == (("b", 2),)
    assert preview(RenameTags(old=("a",), new="x"), captions).merges == ()
    assert preview(RenameTags(old=("a",), new="x"), captions, counts={"x": 7}).merges == (("x", 7),)
    assert preview(RenameTags(old=("zzz",), new="b"), captions).merges == ()


def test_tags_are_sorted_by_the_counts_of_the_whole_dataset():
    assert preview(Sort(by="count"), {1: "a, b", 2: "b"}).texts == {1: "b, a"}
    assert preview(Sort(by="count"), {1: "b, a"}, counts={"a": 9, "b": 1}).texts == {1: "a, b"}


def test_a_preview_ends_when_it_is_cancelled():
    def cancelled():
        raise JobCancelled

    with pytest.raises(JobCancelled):
        preview(Dedupe(), {1: "a, a"}, cancelled)


def test_new_text_ends_as_captions_do():
    assert preview(Suffix(text="\n"), {1: "a"}).changes == {}
    made = preview(Replace(find="; ", replacement="\n"), {1: "a; b"})
    assert made.texts == {1: "a\nb"}


def test_no_operation_loses_or_makes_a_tag_it_was_not_told_about():
    chance = random.Random(2)
    words = ("a", "b", "c d", "E", "t", "fox_tail")
    for _ in range(500):
        seps = chance.choices((", ", ",", " ,", ",  "), k=6)
        chosen = chance.choices(words, k=6)
        caption = "".join(a + b for a, b in zip(chosen, seps, strict=True))
        tags = tags_of(caption)
        assert sorted(tags_of(Sort().apply(caption))) == sorted(tags)
        assert tags_of(Dedupe().apply(caption)) == list(dict.fromkeys(tags))
        assert sorted(tags_of(MoveFirst(tags=("b",)).apply(caption))) == sorted(tags)
        assert tags_of(DeleteTags(tags=("a", "t")).apply(caption)) == [
            tag for tag in tags if tag not in ("a", "t")
        ]
        renamed = RenameTags(old=("a",), new="new").apply(caption)
        if tags.count("a") <= 1:
            assert tags_of(renamed) == ["new" if tag == "a" else tag for tag in tags]


def test_empty_settings_change_nothing():
    for model in OPERATIONS.values():
        if model not in (Sort, Dedupe):
            assert model().apply("b, a, a") == "b, a, a"


def test_an_operation_is_read_back_from_its_values():
    for model in OPERATIONS.values():
        operation = model()
        assert read_operation(operation.model_dump()) == operation
        assert settings_of(model)
        assert model.title_key
    with pytest.raises(BadInputError):
        read_operation({"kind": "unknown"})
    with pytest.raises(BadInputError):
        read_operation({"kind": "sort", "keep": -1})
