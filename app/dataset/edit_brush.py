"""A brush for masks over the picture, and how masks are drawn: patterns, never a tint."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPixmap

from app.dataset.edit_shape import from_source, to_source
from app.dataset.edit_view import EditView, Hand
from engine.imaging.mask_tools import MaskStroke

if TYPE_CHECKING:
    import numpy as np
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QTransform

    from app.dataset.edit_work import EditWork

SIZES = (1.0, 400.0)


class Brush(Hand):
    """Paints into ``mask`` uint8 ``[H, W]`` of the source; ``painted`` hears of each stroke.

    [ and ] change the size, with Shift the hardness; X swaps painting and erasing.
    """

    cursor = Qt.CursorShape.BlankCursor

    def __init__(self, work: EditWork, view: EditView, painted: Callable[[], None]) -> None:
        self._work = work
        self._view = view
        self._painted = painted
        self.mask: np.ndarray | None = None
        self.radius, self.hardness = 16.0, 0.8
        self.erase = False
        self.inverted = False
        self.changed: Callable[[], None] = lambda: None
        self._stroke: MaskStroke | None = None
        self._at: QPointF | None = None

    def press(self, point: QPointF, event: QMouseEvent) -> None:
        if self.mask is None:
            return
        erase = self.erase != self.inverted
        self._stroke = MaskStroke(self.mask, self.radius, self.hardness, erase=erase)
        self.drag(point, event)

    def drag(self, point: QPointF, event: QMouseEvent) -> None:
        self._at = point
        if self._stroke is not None:
            there = to_source(self._work.recipe, self._work.size).map(point)
            self._stroke.to(there.x(), there.y())

    def release(self) -> None:
        if self._stroke is not None:
            self._stroke = None
            self._painted()

    def hover(self, point: QPointF) -> None:
        self._at = point

    def key(self, event: QKeyEvent) -> bool:
        step = {"[": -1, "]": 1, "{": -1, "}": 1}.get(event.text(), 0)
        if step and event.text() in "{}":
            self.hardness = min(1.0, max(0.0, self.hardness + step * 0.1))
        elif step:
            self.radius = min(SIZES[1], max(SIZES[0], self.radius * 1.2**step))
        elif event.key() == Qt.Key.Key_X:
            self.erase = not self.erase
        else:
            return False
        self.changed()
        return True

    def paint(self, painter: QPainter, transform: QTransform) -> None:
        if self._at is None:
            return
        middle, reach = transform.map(self._at), self.radius * self._view.scale
        for tint, width in ((QColor(0x11, 0x11, 0x11, 140), 3.0), (QColor("#F2F2F2"), 1.5)):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(tint, width))
            painter.drawEllipse(middle, reach, reach)
            painter.drawLine(middle - QPointF(3, 0), middle + QPointF(3, 0))
            if not self.erase:
                painter.drawLine(middle - QPointF(0, 3), middle + QPointF(0, 3))
            painter.setPen(QPen(tint, width / 1.5, Qt.PenStyle.DashLine))
            painter.drawEllipse(middle, reach * self.hardness, reach * self.hardness)


def paint_mask(
    painter: QPainter,
    view: EditView,
    work: EditWork,
    mask: np.ndarray,
    brush: QBrush,
    *,
    outside: bool = False,
) -> None:
    """Fill ``mask`` of the source (or what is ``outside`` of it) with ``brush``, as it is seen."""
    layer = QImage(view.size(), QImage.Format.Format_ARGB32_Premultiplied)
    layer.fill(Qt.GlobalColor.transparent)
    place = view.image_rect()
    inner = QPainter(layer)
    inner.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    inner.fillRect(place, brush)
    modes = QPainter.CompositionMode
    kept = modes.CompositionMode_DestinationOut if outside else modes.CompositionMode_DestinationIn
    inner.setCompositionMode(kept)
    inner.setClipRect(place)
    inner.setTransform(from_source(work.recipe, work.size) * view.transform())
    height, width = mask.shape
    # The image reads the array itself: no copy while a stroke is drawn.
    inner.drawImage(0, 0, QImage(mask.data, width, height, width, QImage.Format.Format_Alpha8))
    inner.end()
    painter.setClipRect(place)
    painter.drawImage(0, 0, layer)


def hatch() -> QBrush:
    """45° lines every 9 px, light on dark: the mask in hand."""
    return QBrush(_tile("hatch"))


def dots() -> QBrush:
    """Dots every 10 px: what is taken away."""
    return QBrush(_tile("dots"))


@lru_cache(maxsize=2)
def _tile(kind: str) -> QPixmap:
    side = 9 if kind == "hatch" else 10
    tile = QPixmap(side, side)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for tint, width in ((QColor(0x11, 0x11, 0x11, 150), 3.0), (QColor(0xF2, 0xF2, 0xF2, 230), 1.4)):
        if kind == "hatch":
            painter.setPen(QPen(tint, width))
            for shift in (-side, 0, side):
                painter.drawLine(QPointF(shift - 2, side + 2), QPointF(shift + side + 2, -2))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tint)
            painter.drawEllipse(QPointF(5, 5), width, width)
    painter.end()
    return tile


class Rectangle(Hand):
    """Draws a rectangle in pixels of the source; ``drawn`` gets left, top, width and height."""

    def __init__(self, work: EditWork, drawn: Callable[[tuple[int, int, int, int]], None]) -> None:
        self._work = work
        self._drawn = drawn
        self._start = self._end = QPointF()
        self._held = False

    def press(self, point: QPointF, event: QMouseEvent) -> None:
        self._start = self._end = point
        self._held = True

    def drag(self, point: QPointF, event: QMouseEvent) -> None:
        self._end = point

    def release(self) -> None:
        self._held = False
        there = to_source(self._work.recipe, self._work.size)
        box = there.mapRect(QRectF(self._start, self._end).normalized()).toRect()
        if box.width() > 2 and box.height() > 2:
            self._drawn((box.left(), box.top(), box.width(), box.height()))

    def paint(self, painter: QPainter, transform: QTransform) -> None:
        if not self._held:
            return
        box = transform.mapRect(QRectF(self._start, self._end).normalized())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for tint, width in ((QColor(0x11, 0x11, 0x11, 140), 3.0), (QColor("#F2F2F2"), 1.5)):
            painter.setPen(QPen(tint, width))
            painter.drawRect(box)
