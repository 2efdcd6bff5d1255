"""A filter cut into tokens. Nothing is refused here, so that half-typed text can be colored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from engine.dataset.query_keys import ALONE, KEY_OF, QueryError, QueryKey

SpanKind = Literal[
    "key", "operator", "text", "number", "choice", "expression", "keyword", "mark", "paren", "error"
]
TokenKind = Literal["(", ")", "and", "or", "not", "word", "mark", "term"]
Style = Literal["plain", "quoted", "expression"]


@dataclass(frozen=True)
class Span:
    """A part of the filter and what it is, for coloring it."""

    start: int
    end: int
    kind: SpanKind


@dataclass(frozen=True)
class Value:
    """What stands after a key, or a bare word. ``raw`` is without its quotes."""

    raw: str
    start: int
    end: int
    style: Style = "plain"


@dataclass(frozen=True)
class Token:
    """One piece. A term has ``key``, ``operator`` and ``value``, a word only ``value``."""

    kind: TokenKind
    start: int
    end: int
    key: QueryKey | None = None
    operator: str = ""
    value: Value = field(default_factory=lambda: Value("", 0, 0))
    spans: tuple[Span, ...] = ()
    error: QueryError | None = None


# Typed with a Chinese keyboard, the same signs are wider.
_NARROW = str.maketrans("：（）＞＜＝！｜“”", ':()><=!|""')
_OPERATOR = re.compile(r">=|<=|==|!=|≥|≤|≠|>|<|=")
_SAME = {"==": "=", "≥": ">=", "≤": "<=", "≠": "!="}
_NAME = re.compile(r"[A-Za-z][A-Za-z-]*")
_SPACE = re.compile(r"\s*")
_NUMERIC = ("number", "size", "date")


def lex(text: str) -> list[Token]:
    """All tokens of ``text``, left to right; what is wrong with one is its ``error``."""
    return _Lexer(text).tokens()


class _Lexer:
    def __init__(self, text: str) -> None:
        self._text, self._plain, self._place = text, text.translate(_NARROW), 0

    def tokens(self) -> list[Token]:
        found = []
        self._skip()
        while self._place < len(self._text):
            found.append(self._token())
            self._skip()
        return found

    def _token(self) -> Token:
        start, sign = self._place, self._plain[self._place]
        if sign in "()":
            self._place += 1
            spans = (Span(start, start + 1, "paren"),)
            return Token("(" if sign == "(" else ")", start, start + 1, spans=spans)
        if sign == "-" and self._negates(start + 1):
            self._place += 1
            return _keyword("not", start, start + 1)
        if sign in "\"'":
            return self._word(self._quoted())
        return self._key_term() or self._bare()

    def _negates(self, place: int) -> bool:
        following = self._plain[place : place + 1]
        return bool(following) and not following.isspace() and following not in "-)"

    def _bare(self) -> Token:
        value, error = self._run()
        word = value.raw.casefold()
        if word in ("and", "or", "not"):
            return _keyword(word, value.start, value.end)
        if value.raw in ("|", "||"):
            return _keyword("or", value.start, value.end)
        if word in ALONE:
            spans = (Span(value.start, value.end, "mark"),)
            return Token("mark", value.start, value.end, value=value, spans=spans)
        return self._word((value, error))

    def _word(self, read: tuple[Value, QueryError | None]) -> Token:
        value, error = read
        spans = (Span(value.start, value.end, "text"),)
        return Token("word", value.start, value.end, value=value, spans=spans, error=error)

    def _key_term(self) -> Token | None:
        """A term when a known key and an operator stand here, with or without spaces between."""
        start = self._place
        name = _NAME.match(self._plain, start)
        key = KEY_OF.get(name.group().casefold()) if name else None
        if name is None or key is None:
            return None
        self._place = name.end()
        if key.kind != "expression":  # "re : x" is more likely three words
            self._skip()
        place = self._place
        operator = self._operator(key)
        if not operator:
            self._place = start
            return None
        end = self._place
        self._skip()
        value, error = self._value(key)
        spans = (
            Span(start, name.end(), "key"),
            Span(place, end, "operator"),
            Span(value.start, value.end, _span_kind(key, value)),
        )
        return Token("term", start, max(end, value.end), key, operator, value, spans, error)

    def _operator(self, key: QueryKey) -> str:
        """The comparison that stands here, ``:`` for the plain one; nothing without one."""
        found = ""
        if self._plain.startswith(":", self._place):
            self._place += 1
            found = ":"
            if key.kind not in _NUMERIC:
                return found
            place = self._place
            self._skip()
            if not _OPERATOR.match(self._plain, self._place):
                self._place = place
        comparison = _OPERATOR.match(self._plain, self._place)
        if comparison is None:
            return found
        self._place = comparison.end()
        return _SAME.get(comparison.group(), comparison.group())

    def _value(self, key: QueryKey) -> tuple[Value, QueryError | None]:
        sign = self._plain[self._place : self._place + 1]
        if sign and sign in "\"'":
            return self._quoted(always=True)
        if sign == "/" and key.regex:
            return self._slashed()
        return self._run(opened=key.kind == "expression")

    def _quoted(self, *, always: bool = False) -> tuple[Value, QueryError | None]:
        """What stands in quotes. Without a closing quote, an apostrophe is a letter (``'tis``)."""
        start, quote = self._place, self._plain[self._place]
        end = start + 1
        while end < len(self._plain) and self._plain[end] != quote:
            end += 2 if self._plain[end] == "\\" else 1
        if end < len(self._plain):
            self._place = end + 1
            return Value(self._text[start + 1 : end], start, end + 1, "quoted"), None
        if quote == "'" and not always:
            return self._run()
        self._place = len(self._text)
        error = QueryError(
            "The quotation has no end.",
            remedy="Add {sign} where it ends.",
            sign=quote,
            start=start,
            end=len(self._text),
        )
        return Value(self._text[start + 1 :], start, len(self._text), "quoted"), error

    def _slashed(self) -> tuple[Value, QueryError | None]:
        start = self._place
        end = start + 1
        while end < len(self._text) and self._text[end] != "/":
            end += 2 if self._text[end] == "\\" else 1
        if end < len(self._text):
            self._place = end + 1
            return Value(self._text[start + 1 : end], start, end + 1, "expression"), None
        self._place = len(self._text)
        error = QueryError(
            "The regular expression has no end.",
            remedy="Add / where it ends, or put the text in quotes.",
            start=start,
            end=len(self._text),
        )
        return Value(self._text[start + 1 :], start, len(self._text), "expression"), error

    def _run(self, *, opened: bool = False) -> tuple[Value, QueryError | None]:
        """Up to a space or a parenthesis; one opened inside belongs to it, as in ``fox_(cub)``,
        with ``opened`` one at its start too.
        """
        start = end = self._place
        depth = 0
        while end < len(self._plain) and not self._plain[end].isspace():
            sign = self._plain[end]
            if sign == "(" and not opened and self._is_connective(start, end):
                break
            depth += (sign == "(") - (sign == ")")
            if depth < 0:
                break
            end += 2 if sign == "\\" and self._plain[end + 1 : end + 2] in ("(", ")") else 1
        self._place = min(end, len(self._text))
        return Value(self._text[start : self._place], start, self._place), None

    def _is_connective(self, start: int, end: int) -> bool:
        return self._plain[start:end].casefold() in ("", "and", "or", "not", "|", "||")

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._place)
        self._place = found.end() if found else self._place


def _keyword(word: str, start: int, end: int) -> Token:
    kinds: dict[str, TokenKind] = {"and": "and", "or": "or", "not": "not"}
    return Token(kinds[word], start, end, spans=(Span(start, end, "keyword"),))


def _span_kind(key: QueryKey, value: Value) -> SpanKind:
    if key.kind == "expression" or value.style == "expression":
        return "expression"
    if key.kind in _NUMERIC:
        return "number"
    return "text" if key.kind == "text" else "choice"
