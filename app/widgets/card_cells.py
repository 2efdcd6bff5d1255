"""Where the cards of a picture grid lie: everything follows from the row of a card."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect


class Cells(NamedTuple):
    """``total`` cards in lines of ``columns``; each cell holds a card and the gap after it.
    ``offset`` is how far the view is scrolled, in pixels.
    """

    width: int
    height: int
    columns: int
    offset: int
    total: int

    def box(self, row: int) -> QRect:
        """The cell of ``row`` in the viewport."""
        line, column = divmod(row, self.columns)
        top = line * self.height - self.offset
        return QRect(column * self.width, top, self.width, self.height)

    def row_at(self, y: int) -> int:
        """The first card of the line at ``y`` below the top of everything."""
        return max(0, y // self.height) * self.columns

    def rows_in(self, box: QRect) -> range:
        """The rows of the lines that ``box``, in the viewport, touches."""
        last = self.row_at(box.bottom() + self.offset) + self.columns
        return range(self.row_at(max(0, box.top() + self.offset)), min(self.total, last))

    def at(self, point: QPoint, gap: int) -> int:
        """The row of the card under ``point``, -1 beside all cards and in the gap after one."""
        column = point.x() // self.width
        row = self.row_at(point.y() + self.offset) + column
        inside = 0 <= column < self.columns and 0 <= row < self.total
        return row if inside and self.box(row).adjusted(0, 0, -gap, -gap).contains(point) else -1
