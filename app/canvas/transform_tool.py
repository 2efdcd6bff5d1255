"""The tool that scales, turns and distorts layers, or what is selected of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt

from app.canvas.layout_state import pull
from app.canvas.tool import SNAP_REACH, Pointer, Tool
from app.canvas.transform_box import DRAGS, SNAPPED, Box

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport

# Screen pixels; less where the box is so small that it could not be moved any more.
MOST_REACH, LEAST_REACH = 9.0, 3.0
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
# The cursor of a handle by eighths of a turn, from the one that lies to the right.
CURSORS = (
    Qt.CursorShape.SizeHorCursor,
    Qt.CursorShape.SizeFDiagCursor,
    Qt.CursorShape.SizeVerCursor,
    Qt.CursorShape.SizeBDiagCursor,
)


class TransformTool(Tool):
    """Handles scale, a drag beside the box turns it, one inside moves it; Enter keeps, Esc not."""

    name, icon, text, key = "transform", "scaling", "Transform", "V"
    slot = "move"
    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self) -> None:
        self._held = ""
        self._start = np.zeros(2)
        self._box: Box | None = None

    def take_up(self, state: CanvasState) -> None:
        """Lift what is chosen."""
        state.transform_asked.emit()

    def put_down(self, state: CanvasState) -> None:
        """Another tool is taken: what is shown is kept."""
        self._box = None
        state.keep_transform()

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Take hold of a handle, of the box, or of the room beside it."""
        if state.transform is None:
            return
        self._box = state.transform.box
        self._start = _vector(pointer.at)
        self._held = self._part(self._box, view, pointer)

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Show what becomes of it."""
        if self._box is None:
            return
        at = _vector(pointer.at)
        if self._held == "inside":
            moved = _moved(self._box, at - self._start, straight=pointer.shift)
            state.set_box(_snapped(state, moved, SNAP_REACH / view.zoom))
        elif self._held == "beside":
            state.set_box(self._turned(self._box, at, pointer.shift))
        else:
            state.set_box(self._dragged(state, self._box, at, pointer))

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The box stays there."""
        self._box = None

    def double(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Inside the box it keeps the transform."""
        box = state.transform.box if state.transform is not None else None
        if box is not None and self._part(box, view, pointer) == "inside":
            state.keep_transform()

    def typed(self, state: CanvasState, key: int) -> bool:
        """Enter keeps, Escape gives up, arrows move by a pixel."""
        if state.transform is None:
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            state.keep_transform()
        elif key == Qt.Key.Key_Escape:
            self._box = None
            state.end_transform()
        elif key in ARROWS:
            state.set_box(state.transform.box.moved(*ARROWS[Qt.Key(key)]))
        else:
            return False
        return True

    def cursor_at(
        self, state: CanvasState, view: Viewport, pointer: Pointer
    ) -> Qt.CursorShape | None:
        """What a press here would take hold of."""
        if state.transform is None:
            return None
        if state.transform.keeping:
            return Qt.CursorShape.WaitCursor
        box = state.transform.box
        part = self._part(box, view, pointer)
        if part in ("inside", "beside"):
            inside = part == "inside"
            return Qt.CursorShape.SizeAllCursor if inside else Qt.CursorShape.PointingHandCursor
        away = box.handles()[part] - box.center
        return CURSORS[round(math.atan2(away[1], away[0]) / (math.pi / 4)) % 4]

    def _part(self, box: Box, view: Viewport, pointer: Pointer) -> str:
        reach = min(MOST_REACH, max(LEAST_REACH, min(box.size) * view.zoom / 4))
        near: list[tuple[float, str]] = []
        for name, point in box.handles().items():
            away = view.to_screen(QPointF(*point)) - pointer.screen
            if max(abs(away.x()), abs(away.y())) <= reach:
                near.append((away.manhattanLength(), name))
        if near:
            return min(near)[1]
        return "inside" if box.holds(_vector(pointer.at)) else "beside"

    def _turned(self, box: Box, at: np.ndarray, snaps: bool) -> Box:
        first, now = self._start - box.center, at - box.center
        turn = math.atan2(now[1], now[0]) - math.atan2(first[1], first[0])
        if snaps:
            before = math.radians(box.angle)
            turn = round((before + turn) / SNAPPED) * SNAPPED - before
        return box.turned(turn)

    def _dragged(self, state: CanvasState, box: Box, at: np.ndarray, pointer: Pointer) -> Box:
        way = "distort" if pointer.ctrl else state.transforming.way
        if way in DRAGS:
            return DRAGS[way](box, self._held, at - self._start)
        to = box.handles()[self._held] + (at - self._start)
        return box.scaled(self._held, to, free=pointer.shift, centered=pointer.alt).snapped()


def _moved(box: Box, by: np.ndarray, *, straight: bool) -> Box:
    if straight:
        by = by * (abs(by) == abs(by).max())
    return box.moved(*np.rint(by))


def _snapped(state: CanvasState, box: Box, reach: float) -> Box:
    """``box`` with an edge on the guide, edge or middle of the document that is near to it."""
    across, down = state.lines()
    low, high = box.corners.min(axis=0), box.corners.max(axis=0)
    dx = pull([low[0], high[0]], across, reach)
    return box.moved(dx, pull([low[1], high[1]], down, reach))


def _vector(point: QPointF) -> np.ndarray:
    return np.array((point.x(), point.y()))
