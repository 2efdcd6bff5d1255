"""What a chart says at the pointer: an upright line, a dot on every series, and their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from app.theme import color, fonts
from app.widgets.axis import aligned, label_text
from app.widgets.chart_lines import Series, nearest

REACH = 24
"""Pixels that the pointer may be beyond the end of a line and still read it."""


class Readout(QGraphicsItem):
    """Over the lines of ``box``; ``place`` gives the pixel of a value there. ``rows`` are (color
    token, name, value); the first one, without a color, is the place on the horizontal axis as
    ``head`` names it: words, and a number at the right. Without rows there is nothing.

    pyqtgraph's own items, a text, a line and dots, take four times as long at every move.
    """

    def __init__(
        self,
        box: pg.ViewBox,
        place: Callable[[float, float], QPointF],
        head: Callable[[float], tuple[str, str]],
        y_text: Callable[[float], str] | None,
    ) -> None:
        super().__init__(box)
        self.setZValue(1000)
        self.series: Sequence[Series] = ()
        self.rows: list[tuple[str, str, str]] = []
        self.frame = QRectF()
        self._box, self._place, self._head, self._y_text = box, place, head, y_text
        self._x: float | None = None
        self._line = QRectF()
        self._dots: list[tuple[QPointF, str]] = []
        box.sigResized.connect(self._moved)
        box.sigRangeChanged.connect(self._moved)

    def boundingRect(self) -> QRectF:
        return self._box.rect().adjusted(-4, -4, 4, 4)

    def _moved(self, *_: object) -> None:
        """The same values are at other pixels."""
        self.prepareGeometryChange()
        self.refresh()

    def refresh(self) -> None:
        """Read again where the pointer is: the lines have changed."""
        if self._x is not None:
            self.point_at(self._x)

    def point_at(self, x: float | None) -> None:
        """Go to ``x``, a horizontal pixel of the box; None goes away. Only where the read-out was
        and will be is painted again.
        """
        before = list(self.touched())
        self._x, self.rows = x, []
        if x is not None and self.series:
            self._read(min(max(x, 0.0), self._box.width()))
        for part in (*before, *self.touched()):
            self.update(part)

    def touched(self) -> Iterator[QRectF]:
        """Every pixel that it paints."""
        if self.rows:
            yield self._line.adjusted(-1.5, 0, 1.5, 0)
            yield self.frame.adjusted(-1, -1, 1, 1)
            for point, _ in self._dots:
                yield QRectF(point.x() - 5, point.y() - 5, 10, 10)

    def _read(self, place: float) -> None:
        box = self._box
        low, high = box.viewRange()[0]
        pixel = (high - low) / max(1.0, box.width())
        x = low + place * pixel
        # No finer than a pixel tells.
        self.rows = [("", *self._head(round(x) if high - low > 50 else round(x, 2)))]
        self._dots = []
        values = []
        for one in self.series:
            near = nearest(one, x, min(1.0, REACH * pixel)) if one.label else None
            if near is not None:
                value = float(one.ys[near])
                values.append((one.color, one.name, (self._y_text or label_text)(value)))
                self._dots.append((self._place(float(one.xs[near]), value), one.color))
        texts = aligned([text for *_, text in values])
        self.rows += [
            (tint, name, text) for (tint, name, _), text in zip(values, texts, strict=True)
        ]
        self._line = QRectF(round(place) + 0.5, 0, 0, box.height())
        self._lay(place)

    def _lay(self, place: float) -> None:
        """The frame beside the line, where there is room."""
        measure = fonts.metrics(11, 500)
        widths = [measure.horizontalAdvance(name + text) for _, name, text in self.rows]
        width = min(40 + max(widths), max(120.0, self._box.width()))
        left = place + 12 if place + 12 + width < self._box.width() else place - 12 - width
        self.frame = QRectF(round(left), 8, round(width), 10 + 16 * len(self.rows))

    def paint(self, painter: QPainter, *_: object) -> None:
        if not self.rows:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("t3"), 1))
        painter.drawLine(self._line.topLeft(), self._line.bottomLeft())
        painter.setPen(Qt.PenStyle.NoPen)
        for point, tint in self._dots:
            painter.setBrush(color(tint))
            painter.drawEllipse(point, 3.5, 3.5)
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("field"))
        painter.drawRoundedRect(self.frame.translated(0.5, 0.5), 3, 3)
        for index, row in enumerate(self.rows):
            self._paint_row(painter, index, *row)

    def _paint_row(self, painter: QPainter, index: int, tint: str, name: str, text: str) -> None:
        frame = self.frame
        line = QRectF(frame.left() + 8, frame.top() + 5 + 16 * index, frame.width() - 16, 16)
        painter.setFont(fonts.font(11, 400 if tint else 600))
        painter.setPen(color(tint or "t1"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(color("t1"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
