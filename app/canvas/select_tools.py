"""The tools that select: rectangle, ellipse, lasso, polygon and magic wand.

With Shift what is drawn is added to the selection, with Alt taken away, with both what they share
is kept. A drag inside the selection moves its outline; a click beside it clears it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, Qt

from app.canvas import overlays
from app.canvas.select_drags import (
    BoxDrag,
    Drag,
    HandleDrag,
    Loop,
    OutlineDrag,
    how_joined,
    line,
)
from app.canvas.tool import Pointer, Tool, pixel
from engine.canvas import selection

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport
    from engine.canvas.selecting import Joining
    from engine.canvas.tiles import Tiles

CLOSING_REACH = 8.0


class DragTool(Tool):
    """A tool whose press begins one of the drags above."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self) -> None:
        self._drag: Drag | None = None

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Take hold of the selection or its handles, or begin to draw."""
        self._drag = self.held(state, view, pointer) or self.begun(state, view, pointer)

    def held(self, state: CanvasState, view: Viewport, pointer: Pointer) -> Drag | None:
        """The drag of what lies under the pointer already, if any."""
        if how_joined(state, pointer) != "replace" or state.selected is None:
            return None
        return OutlineDrag(pointer.at) if state.covers(pixel(pointer.at)) else None

    def begun(self, state: CanvasState, view: Viewport, pointer: Pointer) -> Drag:
        """The drag that draws something new."""
        raise NotImplementedError

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Go on."""
        if self._drag is not None:
            self._drag.move(state, pointer)

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Select what was drawn, as one undo step."""
        drag, self._drag = self._drag, None
        if drag is not None:
            drag.end(state)

    def typed(self, state: CanvasState, key: int) -> bool:
        """Escape gives up what is drawn."""
        if key != Qt.Key.Key_Escape or self._drag is None:
            return False
        self.put_down(state)
        return True

    def put_down(self, state: CanvasState) -> None:
        """Nothing of what is drawn stays."""
        self._drag = None
        state.set_draft(None)


class SelectTool(DragTool):
    """Selects a rectangle; its handles stretch it."""

    snaps = True
    name, icon, text, key = "select", "square-dashed", "Select a rectangle", "M"
    slot = "select"
    round_ = False

    def held(self, state: CanvasState, view: Viewport, pointer: Pointer) -> Drag | None:
        """The handles first, which also lie outside."""
        held = state.selected
        if held is not None and state.is_rectangle and how_joined(state, pointer) == "replace":
            handle = overlays.handle_at(view.rect_to_screen(held), pointer.screen)
            if handle:
                return HandleDrag(pointer.at, held, handle)
        return super().held(state, view, pointer)

    def begun(self, state: CanvasState, view: Viewport, pointer: Pointer) -> Drag:
        """A box from here."""
        how = how_joined(state, pointer)
        joins = pointer.shift and state.selection is not None
        return BoxDrag(pointer.at, how, round_=self.round_, joins_by_shift=joins)


class EllipseTool(SelectTool):
    """Selects an ellipse."""

    name, icon, text = "select_ellipse", "circle-dashed", "Select an ellipse"
    round_ = True


class LassoTool(DragTool):
    """Selects what is drawn around by hand."""

    name, icon, text, key = "lasso", "lasso", "Lasso", "L"
    slot = "lasso"

    def begun(self, state: CanvasState, view: Viewport, pointer: Pointer) -> Drag:
        """A line from here."""
        return Loop(pointer.at, how_joined(state, pointer), view.zoom, join_polygon)


class PolygonTool(Tool):
    """Selects between clicked corners; a double click, Enter or the first corner closes.

    Backspace takes a corner back, Escape all.
    """

    name, icon, text, key = "polygon", "lasso-select", "Polygon lasso", "L"
    slot = "lasso"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self) -> None:
        self._corners: list[QPointF] = []
        self._how: Joining = "replace"
        self._at = QPointF()

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """One more corner; on the first one the polygon is closed."""
        if not self._corners:
            self._how = self.how(state, pointer)
        elif self._closes(view, pointer):
            self._close(state)
            return
        self._at = pointer.at
        self._corners.append(pointer.at)
        self._show(state)

    def _closes(self, view: Viewport, pointer: Pointer) -> bool:
        first = view.to_screen(self._corners[0])
        return (first - pointer.screen).manhattanLength() <= CLOSING_REACH

    def double(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The first of the two clicks has made the last corner."""
        self._close(state)

    def hover(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The line goes on to the pointer."""
        if self._corners:
            self._at = pointer.at
            self._show(state)

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """As without the button."""
        self.hover(state, view, pointer)

    def typed(self, state: CanvasState, key: int) -> bool:
        """Enter closes, Backspace takes the last corner back, Escape gives up."""
        if not self._corners:
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._close(state)
        elif key == Qt.Key.Key_Backspace:
            self._corners.pop()
            self._show(state)
        elif key == Qt.Key.Key_Escape:
            self.put_down(state)
        else:
            return False
        return True

    def put_down(self, state: CanvasState) -> None:
        """Nothing of what is drawn stays."""
        self._corners = []
        state.set_draft(None)

    def _show(self, state: CanvasState) -> None:
        points = [*self._corners, self._at]
        drawn = line(points, replaces=self._how == "replace", closed=False)
        state.set_draft(drawn if self._corners else None)

    def _close(self, state: CanvasState) -> None:
        corners = self._corners
        self.put_down(state)
        self.finish(state, corners)

    def how(self, state: CanvasState, pointer: Pointer) -> Joining:
        """How what is begun now is joined to the selection."""
        return how_joined(state, pointer)

    def finish(self, state: CanvasState, corners: list[QPointF]) -> None:
        """The polygon is closed."""
        join_polygon(state, corners, self._how)


class WandTool(Tool):
    """Selects what has the color under the pointer."""

    name, icon, text, key = "wand", "wand", "Magic wand", "W"
    cursor = Qt.CursorShape.CrossCursor

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Ask for the color here; it is looked for off this thread."""
        at = pixel(pointer.at)
        if QRect(QPoint(0, 0), state.size).contains(at):
            state.color_asked.emit(at, how_joined(state, pointer))
        elif how_joined(state, pointer) == "replace":
            state.select(None)


def join_polygon(state: CanvasState, points: list[QPointF], how: Joining) -> None:
    """Select between ``points``; what bounds no area is a click and clears the selection."""
    if state.document is None:
        return
    drawn: Tiles = selection.lasso(state.document.size, [(p.x(), p.y()) for p in points])
    if len(drawn):
        state.join(drawn, how)
    elif how == "replace":
        state.select(None)


SELECT_TOOLS: tuple[Tool, ...] = (
    SelectTool(),
    EllipseTool(),
    LassoTool(),
    PolygonTool(),
    WandTool(),
)
