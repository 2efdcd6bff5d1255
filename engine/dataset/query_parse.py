"""Tokens to nodes: not before and before or, terms side by side joined by and."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dataset.column_readers import file_type
from engine.dataset.query_keys import KEYS, MARK_OF, MARKS, QueryError, QueryKey, nearest
from engine.dataset.query_lex import Token, Value, lex
from engine.dataset.query_nodes import (
    AllOf,
    AnyOf,
    Compare,
    Everything,
    Group,
    Marked,
    Node,
    Not,
    Tag,
    Text,
    TextExpression,
    Unknown,
    Yes,
)
from engine.dataset.query_text import Expression, Pattern, fold, fold_path, unescape
from engine.dataset.query_values import Bounds, bounds_of, dimensions, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST = 10_000
"""Characters of the longest filter."""
DEEPEST = 60
"""Parentheses that may be open at once."""


def parse_tokens(text: str) -> Node:
    """The node of a whole filter. Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(
            "The filter is too long.",
            remedy="Use at most {count} characters.",
            count=LONGEST,
            start=LONGEST,
            end=len(text),
        )
    tokens = lex(text)
    return _Parser(tokens, len(text)).whole() if tokens else Everything()


class _Parser:
    def __init__(self, tokens: Sequence[Token], end: int) -> None:
        self._tokens, self._place, self._end, self._depth = tokens, 0, end, 0

    def whole(self) -> Node:
        node = self._either()
        extra = self._next()
        if extra is not None:
            raise QueryError(
                "This parenthesis was never opened.",
                remedy="Remove it, or put the text in quotes.",
                start=extra.start,
                end=extra.end,
            )
        return node

    def _either(self) -> Node:
        parts = [self._both()]
        while self._is("or"):
            self._place += 1
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _both(self) -> Node:
        parts = [self._inverse()]
        while (token := self._next()) is not None and token.kind not in ("or", ")"):
            self._place += token.kind == "and"
            parts.append(self._inverse())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _inverse(self) -> Node:
        negated = False
        while self._is("not"):
            self._place += 1
            negated = not negated
        node = self._single()
        return Not(node) if negated else node

    def _single(self) -> Node:
        token = self._next()
        if token is None or token.kind in (")", "and", "or"):
            raise self._nothing(token)
        self._place += 1
        return self._enclosed(token) if token.kind == "(" else node_of(token)

    def _enclosed(self, opening: Token) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError(
                "Too many parentheses are inside each other.",
                remedy="Use at most {count}.",
                count=DEEPEST,
                start=opening.start,
                end=opening.end,
            )
        node = self._either()
        if not self._is(")"):
            raise QueryError(
                "This parenthesis is never closed.",
                remedy="Add ) where it ends.",
                start=opening.start,
                end=opening.end,
            )
        self._place += 1
        self._depth -= 1
        return node

    def _nothing(self, token: Token | None) -> QueryError:
        before = self._tokens[self._place - 1] if self._place else None
        if before is not None and before.kind in ("and", "or", "not", "("):
            return QueryError(
                "Something is missing after {word}.",
                remedy="Write a term there, or put the word in quotes to look for it.",
                word=before.kind,
                start=before.start,
                end=before.end,
            )
        wrong = token or Token("word", self._end, self._end)
        if wrong.kind == ")":
            return QueryError(
                "This parenthesis was never opened.",
                remedy="Remove it, or put the text in quotes.",
                start=wrong.start,
                end=wrong.end,
            )
        return QueryError(
            "Something is missing before {word}.",
            remedy="Write a term there, or put the word in quotes to look for it.",
            word=wrong.kind,
            start=wrong.start,
            end=wrong.end,
        )

    def _is(self, kind: str) -> bool:
        token = self._next()
        return token is not None and token.kind == kind

    def _next(self) -> Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None


def node_of(token: Token) -> Node:
    """The node of a word, a mark or a term. Raises QueryError."""
    if token.error is not None:
        raise token.error
    if token.kind == "mark":
        return Marked(MARK_OF[token.value.raw.casefold()].name)
    if token.key is None:
        return _word(token.value)
    value = token.value
    if not value.raw and value.style == "plain":
        raise missing(token.key, value)
    if token.operator == "!=" and token.key.kind in ("text", "choice"):
        return Not(_MAKERS[token.key.kind](token.key, "=", value))
    return _MAKERS[token.key.kind](token.key, token.operator, value)


def _word(value: Value) -> Node:
    if value.style == "plain":
        _refuse_misspelled(value)
    # With a dot in it, it may be the name of a file with its type.
    names = "name" if "." in value.raw else "stem"
    return Text(("caption", names), Pattern.read(value.raw))


def _refuse_misspelled(value: Value) -> None:
    """Raise QueryError for a word that looks like a term with a wrong key."""
    cut = min((value.raw.find(sign) for sign in ":=<>" if sign in value.raw), default=0)
    name, rest = value.raw[:cut], value.raw[cut:].lstrip(":=<>!")
    if not name.isascii() or not name.isalpha() or not rest:
        return
    meant = nearest(name, [key.name for key in KEYS])
    compared = value.raw[cut] in "<>" and rest[0].isdigit()
    if not meant and not compared:
        return
    raise QueryError(
        "There is no key {name}.",
        remedy="Did you mean {meant}? Put it in quotes to look for the text."
        if meant
        else "Put it in quotes to look for the text.",
        name=name,
        meant=meant,
        start=value.start,
        end=value.start + cut,
    )


def _text(key: QueryKey, operator: str, value: Value) -> Node:
    if value.style == "expression":
        expression = _expression(value)
        if key.name == "tag":
            return Tag(expression=expression)
        if key.name == "category":
            return Group(key.name, expression.search)
        return TextExpression((f"raw {key.name}",), expression)
    if key.name in ("folder", "type", "bucket", "category"):
        return Group(key.name, _group_test(key, value.raw))
    folded = fold_path if key.name == "path" else fold
    whole = key.match == "whole" or operator == "="
    pattern = Pattern.read(value.raw, whole=whole, folded=folded)
    return Tag(pattern) if key.name == "tag" else Text((key.name,), pattern)


def _group_test(key: QueryKey, raw: str) -> Callable[[list[str]], list[bool]]:
    """The test of shared texts against what was typed."""
    if key.name == "folder":
        inner = Pattern.read("/" + raw.strip("/\\") + "/", folded=fold_path).test()
        return lambda texts: [inner(f"/{fold_path(text).strip('/')}/") for text in texts]
    if key.name == "type":
        raw = file_type(raw)
    if key.name == "bucket":
        raw = raw.replace("×", "x").replace(":", "x")
    fits = Pattern.read(raw, whole=True).test()
    return lambda texts: [fits(fold(text)) for text in texts]


def _expression(value: Value) -> Expression:
    quotes = value.style in ("quoted", "expression")
    source = value.raw
    if value.style == "expression":
        source = source.replace("\\/", "/")
    elif quotes:
        source = source.replace('\\"', '"')
    return Expression(source, value.start + quotes, value.end - quotes)


def _number(key: QueryKey, operator: str, value: Value) -> Node:
    operator = "=" if operator == ":" else operator
    sides = dimensions(value) if key.name == "size" else None
    if sides and operator in ("=", "!="):
        pairs = zip(("width", "height"), sides, strict=True)
        both = AllOf(tuple(Compare(name, "=", Bounds(side, side, side)) for name, side in pairs))
        return Not(both) if operator == "!=" else both
    if key.nullable and operator in ("=", "!=") and value.raw.casefold() == "none":
        node = Unknown(key.name)
        return Not(node) if operator == "!=" else node
    return Compare(key.name, operator, bounds_of(key, value))


def _choice(key: QueryKey, operator: str, value: Value) -> Node:
    chosen = _chosen(key, value)
    return Group(key.name, lambda texts: [text == chosen for text in texts])


def _yes_no(key: QueryKey, operator: str, value: Value) -> Node:
    yes: Node = Marked(key.name) if key.name == "duplicate" else Yes(key.name)
    return yes if _chosen(key, value) == "yes" else Not(yes)


def _chosen(key: QueryKey, value: Value) -> str:
    wanted = unescape(value.raw).strip().casefold()
    for spelling, meaning in key.choices:
        if wanted == spelling:
            return meaning
    raise _no_choice(key, value, key.offered)


def _mark(key: QueryKey, operator: str, value: Value) -> Node:
    mark = MARK_OF.get(unescape(value.raw).strip().casefold())
    if mark is None:
        raise _no_choice(key, value, [mark.name for mark in MARKS])
    return Marked(mark.name)


def _no_choice(key: QueryKey, value: Value, offered: list[str]) -> QueryError:
    return QueryError(
        "{key} cannot be {value}.",
        remedy="Choose one of: {choices}",
        key=key.name,
        value=value.raw,
        choices=", ".join(offered),
        start=value.start,
        end=value.end,
    )


def _anywhere(key: QueryKey, operator: str, value: Value) -> Node:
    return TextExpression(("raw caption", "raw name"), _expression(value))


_MAKERS: dict[str, Callable[[QueryKey, str, Value], Node]] = {
    "text": _text,
    "number": _number,
    "size": _number,
    "date": _number,
    "choice": _choice,
    "yes-no": _yes_no,
    "mark": _mark,
    "expression": _anywhere,
}
