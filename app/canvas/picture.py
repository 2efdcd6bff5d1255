"""The document's composite as a picture the screen can draw at any zoom, kept up by dirty rects."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter, QRegion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# From here on every document pixel is a sharp square.
CRISP_ZOOM = 2.0
# Rendered in strips, so that what is computed stays in the processor's cache.
STRIP = 256
MOST_PARTS = 16
# Values of 255 that count as one color.
FLAT = 6


class CompositePicture:
    """A premultiplied BGRA copy of the composite with half-size levels for small zooms.

    ``render(rect)`` gives straight RGBA uint8 [h, w, 4] of a document rectangle. Only dirty rects
    are rendered again, and only when they are drawn.
    """

    def __init__(self, width: int, height: int, render: Callable[[QRect], np.ndarray]) -> None:
        self._render = render
        self._levels: list[np.ndarray] = []
        self._images: list[QImage] = []
        size = (height, width)
        while True:
            pixels = np.zeros((*size, 4), np.uint8)
            self._levels.append(pixels)
            self._images.append(_image_over(pixels))
            if min(size) <= 64:
                break
            size = ((size[0] + 1) // 2, (size[1] + 1) // 2)
        self._bounds = QRect(0, 0, width, height)
        self._dirty = QRegion(self._bounds)

    @property
    def image(self) -> QImage:
        """The full-size picture, up to date."""
        self.refresh()
        return self._images[0]

    def mark(self, rect: QRect) -> None:
        """``rect`` of the document has changed."""
        self._dirty += rect.intersected(self._bounds)

    def refresh(self, area: QRect | None = None) -> None:
        """Render what is dirty in ``area`` or all, and the smaller levels that show it."""
        wanted = self._dirty.intersected(self._bounds if area is None else area)
        self._dirty -= wanted
        # Many small parts cost more than the rectangle round them.
        parts = (
            [wanted.boundingRect()]
            if wanted.rectCount() > 16
            else list(cast("Iterable[QRect]", wanted))
        )
        for part in parts:
            for top in range(part.top(), part.top() + part.height(), STRIP):
                height = min(STRIP, part.top() + part.height() - top)
                self._render_strip(QRect(part.left(), top, part.width(), height))

    def _render_strip(self, rect: QRect) -> None:
        left, top = rect.left(), rect.top()
        right, bottom = left + rect.width(), top + rect.height()
        self._levels[0][top:bottom, left:right] = _premultiplied_bgra(self._render(rect))
        self._shrink(left, top, right, bottom)

    def is_flat(self, rect: QRect) -> bool:
        """Whether ``rect`` of the document shows one color; faint noise counts as none."""
        rect = rect.intersected(self._bounds)
        if rect.isEmpty():
            return True
        self.refresh(rect)
        level = 0
        while level + 1 < len(self._levels) and max(rect.width(), rect.height()) >> level > 512:
            level += 1
        left, top = rect.left() >> level, rect.top() >> level
        right = ((rect.right() >> level) + 1, (rect.bottom() >> level) + 1)
        part = self._levels[level][top : right[1], left : right[0]]
        spread = part.max(axis=(0, 1)).astype(int) - part.min(axis=(0, 1))
        return int(spread.max()) <= FLAT

    def draw(self, painter: QPainter, target: QRectF, source: QRect, zoom: float) -> None:
        """Draw document rectangle ``source`` into screen rectangle ``target``."""
        self.refresh(source)
        level = 0
        while zoom * 2 ** (level + 1) <= 1.0 and level + 1 < len(self._images):
            level += 1
        smooth = zoom < CRISP_ZOOM and zoom != 1.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        scale = 2**level
        part = QRectF(
            source.x() / scale, source.y() / scale, source.width() / scale, source.height() / scale
        )
        painter.drawImage(target, self._images[level], part)

    def _shrink(self, left: int, top: int, right: int, bottom: int) -> None:
        for upper, lower in zip(self._levels, self._levels[1:], strict=False):
            left, top = left // 2, top // 2
            right, bottom = (right + 1) // 2, (bottom + 1) // 2
            part = upper[2 * top : 2 * bottom, 2 * left : 2 * right]
            lower[top:bottom, left:right] = _halved(part)


def _halved(part: np.ndarray) -> np.ndarray:
    """The mean of each 2 x 2 block; an odd last row or column is repeated."""
    import cv2

    if part.shape[0] % 2 or part.shape[1] % 2:
        part = np.pad(part, ((0, part.shape[0] % 2), (0, part.shape[1] % 2), (0, 0)), mode="edge")
    size = part.shape[1] // 2, part.shape[0] // 2
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA)


def _premultiplied_bgra(rgba: np.ndarray) -> np.ndarray:
    import cv2

    alpha = rgba[..., 3:4]
    result = cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)
    if alpha.min() < 255:
        product = result[..., :3].astype(np.uint16) * alpha
        result[..., :3] = (product + 127) // 255
    return result


def _image_over(pixels: np.ndarray) -> QImage:
    """A QImage that shares ``pixels`` (premultiplied BGRA); the caller keeps the array alive."""
    height, width = pixels.shape[:2]
    return QImage(
        pixels.data, width, height, pixels.strides[0], QImage.Format.Format_ARGB32_Premultiplied
    )
