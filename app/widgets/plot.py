"""The drawn part of a chart: ground, lines, and the read-out under the pointer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.theme import color, current, fonts
from app.theme import signals as theme_signals
from app.widgets.axis import Axis, label_text, range_of, spread, tick_texts, ticks
from app.widgets.chart_lines import ChartState, Series, paint_series
from app.widgets.readout import Readout, read_out


class Plot(QWidget):
    """The drawn part of a chart.

    Ground and lines are drawn once into a picture, still lines into another, so that a line that
    grows does not draw them again; the pointer lays only its read-out over both.
    """

    clicked = Signal(float)

    def __init__(self, height: int, x_name: str, y_text: Callable[[float], str] | None) -> None:
        super().__init__()
        self.series: list[Series] = []
        self.state = ChartState()
        self._y_text = y_text
        self.head: Callable[[float], tuple[str, str]] = lambda x: (tr(x_name), label_text(x))
        self._mouse: QPointF | None = None
        self._axes: tuple[Axis, Axis] | None = None
        self._picture: QPixmap | None = None
        self._still: QPixmap | None = None
        self._still_look: tuple[object, ...] = ()
        self._read = Readout()
        self._hint = QSize(240, height)
        self.setMinimumHeight(min(72, height))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_signals.changed.connect(self.renew)
        language_signals.changed.connect(self.renew)

    def renew(self) -> None:
        """Draw everything again: the series, the state, the colors or the words changed."""
        self._axes = self._picture = None
        self.update()

    def sizeHint(self) -> QSize:
        return self._hint

    def axes(self) -> tuple[Axis, Axis]:
        """The horizontal and the vertical axis in widget pixels."""
        if self._axes is None:
            self._axes = self._measured()
        return self._axes

    def _measured(self) -> tuple[Axis, Axis]:
        drawn = [one for one in self.series if len(one.xs)]
        xs = [value for one in drawn for value in (one.xs[0], one.xs[-1])]
        ys = [float(value) for one in drawn for value in (np.nanmin(one.ys), np.nanmax(one.ys))]
        low, high = self.state.x_range or (range_of(xs, air=0) if xs else (0.0, 1.0))
        bottom, top = self.state.y_range or range_of(ys)
        measure = fonts.metrics(11)
        wide = max(measure.horizontalAdvance(text) for _, text in self._y_marks(bottom, top))
        left = max(round(wide) + 10.0, self.state.left)
        return (
            Axis(low, high, left, self.width() - 10.0),
            Axis(bottom, top, self.height() - 22.0, 8.0),
        )

    def _levels(self) -> int:
        """How many values the vertical axis has room for."""
        return max(3 if self.height() >= 70 else 2, (self.height() - 30) // 44)

    def _y_marks(self, bottom: float, top: float) -> list[tuple[float, str]]:
        values = ticks(bottom, top, self._levels())
        texts = [self._y_text(v) for v in values] if self._y_text else tick_texts(values)
        return list(zip(values, texts, strict=True))

    def _x_marks(self, axis: Axis) -> list[tuple[float, str]]:
        """Given words, else the places of marked points, else round numbers."""
        if self.state.x_ticks:
            return self.state.x_ticks
        room = max(2, int((axis.end - axis.start) // 76))
        marked = {float(x) for one in self.series if one.marker for x in one.xs}
        if marked:
            values = spread(sorted(marked), max(room, int((axis.end - axis.start) // 40)))
        else:
            whole = all(bool(np.all(np.mod(one.xs, 1) == 0)) for one in self.series)
            values = ticks(axis.low, axis.high, room, whole=whole and axis.high - axis.low >= 1)
        return list(zip(values, tick_texts(values), strict=True))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def _point_at(self, mouse: QPointF | None) -> None:
        """Take the read-out to the pointer; only where it was and will be is painted again."""
        self.update(self._read.region)
        self._mouse = mouse
        self._read = self._read_out()
        self.update(self._read.region)

    def _read_out(self) -> Readout:
        if self._mouse is None or not self._has_points():
            return Readout()
        x_axis, y_axis = self.axes()
        if not self._area().adjusted(-8, 0, 8, 0).contains(self._mouse):
            return Readout()
        return read_out(self.series, x_axis, y_axis, self._mouse.x(), self.head, self._y_text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.renew()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._has_points():
            self.clicked.emit(self.axes()[0].value(event.position().x()))

    def _has_points(self) -> bool:
        return any(len(one.xs) for one in self.series)

    def _area(self) -> QRectF:
        x_axis, y_axis = self.axes()
        return QRectF(QPointF(x_axis.start, y_axis.end), QPointF(x_axis.end, y_axis.start))

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatioF() != ratio:
            self._picture = self._draw(ratio)
            self._draw_still(ratio)
            self._read = self._read_out()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._still is not None:
            painter.drawPixmap(0, 0, self._still)
        self._read.paint(painter)

    def _draw_still(self, ratio: float) -> None:
        """The lines that do not grow, unless they are drawn already."""
        lines = [one for one in self.series if one.still and len(one.xs)]
        if not lines:
            self._still, self._still_look = None, ()
            return
        x_axis, y_axis = self.axes()
        look = (ratio, current().name, x_axis, y_axis, *(one.look for one in lines))
        if look == self._still_look:
            return
        self._still_look, self._still = look, self._blank(ratio)
        painter = self._painter(self._still)
        painter.setClipRect(self._area().adjusted(-3, -3, 3, 3))
        for one in lines:
            paint_series(painter, one, x_axis, y_axis)
        painter.end()

    def _blank(self, ratio: float) -> QPixmap:
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        return picture

    @staticmethod
    def _painter(picture: QPixmap) -> QPainter:
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.font(11))
        return painter

    def _draw(self, ratio: float) -> QPixmap:
        """Everything but the still lines and the read-out."""
        picture = self._blank(ratio)
        painter = self._painter(picture)
        if self._has_points():
            self._paint_lines(painter)
        else:
            # An axis without a point would be invented.
            painter.setPen(color("t3"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.state.waiting)
        painter.end()
        return picture

    def _paint_lines(self, painter: QPainter) -> None:
        x_axis, y_axis = self.axes()
        area = self._area()
        self._paint_ground(painter, area, x_axis, y_axis)
        painter.setClipRect(area.adjusted(-3, -3, 3, 3))
        for one in self.series:
            if len(one.xs) and not one.still:
                paint_series(painter, one, x_axis, y_axis)

    def _paint_ground(self, painter: QPainter, area: QRectF, x_axis: Axis, y_axis: Axis) -> None:
        state = self.state
        if state.now is not None and state.now < x_axis.high:
            left = x_axis.place(state.now)
            future = QRectF(left, area.top(), area.right() - left, area.height())
            painter.fillRect(future, color("chart_future"))
            painter.setPen(QPen(color("t3"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(left, area.top()), QPointF(left, area.bottom()))
        if state.chosen is not None:
            left, right = (x_axis.place(edge) for edge in state.chosen)
            band = QRectF(left, area.top(), right - left, area.height())
            painter.fillRect(band.intersected(area), color("chart_band"))
        right_middle = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, text in self._y_marks(y_axis.low, y_axis.high):
            level = round(y_axis.place(value)) + 0.5
            painter.setPen(QPen(color("chart_grid"), 1))
            painter.drawLine(QPointF(area.left(), level), QPointF(area.right(), level))
            painter.setPen(color("t3"))
            place = QRectF(0, level - 8, x_axis.start - 8, 16)
            painter.drawText(place, right_middle, text)
        painter.setPen(color("t3"))
        for value, text in self._x_marks(x_axis):
            # The first and last words stay inside the widget.
            half = painter.fontMetrics().horizontalAdvance(text) / 2 + 1
            middle = min(max(x_axis.place(value), half), self.width() - half)
            place = QRectF(middle - half, area.bottom() + 5, 2 * half, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
