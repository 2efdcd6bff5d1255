"""The document's composite as the screen shows it: squares at the zoom in sight, kept by use."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QRegion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# From here on every document pixel is a sharp square.
CRISP_ZOOM = 2.0
SIDE = 256
MOST_SQUARES = 384
# What one drawing may take; what is not there by then is shown coarser and comes with the next.
BUDGET_S = 0.012
# Values of 255 that count as one color.
FLAT = 6


class Place(NamedTuple):
    """A square: how often the document is shrunk by two, and its column and row there."""

    level: int
    column: int
    row: int

    @property
    def rect(self) -> QRect:
        """Its pixels at its level."""
        return QRect(self.column * SIDE, self.row * SIDE, SIDE, SIDE)

    @property
    def above(self) -> Place:
        """The square of half the size that shows this one too."""
        return Place(self.level + 1, self.column // 2, self.row // 2)


class Square:
    """Pixels of one place, premultiplied BGRA; ``dirty`` is what of them is not up to date."""

    def __init__(self, dirty: QRect) -> None:
        self.pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
        self.image = image_over(self.pixels)
        self.dirty = dirty
        self.seen = False


class CompositePicture:
    """Draws a document of any size at any zoom.

    ``render(rect, level)`` gives straight RGBA uint8 [h, w, 4] of a rectangle of the document
    shrunk ``level`` times by two. It is asked only for what is drawn and has changed.
    """

    def __init__(self, width: int, height: int, render: Callable[[QRect, int], np.ndarray]) -> None:
        self._render = render
        self._bounds = QRect(0, 0, width, height)
        self._squares: OrderedDict[Place, Square] = OrderedDict()
        self.unfinished = False
        """Whether the last drawing left something out that another one brings."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the document."""
        return self._bounds.width(), self._bounds.height()

    def mark(self, rect: QRect) -> None:
        """``rect`` of the document has changed."""
        rect = rect.intersected(self._bounds)
        if rect.isEmpty():
            return
        for place, square in self._squares.items():
            square.dirty |= shrunk(rect, place.level).intersected(place.rect)

    def draw(self, painter: QPainter, target: QRectF, source: QRect, zoom: float) -> None:
        """Draw document rectangle ``source`` into screen rectangle ``target``."""
        source = source.intersected(self._bounds)
        if source.isEmpty():
            self.unfinished = False
            return
        level = self.level_for(zoom)
        area = shrunk(source, level)
        image = QImage(area.size(), QImage.Format.Format_ARGB32_Premultiplied)
        self._fill(image, area, level)
        turned = painter.transform().isRotating()
        smooth = zoom < CRISP_ZOOM and (zoom != 1.0 or turned)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        scale = 2.0**-level
        part = QRectF(
            source.x() * scale, source.y() * scale, source.width() * scale, source.height() * scale
        )
        painter.drawImage(target, image, part.translated(-area.x(), -area.y()))

    def sketch(self) -> None:
        """Make the whole of it small, so that nothing of it is empty before it is made sharp."""
        level = 0
        while max(self._size(level)) > SIDE:
            level += 1
        for place in places(shrunk(self._bounds, level), level):
            square = self._square(place)
            if not square.dirty.isEmpty():
                self._refresh(place, square, square.dirty)

    def level_for(self, zoom: float) -> int:
        """The smallest level that has a pixel for each of the screen's."""
        level = 0
        while zoom * 2 ** (level + 1) <= 1.0 and max(self._size(level + 1)) >= 64:
            level += 1
        return level

    def part(self, rect: QRect) -> QImage:
        """Document rectangle ``rect`` as it is now, a picture of its own."""
        return image_over(premultiplied(self._render(rect, 0))).copy()

    def small(self, rect: QRect, side: int) -> QImage:
        """Document rectangle ``rect`` as it is now, so that its shorter side has ``side`` pixels
        at most, a picture of its own. What lies beyond the document is transparent.
        """
        inside = rect.intersected(self._bounds)
        if inside.isEmpty():
            return QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
        level = 0
        while min(rect.width(), rect.height()) >> (level + 1) >= side:
            level += 1
        area, seen = shrunk(rect, level), shrunk(inside, level)
        whole = image_over(premultiplied(self._render(seen, level)))
        if area != seen:
            whole = _placed(whole, seen.topLeft() - area.topLeft(), area.size())
        shorter = min(whole.width(), whole.height())
        scale = min(1.0, side / shorter)
        size = whole.size() * scale
        smooth = Qt.TransformationMode.SmoothTransformation
        return whole.scaled(size, mode=smooth) if scale < 1 else whole.copy()

    def is_flat(self, rect: QRect) -> bool:
        """Whether ``rect`` of the document shows one color; faint noise counts as none."""
        rect = rect.intersected(self._bounds)
        if rect.isEmpty():
            return True
        level = 0
        while max(rect.width(), rect.height()) >> level > 512:
            level += 1
        part = premultiplied(self._render(shrunk(rect, level), level))
        spread = part.max(axis=(0, 1)).astype(int) - part.min(axis=(0, 1))
        return int(spread.max()) <= FLAT

    def _size(self, level: int) -> tuple[int, int]:
        rect = shrunk(self._bounds, level)
        return rect.width(), rect.height()

    def _fill(self, image: QImage, area: QRect, level: int) -> None:
        """Paint ``area`` of a level on ``image`` from squares, made or brought up to date."""
        until = time.perf_counter() + BUDGET_S
        self.unfinished = False
        image.fill(0)
        painter = QPainter(image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.translate(-area.x(), -area.y())
        for place in places(area, level):
            square = self._square(place)
            wanted = square.dirty.intersected(area)
            if not wanted.isEmpty():
                if time.perf_counter() < until:
                    self._refresh(place, square, wanted)
                else:
                    self.unfinished = True
            if square.seen:
                painter.drawImage(place.rect.topLeft(), square.image)
            else:
                self._draw_coarse(painter, place)
        painter.end()

    def _square(self, place: Place) -> Square:
        square = self._squares.get(place)
        if square is None:
            whole = shrunk(self._bounds, place.level)
            square = self._squares[place] = Square(place.rect.intersected(whole))
            if len(self._squares) > MOST_SQUARES:
                self._squares.popitem(last=False)
        self._squares.move_to_end(place)
        return square

    def _refresh(self, place: Place, square: Square, wanted: QRect) -> None:
        """Bring ``wanted`` of a square up to date, or all that is dirty where it was never seen."""
        if not square.seen:
            wanted = square.dirty
        pixels = premultiplied(self._render(wanted, place.level))
        left, top = wanted.x() - place.rect.x(), wanted.y() - place.rect.y()
        square.pixels[top : top + wanted.height(), left : left + wanted.width()] = pixels
        square.seen = True
        square.dirty = QRegion(square.dirty).subtracted(QRegion(wanted)).boundingRect()

    def _draw_coarse(self, painter: QPainter, place: Place) -> None:
        """What a smaller level shows of a square that is not there yet."""
        scale, above = 1, place
        for _ in range(4):
            above, scale = above.above, scale * 2
            square = self._squares.get(above)
            if square is not None and square.seen:
                inside = QRectF(place.rect).translated(
                    -above.column * SIDE * scale, -above.row * SIDE * scale
                )
                source = QRectF(inside.topLeft() / scale, inside.size() / scale)
                painter.drawImage(QRectF(place.rect), square.image, source)
                return


def shrunk(rect: QRect, level: int) -> QRect:
    """The pixels of a level that show any of ``rect``."""
    if rect.isEmpty():
        return QRect()
    right, bottom = (rect.right() >> level), (rect.bottom() >> level)
    return QRect(QPoint(rect.left() >> level, rect.top() >> level), QPoint(right, bottom))


def places(area: QRect, level: int) -> Iterator[Place]:
    """The squares of a level that ``area`` touches, from the middle outward."""
    if area.isEmpty():
        return iter(())
    columns = range(area.left() // SIDE, area.right() // SIDE + 1)
    rows = range(area.top() // SIDE, area.bottom() // SIDE + 1)
    middle = area.center().x() / SIDE - 0.5, area.center().y() / SIDE - 0.5
    found = [Place(level, column, row) for row in rows for column in columns]
    found.sort(key=lambda one: (one.column - middle[0]) ** 2 + (one.row - middle[1]) ** 2)
    return iter(found)


def _placed(image: QImage, at: QPoint, size: QSize) -> QImage:
    """``image`` in a larger one that is transparent around it."""
    larger = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    larger.fill(0)
    painter = QPainter(larger)
    painter.drawImage(at, image)
    painter.end()
    return larger


def premultiplied(rgba: np.ndarray) -> np.ndarray:
    """Straight RGBA as premultiplied BGRA, as Qt has it."""
    import cv2

    alpha = rgba[..., 3:4]
    result = cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)
    if alpha.min() < 255:
        product = result[..., :3].astype(np.uint16) * alpha
        result[..., :3] = (product + 127) // 255
    return result


def image_over(pixels: np.ndarray) -> QImage:
    """A QImage that shares ``pixels`` (premultiplied BGRA); the caller keeps the array alive."""
    height, width = pixels.shape[:2]
    return QImage(
        pixels.data, width, height, pixels.strides[0], QImage.Format.Format_ARGB32_Premultiplied
    )
