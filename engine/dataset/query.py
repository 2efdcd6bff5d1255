"""Which pictures a filter finds. The language is described in :mod:`engine.dataset.query_keys`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.dataset.query_keys import QueryError
from engine.dataset.query_lex import Span, lex
from engine.dataset.query_nodes import Node, Search
from engine.dataset.query_parse import node_of, parse_tokens
from engine.dataset.query_text import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.dataset.columns import Columns
    from engine.dataset.picture import Picture

__all__ = ["Query", "QueryError", "Span", "matches", "parse", "spans"]


@dataclass(frozen=True)
class Query:
    """A filter that was understood. ``keys`` are those it uses; one that uses ``tokens`` takes a
    second on captions that were never counted.
    """

    text: str
    node: Node
    keys: frozenset[str]

    def mask(self, columns: Columns, breathe: Callable[[], object] | None = None) -> np.ndarray:
        """bool, for each row of ``columns`` whether it is found.

        ``breathe`` is called while captions are counted; what it raises ends the search. Raises
        QueryError for a regular expression that takes too long.
        """
        return self.node.find(Search(columns, breathe), np.arange(len(columns)))

    def select(self, columns: Columns, breathe: Callable[[], object] | None = None) -> list[int]:
        """Ids of the pictures that are found, in the order of ``columns``; as :meth:`mask`."""
        return columns.ids[self.mask(columns, breathe)].tolist()


def parse(text: str) -> Query:
    """The filter ``text`` means; the empty one finds everything. Raises QueryError."""
    keys = frozenset(token.key.name for token in lex(text) if token.key is not None)
    return Query(text, parse_tokens(text), keys)


def spans(text: str) -> list[Span]:
    """The parts of ``text`` for coloring it, left to right; never raises. What :func:`parse`
    would complain about is an ``error`` in the place of other parts.
    """
    wrong = []
    for token in lex(text):
        if token.kind in ("word", "mark", "term"):
            try:
                node_of(token)
            except QueryError as error:
                wrong.append(_error_span(error, text))
    try:
        parse_tokens(text)
    except QueryError as error:
        wrong.append(_error_span(error, text))
    wrong = sorted({span for span in wrong if span.start < span.end}, key=lambda s: s.start)
    return _around([span for token in lex(text) for span in token.spans], wrong)


def _error_span(error: QueryError, text: str) -> Span:
    return Span(error.start, min(error.end, len(text)), "error")


def _around(found: list[Span], wrong: list[Span]) -> list[Span]:
    """``found`` without what lies under the spans of ``wrong``, and those in their places."""
    merged: list[Span] = []
    for span in wrong:
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            span = Span(last.start, max(last.end, span.end), "error")
        merged.append(span)
    left = [
        span
        for span in found
        if span.start < span.end
        and not any(span.start < bad.end and bad.start < span.end for bad in merged)
    ]
    return sorted([*left, *merged], key=lambda span: span.start)


def matches(picture: Picture, text: str) -> bool:
    """Whether every word of ``text`` occurs in the name or the caption, in any case; for search
    fields that speak no filter language.
    """
    place = fold(f"{picture.name}\n{picture.caption}")
    return all(word in place for word in fold(text).split())
