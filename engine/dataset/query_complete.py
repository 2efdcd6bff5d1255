"""What could stand at the cursor of a half-typed filter."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.dataset.query_keys import ALONE, CONNECTIVES, KEYS, MARKS, QueryKey
from engine.dataset.query_lex import Token, lex
from engine.dataset.query_text import fold, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.dataset.columns import Columns

LIMIT = 50
"""Completions that are offered at most."""


@dataclass(frozen=True)
class Completion:
    """``text`` to put in the place of ``start`` to ``end``. ``detail`` is a translation key or
    empty, ``count`` the number of pictures where it is known.
    """

    text: str
    detail: str
    start: int
    end: int
    count: int = 0


def complete(text: str, cursor: int, columns: Columns) -> list[Completion]:
    """What could be meant at ``cursor``, best first: values of the key there, or keys, marks,
    tags and connectives that begin with the word there.
    """
    cursor = max(0, min(cursor, len(text)))
    found = _at(text[:cursor], columns)
    return [replace(item, end=_end(text, item.start, cursor)) for item in found]


def _end(text: str, start: int, cursor: int) -> int:
    """Where the word ends that begins at ``start`` and holds the cursor."""
    for token in lex(text):
        begins = start in (token.start, token.value.start)
        if begins and token.value.style == "plain" and token.kind != "term":
            return max(cursor, token.end)
        if start == token.value.start < cursor and token.error is None:
            return max(cursor, token.value.end)
    return cursor


def _at(text: str, columns: Columns) -> list[Completion]:
    """Completions for a cursor at the end of ``text``."""
    cursor = len(text)
    tokens = [token for token in lex(text) if token.kind not in ("(", ")")]
    last = tokens[-1] if tokens else None
    if last is not None and last.key is not None and _reaches(last, cursor):
        return _values(last, last.key, cursor, columns)
    word = last if last is not None and last.end == cursor and _is_word(last) else None
    return _words(word, text, cursor, columns)


def _is_word(token: Token) -> bool:
    return token.kind in ("word", "mark") or (token.kind in CONNECTIVES and token.value.raw == "")


def _reaches(term: Token, cursor: int) -> bool:
    """Whether the cursor still is in the value of ``term``: touching it, or before it is begun."""
    return (term.end == cursor and not _is_closed(term)) or not term.value.raw


def _is_closed(term: Token) -> bool:
    return term.error is None and term.value.style != "plain"


def _words(word: Token | None, before: str, cursor: int, columns: Columns) -> list[Completion]:
    start = cursor if word is None else word.start
    typed = before[start:cursor]
    part = fold(typed.strip("\"'"))
    found = []
    if typed[:1] not in ('"', "'"):
        found += _keys(part, start, cursor)
        found += _marks(part, start, cursor)
        found += [
            Completion(name, "", start, cursor)
            for name in CONNECTIVES
            if name.startswith(part) and (name == "not" or _follows_term(before[:start]))
        ]
    if part:
        tags = _ranked(part, columns.tag_counts(), LIMIT)
        found += [Completion(f"tag:{quoted(tag)}", "", start, cursor, n) for tag, n in tags]
    return found[:LIMIT]


def _follows_term(before: str) -> bool:
    tokens = lex(before)
    return bool(tokens) and tokens[-1].kind in ("word", "mark", "term", ")")


def _keys(part: str, start: int, cursor: int) -> list[Completion]:
    named = [key for key in KEYS if key.name.startswith(part)]
    other = [key for key in KEYS if any(name.startswith(part) for name in key.aliases)]
    keys = dict.fromkeys([*named, *other])
    return [Completion(key.name + key.operators[0], key.help, start, cursor) for key in keys]


def _marks(part: str, start: int, cursor: int) -> list[Completion]:
    return [
        Completion(mark.name, mark.help, start, cursor)
        for mark in ALONE.values()
        if mark.name.startswith(part)
    ]


def _values(term: Token, key: QueryKey, cursor: int, columns: Columns) -> list[Completion]:
    start = term.value.start if term.value.raw or term.error else cursor
    part = fold(unescape(term.value.raw))
    if key.kind == "mark":
        marks = [mark for mark in MARKS if mark.name.startswith(part)]
        return [Completion(mark.name, mark.help, start, cursor) for mark in marks]
    if key.kind in ("number", "size", "date"):
        return _comparisons(term, key, cursor)
    found = _ranked(part, _offered(key, columns), LIMIT)
    return [Completion(quoted(name), "", start, cursor, count) for name, count in found]


def _comparisons(term: Token, key: QueryKey, cursor: int) -> list[Completion]:
    """The comparisons that may follow a number's key, and words some numbers may be."""
    words = ["none"] if key.nullable and term.operator in (":", "=", "!=") else []
    words += ["today", "yesterday"] if key.kind == "date" else []
    part = term.value.raw.casefold()
    start = term.value.start if part else cursor
    found = [Completion(word, "", start, cursor) for word in words if word.startswith(part)]
    if not part and term.operator == ":":
        found += [Completion(sign, "", cursor, cursor) for sign in key.operators]
    return found


def _offered(key: QueryKey, columns: Columns) -> list[tuple[str, int]]:
    """Values of a text or choice, with how many pictures have each, most first."""
    if key.name == "tag":
        return columns.tag_counts()
    if key.name == "folder":
        return _counted(picture.path.parent.name for picture in columns.pictures)
    if key.name in ("category", "type", "bucket"):
        numbers, texts = columns.groups(key.name)
        return _counted(texts[number] for number in numbers.tolist())
    return [(name, 0) for name in key.offered]


def _counted(values: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(value for value in values if value)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _ranked(part: str, values: list[tuple[str, int]], limit: int) -> list[tuple[str, int]]:
    """Those that begin with ``part``, then those with a word that does, then those that hold it;
    each as frequent as they come.
    """
    inside = [(fold(value), value, count) for value, count in values]
    inside = [item for item in inside if part in item[0]]
    word = re.compile(r"(?<![^\W_])" + re.escape(part))

    def rank(item: tuple[str, str, int]) -> int:
        return 0 if item[0].startswith(part) else 1 if word.search(item[0]) else 2

    return [(value, count) for _, value, count in sorted(inside, key=rank)[:limit]]


def quoted(value: str) -> str:
    """``value`` as it is written behind a key: quoted where it has spaces or special signs."""
    escaped = re.sub(r'([*?"\\])', r"\\\1", value)
    if re.fullmatch(r"[^\s()|:/'<>=!\"\\*?-][^\s()|\"\\*?]*", value):
        return value
    return f'"{escaped}"'
