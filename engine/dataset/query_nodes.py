"""What a filter is made of, and how each part finds its pictures among some rows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.dataset.query_text import PER_FILTER, Expression, Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.dataset.columns import Columns
    from engine.dataset.query_values import Bounds


@dataclass
class Search:
    """One run of a filter: over ``columns``, with ``breathe`` called now and then."""

    columns: Columns
    breathe: Callable[[], object] | None = None
    until: float = field(default_factory=lambda: time.monotonic() + PER_FILTER)


class Node(Protocol):
    """A part of a filter. ``cost`` orders parts, so that slow ones see few rows."""

    @property
    def cost(self) -> int:
        """0 for numbers, more for texts, most for expressions and tokens."""
        ...

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        """bool, for each of ``rows`` (int64) whether it is found."""
        ...


@dataclass(frozen=True)
class Everything:
    """The empty filter."""

    cost: int = 0

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        """All rows."""
        return np.ones(len(rows), bool)


@dataclass(frozen=True)
class Not:
    """What ``part`` does not find."""

    part: Node

    @property
    def cost(self) -> int:
        return self.part.cost

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        return ~self.part.find(search, rows)


@dataclass(frozen=True)
class AllOf:
    """What every part finds; each looks only at what those before it left."""

    parts: tuple[Node, ...]

    @property
    def cost(self) -> int:
        return max(part.cost for part in self.parts)

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        return _in_turn(self.parts, search, rows, wanted=True)


@dataclass(frozen=True)
class AnyOf:
    """What at least one part finds; each looks only at what those before it missed."""

    parts: tuple[Node, ...]

    @property
    def cost(self) -> int:
        return max(part.cost for part in self.parts)

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        return ~_in_turn(self.parts, search, rows, wanted=False)


def _in_turn(
    parts: Sequence[Node], search: Search, rows: np.ndarray, *, wanted: bool
) -> np.ndarray:
    """For each row whether all parts answer ``wanted``, the cheap ones asked first."""
    left = np.arange(len(rows))
    for part in sorted(parts, key=lambda part: part.cost):
        left = left[part.find(search, rows[left]) == wanted]
    answer = np.zeros(len(rows), bool)
    answer[left] = True
    return answer


@dataclass(frozen=True)
class Compare:
    """A number against ``bounds``. What is unknown fits no comparison."""

    column: str
    operator: str
    bounds: Bounds

    @property
    def cost(self) -> int:
        return 9 if self.column == "tokens" else 0

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        values = self._values(search, rows)
        low, high, exact = self.bounds.low, self.bounds.high, self.bounds.exact
        if self.column != "modified" and self.operator not in ("=", "!="):
            low = high = exact
        inside = (values >= low) & (values < high) | (values == exact)
        answers = {
            "=": inside,
            "!=": ~inside,
            "<": values < low,
            ">": (values >= high) & ~inside,
            "<=": (values < high) | inside,
            ">=": values >= low,
        }
        return answers[self.operator] & ~np.isnan(values)

    def _values(self, search: Search, rows: np.ndarray) -> np.ndarray:
        columns = search.columns
        if self.column != "tokens":
            return columns.numbers(self.column)[rows]
        if columns.tokens is None:
            return np.full(len(rows), np.nan)
        captions = [columns.pictures[row].caption for row in rows.tolist()]
        return np.array(columns.tokens.of(captions, search.breathe), np.float64)


@dataclass(frozen=True)
class Unknown:
    """Pictures of which a number is not known."""

    column: str
    cost: int = 0

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        return np.isnan(search.columns.numbers(self.column)[rows])


@dataclass(frozen=True)
class Yes:
    """Pictures of which something is so."""

    column: str
    cost: int = 0

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        return search.columns.numbers(self.column)[rows] > 0


@dataclass(frozen=True)
class Marked:
    """Pictures that have a mark."""

    kind: str
    cost: int = 0

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        return search.columns.marked(self.kind)[rows]


@dataclass(frozen=True)
class Text:
    """Pictures one of whose ``columns`` fits a pattern."""

    columns: tuple[str, ...]
    pattern: Pattern
    cost: int = 3

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        places, test = rows.tolist(), self.pattern.test()
        first, *others = [search.columns.texts(name) for name in self.columns]
        found = [test(first[row]) for row in places]
        for texts in others:
            found = [hit or test(texts[row]) for hit, row in zip(found, places, strict=True)]
        return np.array(found, bool)


@dataclass(frozen=True)
class TextExpression:
    """Pictures in one of whose ``columns`` a regular expression is found."""

    columns: tuple[str, ...]
    expression: Expression
    cost: int = 8

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        left, found = rows.tolist(), np.zeros(len(search.columns), bool)
        for name in self.columns:
            texts = search.columns.texts(name)
            hits = self.expression.search([texts[row] for row in left], search.until)
            found[[row for row, hit in zip(left, hits, strict=True) if hit]] = True
            left = [row for row, hit in zip(left, hits, strict=True) if not hit]
        return found[rows]


@dataclass(frozen=True)
class Group:
    """Pictures whose shared text passes ``test``; every text is tested once."""

    column: str
    test: Callable[[list[str]], list[bool]]
    cost: int = 1

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        numbers, texts = search.columns.groups(self.column)
        return np.array(self.test(texts), bool)[numbers[rows]]


@dataclass(frozen=True)
class Tag:
    """Pictures with a tag that passes; every different tag is tested once."""

    pattern: Pattern | None = None
    expression: Expression | None = None
    cost: int = 2

    def find(self, search: Search, rows: np.ndarray) -> np.ndarray:
        numbers, places = search.columns.tag_table()
        vocabulary, hits = search.columns.vocabulary, list[bool]()
        if self.pattern is not None:
            test = self.pattern.test()
            hits = [test(tag) for tag in vocabulary.folded]
        elif self.expression is not None:
            hits = self.expression.search(list(vocabulary.tags), search.until)
        found = np.zeros(len(search.columns), bool)
        found[places[np.array(hits, bool)[numbers]]] = True
        return found[rows]
