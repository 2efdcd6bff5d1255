"""The tool that crops the document: a frame with handles, kept by Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt

from app.canvas import overlays
from app.canvas.tool import Pointer, Tool, pixel, spanned, stretched

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF

    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport


class CropTool(Tool):
    """Handles stretch the frame, a drag inside moves it, one beside it draws another."""

    name, icon, text, key = "crop", "crop", "Crop the canvas", "C"
    cursor = Qt.CursorShape.CrossCursor
    snaps = True

    def __init__(self) -> None:
        self._start: QPointF | None = None
        self._frame = QRect()
        self._held = ""

    def take_up(self, state: CanvasState) -> None:
        """Begin with the selection, or with everything."""
        if state.document is not None:
            whole = QRect(QPoint(0, 0), state.size)
            state.set_crop(state.selected or whole)
            state.set_cropping()

    def put_down(self, state: CanvasState) -> None:
        """Nothing is cropped."""
        self._start = None
        state.set_crop(None)

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Take hold of a handle, of the frame, or begin another one."""
        if state.crop is None:
            return
        self._start, self._frame = pointer.at, state.crop
        self._held = overlays.handle_at(view.rect_to_screen(state.crop), pointer.screen)
        if not self._held:
            self._held = "all" if state.crop.contains(pixel(pointer.at)) else "new"

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Show what would be left."""
        if self._start is None:
            return
        delta = pointer.at - self._start
        dx, dy = round(delta.x()), round(delta.y())
        ratio = state.crop_ratio or (
            self._frame.width() / self._frame.height() if pointer.shift else 0.0
        )
        if self._held == "all":
            state.set_crop(self._frame.translated(dx, dy))
        elif self._held == "new":
            drawn = spanned(self._start, pointer.at)
            if not drawn.isEmpty():
                state.set_crop(kept_ratio(drawn, _corner(self._start, pointer.at), ratio))
        else:
            rect = stretched(self._frame, self._held, dx, dy, least=1)
            state.set_crop(kept_ratio(rect, self._held, ratio))

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The frame stays there."""
        self._start = None

    def double(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Inside the frame it keeps the crop."""
        if state.crop is not None and state.crop.contains(pixel(pointer.at)):
            state.keep_crop()

    def typed(self, state: CanvasState, key: int) -> bool:
        """Enter crops, Escape begins again with everything."""
        if state.crop is None:
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            state.keep_crop()
        elif key == Qt.Key.Key_Escape:
            state.set_crop(QRect(QPoint(0, 0), state.size))
        else:
            return False
        return True


def kept_ratio(rect: QRect, handle: str, ratio: float) -> QRect:
    """``rect`` with the ratio once ``handle`` was dragged; what lies opposite stays. 0 is free."""
    if ratio <= 0:
        return rect
    width, height = rect.width(), rect.height()
    if handle in ("n", "s"):
        width = round(height * ratio)
    elif handle in ("e", "w") or width > height * ratio:
        height = round(width / ratio)
    else:
        width = round(height * ratio)
    width, height = max(1, width), max(1, height)
    left = rect.left() + rect.width() - width if "w" in handle else rect.left()
    top = rect.top() + rect.height() - height if "n" in handle else rect.top()
    return QRect(left, top, width, height)


def _corner(start: QPointF, end: QPointF) -> str:
    return ("n" if end.y() < start.y() else "s") + ("w" if end.x() < start.x() else "e")
