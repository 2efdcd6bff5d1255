"""The tools of the canvas: what a press, a drag and a release do to the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt

from app.canvas import overlays

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport


@dataclass(frozen=True)
class Pointer:
    """Where the pen or mouse is: document and screen position, pressure 0 to 1, modifiers."""

    at: QPointF
    screen: QPointF
    pressure: float = 1.0
    shift: bool = False
    alt: bool = False


class Tool:
    """A tool. ``icon``, ``text`` and ``key`` name it in the tools column."""

    name = ""
    icon = ""
    text = ""
    key = ""
    cursor = Qt.CursorShape.ArrowCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The button or pen goes down."""

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """It moves while down."""

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """It goes up."""


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


class SelectTool(Tool):
    """Draws a rectangle selection; its handles stretch it, a drag inside moves it.

    Shift makes it square; a click without a drag clears it.
    """

    name, icon, text, key = "select", "square-dashed", "Select a rectangle", "M"
    cursor = Qt.CursorShape.CrossCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Start at the pointer, or take hold of the present selection or one of its handles."""
        self._start = pointer.at
        held = state.selection
        self._handle, self._held = "", None
        if held is not None:
            self._handle = overlays.handle_at(view.rect_to_screen(held), pointer.screen)
            if self._handle or held.contains(_floor(pointer.at)):
                self._held = QRect(held)
        if self._held is None:
            state.drag_selection(None)

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Draw, stretch or move the rectangle."""
        if self._held is not None:
            delta = pointer.at - self._start
            dx, dy = round(delta.x()), round(delta.y())
            moved = self._held.translated(dx, dy)
            stretch = stretched(self._held, self._handle, dx, dy, least=1)
            state.drag_selection(stretch if self._handle else moved)
            return
        state.drag_selection(spanned(self._start, pointer.at, square=pointer.shift))

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Select what was drawn; a click on the selection, with no drag, clears it."""
        if self._held is not None and not self._handle and state.selection == self._held:
            state.drag_selection(None)
        state.commit_selection()


class BrushTool(Tool):
    """Paints the color on the selected layer."""

    name, icon, text, key = "brush", "brush", "Brush", "B"
    cursor = Qt.CursorShape.BlankCursor
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
        state.pick_color(_floor(pointer.at))

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
            self._handle = "all" if self._frame.contains(_floor(pointer.at)) else "new"

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


def spanned(start: QPointF, end: QPointF, *, square: bool = False) -> QRect:
    """The whole document pixels between two points, in any order, to the nearest pixel edges."""
    if square:
        side = max(abs(end.x() - start.x()), abs(end.y() - start.y()))
        end = QPointF(
            start.x() + side * (1 if end.x() >= start.x() else -1),
            start.y() + side * (1 if end.y() >= start.y() else -1),
        )
    return QRectF(start, end).normalized().toRect()


def stretched(rect: QRect, handle: str, dx: int, dy: int, least: int = 8) -> QRect:
    """``rect`` with the side or corner ``handle`` (compass name) moved; at least ``least`` wide."""
    left, top = rect.left(), rect.top()
    right, bottom = left + rect.width(), top + rect.height()
    if "w" in handle:
        left = min(left + dx, right - least)
    if "e" in handle:
        right = max(right + dx, left + least)
    if "n" in handle:
        top = min(top + dy, bottom - least)
    if "s" in handle:
        bottom = max(bottom + dy, top + least)
    return QRect(left, top, right - left, bottom - top)


def _sample(pointer: Pointer) -> tuple[float, float, float]:
    return pointer.at.x(), pointer.at.y(), pointer.pressure


def _floor(point: QPointF) -> QPoint:
    return QPoint(int(point.x() // 1), int(point.y() // 1))


TOOLS: tuple[Tool, ...] = (
    MoveTool(),
    SelectTool(),
    BrushTool(),
    EraserTool(),
    PickTool(),
    RegionTool(),
    HandTool(),
    ZoomTool(),
)
BY_NAME = {tool.name: tool for tool in TOOLS}
