"""A and B large, moved and zoomed together by wheel, pointer and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from app.validation.compared_pictures import ComparedPictures

if TYPE_CHECKING:
    from app.validation.cell_pictures import CellPictures
    from app.validation.full_pictures import FullPictures
    from app.validation.model import GridState

_GRAB = 8  # pixels beside the divider that take hold of it
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class CompareView(ComparedPictures):
    """Wheel zooms at the pointer, drag moves, double-click fits. Arrows ask for another A.

    ``Space`` holds what blinks, and then swaps it by hand. ``Shift`` and arrows move the divider.
    """

    stepped = Signal(int, int)  # rows down, columns right
    marked = Signal(str)
    closed = Signal()

    def __init__(self, state: GridState, cells: CellPictures, full: FullPictures) -> None:
        super().__init__(state, cells, full)
        self._held: QPointF | None = None
        self._splitting = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom both at the pointer."""
        factor = 1.2 ** (event.angleDelta().y() / 120)
        where, area = event.position(), self._area(0)
        if self.mode == "side" and where.x() > area.right():
            area = self._area(1)
        self.look.zoom_to(self.look.scale * factor, where - area.center())

    def _near_divider(self, x: float) -> bool:
        return self.mode == "slider" and abs(x - self.width() * self.split) <= _GRAB

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hold the pictures, or the divider."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._splitting = self._near_divider(event.position().x())
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move both, or the divider."""
        where = event.position()
        if self._held is None:
            near = self._near_divider(where.x())
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        elif self._splitting:
            self.set_split(where.x() / max(1, self.width()))
        else:
            self.look.pan(where - self._held)
            self._held = where

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held, self._splitting = None, False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit both; on the divider, put it in the middle."""
        if self._near_divider(event.position().x()):
            self.set_split(0.5)
        else:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows show another A; Space holds and swaps; Z fits, 1 is 100 %, + and - zoom."""
        key, shift = Qt.Key(event.key()), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        zooms: dict[Any, float] = {Qt.Key.Key_Plus: 1.25, Qt.Key.Key_Equal: 1.25}
        zooms[Qt.Key.Key_Minus] = 0.8
        marks = {Qt.Key.Key_S: "starred", Qt.Key.Key_X: "rejected", Qt.Key.Key_P: "pinned"}
        if key in _STEPS and shift and self.mode == "slider":
            self.set_split(self.split + 0.02 * _STEPS[key][1])
        elif key in _STEPS:
            self.stepped.emit(*_STEPS[key])
        elif key == Qt.Key.Key_Space and self.mode == "blink":
            if self.playing:
                self.set_playing(False)
            else:
                self.swap()
        elif key in zooms:
            self.zoom_by(zooms[key])
        elif key in (Qt.Key.Key_Z, Qt.Key.Key_0):
            self.fit()
        elif key == Qt.Key.Key_1:
            self.actual_size()
        elif key in marks:
            self.marked.emit(marks[key])
        elif key == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
