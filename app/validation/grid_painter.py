"""Paints the live grid: the cells in sight, the lines that stay, and the headers over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QPainter

from app.theme import color
from app.validation.cell_painter import CellPainter
from app.validation.header_painter import HeaderPainter
from app.validation.layout import GridLayout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.validation.cell_pictures import CellPictures
    from app.validation.framing import Framing
    from app.validation.model import GridState


class GridPainter:
    """Knows where the layout puts things and what the state says of them; takes no input."""

    def __init__(self, state: GridState, pictures: CellPictures, framing: Framing) -> None:
        self._state, self._pictures = state, pictures
        self.cells = CellPainter(state, pictures, framing)
        self.headers = HeaderPainter(state)

    def paint(
        self,
        painter: QPainter,
        region: Iterable[QRect],
        grid: GridLayout,
        offset: QPoint,
        port: QSize,
    ) -> None:
        """Paint what of ``grid`` lies in ``region`` of a view of the size ``port``.

        ``offset`` is how far the cells are scrolled.
        """
        self.cells.begin(painter, self.in_sight(grid, offset, port))
        with self._pictures.held():
            for area in region:
                painter.setClipRect(area)
                painter.fillRect(area, color("g2"))
                if not grid.empty:
                    self._scrolling(painter, area, grid, offset)
                    if area.top() < grid.head.height() + grid.frozen:
                        self._staying(painter, grid, offset, port)
                    self.headers.paint(painter, area, grid, offset, port)

    def paths_in_sight(self, grid: GridLayout, offset: QPoint, port: QSize) -> set[str]:
        """The pictures of all cells that are seen."""
        rows, columns = grid.visible(QRect(offset, port))
        keys = [
            grid.key(row, column)
            for row in (*range(grid.table.frozen), *rows)
            for column in columns
        ]
        cells = (self._state.cell(key) for key in (*keys, *self._state.pinned()))
        return {cell.path for cell in cells if cell is not None}

    def in_sight(self, grid: GridLayout, offset: QPoint, port: QSize) -> int:
        """How many cells are seen at once."""
        rows, columns = grid.visible(QRect(offset, port))
        return len(rows) * len(columns) + grid.table.frozen * len(columns) + grid.pins

    def _scrolling(self, painter: QPainter, area: QRect, grid: GridLayout, offset: QPoint) -> None:
        top = grid.head.height() + grid.frozen
        below = area.intersected(QRect(0, top, area.right() + 1, area.bottom() + 1))
        rows, columns = grid.visible(below.translated(offset))
        for row in rows:
            if row >= grid.table.frozen:
                for column in columns:
                    rect = grid.rect(row, column).translated(-offset)
                    self.cells.paint(painter, rect, grid.key(row, column))

    def _staying(self, painter: QPainter, grid: GridLayout, offset: QPoint, port: QSize) -> None:
        """The rows on top and the pinned cells, over what scrolls below them."""
        height = grid.head.height() + grid.frozen
        painter.fillRect(0, 0, port.width(), height, color("g2"))
        _, columns = grid.visible(QRect(offset, port))
        for row in range(grid.table.frozen):
            for column in columns:
                rect = grid.rect(row, column).translated(-offset.x(), 0)
                self.cells.paint(painter, rect, grid.key(row, column))
        if not grid.pins:
            return
        for index, key in enumerate(self._state.pinned()):
            rect = grid.pin_rect(index)
            if rect.left() < port.width():
                self.cells.paint(painter, rect, key, always=True)
        line = grid.head.height() - 3
        painter.fillRect(0, line, port.width(), 1, color("line_stage"))
