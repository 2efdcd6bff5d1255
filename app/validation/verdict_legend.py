"""The lines of a verdict's chart by name, each in its manner and with its marker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import signals, tr
from app.theme import color, fonts
from app.validation.verdict_data import COLORS, LABELS, LOSS_COLOR
from app.validation.verdict_painter import MARKERS, WIDTH, marker, pen_of

if TYPE_CHECKING:
    from app.validation.verdict_data import ChartData
    from app.validation.verdict_painter import Shape

_LINE = 18.0


class VerdictLegend(QWidget):
    """As wide as its names."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[tuple[str, QPen, Shape, str]] = []
        self.setFixedHeight(20)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        signals.changed.connect(self.updateGeometry)

    def show_data(self, data: ChartData, *, losses: bool) -> None:
        """Name the lines of ``data``."""
        self._entries = [
            (LABELS[curve.key], pen_of(curve.key), MARKERS[curve.key], COLORS[curve.key])
            for curve in data.curves
            if any(one is not None for line in curve.weights.values() for one in line)
        ]
        if losses and data.has_losses:
            pen = QPen(color(LOSS_COLOR), WIDTH)
            pen.setDashPattern([2 / WIDTH, 3 / WIDTH])
            self._entries.append(("Held-out loss", pen, "diamond", LOSS_COLOR))
        self.updateGeometry()
        self.update()

    def _widths(self) -> list[float]:
        return [_LINE + 8 + fonts.width_of(tr(entry[0]), 11) for entry in self._entries]

    def sizeHint(self) -> QSize:
        widths = self._widths()
        return QSize(round(sum(widths) + 12 * max(0, len(widths) - 1)) + 2, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.font(11))
        left = 1.0
        for (name, pen, shape, tint), width in zip(self._entries, self._widths(), strict=True):
            pen.setColor(color(tint))
            painter.setPen(pen)
            painter.drawLine(QLineF(left, 10, left + _LINE, 10))
            marker(painter, shape, QPointF(left + _LINE / 2, 10), color(tint), 3.0)
            painter.setPen(color("t2"))
            place = QRectF(left + _LINE + 6, 0, width, 20)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, tr(name))
            left += width + 12
