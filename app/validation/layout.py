"""Where the cells of a table lie: headers that stay, rows on top that stay, cells that scroll."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from itertools import groupby

from PySide6.QtCore import QPoint, QRect, QSize

from app.validation.table import Key, Table

ROW_HEADER, MOST_ROW_HEADER = 100, 168
GROUP_HEADER = 34
COLUMN_HEADER = 22
ROW_GROUP = 26
GAP = 4
GROUP_GAP = 14
MARGIN = 12
_NARROW = 48  # pixels of a cell from which on gaps have their full width


@dataclass
class GridLayout:
    """Cell rectangles in content pixels; the headers stay in place while cells scroll.

    ``pins`` is how many pinned cells stand in a line of their own under the headers, ``titles`` the
    width of the titles of rows.
    """

    table: Table = field(default_factory=Table)
    cell: int = 98
    pins: int = 0
    titles: int = ROW_HEADER

    def __post_init__(self) -> None:
        rows, columns = self.table.rows, self.table.columns
        self.lefts = self._starts([line.group for line in columns], self.head.width(), 0)
        self.tops = self._starts([line.group for line in rows], self.head.height(), ROW_GROUP)

    def _starts(self, groups: list[tuple[object, ...]], start: int, header: int) -> list[int]:
        """Where each line begins; where groups have headers, there is room for one before each."""
        header = header if any(groups) else 0
        found, at = [], start + header
        for index, group in enumerate(groups):
            if index and group != groups[index - 1]:
                at += header if header else GROUP_GAP - self.gap
            found.append(at)
            at += self.cell + self.gap
        return found

    def resized(self, cell: int) -> GridLayout:
        """The same with cells of another size."""
        return replace(self, cell=cell)

    def largest_cells(self, room: QSize) -> tuple[int, int]:
        """The largest cells with which all columns, and those with which all rows, are in sight."""
        sizes = range(1, max(room.width(), room.height()) + 1)

        def beyond(size: int) -> tuple[bool, bool]:
            content = self.resized(size).content
            return content.width() > room.width(), content.height() > room.height()

        return (
            bisect_left(sizes, True, key=lambda size: beyond(size)[0]),
            bisect_left(sizes, True, key=lambda size: beyond(size)[1]),
        )

    def cell_by_groups(self, width: int, least: int) -> int:
        """The size of cells with which as many whole groups of columns are in sight as can be with
        cells of ``least`` pixels; 0 where not even one can.
        """
        per = max((len(list(one)) for _, one in groupby(line.group for line in self.table.columns)))
        room = width - self.head.width() - MARGIN + GAP
        for count in range(len(self.group_spans()), 0, -1):
            cell = (room - (count - 1) * (GROUP_GAP - GAP)) // (count * per) - GAP
            if cell >= least:
                return cell
        return 0

    @property
    def gap(self) -> int:
        """Between two cells; small cells stand closer, so that many are seen at once."""
        return GAP if self.cell >= _NARROW else 2

    @property
    def empty(self) -> bool:
        """Whether there is no cell."""
        return not self.table.rows or not self.table.columns

    @property
    def head(self) -> QSize:
        """The space that the row header, the two column headers and the pinned cells take."""
        pinned = self.cell + GAP + 8 if self.pins else 0
        return QSize(MARGIN + self.titles, GROUP_HEADER + COLUMN_HEADER + pinned)

    @property
    def frozen(self) -> int:
        """The height of the rows that stay on top, with the gap below."""
        count = self.table.frozen
        return self.tops[count - 1] + self.cell + self.gap - self.head.height() if count else 0

    @property
    def content(self) -> QSize:
        """The size of everything, headers included."""
        if self.empty:
            return QSize(0, 0)
        return QSize(self.lefts[-1] + self.cell + MARGIN, self.tops[-1] + self.cell + MARGIN)

    def key(self, row: int, column: int) -> Key:
        """What the cell at ``row`` and ``column`` shows."""
        return self.table.key(row, column)

    def place(self, key: Key) -> tuple[int, int] | None:
        """Row and column of ``key``, or None while it is not shown."""
        return self.table.place(key)

    def rect(self, row: int, column: int) -> QRect:
        """The cell's rectangle in content pixels."""
        return QRect(self.lefts[column], self.tops[row], self.cell, self.cell)

    def pin_rect(self, index: int) -> QRect:
        """Where a pinned cell stands; it does not scroll."""
        left = self.head.width() + index * (self.cell + self.gap)
        return QRect(left, self.head.height() - self.cell - GAP - 4, self.cell, self.cell)

    def group_spans(self) -> list[tuple[int, int, int]]:
        """Left and right edge of each group of columns, and its first column."""
        return _spans([line.group for line in self.table.columns], self.lefts, self.cell)

    def row_group_spans(self) -> list[tuple[int, int, int]]:
        """Top and bottom edge of each group of rows, and its first row."""
        return _spans([line.group for line in self.table.rows], self.tops, self.cell)

    def at(self, point: QPoint) -> tuple[int, int] | None:
        """The cell under ``point`` (content pixels), or None between cells."""
        row, column = self._line(self.tops, point.y()), self._line(self.lefts, point.x())
        return None if row is None or column is None else (row, column)

    def row_at(self, y: int) -> int | None:
        """The row at a height in content pixels."""
        return self._line(self.tops, y)

    def column_at(self, x: int) -> int | None:
        """The column at a place in content pixels."""
        return self._line(self.lefts, x)

    def _line(self, starts: list[int], at: int) -> int | None:
        index = bisect_right(starts, at) - 1
        return index if index >= 0 and at < starts[index] + self.cell else None

    def visible(self, area: QRect) -> tuple[range, range]:
        """Rows and columns that touch ``area`` (content pixels)."""
        return (
            self._seen(self.tops, area.top(), area.bottom()),
            self._seen(self.lefts, area.left(), area.right()),
        )

    def _seen(self, starts: list[int], first: int, last: int) -> range:
        begin = max(0, bisect_right(starts, first - self.cell))
        return range(begin, max(begin, bisect_right(starts, last)))


def _spans(
    groups: list[tuple[object, ...]], starts: list[int], cell: int
) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    for index, group in enumerate(groups):
        if found and group == groups[found[-1][2]]:
            found[-1] = (found[-1][0], starts[index] + cell, found[-1][2])
        else:
            found.append((starts[index], starts[index] + cell, index))
    return found
