"""What a tool is, and what the tools of the canvas measure with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport


# Screen pixels within which points and edges snap to guides.
SNAP_REACH = 6.0


@dataclass(frozen=True)
class Pointer:
    """Where the pen or mouse is: document and screen position, pressure 0 to 1, modifiers."""

    at: QPointF
    screen: QPointF
    pressure: float = 1.0
    shift: bool = False
    alt: bool = False
    ctrl: bool = False
    tilt: tuple[float, float] = (0.0, 0.0)
    """Degrees by which the pen leans to the right and down."""


class Tool:
    """A tool. ``icon``, ``text`` and ``key`` name it in the tools column."""

    name = ""
    slot = ""
    """The tool that stands for it in the column, when several share a place."""
    icon = ""
    text = ""
    key = ""
    cursor = Qt.CursorShape.ArrowCursor
    paints = False
    """Whether it lays color on the layer, so that Alt picks one."""

    rings = False
    """Whether the cursor is a ring of the brush's size."""
    snaps = False
    """Whether its points snap to guides."""

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The button or pen goes down."""

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """It moves while down."""

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """It goes up."""

    def double(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The button goes down a second time at once."""
        self.press(state, view, pointer)

    def hover(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """It moves while up."""

    def typed(self, state: CanvasState, key: int) -> bool:
        """A key is pressed; True when it meant something to what is under way."""
        return False

    def cursor_at(
        self, state: CanvasState, view: Viewport, pointer: Pointer
    ) -> Qt.CursorShape | None:
        """The cursor at a place; None is the tool's own."""
        return None

    def take_up(self, state: CanvasState) -> None:
        """The tool is taken in hand."""

    def put_down(self, state: CanvasState) -> None:
        """Another tool is taken: what is under way is given up."""


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


def pixel(point: QPointF) -> QPoint:
    """The document pixel that ``point`` lies in."""
    return QPoint(int(point.x() // 1), int(point.y() // 1))
