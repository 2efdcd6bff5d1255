"""What a press of a selecting tool begins, and how what is drawn is joined to the selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF, QRect

from app.canvas.document_state import to_rect
from app.canvas.draft import Draft, ellipse_draft, rectangle_draft
from app.canvas.tool import Pointer, spanned, stretched
from engine.canvas import selection

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from engine.canvas.selecting import Joining

# Points of a lasso nearer than this on the screen say nothing new.
LASSO_STEP = 1.5
Finish = Callable[["CanvasState", list[QPointF], "Joining"], None]


class Drag(Protocol):
    """What a press began; it goes on until the release."""

    def move(self, state: CanvasState, pointer: Pointer) -> None: ...
    def end(self, state: CanvasState) -> None: ...


def how_joined(state: CanvasState, pointer: Pointer) -> Joining:
    """How what is begun now is joined to the selection."""
    if state.selection is not None and (pointer.shift or pointer.alt):
        if pointer.shift and pointer.alt:
            return "intersect"
        return "add" if pointer.shift else "subtract"
    return state.joining


class OutlineDrag:
    """The outline of the selection is dragged."""

    def __init__(self, at: QPointF) -> None:
        self._start = at

    def move(self, state: CanvasState, pointer: Pointer) -> None:
        delta = pointer.at - self._start
        state.drag_outline(round(delta.x()), round(delta.y()))

    def end(self, state: CanvasState) -> None:
        if state.shift.isNull():
            state.select(None)
        else:
            state.drop_outline()


class HandleDrag:
    """A side or corner of a selected rectangle is dragged."""

    def __init__(self, at: QPointF, held: QRect, handle: str) -> None:
        self._start, self._held, self._handle = at, held, handle
        self._now = held

    def move(self, state: CanvasState, pointer: Pointer) -> None:
        delta = pointer.at - self._start
        dx, dy = round(delta.x()), round(delta.y())
        self._now = stretched(self._held, self._handle, dx, dy, least=1)
        state.drag_selection(self._now)

    def end(self, state: CanvasState) -> None:
        if self._now != self._held:
            state.select(self._now)


class BoxDrag:
    """A rectangle or an ellipse is drawn; Shift, pressed after the button, keeps it regular."""

    def __init__(self, at: QPointF, how: Joining, *, round_: bool, joins_by_shift: bool) -> None:
        self._start, self._how, self._round = at, how, round_
        self._joins_by_shift = joins_by_shift
        self._rect = QRect()

    def move(self, state: CanvasState, pointer: Pointer) -> None:
        self._joins_by_shift &= pointer.shift
        regular = pointer.shift and not self._joins_by_shift
        self._rect = spanned(self._start, pointer.at, square=regular)
        if self._rect.isEmpty():
            state.set_draft(None)
            return
        make = ellipse_draft if self._round else rectangle_draft
        state.set_draft(make(self._rect, replaces=self._how == "replace"))

    def end(self, state: CanvasState) -> None:
        state.set_draft(None)
        if state.document is None:
            return
        if self._rect.isEmpty():
            if self._how == "replace":
                state.select(None)
            return
        make = selection.ellipse if self._round else selection.rectangle
        state.join(make(state.document.size, to_rect(self._rect)), self._how)


class Loop:
    """A line is drawn by hand; its end is joined to its start."""

    def __init__(self, at: QPointF, how: Joining, zoom: float, finish: Finish) -> None:
        self._points, self._how, self._step = [at], how, LASSO_STEP / zoom
        self._finish = finish

    def move(self, state: CanvasState, pointer: Pointer) -> None:
        if (pointer.at - self._points[-1]).manhattanLength() >= self._step:
            self._points.append(pointer.at)
            state.set_draft(line(self._points, replaces=self._how == "replace"))

    def end(self, state: CanvasState) -> None:
        state.set_draft(None)
        self._finish(state, self._points, self._how)


def line(points: list[QPointF], *, replaces: bool, closed: bool = True) -> Draft:
    """A line through ``points``, as it is shown while it is drawn."""
    return Draft(tuple((point.x(), point.y()) for point in points), closed, replaces)
