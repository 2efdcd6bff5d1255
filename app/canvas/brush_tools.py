"""The tools that are drawn with: brush, eraser, clone stamp, smudge and push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.canvas.tool import Pointer, Tool

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.stroke_state import StrokeKind
    from app.canvas.viewport import Viewport


class BrushTool(Tool):
    """Paints the color on the selected layer."""

    name, icon, text, key = "brush", "brush", "Brush", "B"
    cursor = Qt.CursorShape.BlankCursor
    paints = True
    rings = True
    kind: StrokeKind = "paint"

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Start a stroke; Shift draws a straight line from the end of the last one."""
        state.lean(*pointer.tilt)
        state.begin_stroke(
            _sample(pointer), erase=self.kind == "erase", join=pointer.shift, kind=self.kind
        )

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Go on with the stroke."""
        state.lean(*pointer.tilt)
        state.stroke_to(_sample(pointer))

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """End the stroke: one undo step."""
        state.end_stroke()


class EraserTool(BrushTool):
    """Makes the selected layer transparent."""

    name, icon, text, key = "eraser", "eraser", "Eraser", "E"
    kind = "erase"


class StampTool(BrushTool):
    """Paints what lies elsewhere; Alt and a click say where."""

    name, icon, text, key = "stamp", "stamp", "Clone stamp", "S"
    paints = False
    kind = "clone"

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Start a stroke, or with Alt take the source from here."""
        if pointer.alt:
            state.set_stamp_source(pointer.at)
        else:
            super().press(state, view, pointer)


class SmudgeTool(BrushTool):
    """Smears what is under it along."""

    name, icon, text, key = "smudge", "droplet", "Smudge", "Y"
    slot = "smudge"
    paints = False
    kind = "smudge"


class PushTool(BrushTool):
    """Pushes pixels along, as in wet paint."""

    name, icon, text, key = "push", "wind", "Push", "Y"
    slot = "smudge"
    paints = False
    kind = "push"


def _sample(pointer: Pointer) -> tuple[float, float, float]:
    return pointer.at.x(), pointer.at.y(), pointer.pressure


BRUSH_TOOLS: tuple[Tool, ...] = (
    BrushTool(),
    EraserTool(),
    StampTool(),
    SmudgeTool(),
    PushTool(),
)
