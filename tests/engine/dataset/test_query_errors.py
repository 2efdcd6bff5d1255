"""Filters that cannot be understood say where and what to do, and nothing hangs."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest

from engine.dataset.batch import OperationError, Replace
from engine.dataset.query import QueryError, parse, spans
from engine.dataset.query_parse import DEEPEST
from tests.engine.dataset.query_case import columns, picture


@pytest.mark.parametrize(
    ("text", "wrong", "sentence"),
    [
        ("tag:", ":", "missing after tag"),
        ("tag: ", " ", "missing after tag"),
        ("stars>=", "=", "missing after stars"),
        ("stars>=x", "x", "x is no number"),
        ("tags:cat", "cat", "cat is no number"),
        ("size>1zb", "1zb", "1zb is no number"),
        ("width:>=1e999", "1e999", "no number"),
        ("aspect>3:0", "3:0", "no number"),
        ("starz>3", "starz", "Did you mean stars"),
        ("x capton:hair", "capton", "Did you mean caption"),
        ("foo>3", "foo", "no key foo"),
        ("(fox", "(", "never closed"),
        ("a (b (c) d", "(", "never closed"),
        ("fox)", ")", "never opened"),
        (")", ")", "never opened"),
        ("()", "(", r"missing after \("),
        ("and fox", "and", "missing before and"),
        ("| fox", "|", "missing before or"),
        ("fox and", "and", "missing after and"),
        ("fox and or x", "and", "missing after and"),
        ("not", "not", "missing after not"),
        ("(not)", "not", "missing after not"),
        ('tag:"fox', '"fox', "quotation has no end"),
        ('a "fox', '"fox', "quotation has no end"),
        ("tag:'fox", "'fox", "quotation has no end"),
        ("caption:/a b", "/a b", "expression has no end"),
        ("flag:maybe", "maybe", "picked, rejected, none"),
        ("alpha:7", "7", "yes, no"),
        ("is:foo", "foo", "untagged"),
        ("modified>2026-13-01", "2026-13-01", "no date"),
        ("modified:soon", "soon", "no date"),
        ("modified>0000", "0000", "no date"),
        ("modified:9999-12-31", "9999-12-31", "no date"),
        ("re:(", "(", "regular expression"),
        ("caption:/a)/", ")", "regular expression"),
        ("re:a{99999999999}", "99999999999}", "regular expression"),
        ("tag:/" + "a" * 1001 + "/", "a" * 1001, "too long"),
    ],
)
def test_an_error_says_what_is_wrong_and_where(text, wrong, sentence):
    with pytest.raises(QueryError, match=sentence) as caught:
        parse(text)
    error = caught.value
    assert error.remedy
    assert wrong in text[error.start : error.end] or text[error.start : error.end] in wrong
    assert any(span.kind == "error" and span.start == error.start for span in spans(text))


def test_too_much_is_refused():
    with pytest.raises(QueryError, match="parentheses"):
        parse("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1))
    with pytest.raises(QueryError, match="too long"):
        parse("a " * 6000)
    with pytest.raises(QueryError, match="parentheses"):
        parse("(" * 9000)
    deep = parse("-(" * DEEPEST + "fox" + ")" * DEEPEST)
    assert deep.select(columns(picture(1, "fox"))) == [1]
    assert parse("not " * 2400 + "fox").select(columns(picture(1, "fox"))) == [1]


@pytest.mark.parametrize(
    "source",
    ["a{40000000}", "(a{60000}b){60000}", "a{4000000000}", "a{,99999}", "(a{200}){200}",
     "x{" + "9" * 900 + "}"],
)  # fmt: skip
def test_counts_that_would_fill_the_memory_are_refused(source):
    with pytest.raises(QueryError, match="repeats too often") as caught:
        parse(f"re:{source}")
    assert "{" in source[caught.value.start - 3 :]
    with pytest.raises(OperationError, match="repeats too often"):
        Replace(find=source, replacement="", regex=True).apply("a")


@pytest.mark.parametrize("source", ["a{3}", "[0-9]{4}", r"\{99999\}", "a{2,}", "(ab{2}){50}"])
def test_ordinary_counts_are_fine(source):
    assert parse(f"re:{source}").select(columns(picture(1, "x"))) == []


@pytest.mark.parametrize("source", ["(a|a)*$", "(a|aa)+$", "(.*a){14}b", r"^((a)+.)+[B]$"])
def test_an_expression_that_would_run_for_years_is_stopped(source):
    # Without the limit each of these takes longer than anyone waits.
    query = parse(f"caption:/{source}/")
    with pytest.raises(QueryError, match="too long") as caught:
        query.select(columns(picture(1, "a" * 400 + "!")))
    assert query.text[caught.value.start : caught.value.end] == source


def test_all_pictures_together_have_one_limit(monkeypatch):
    now = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    many = [picture(number, f"picture {number}") for number in range(2000)]
    with pytest.raises(QueryError, match="too long"):
        parse("caption:/x$/").select(columns(*many))


def test_wildcards_never_try_anything_twice():
    slow = "caption:" + "*a" * 200 + "*b"
    assert parse(slow).select(columns(picture(1, "a" * 100_000))) == []
    assert parse("caption:" + "?*" * 50).select(columns(picture(1, "a" * 50))) == [1]


_PIECES = [
    "tag:",
    "caption:/",
    "re:",
    "re:(",
    "stars",
    ">=",
    "<",
    "!=",
    ":",
    "-(",
    "(",
    ")",
    "and",
    "or",
    "not",
    "|",
    '"',
    "'",
    "/",
    "\\",
    "*",
    "?",
    "[",
    "]",
    "{",
    "}",
    "^",
    "$",
    "+",
    ".",
    "fox",
    "3",
    "none",
    "1e9",
    "2026-01",
    "：",
    "“",
    "”",
    "（",
    "）",
    "é",
    "狐",
    "🦊",
    "\x00",
    "\n",
    "\u3000",
    "untagged",
    "is:",
    "size:3x4",
    "modified>",
    "$",
    "(?R)",
    "(?<x>",
    "\\1",
    "\\p{L}",
    "(?i)",
    "{2,}",
    "a{3}",
    "(?:a*)*",
    "\\L<x>",
    "(?(1)a|b)",
    "\\Q",
    "\\N{X}",
    "[[:alpha:]]",
    "[a--b]",
    "(?|a|b)",
]


def _attempt(text, table):
    try:
        return parse(text).select(table), None
    except QueryError as error:
        return [], error


def test_no_text_makes_anything_but_a_query_error():
    random_ = random.Random(20)
    table = columns(picture(1, "fox, long hair"), picture(2, "aaaa (b)"))
    for _ in range(2500):
        text = "".join(
            random_.choice(_PIECES) + random_.choice(("", "", " "))
            for _ in range(random_.randint(1, 7))
        )
        ids, error = _attempt(text, table)
        colored = spans(text)
        if error is None:
            assert set(ids) <= {1, 2}, text
            assert all(span.kind != "error" for span in colored), text
        else:
            assert 0 <= error.start <= error.end <= len(text), text
        assert all(a.end <= b.start for a, b in pairwise(colored)), text
        assert all(0 <= span.start < span.end <= len(text) for span in colored), text


def test_parts_are_named_for_coloring():
    text = '-tag:"x y" and (stars>=3 or blurred) re:/a b/ flag:picked fox'
    assert [(text[span.start : span.end], span.kind) for span in spans(text)] == [
        ("-", "keyword"),
        ("tag", "key"),
        (":", "operator"),
        ('"x y"', "text"),
        ("and", "keyword"),
        ("(", "paren"),
        ("stars", "key"),
        (">=", "operator"),
        ("3", "number"),
        ("or", "keyword"),
        ("blurred", "mark"),
        (")", "paren"),
        ("re", "key"),
        (":", "operator"),
        ("/a b/", "expression"),
        ("flag", "key"),
        (":", "operator"),
        ("picked", "choice"),
        ("fox", "text"),
    ]


def test_what_stands_around_an_error_keeps_its_color():
    text = "stars>=x and tag:fox"
    assert [(text[s.start : s.end], s.kind) for s in spans(text)][2:] == [
        ("x", "error"),
        ("and", "keyword"),
        ("tag", "key"),
        (":", "operator"),
        ("fox", "text"),
    ]
