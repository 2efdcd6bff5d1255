"""The tools that lay color through a shape: bucket, gradient, lines, boxes and silhouettes.

What they draw is shown as an outline and laid when the button goes up, in the foreground color.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, Qt

from app.canvas.document_state import to_rect
from app.canvas.draft import Draft, ellipse_draft, rectangle_draft
from app.canvas.laying import Cover
from app.canvas.select_drags import Drag, Loop, line
from app.canvas.select_tools import LassoTool, PolygonTool
from app.canvas.tool import Pointer, Tool, pixel, spanned
from engine.canvas import color_selection, selection, shapes
from engine.canvas.covering import RGB, Gradient, Plain

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

    from app.canvas.model import CanvasState
    from app.canvas.selection_state import WandSettings
    from app.canvas.viewport import Viewport
    from engine.canvas.document import Document
    from engine.canvas.rect import Rect
    from engine.canvas.selecting import Joining
    from engine.canvas.tiles import Tiles

TURN = math.pi / 4


class BucketTool(Tool):
    """Fills what has the color under the pointer."""

    name, icon, text, key = "bucket", "paint-bucket", "Fill bucket", "G"
    slot = "bucket"
    cursor = Qt.CursorShape.CrossCursor
    paints = True

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Fill from here."""
        at = pixel(pointer.at)
        if not QRect(QPoint(0, 0), state.size).contains(at):
            return
        layer = "" if state.wand.all_layers or state.layer is None else state.layer.id
        mask = partial(_like, (at.x(), at.y()), state.wand, layer)
        state.cover_asked.emit(Cover("Fill", Plain(rgb(state.color)), mask))


class DragShape(Tool):
    """A tool that draws from where the button goes down to where it goes up."""

    cursor = Qt.CursorShape.CrossCursor
    paints = snaps = True

    def __init__(self) -> None:
        self._start: QPointF | None = None
        self._end = QPointF()

    def press(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Begin here."""
        self._start = self._end = pointer.at

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Show what would be laid."""
        if self._start is not None:
            self._end = self.ended(self._start, pointer)
            state.set_draft(self.draft(self._start, self._end))

    def release(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """Lay it; a click without a drag lays nothing."""
        start, self._start = self._start, None
        state.set_draft(None)
        if start is not None and start != self._end:
            cover = self.cover(state, start, self._end)
            if cover is not None:
                state.cover_asked.emit(cover)

    def typed(self, state: CanvasState, key: int) -> bool:
        """Escape gives it up."""
        if key != Qt.Key.Key_Escape or self._start is None:
            return False
        self.put_down(state)
        return True

    def put_down(self, state: CanvasState) -> None:
        """Nothing of it stays."""
        self._start = None
        state.set_draft(None)

    def ended(self, start: QPointF, pointer: Pointer) -> QPointF:
        """Where it ends; with Shift so that it is regular."""
        return snapped(start, pointer.at) if pointer.shift else pointer.at

    def draft(self, start: QPointF, end: QPointF) -> Draft | None:
        """What is shown meanwhile."""
        return line([start, end], replaces=False, closed=False)

    def cover(self, state: CanvasState, start: QPointF, end: QPointF) -> Cover | None:
        """What is laid, None for nothing."""
        raise NotImplementedError


class GradientTool(DragShape):
    """Lays a gradient over the selection, or over everything; Shift turns by 45 degrees."""

    name, icon, text, key = "gradient", "blend", "Gradient", "G"
    slot = "bucket"

    def cover(self, state: CanvasState, start: QPointF, end: QPointF) -> Cover:
        """From the foreground color."""
        laying = state.laying
        last = None if laying.transparent else rgb(state.background)
        ends = start.toTuple(), end.toTuple()
        return Cover("Gradient", Gradient(*ends, rgb(state.color), last, laying.radial))


class LineTool(DragShape):
    """A straight line; Shift turns by 45 degrees."""

    name, icon, text, key = "line", "slash", "Line", "U"
    slot = "line"

    def cover(self, state: CanvasState, start: QPointF, end: QPointF) -> Cover:
        """With the width of the option bar."""
        mask = partial(_line, start.toTuple(), end.toTuple(), state.laying.width)
        return Cover("Line", Plain(rgb(state.color)), mask)


class RectangleTool(DragShape):
    """A rectangle, filled or stroked; Shift makes it square."""

    name, icon, text, key = "rectangle", "square", "Rectangle", "U"
    slot = "line"
    round_ = False

    def ended(self, start: QPointF, pointer: Pointer) -> QPointF:
        """Shift keeps both sides alike."""
        if not pointer.shift:
            return pointer.at
        delta = pointer.at - start
        side = max(abs(delta.x()), abs(delta.y()))
        return start + QPointF(math.copysign(side, delta.x()), math.copysign(side, delta.y()))

    def draft(self, start: QPointF, end: QPointF) -> Draft | None:
        """Its outline."""
        rect = spanned(start, end)
        make = ellipse_draft if self.round_ else rectangle_draft
        return None if rect.isEmpty() else make(rect, replaces=False)

    def cover(self, state: CanvasState, start: QPointF, end: QPointF) -> Cover | None:
        """Whole pixels between both points."""
        rect = spanned(start, end)
        if rect.isEmpty():
            return None
        stroke = None if state.laying.filled else state.laying.width
        mask = partial(_box, to_rect(rect), stroke, self.round_)
        what = "Ellipse" if self.round_ else "Rectangle"
        return Cover(what, Plain(rgb(state.color)), mask)


class EllipseShapeTool(RectangleTool):
    """An ellipse, filled or stroked; Shift makes it a circle."""

    name, icon, text = "ellipse", "circle", "Ellipse"
    round_ = True


class PolygonFillTool(PolygonTool):
    """Fills between clicked corners: a silhouette in few clicks."""

    name, icon, text, key = "polygon_fill", "pentagon", "Filled polygon", "U"
    slot = "line"
    paints = True

    def how(self, state: CanvasState, pointer: Pointer) -> Joining:
        """Nothing is done to the selection."""
        return "add"

    def finish(self, state: CanvasState, corners: list[QPointF]) -> None:
        """Lay the color between the corners."""
        fill_polygon(state, corners, "add")


class LassoFillTool(LassoTool):
    """Fills what is drawn around by hand: a mass of color in one gesture."""

    name, icon, text, key = "lasso_fill", "shapes", "Filled lasso", "U"
    slot = "line"
    paints = True

    def held(self, state: CanvasState, view: Viewport, pointer: Pointer) -> Drag | None:
        """The selection is not taken hold of."""
        return None

    def begun(self, state: CanvasState, view: Viewport, pointer: Pointer) -> Drag:
        """A line from here."""
        return Loop(pointer.at, "add", view.zoom, fill_polygon)


def fill_polygon(state: CanvasState, corners: list[QPointF], how: Joining) -> None:
    """Lay the color between ``corners``; fewer than three bound nothing."""
    if len(corners) >= 3:
        mask = partial(_polygon, [(corner.x(), corner.y()) for corner in corners])
        state.cover_asked.emit(Cover("Filled shape", Plain(rgb(state.color)), mask))


def rgb(color: QColor) -> RGB:
    """A color for the engine."""
    return color.red(), color.green(), color.blue()


def snapped(start: QPointF, end: QPointF) -> QPointF:
    """``end`` turned around ``start`` to the nearest 45 degrees."""
    delta = end - start
    length = math.hypot(delta.x(), delta.y())
    angle = round(math.atan2(delta.y(), delta.x()) / TURN) * TURN
    return start + QPointF(length * math.cos(angle), length * math.sin(angle))


# The masks, made by a worker from a copy of the document.


def _like(at: tuple[int, int], wand: WandSettings, layer: str, document: Document) -> Tiles:
    return color_selection.like(
        document, at, wand.tolerance, contiguous=wand.contiguous, layer_id=layer
    )


def _line(start: shapes.Point, end: shapes.Point, width: int, document: Document) -> Tiles:
    return shapes.line(document.size, start, end, width)


def _box(rect: Rect, stroke: int | None, round_: bool, document: Document) -> Tiles:
    make = shapes.ellipse if round_ else shapes.rectangle
    return make(document.size, rect, stroke)


def _polygon(corners: list[shapes.Point], document: Document) -> Tiles:
    return selection.lasso(document.size, corners)


PAINT_TOOLS: tuple[Tool, ...] = (
    BucketTool(),
    GradientTool(),
    LineTool(),
    RectangleTool(),
    EllipseShapeTool(),
    PolygonFillTool(),
    LassoFillTool(),
)
