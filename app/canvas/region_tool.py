"""The tool that draws and drags the frame of the region, and where its sides come to rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt

from app.canvas import overlays
from app.canvas.layout_state import pull
from app.canvas.tool import Pointer, Tool, pixel, spanned, stretched
from engine.canvas.region import GRID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport

# Screen pixels from which a side goes to the border of the canvas, or to a guide.
REACH = 10.0


class RegionTool(Tool):
    """Draws and adjusts the frame of the region: what the model sees round the selection."""

    name, icon, text, key = "region", "frame", "Region", "N"
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
        """Stretch, move or draw the frame; with Alt its sides come to rest nowhere."""
        if self._handle == "new" or self._frame is None:
            frame = spanned(self._start, pointer.at, square=pointer.shift)
            east, south = pointer.at.x() >= self._start.x(), pointer.at.y() >= self._start.y()
            sides = ("s" if south else "n") + ("e" if east else "w")
        else:
            delta = pointer.at - self._start
            dx, dy = round(delta.x()), round(delta.y())
            sides = self._handle
            whole = sides == "all"
            frame = (
                self._frame.translated(dx, dy) if whole else stretched(self._frame, sides, dx, dy)
            )
        if not pointer.alt:
            frame = snapped(frame, sides, resting_lines(state), REACH / view.zoom)
        if not frame.isEmpty():
            state.set_region(frame)


def resting_lines(state: CanvasState) -> tuple[list[int], list[int]]:
    """Where sides come to rest, across and down: the border of the canvas, and guides."""
    across = [0, state.size.width(), *(one.at for one in state.guides if one.axis == "x")]
    down = [0, state.size.height(), *(one.at for one in state.guides if one.axis == "y")]
    return across, down


def snapped(
    frame: QRect, sides: str, lines: tuple[Sequence[int], Sequence[int]], reach: float
) -> QRect:
    """``frame`` with the moved ``sides`` (compass name, or "all") at rest: on one of ``lines``
    within ``reach`` document pixels, else so that width and height are multiples of 8.
    """
    across, down = lines
    left, top = frame.x(), frame.y()
    right, bottom = left + frame.width(), top + frame.height()
    if sides == "all":
        dx, dy = pull([left, right], across, reach), pull([top, bottom], down, reach)
        return frame.translated(round(dx), round(dy))
    if "w" in sides:
        left = _resting(left, right, across, reach)
    elif "e" in sides:
        right = _resting(right, left, across, reach)
    if "n" in sides:
        top = _resting(top, bottom, down, reach)
    elif "s" in sides:
        bottom = _resting(bottom, top, down, reach)
    return QRect(left, top, right - left, bottom - top)


def _resting(side: int, opposite: int, lines: Sequence[int], reach: float) -> int:
    way = round(pull([side], lines, reach))
    if side + way in lines and abs(side + way - opposite) >= GRID:
        return side + way
    length = max(GRID, round(abs(side - opposite) / GRID) * GRID)
    return opposite + (length if side > opposite else -length)
