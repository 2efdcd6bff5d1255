"""Drags the axes of symmetry by their grips, whatever tool is in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from app.canvas.tool import Pointer, Tool

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport

REACH = 9.0
# Screen pixels from the edge of the document, or of the stage, to the grip of an axis.
AWAY = 14.0


class AxisTool(Tool):
    """Moves one axis; its grip lies above or left of the document, always in sight."""

    name = "axis"
    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self) -> None:
        self._axis = ""

    def grips(self, state: CanvasState, view: Viewport) -> dict[str, QPointF]:
        """Where the grips lie on the screen, by axis."""
        found: dict[str, QPointF] = {}
        axes = state.symmetry
        if axes is None or state.document is None:
            return found
        seen = view.seen
        corner = view.to_screen(QPointF(axes.x or 0.0, axes.y or 0.0))
        first = view.to_screen(QPointF(0, 0))
        if axes.x is not None:
            found["x"] = QPointF(corner.x(), max(first.y() - AWAY, seen.top() + AWAY))
        if axes.y is not None:
            found["y"] = QPointF(max(first.x() - AWAY, seen.left() + AWAY), corner.y())
        return found

    def grip_at(self, state: CanvasState, view: Viewport, at: QPointF) -> str:
        """The axis whose grip lies at a point of the screen, or an empty string."""
        for axis, point in self.grips(state, view).items():
            if max(abs(point.x() - at.x()), abs(point.y() - at.y())) <= REACH:
                return axis
        return ""

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Take hold of the grip."""
        self._axis = self.grip_at(state, view, pointer.screen)

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The axis follows, in half pixels: it lies between two pixels or through one."""
        axes, at = state.symmetry, view.to_document(pointer.screen)
        if axes is None:
            return
        if self._axis == "x":
            place = min(float(state.size.width()), max(0.0, round(2 * at.x()) / 2))
            state.set_symmetry(axes._replace(x=place))
        elif self._axis == "y":
            place = min(float(state.size.height()), max(0.0, round(2 * at.y()) / 2))
            state.set_symmetry(axes._replace(y=place))


AXIS = AxisTool()
