"""What the pointer is told over the grid: the recipe of a cell, or what a header leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QToolTip

from app.validation.cell_card import CARD_WIDTH, card
from app.validation.labels import line_words
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from app.session import Session
    from app.validation.cell_files import CellFiles
    from app.validation.grid_view import GridView
    from app.validation.model import GridState

_KEPT = 200  # infotexts
_AIR = 12  # pixels beside the card


class CellTips(QObject):
    """Shows the card at once, and again with the infotext when that is read."""

    def __init__(
        self, session: Session, state: GridState, files: CellFiles, grid: GridView
    ) -> None:
        super().__init__(grid)
        self._session, self._state, self._files, self._grid = session, state, files, grid
        self._texts: dict[Any, str] = {}
        self._over: Any = None

    def show(self, over: Any, where: QPoint) -> None:
        """Tell about a cell, or about the header at a point of the grid."""
        self._over = over
        if isinstance(over, QPoint):
            QToolTip.showText(where, self._header(over), self._grid.viewport())
            return
        cell = self._state.cell(over)
        path = cell.path if cell is not None else ""
        self._show_card(over, where, self._texts.get(path, ""))
        if path and path not in self._texts:
            self._session.start(self._read(over, path, where))

    def _show_card(self, key: Any, where: QPoint, infotext: str) -> None:
        QToolTip.showText(
            self._beside(where),
            card(self._state, key, infotext),
            self._grid.viewport(),
            self._grid.cell_rect(key),
        )

    def _beside(self, where: QPoint) -> QPoint:
        """At the height of ``where``, but not over the cells around it: right of the grid, or at
        the side of it that is further away.
        """
        port = self._grid.viewport()
        left, right = (
            port.mapToGlobal(at) for at in (port.rect().topLeft(), port.rect().topRight())
        )
        if right.x() + CARD_WIDTH + 3 * _AIR <= port.screen().availableGeometry().right():
            return QPoint(right.x() + _AIR, where.y())
        if where.x() > (left.x() + right.x()) // 2:
            return QPoint(left.x() + _AIR, where.y())
        return QPoint(right.x() - CARD_WIDTH - 3 * _AIR, where.y())

    async def _read(self, key: Any, path: str, where: QPoint) -> None:
        try:
            text = await self._files.infotext(key)
        except StylekilnError:
            text = ""  # the fields of the recipe are there all the same
        if len(self._texts) > _KEPT:
            self._texts.clear()
        self._texts[path] = text
        if text and self._over is key and QToolTip.isVisible():
            self._show_card(key, where, text)

    def _header(self, point: QPoint) -> str:
        row, column = self._grid.lines_at(point)
        table = self._grid.grid.table
        if row is not None and point.x() < self._grid.grid.head.width():
            return line_words(self._state, table, "row", row)
        return line_words(self._state, table, "column", column) if column is not None else ""
