"""Which cells a grid shows as rows and columns: axes laid out, sorted, and without what is hidden.

Knows nothing about pixels. An axis lies along the rows or the columns, splits either into groups,
or turns pages: of those one value is shown at a time, unless it is opened into rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

Side = Literal["rows", "columns", "row_groups", "column_groups", "pages"]
Key = Any
"""What a cell is known by; its ``place`` are the values of the axes."""
Values = tuple[Any, ...]


_ROWS: tuple[Side, Side] = ("row_groups", "rows")
_COLUMNS: tuple[Side, Side] = ("column_groups", "columns")


class Axis(NamedTuple):
    """One axis of a grid: what it is called, its values in order, and where it lies."""

    name: str
    values: Values
    side: Side


class Line(NamedTuple):
    """A row or a column: the values of its group's axes, and of its own."""

    group: Values
    own: Values


@dataclass(frozen=True)
class Table:
    """Rows and columns of cells. ``make`` turns a value per axis into the key of a cell, whose
    ``place`` are these values.

    ``pages`` fixes axes that turn pages, by name. ``frozen`` are how many rows on top stay there.
    """

    axes: tuple[Axis, ...] = ()
    pages: dict[str, Any] = field(default_factory=dict)
    make: Callable[[Values], Key] = tuple
    rows: tuple[Line, ...] = ()
    columns: tuple[Line, ...] = ()
    frozen: int = 0

    def key(self, row: int, column: int) -> Key:
        """What the cell at ``row`` and ``column`` shows."""
        known = self._keys.get((row, column))
        if known is None:
            known = self._keys[row, column] = self.key_of(self.rows[row], self.columns[column])
        return known

    @cached_property
    def _keys(self) -> dict[tuple[int, int], Key]:
        """Those that were asked for: a painter asks for thousands, many times a second."""
        return {}

    def key_of(self, row: Line, column: Line) -> Key:
        """What the cell of two lines shows."""
        known = dict(zip(self.names("row_groups"), row.group, strict=True))
        known |= zip(self.names("rows"), row.own, strict=True)
        known |= zip(self.names("column_groups"), column.group, strict=True)
        known |= zip(self.names("columns"), column.own, strict=True)
        known |= self.pages
        return self.make(tuple(known[axis.name] for axis in self.axes))

    def place(self, key: Any) -> tuple[int, int] | None:
        """Row and column of ``key``, or None while it is not shown."""
        if len(key.place) != len(self.axes):
            return None
        known = {axis.name: value for axis, value in zip(self.axes, key.place, strict=True)}
        if any(known[name] != value for name, value in self.pages.items()):
            return None
        row, column = (
            lines.get(
                Line(
                    tuple(known[name] for name in self.names(groups)),
                    tuple(known[name] for name in self.names(own)),
                )
            )
            for lines, groups, own in (
                (self._row_numbers, _ROWS[0], _ROWS[1]),
                (self._column_numbers, _COLUMNS[0], _COLUMNS[1]),
            )
        )
        return None if row is None or column is None else (row, column)

    @cached_property
    def _row_numbers(self) -> dict[Line, int]:
        return {line: number for number, line in enumerate(self.rows)}

    @cached_property
    def _column_numbers(self) -> dict[Line, int]:
        return {line: number for number, line in enumerate(self.columns)}

    @cached_property
    def _by_side(self) -> dict[str, tuple[str, ...]]:
        return {
            side: tuple(axis.name for axis in self.axes if axis.side == side)
            for side in ("rows", "columns", "row_groups", "column_groups")
        }

    def names(self, side: Side) -> tuple[str, ...]:
        """The names of the axes on one side, in the order of a line's values."""
        return self._by_side[side]


def lay(
    axes: Sequence[Axis], pages: dict[str, Any], make: Callable[[Values], Key] = tuple
) -> Table:
    """Lay ``axes`` out. An axis that turns pages and has none chosen lies along the rows."""
    laid = tuple(
        axis._replace(side="rows")
        if axis.side == "pages" and axis.name not in pages and len(axis.values) > 1
        else axis
        for axis in axes
    )
    chosen = {
        axis.name: pages.get(axis.name, axis.values[0]) for axis in laid if axis.side == "pages"
    }
    if not all(axis.values for axis in laid) or not laid:
        return Table(laid, chosen, make)
    return Table(laid, chosen, make, _lines(laid, "row"), _lines(laid, "column"))


def _lines(axes: Sequence[Axis], side: str) -> tuple[Line, ...]:
    groups = [axis.values for axis in axes if axis.side == f"{side}_groups"]
    own = [axis.values for axis in axes if axis.side == f"{side}s"]
    return tuple(
        Line(group, values)
        for group in itertools.product(*groups)
        for values in itertools.product(*own)
    )
