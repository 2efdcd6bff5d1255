"""What a chart says at the pointer: an upright line, a dot on every series, and their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QRegion

from app.theme import color, fonts
from app.widgets.axis import Axis, label_text
from app.widgets.chart_lines import Series, nearest


@dataclass
class Readout:
    """Ready to paint. ``rows`` are (color token, name, value); the first one, without a color, is
    the place on the horizontal axis. Without rows there is nothing.
    """

    line: QRectF = field(default_factory=QRectF)
    box: QRectF = field(default_factory=QRectF)
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    dots: list[tuple[QPointF, str]] = field(default_factory=list)

    @property
    def region(self) -> QRegion:
        """Every pixel that it touches."""
        found = QRegion()
        if self.rows:
            for part in (self.line, self.box):
                found += _around(part)
            for point, _ in self.dots:
                found += _around(QRectF(point.x() - 4, point.y() - 4, 8, 8))
        return found

    def paint(self, painter: QPainter) -> None:
        """Draw it."""
        if not self.rows:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("t3"), 1))
        painter.drawLine(self.line.topLeft(), self.line.bottomLeft())
        painter.setPen(Qt.PenStyle.NoPen)
        for point, tint in self.dots:
            painter.setBrush(color(tint))
            painter.drawEllipse(point, 3.5, 3.5)
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("field"))
        painter.drawRoundedRect(self.box, 3, 3)
        for index, row in enumerate(self.rows):
            self._paint_row(painter, index, *row)

    def _paint_row(self, painter: QPainter, index: int, tint: str, name: str, text: str) -> None:
        box = self.box
        line = QRectF(box.left() + 8, box.top() + 5 + 16 * index, box.width() - 16, 16)
        painter.setFont(fonts.font(11, 400 if tint else 600))
        painter.setPen(color(tint or "t1"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(color("t1"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)


def read_out(
    series: Sequence[Series],
    x_axis: Axis,
    y_axis: Axis,
    mouse: float,
    head: Callable[[float], tuple[str, str]],
    y_text: Callable[[float], str] | None,
) -> Readout:
    """What to say at ``mouse`` (a horizontal pixel); ``head`` names the place: words, and a number
    at the right.
    """
    x = min(max(mouse, x_axis.start), x_axis.end)
    rows = [("", *head(_rounded(x_axis, x)))]
    dots = []
    reach = min(1.0, x_axis.value(x + 24) - x_axis.value(x))
    for one in series:
        near = nearest(one, x_axis.value(x), reach)
        if near is not None and one.label:
            rows.append((one.color, one.name, (y_text or label_text)(one.ys[near])))
            place = QPointF(x_axis.place(one.xs[near]), y_axis.place(one.ys[near]))
            dots.append((place, one.color))
    measure = fonts.metrics(11, 500)
    texts = (measure.horizontalAdvance(name) + measure.horizontalAdvance(t) for _, name, t in rows)
    width = min(40 + max(texts), max(120.0, x_axis.end - x_axis.start))
    left = x + 12 if x + 12 + width < x_axis.end else x - 12 - width
    box = QRectF(left, y_axis.end + 8, width, 10 + 16 * len(rows))
    line = QRectF(round(x) + 0.5, y_axis.end, 0, y_axis.start - y_axis.end)
    return Readout(line, box, rows, dots)


def _around(part: QRectF) -> QRect:
    return part.toAlignedRect().adjusted(-1, -1, 1, 1)


def _rounded(axis: Axis, place: float) -> float:
    """The value under the pointer, no finer than a pixel tells."""
    value = axis.value(place)
    return round(value) if axis.high - axis.low > 50 else round(value, 2)
