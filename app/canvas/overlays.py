"""Canvas furniture: what is painted over the document in screen pixels, never scaled with it.

No color can be trusted over a picture, so every mark is a light stroke on a dark one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
)

from app.canvas import mask_patterns
from app.theme import fonts

DARK = QColor(17, 17, 17, 140)
LIGHT = QColor(255, 255, 255)
LABEL_FILL = QColor(0x17, 0x17, 0x17)
LABEL_TEXT = QColor(0xEB, 0xEB, 0xEB)
LABEL_QUIET = QColor(0xA3, 0xA3, 0xA3)
ANT_LENGTH = 5.0
HANDLE = 7.0
# Screen pixels: rings up to this radius are kept as pictures.
MOST_KEPT = 300.0
LABEL_GAP = 4.0


def marching_ants(
    painter: QPainter, lines: Sequence[QPolygonF], phase: float, *, closed: bool = True
) -> None:
    """Dashed light lines over dark ones; ``phase`` (pixels) makes them march."""
    dashes = _pen(LIGHT, 1.5)
    dashes.setDashPattern([ANT_LENGTH / 1.5, 4.0 / 1.5])
    dashes.setDashOffset(phase / 1.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (_pen(QColor(17, 17, 17, 230), 1.5), dashes):
        painter.setPen(pen)
        for line in lines:
            if closed:
                painter.drawPolygon(line)
            else:
                painter.drawPolyline(line)


def frame(painter: QPainter, rect: QRectF, color: QColor, *, handles: bool = True) -> None:
    """The region frame, with its eight handles while it can be dragged."""
    rect = _crisp(rect)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(DARK, 3.0))
    painter.drawRect(rect)
    painter.setPen(_pen(color, 1.5))
    painter.drawRect(rect)
    if handles:
        _handles(painter, rect)


def guide(painter: QPainter, start: QPointF, end: QPointF, color: QColor) -> None:
    """A straight line along whole screen pixels."""
    half = QPointF(0.5, 0.5)
    ends = QPointF(start.toPoint()) + half, QPointF(end.toPoint()) + half
    for pen in (_pen(DARK, 3.0), _pen(color, 1.0)):
        painter.setPen(pen)
        painter.drawLine(*ends)


def grip(painter: QPainter, at: QPointF) -> None:
    """A round handle."""
    painter.setPen(_pen(QColor(0x1A, 0x1A, 0x1A), 1.0))
    painter.setBrush(QColor(0xF4, 0xF4, 0xF4))
    painter.drawEllipse(at, 5.0, 5.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def crop(painter: QPainter, rect: QRectF, whole: QRectF) -> None:
    """The frame of a crop: what goes is darkened, thirds are drawn inside."""
    outside = QPainterPath()
    outside.addRect(whole)
    outside.addRect(rect)
    painter.fillPath(outside, QColor(17, 17, 17, 110))
    thirds = QColor(255, 255, 255, 90)
    painter.setPen(_pen(thirds, 1.0))
    for part in (1, 2):
        x, y = rect.left() + rect.width() * part / 3, rect.top() + rect.height() * part / 3
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
    frame(painter, rect, LIGHT)


def box(painter: QPainter, outline: QPolygonF, points: Sequence[QPointF]) -> None:
    """A closed line of straight sides, and handles at ``points``."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (_pen(DARK, 3.0), _pen(LIGHT, 1.2)):
        painter.setPen(pen)
        painter.drawPolygon(outline)
    _squares(painter, points)


def handles(painter: QPainter, rect: QRectF) -> None:
    """Eight handles of ``rect``, to drag it by."""
    _handles(painter, _crisp(rect))


def hatch(painter: QPainter, band: QPainterPath) -> None:
    """``band`` as a hatch, light on dark: a pattern, never a tint."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    for tint, shift in ((QColor(17, 17, 17, 70), 1), (QColor(255, 255, 255, 90), 0)):
        painter.setBrushOrigin(shift, 0)
        painter.setBrush(QBrush(tint, Qt.BrushStyle.BDiagPattern))
        painter.drawPath(band)
    painter.restore()


def _handles(painter: QPainter, rect: QRectF) -> None:
    _squares(painter, list(handle_points(rect).values()))


def _squares(painter: QPainter, points: Sequence[QPointF]) -> None:
    painter.setPen(_pen(QColor(0x1A, 0x1A, 0x1A), 1.0))
    painter.setBrush(QColor(0xF4, 0xF4, 0xF4))
    for point in points:
        painter.drawRect(QRectF(point.x() - HANDLE / 2, point.y() - HANDLE / 2, HANDLE, HANDLE))


def handle_points(rect: QRectF) -> dict[str, QPointF]:
    """The eight handles of ``rect`` by compass name."""
    middle = rect.center()
    return {
        "nw": rect.topLeft(),
        "n": QPointF(middle.x(), rect.top()),
        "ne": rect.topRight(),
        "w": QPointF(rect.left(), middle.y()),
        "e": QPointF(rect.right(), middle.y()),
        "sw": rect.bottomLeft(),
        "s": QPointF(middle.x(), rect.bottom()),
        "se": rect.bottomRight(),
    }


def handle_at(rect: QRectF, point: QPointF, reach: float = 9.0) -> str:
    """The handle of ``rect`` (screen pixels) within ``reach`` of ``point``, or an empty string."""
    found = [
        (abs(at.x() - point.x()) + abs(at.y() - point.y()), name)
        for name, at in handle_points(rect).items()
        if abs(at.x() - point.x()) <= reach and abs(at.y() - point.y()) <= reach
    ]
    return min(found)[1] if found else ""


def edges(painter: QPainter, lines: Sequence[QPolygonF]) -> None:
    """Closed lines, light on dark."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (_pen(DARK, 3.0), _pen(LIGHT, 1.5)):
        painter.setPen(pen)
        for line in lines:
            painter.drawPolygon(line)


def divider(painter: QPainter, x: float, box: QRectF) -> None:
    """The upright line between two pictures in ``box``, with a knob to drag it by."""
    for pen in (_pen(DARK, 3.0), _pen(LIGHT, 1.5)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x + 0.5, box.top()), QPointF(x + 0.5, box.bottom()))
    knob = QRectF(x - 9, box.center().y() - 9, 19, 19)
    painter.setPen(_pen(QColor(0x1A, 0x1A, 0x1A), 1.0))
    painter.setBrush(QColor(0xF4, 0xF4, 0xF4))
    painter.drawEllipse(knob)
    middle = knob.center()
    painter.setPen(_pen(QColor(0x1A, 0x1A, 0x1A), 1.5))
    for side in (-1, 1):
        tip = middle + QPointF(side * 6, 0)
        painter.drawLine(tip, tip + QPointF(-side * 3, -3))
        painter.drawLine(tip, tip + QPointF(-side * 3, 3))


def label_width(parts: Sequence[tuple[str, bool] | int]) -> float:
    """How wide :func:`label` is."""
    measure = QFontMetricsF(fonts.font(11))
    widths = [
        12.0 if isinstance(part, int) else measure.horizontalAdvance(part[0]) for part in parts
    ]
    return sum(widths) + LABEL_GAP * (len(parts) - 1) + 12


def label(painter: QPainter, at: QPointF, parts: Sequence[tuple[str, bool] | int]) -> QRectF:
    """A small dark label with its top left at ``at``; parts are (text, quiet), or the number of a
    mask's pattern. Gives its box.
    """
    font = fonts.font(11)
    measure = QFontMetricsF(font)
    box = QRectF(round(at.x()), round(at.y()), label_width(parts), 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(LABEL_FILL)
    painter.drawRoundedRect(box, 2, 2)
    painter.setFont(font)
    x = box.left() + 6
    for part in parts:
        if isinstance(part, int):
            mask_patterns.swatch(painter, QRect(round(x), round(box.top()) + 3, 12, 12), part)
            x += 12 + LABEL_GAP
            continue
        text, quiet = part
        painter.setPen(LABEL_QUIET if quiet else LABEL_TEXT)
        area = QRectF(x, box.top(), measure.horizontalAdvance(text) + 1, box.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)
        x += measure.horizontalAdvance(text) + LABEL_GAP
    return box


def brush_cursor(painter: QPainter, center: QPointF, radius: float, hardness: float) -> None:
    """A ring for the size, a dashed ring for the hard core; a cross when the ring is too small."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if radius < 2.5:
        cross(painter, center)
        return
    if radius <= MOST_KEPT:  # stroking circles is dearer than the stroke of the brush itself
        scale = painter.device().devicePixelRatioF()
        half = radius + 3
        corner = center - QPointF(half, half)
        painter.drawPixmap(
            QPointF(round(corner.x()), round(corner.y())), _ring(radius, hardness, scale)
        )
        return
    _paint_ring(painter, center, radius, hardness)


@lru_cache(maxsize=8)
def _ring(radius: float, hardness: float, scale: float) -> QPixmap:
    side = 2 * (radius + 3)
    made = QPixmap(math.ceil(side * scale), math.ceil(side * scale))
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_ring(painter, QPointF(side / 2, side / 2), radius, hardness)
    painter.end()
    return made


def _paint_ring(painter: QPainter, center: QPointF, radius: float, hardness: float) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (_pen(DARK, 3.0), _pen(LIGHT, 1.2)):
        painter.setPen(pen)
        painter.drawEllipse(center, radius, radius)
    core = radius * hardness
    if 0.05 < hardness < 0.95 and core > 3:
        pen = _pen(QColor(255, 255, 255, 170), 1.0)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.drawEllipse(center, core, core)


def cross(painter: QPainter, center: QPointF) -> None:
    """A small cross."""
    for pen in (_pen(DARK, 3.0), _pen(LIGHT, 1.2)):
        painter.setPen(pen)
        painter.drawLine(center - QPointF(5, 0), center + QPointF(5, 0))
        painter.drawLine(center - QPointF(0, 5), center + QPointF(0, 5))


def _pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _crisp(rect: QRectF) -> QRectF:
    return QRectF(
        round(rect.left()) + 0.5, round(rect.top()) + 0.5, round(rect.width()), round(rect.height())
    )
