"""Patterns that tell masks apart over any picture: light lines on dark, never a tint."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

DARK, LIGHT = QColor(17, 17, 17, 210), QColor(240, 240, 240)
GROUND = QColor(0x1C, 0x1C, 0x1C)
HATCH = 9
DOTS = 10
COUNT = 5
"""How many patterns there are; further masks begin anew."""


def tile(pattern: int, side: float = 1.0) -> QImage:
    """One period of a pattern, to be laid side by side; ``side`` shrinks it for swatches."""
    return _tile(pattern % COUNT, side)


@lru_cache(maxsize=32)
def _tile(pattern: int, side: float) -> QImage:
    period = max(4, round((DOTS if pattern == 1 else HATCH) * side))
    image = QImage(period, period, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for shift, tint, width in ((1.4 * side, DARK, 1.7), (0.0, LIGHT, 1.5)):
        _draw(painter, pattern, period, shift, tint, width * max(0.75, side))
    painter.end()
    return image


def _draw(
    painter: QPainter, pattern: int, period: int, shift: float, tint: QColor, width: float
) -> None:
    painter.setPen(QPen(tint, width))
    if pattern == 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        middle = period / 2
        size = width + (0.7 if tint == DARK else 0)
        painter.drawEllipse(QPointF(middle, middle), size, size)
        return
    for at in (-period, 0, period):
        along = at + shift
        if pattern in (0, 4):
            painter.drawLine(QPointF(along, period), QPointF(along + period, 0))
        if pattern in (3, 4):
            painter.drawLine(QPointF(along, 0), QPointF(along + period, period))
    if pattern == 2:
        painter.drawLine(QPointF(0, period / 2 + shift), QPointF(period, period / 2 + shift))


def swatch(painter: QPainter, box: QRect, pattern: int) -> None:
    """A small square of the pattern, on dark."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(QRectF(box), 2, 2)
    painter.setBrushOrigin(box.topLeft())
    painter.setBrush(QBrush(tile(pattern, 0.55)))
    painter.drawRoundedRect(QRectF(box), 2, 2)
    painter.restore()
