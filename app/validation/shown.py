"""What of a grid is shown, and in which order: pages, hidden lines, filters and sorting."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.validation.cell_measures import BY_NAME, CellMeasures
from app.validation.table import Axis, Key, Line, Table, Values, lay

if TYPE_CHECKING:
    from app.validation.cell_measures import Bound
    from app.validation.model import GridState

AS_DRAWN = ""


class Shown(QObject):
    """Decides which lines and cells there are. The baseline is always among them."""

    changed = Signal()

    def __init__(self, state: GridState) -> None:
        super().__init__(state)
        self._state = state
        self.pages: dict[str, Any] = {}
        self.hidden_rows: set[Values] = set()
        self.hidden_columns: set[Line] = set()
        self.only_starred = self.hide_rejected = False
        self.bounds: dict[str, Bound] = {}
        self.sort = AS_DRAWN
        self.measures: dict[str, dict[Hashable, float]] = {}
        self.cells = CellMeasures(state)

    def follow(self, paged: Sequence[Axis]) -> None:
        """Another grid: nothing of it is hidden or sorted, and pages stay where they can."""
        pages = {axis.name: self.pages.get(axis.name) for axis in paged}
        self.pages = {
            axis.name: pages[axis.name] if pages[axis.name] in axis.values else axis.values[0]
            for axis in paged
        }
        self._forget()
        self.sort, self.measures, self.cells = AS_DRAWN, {}, CellMeasures(self._state)

    def _forget(self) -> None:
        self.hidden_rows, self.hidden_columns = set(), set()
        self.only_starred, self.hide_rejected, self.bounds = False, False, {}

    # Changing

    def turn(self, axis: str, value: Any) -> None:
        """Show one value of an axis that turns pages; None shows all, in rows."""
        self.pages[axis] = value
        self.changed.emit()

    def hide_row(self, line: Line) -> None:
        """Leave a row out, in every group. The baseline stays."""
        self.hidden_rows.add(line.own)
        self.changed.emit()

    def hide_column(self, line: Line) -> None:
        """Leave a column out."""
        self.hidden_columns.add(line)
        self.changed.emit()

    def show_all(self) -> None:
        """Nothing is hidden or filtered out."""
        self._forget()
        self.changed.emit()

    def show_hidden(self) -> None:
        """Bring back the rows and columns that were left out by hand."""
        self.hidden_rows, self.hidden_columns = set(), set()
        self.changed.emit()

    def set_only_starred(self, only: bool) -> None:
        """Show only starred cells, and lines that have any."""
        self.only_starred = only
        self.changed.emit()

    def set_bound(self, measure: str, bound: Bound | None) -> None:
        """Show only cells whose ``measure`` keeps to ``bound``, and lines that have any; None takes
        the bound away.
        """
        bounds = {name: one for name, one in self.bounds.items() if name != measure}
        self.bounds = bounds if bound is None else {**bounds, measure: bound}
        self.changed.emit()

    def set_hide_rejected(self, hide: bool) -> None:
        """Leave rejected cells out."""
        self.hide_rejected = hide
        self.changed.emit()

    def set_sort(self, measure: str) -> None:
        """Sort rows by a measure, the best first; an empty one is the order of the axis."""
        self.sort = measure
        self.changed.emit()

    def set_measures(self, measures: dict[str, dict[Hashable, float]], cells: CellMeasures) -> None:
        """What is known of rows (by measure, then the value of their first axis) and of cells."""
        self.measures, self.cells = measures, cells
        if self.sort or self.bounds:
            self.changed.emit()

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return self.filtered or bool(self.hidden_rows or self.hidden_columns)

    @property
    def filtered(self) -> bool:
        """Whether cells are left out by what is known of them."""
        return self.only_starred or self.hide_rejected or bool(self.bounds)

    def count(self) -> tuple[int, int]:
        """How many of the pictures with a LoRA on these pages are shown, and how many there are."""
        state, table = self._state, self._state.table
        names = [axis.name for axis in table.axes]
        fixed = [(names.index(name), value) for name, value in table.pages.items()]
        drawn = [
            key
            for key, _ in state.finished()
            if not state.is_base(key) and all(key.place[at] == value for at, value in fixed)
        ]
        here = sum(self.passes(key) and table.place(key) is not None for key in drawn)
        return here, len(drawn)

    # Deciding

    def passes(self, key: Key) -> bool:
        """Whether a cell is shown. One that is not leaves its place free."""
        state = self._state
        if not self.filtered or state.is_base(key):
            return True
        if self.hide_rejected and state.has_mark("rejected", key):
            return False
        if self.only_starred and not state.has_mark("starred", key):
            return False
        return all(
            bound.holds(BY_NAME[name], self.cells.of(name, key))
            for name, bound in self.bounds.items()
        )

    def table(self, axes: Sequence[Axis], make: Callable[[Values], Key]) -> Table:
        """Lay ``axes`` out as they are to be seen."""
        pages = {name: value for name, value in self.pages.items() if value is not None}
        whole = lay(axes, pages, make)
        base = {row for row in whole.rows if self._is_baseline(whole, row)}
        rows = [row for row in whole.rows if row in base or row.own not in self.hidden_rows]
        columns = [one for one in whole.columns if one not in self.hidden_columns]
        if self.filtered:
            rows = [r for r in rows if r in base or self._any(whole, [r], columns)]
            rest = [r for r in rows if r not in base]
            columns = [c for c in columns if self._any(whole, rest, [c])] if rest else columns
        rows = self._sorted(rows, base)
        frozen = len(base) if len(base) == 1 and rows[:1] == list(base) else 0
        frozen = 0 if any(row.group for row in rows) else frozen
        return replace(whole, rows=tuple(rows), columns=tuple(columns), frozen=frozen)

    def _any(self, table: Table, rows: Iterable[Line], columns: Iterable[Line]) -> bool:
        columns = list(columns)
        return any(
            self.passes(key) and not self._state.is_base(key)
            for row in rows
            for column in columns
            for key in (table.key_of(row, column),)
        )

    def _is_baseline(self, table: Table, row: Line) -> bool:
        return bool(table.columns) and all(
            self._state.is_base(table.key_of(row, column)) for column in table.columns
        )

    def _sorted(self, rows: list[Line], base: set[Line]) -> list[Line]:
        known = self.measures.get(self.sort, {})
        if not known:
            return rows
        sign = -1 if BY_NAME[self.sort].more_is_better else 1

        def rank(row: Line) -> tuple[bool, bool, float]:
            value = known.get(row.own[0]) if row.own else None
            return row not in base, value is None, sign * (value or 0.0)

        groups = list(dict.fromkeys(row.group for row in rows))
        return sorted(rows, key=lambda row: (groups.index(row.group), *rank(row)))
