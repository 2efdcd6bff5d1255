"""Arrays to Qt pictures and back, and the neutral checker behind transparency."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPixmap

from app.theme import color, current

HARD = 4
"""Pictures that are enlarged so many times show their pixels."""


def image_of(array: Any) -> QImage:
    """A uint8 array [H, W], [H, W, 3] or [H, W, 4] (straight alpha) as a picture of its own."""
    height, width = array.shape[:2]
    channels = 1 if array.ndim == 2 else array.shape[2]
    formats = {
        1: QImage.Format.Format_Grayscale8,
        3: QImage.Format.Format_RGB888,
        4: QImage.Format.Format_RGBA8888,
    }
    # copy(): the bytes belong to Python and end with this call.
    return QImage(array.tobytes(), width, height, width * channels, formats[channels]).copy()


def array_of(image: QImage) -> Any:
    """A picture as a uint8 array [H, W, 4] with straight alpha."""
    import numpy as np

    straight = image.convertToFormat(QImage.Format.Format_RGBA8888)
    width, height, line = straight.width(), straight.height(), straight.bytesPerLine()
    rows = np.frombuffer(straight.constBits(), np.uint8, height * line).reshape(height, line)
    return rows[:, : width * 4].reshape(height, width, 4).copy()


def pixmap_of(picture: Any) -> QPixmap:
    """A pixmap of an array, QImage or QPixmap."""
    if isinstance(picture, QPixmap):
        return picture
    image = picture if isinstance(picture, QImage) else image_of(picture)
    return QPixmap.fromImage(image)


def fitted(size: QSizeF, area: QRectF, air: float = 0.0, enlarge: bool = True) -> QRectF:
    """Where a picture of ``size`` lies, whole and centered, in ``area`` less the share ``air``."""
    inner = area.adjusted(
        area.width() * air, area.height() * air, -area.width() * air, -area.height() * air
    )
    if size.isEmpty():
        return inner
    scale = min(inner.width() / size.width(), inner.height() / size.height())
    scale = scale if enlarge else min(1.0, scale)
    width, height = size.width() * scale, size.height() * scale
    center = inner.center()
    return QRectF(center.x() - width / 2, center.y() - height / 2, width, height)


def draw_fitted(painter: QPainter, pixmap: QPixmap, area: QRectF, air: float = 0.0) -> QRectF:
    """Draw ``pixmap`` whole and centered, on whole pixels; small ones are enlarged in hard pixels.
    Returns where.
    """
    size = QSizeF(pixmap.size()) / pixmap.devicePixelRatio()
    place = QRectF(fitted(size, area, air).toRect())
    smooth = place.width() < HARD * size.width()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
    return place


def checker() -> QBrush:
    """8 px squares for behind transparency, never under thumbnails in a grid."""
    return QBrush(_checker(current().name))


@lru_cache(maxsize=4)
def _checker(theme: str) -> QPixmap:
    tile = QPixmap(16, 16)
    tile.fill(color("checker_a"))
    painter = QPainter(tile)
    light = QColor(color("checker_b"))
    painter.fillRect(8, 0, 8, 8, light)
    painter.fillRect(0, 8, 8, 8, light)
    painter.end()
    return tile


def outlined(painter: QPainter, area: QRectF, width: float = 1.5) -> None:
    """A frame that is seen on any picture: a light stroke on a dark one."""
    dark = QColor(0x11, 0x11, 0x11, 140)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for tint, thick in ((dark, width + 1.5), (color("acc"), width)):
        pen = painter.pen()
        pen.setStyle(Qt.PenStyle.SolidLine)
        pen.setColor(tint)
        pen.setWidthF(thick)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawRect(area)
