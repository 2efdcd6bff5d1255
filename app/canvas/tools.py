"""The tools of the canvas: what a press, a drag and a release do to the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from app.canvas import overlays
from app.canvas.paint_tools import PAINT_TOOLS
from app.canvas.select_tools import SELECT_TOOLS
from app.canvas.tool import Pointer, Tool, pixel, spanned, stretched
from app.canvas.transform_tool import TransformTool

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport


class HandTool(Tool):
    """Drags the view."""

    name, icon, text, key = "hand", "hand", "Move the view", "H"
    cursor = Qt.CursorShape.OpenHandCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Hold the point under the pointer."""
        self._last = pointer.screen

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Pan by what the pointer moved."""
        view.pan(pointer.screen - self._last)
        self._last = pointer.screen


class MoveTool(Tool):
    """Drags the selected layer; one drag is one undo step."""

    name, icon, text, key = "move", "move", "Move the layer", "V"
    slot = "move"
    cursor = Qt.CursorShape.SizeAllCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Hold the layer at the pointer."""
        self._start = pointer.at
        state.begin_move()

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Move the layer by whole pixels; Shift keeps to one axis."""
        delta = pointer.at - self._start
        if pointer.shift:
            wide = abs(delta.x()) >= abs(delta.y())
            delta = QPointF(delta.x(), 0) if wide else QPointF(0, delta.y())
        state.move_by(round(delta.x()), round(delta.y()))

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Keep the layer where it is."""
        state.end_move()


class BrushTool(Tool):
    """Paints the color on the selected layer."""

    name, icon, text, key = "brush", "brush", "Brush", "B"
    cursor = Qt.CursorShape.BlankCursor
    paints = True
    erase = False

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Start a stroke; Shift draws a straight line from the end of the last one."""
        state.begin_stroke(_sample(pointer), erase=self.erase, join=pointer.shift)

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Go on with the stroke."""
        state.stroke_to(_sample(pointer))

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """End the stroke: one undo step."""
        state.end_stroke()


class EraserTool(BrushTool):
    """Makes the selected layer transparent."""

    name, icon, text, key = "eraser", "eraser", "Eraser", "E"
    erase = True


class PickTool(Tool):
    """Takes the color under the pointer from the picture as seen."""

    name, icon, text, key = "pick", "pipette", "Pick a color", "I"
    cursor = Qt.CursorShape.CrossCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Take the color here."""
        state.pick_color(pixel(pointer.at))

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Take the color here too, so that a drag searches."""
        self.press(state, view, pointer)


class ZoomTool(Tool):
    """Zooms in where clicked; Alt zooms out."""

    name, icon, text, key = "zoom", "zoom-in", "Zoom", "Z"
    cursor = Qt.CursorShape.CrossCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """One stop in or out."""
        view.step(-1 if pointer.alt else 1, pointer.screen)


class RegionTool(Tool):
    """Draws and adjusts the frame of the region: what the model sees round the selection."""

    name, icon, text, key = "region", "frame", "Region to repaint", "R"
    cursor = Qt.CursorShape.CrossCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Take hold of a handle, of the frame, or start a new one."""
        self._start = pointer.at
        self._frame = state.region_frame()
        self._handle = "new"
        if self._frame is None:
            return
        on_screen = view.rect_to_screen(self._frame)
        self._handle = overlays.handle_at(on_screen, pointer.screen)
        if not self._handle:
            self._handle = "all" if self._frame.contains(pixel(pointer.at)) else "new"

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Stretch, move or draw the frame."""
        if self._handle == "new" or self._frame is None:
            state.set_region(spanned(self._start, pointer.at, square=pointer.shift))
            return
        delta = pointer.at - self._start
        dx, dy = round(delta.x()), round(delta.y())
        if self._handle == "all":
            state.set_region(self._frame.translated(dx, dy))
            return
        state.set_region(stretched(self._frame, self._handle, dx, dy))


def _sample(pointer: Pointer) -> tuple[float, float, float]:
    return pointer.at.x(), pointer.at.y(), pointer.pressure


TOOLS: tuple[Tool, ...] = (
    MoveTool(),
    TransformTool(),
    *SELECT_TOOLS,
    BrushTool(),
    EraserTool(),
    *PAINT_TOOLS,
    PickTool(),
    RegionTool(),
    HandTool(),
    ZoomTool(),
)
BY_NAME = {tool.name: tool for tool in TOOLS}


def _slots() -> dict[str, list[Tool]]:
    shared: dict[str, list[Tool]] = {}
    for tool in TOOLS:
        if tool.slot:
            shared.setdefault(tool.slot, []).append(tool)
    return shared


SLOTS = _slots()
"""The tools that share a place in the column, by the name of the first of them."""


def next_by_key(key: str, present: str) -> str:
    """The tool that ``key`` takes in hand; pressed again it goes through those of one place."""
    names = [tool.name for tool in TOOLS if tool.key == key]
    return names[(names.index(present) + 1) % len(names)] if present in names else names[0]
