"""Canvas furniture: what is painted over the document in screen pixels, never scaled with it.

No color can be trusted over a picture, so every mark is a light stroke on a dark one.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from app.theme import fonts

DARK = QColor(17, 17, 17, 140)
LIGHT = QColor(255, 255, 255)
LABEL_FILL = QColor(0x17, 0x17, 0x17)
LABEL_TEXT = QColor(0xEB, 0xEB, 0xEB)
LABEL_QUIET = QColor(0xA3, 0xA3, 0xA3)
ANT_LENGTH = 5.0
HANDLE = 7.0


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
    painter.setPen(_pen(QColor(0x1A, 0x1A, 0x1A), 1.0))
    painter.setBrush(QColor(0xF4, 0xF4, 0xF4))
    for point in handle_points(rect).values():
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


def label(painter: QPainter, at: QPointF, parts: list[tuple[str, bool]]) -> QRectF:
    """A small dark label with its top left at ``at``; parts are (text, quiet). Gives its box."""
    font = fonts.font(11)
    measure = QFontMetricsF(font)
    gap = 4.0
    width = sum(measure.horizontalAdvance(text) for text, _ in parts) + gap * (len(parts) - 1)
    box = QRectF(round(at.x()), round(at.y()), width + 12, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(LABEL_FILL)
    painter.drawRoundedRect(box, 2, 2)
    painter.setFont(font)
    x = box.left() + 6
    for text, quiet in parts:
        painter.setPen(LABEL_QUIET if quiet else LABEL_TEXT)
        area = QRectF(x, box.top(), measure.horizontalAdvance(text) + 1, box.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)
        x += measure.horizontalAdvance(text) + gap
    return box


def brush_cursor(painter: QPainter, center: QPointF, radius: float, hardness: float) -> None:
    """A ring for the size, a dashed ring for the hard core; a cross when the ring is too small."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if radius < 2.5:
        _cross(painter, center)
        return
    for pen in (_pen(DARK, 3.0), _pen(LIGHT, 1.2)):
        painter.setPen(pen)
        painter.drawEllipse(center, radius, radius)
    core = radius * hardness
    if 0.05 < hardness < 0.95 and core > 3:
        pen = _pen(QColor(255, 255, 255, 170), 1.0)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.drawEllipse(center, core, core)


def _cross(painter: QPainter, center: QPointF) -> None:
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
