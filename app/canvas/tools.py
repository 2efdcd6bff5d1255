"""The tools of the canvas: what a press, a drag and a release do to the state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from app.canvas.brush_tools import BRUSH_TOOLS
from app.canvas.crop_tool import CropTool
from app.canvas.paint_tools import PAINT_TOOLS
from app.canvas.region_tool import RegionTool
from app.canvas.select_tools import SELECT_TOOLS
from app.canvas.tool import Pointer, Tool, pixel
from app.canvas.transform_tool import TransformTool

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport


# Screen pixels within which a guide is taken hold of.
GUIDE_REACH = 4.0
SNAP_DEGREES = 15.0


class HandTool(Tool):
    """Drags the view."""

    name, icon, text, key = "hand", "hand", "Move the view", "H"
    slot = "hand"
    cursor = Qt.CursorShape.OpenHandCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Hold the point under the pointer."""
        self._last = pointer.screen

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Pan by what the pointer moved."""
        view.pan(pointer.screen - self._last)
        self._last = pointer.screen


class RotateTool(Tool):
    """Turns the view around the middle of the stage; Shift turns by 15 degrees."""

    name, icon, text, key = "rotate", "rotate-cw", "Rotate the view", "R"
    slot = "hand"
    cursor = Qt.CursorShape.OpenHandCursor

    def __init__(self) -> None:
        self._start = self._angle = 0.0

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Hold the picture at the pointer."""
        self._start, self._angle = _around(view, pointer), view.angle

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """It follows the pointer."""
        angle = self._angle + _around(view, pointer) - self._start
        view.set_angle(round(angle / SNAP_DEGREES) * SNAP_DEGREES if pointer.shift else angle)

    def double(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Upright again."""
        self.press(state, view, pointer)
        view.set_angle(0.0)


def _around(view: Viewport, pointer: Pointer) -> float:
    """The direction of the pointer on the widget, seen from its middle, in degrees."""
    at = view.turn.map(pointer.screen) - QPointF(view.size.width() / 2, view.size.height() / 2)
    return math.degrees(math.atan2(at.y(), at.x()))


class MoveTool(Tool):
    """Drags the selected layer; one drag is one undo step."""

    name, icon, text, key = "move", "move", "Move the layer", "V"
    slot = "move"
    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self) -> None:
        self._guide: int | None = None
        self._guide_moved = False

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Hold the layer, or a guide, at the pointer."""
        self._start = pointer.at
        self._guide = state.guide_at(pointer.at, GUIDE_REACH / view.zoom)
        self._guide_moved = False
        if self._guide is None:
            state.begin_move()

    def cursor_at(
        self, state: CanvasState, view: Viewport, pointer: Pointer
    ) -> Qt.CursorShape | None:
        """A guide can be dragged along one axis."""
        near = state.guide_at(pointer.at, GUIDE_REACH / view.zoom)
        if near is None:
            return None
        upright = state.guides[near].axis == "x"
        return Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor

    def _move_guide(self, state: CanvasState, number: int, at: QPointF) -> None:
        guides = list(state.guides)
        place = round(at.x() if guides[number].axis == "x" else at.y())
        if place != guides[number].at:
            guides[number] = guides[number]._replace(at=place)
            state.set_guides(guides, continuing=self._guide_moved)
            self._guide_moved = True

    def _drop_guide(self, state: CanvasState, number: int) -> None:
        guides = list(state.guides)
        side = state.size.width() if guides[number].axis == "x" else state.size.height()
        if not 0 <= guides[number].at <= side:
            del guides[number]
            state.set_guides(guides, continuing=self._guide_moved)

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Move the layer by whole pixels; Shift keeps to one axis."""
        if self._guide is not None:
            self._move_guide(state, self._guide, pointer.at)
            return
        delta = pointer.at - self._start
        if pointer.shift:
            wide = abs(delta.x()) >= abs(delta.y())
            delta = QPointF(delta.x(), 0) if wide else QPointF(0, delta.y())
        state.move_by(round(delta.x()), round(delta.y()))

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Keep the layer where it is; a guide that is dragged out of the picture is gone."""
        number, self._guide = self._guide, None
        if number is None:
            state.end_move()
        else:
            self._drop_guide(state, number)


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


TOOLS: tuple[Tool, ...] = (
    MoveTool(),
    TransformTool(),
    *SELECT_TOOLS,
    *BRUSH_TOOLS,
    *PAINT_TOOLS,
    PickTool(),
    RegionTool(),
    CropTool(),
    HandTool(),
    RotateTool(),
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
