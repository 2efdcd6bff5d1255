"""The live grid under the user's hands: cells are picked, marked, opened, dragged and sized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from app.validation.grid_surface import GridSurface

if TYPE_CHECKING:
    from PySide6.QtGui import QWheelEvent

    from app.validation.cell_pictures import CellPictures
    from app.validation.model import GridState

_CTRL, _SHIFT, _ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_MARKS = {Qt.Key.Key_S: "starred", Qt.Key.Key_X: "rejected", Qt.Key.Key_P: "pinned"}


class GridView(GridSurface):
    """Cells of a validation grid. A click picks A, Ctrl or Shift with it B; arrows move A, which B
    leaves behind as the cell to compare with.

    Ctrl and wheel sizes the cells; Ctrl, Shift and wheel zooms inside all of them at once, and Alt
    or the middle button drags there. With ``loupe`` wheel and drag alone do that.
    """

    picked = Signal(object)  # Position
    compared = Signal(object)  # Position
    held = Signal()
    opened = Signal(object)  # Position
    marked = Signal(str, object)  # kind of mark, Position
    dragged = Signal(object)  # Position
    menu_asked = Signal(object, object, QPoint)  # Line or None of row and column, on the screen
    tip_asked = Signal(object, QPoint)  # Position, on the screen

    def __init__(
        self, state: GridState, pictures: CellPictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(state, pictures, parent)
        self.loupe = False
        self._pressed: tuple[QPoint, Any] | None = None
        self._panned: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)

    def set_loupe(self, on: bool) -> None:
        """Let wheel and drag act inside the cells."""
        self.loupe = on
        if on and self.framing.whole:
            self.framing.zoom_by(2.0)
        elif not on:
            self.framing.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl size the cells, with Ctrl and Shift zoom inside them."""
        held, turn = event.modifiers(), event.angleDelta()
        steps = (turn.y() or turn.x()) / 120
        if (held & _CTRL and held & _SHIFT) or (self.loupe and not held):
            self.framing.zoom_by(1.2**steps, self._within(event.position().toPoint()))
        elif held & _CTRL:
            self.set_cell(round(self.grid.cell * 1.15**steps), event.position().toPoint())
        else:
            super().wheelEvent(event)
            return
        event.accept()

    def _within(self, point: QPoint) -> QPointF:
        """Where in its cell ``point`` is, in shares; the middle between cells."""
        key = self.key_at(point)
        rect = self.cell_rect(key) if key is not None else QRect()
        if rect.isEmpty() or not rect.contains(point):
            return QPointF(0.5, 0.5)
        away = point - rect.topLeft()
        return QPointF(away.x() / rect.width(), away.y() / rect.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick A, with Ctrl or Shift the one to compare it with; or take hold of all pictures."""
        point, held = event.position().toPoint(), event.modifiers()
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and held & _ALT):
            self._panned = event.position()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        key = self.key_at(point)
        if key is None or not left:
            return
        if held & (_CTRL | _SHIFT):
            self.compared.emit(key)
            return
        self.picked.emit(key)
        if self.loupe:
            self._panned = event.position()
        else:
            self._pressed = (point, key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the pictures in all cells, or drag the cell out as a file."""
        if self._panned is not None:
            by = (event.position() - self._panned) / self.grid.cell
            self._panned = event.position()
            self.framing.pan(by)
        elif self._pressed is not None:
            point, key = self._pressed
            away = (event.position().toPoint() - point).manhattanLength()
            if away >= QApplication.startDragDistance():
                self._pressed = None
                self.dragged.emit(key)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._pressed = self._panned = None
        self.viewport().unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the cell large."""
        key = self.key_at(event.position().toPoint())
        if key is not None and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(key)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the cell and the lines under the pointer, or with A."""
        point, where = event.pos(), event.globalPos()
        first = self._state.first
        if event.reason() == QContextMenuEvent.Reason.Keyboard and first is not None:
            point = self.cell_rect(first).center()
            where = self.viewport().mapToGlobal(point)
        key = self.key_at(point)
        if key is not None:
            self.picked.emit(key)
        row, column = self.lines_at(point)
        self.menu_asked.emit(row, column, where)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell the recipe of the cell under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            key = self.key_at(event.pos())
            if key is None and event.pos().y() > self.grid.head.height():
                QToolTip.hideText()
            self.tip_asked.emit(key if key is not None else event.pos(), event.globalPos())
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move A, Enter opens it, B marks it for comparison, + and - size the cells."""
        key, first = Qt.Key(event.key()), self._state.first
        if event.modifiers() & _CTRL:
            super().keyPressEvent(event)
        elif key in _MOVES:
            self.go(*_MOVES[key])
        elif key in _MARKS and first is not None:
            self.marked.emit(_MARKS[key], first)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and first is not None:
            self.opened.emit(first)
        elif key == Qt.Key.Key_B and first is not None:
            self.held.emit()
        elif key == Qt.Key.Key_Z:
            self.framing.reset()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.step_zoom(1)
        elif key == Qt.Key.Key_Minus:
            self.step_zoom(-1)
        else:
            super().keyPressEvent(event)

    def go(self, down: int, right: int) -> None:
        """Move A by rows and columns; places that are filtered out are passed over."""
        table = self.grid.table
        if self.grid.empty:
            return
        first = self._state.first
        place = self.grid.place(first) if first else None
        row, column = place if place else (-down if down > 0 else 0, -right if right > 0 else 0)
        while 0 <= row + down < len(table.rows) and 0 <= column + right < len(table.columns):
            row, column = row + down, column + right
            if self._state.shown.passes(table.key(row, column)):
                self.picked.emit(table.key(row, column))
                self.show_cell(table.key(row, column))
                return
