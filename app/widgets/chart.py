"""The line chart: series told apart by color and dash, a read-out on hover, numbers on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.i18n import signals as language_signals
from app.i18n import tr
from app.theme import color, fonts
from app.widgets.axis import Axis, label_text, range_of, spread, thinned, tick_texts, ticks
from app.widgets.buttons import tool_button
from app.widgets.text import label

Dash = Literal["solid", "dash", "dot"]
_PENS: dict[str, list[float]] = {"dash": [6 / 1.75, 3 / 1.75], "dot": [2 / 1.75, 3 / 1.75]}


@dataclass(frozen=True)
class Series:
    """One line. ``label`` is a translation key, empty for a line that the legend leaves out;
    ``color`` is a token; ``xs`` ascend.
    """

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    color: str = "acc"
    dash: Dash = "solid"
    width: float = 1.75
    opacity: float = 1.0
    marker: Literal["", "square", "circle"] = ""


@dataclass
class ChartState:
    """What is drawn besides the series. ``now`` shades what is still to come; ``waiting`` stands
    in the middle while there is no point; ``left`` is the least margin in pixels.
    """

    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    now: float | None = None
    chosen: tuple[float, float] | None = None
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    waiting: str = ""
    left: float = 0.0


class Plot(QWidget):
    """The drawn part of a chart."""

    clicked = Signal(float)
    hovered = Signal(object)

    def __init__(self, height: int, x_name: str, y_text: Callable[[float], str] | None) -> None:
        super().__init__()
        self.series: list[Series] = []
        self.state = ChartState()
        self._x_name, self._y_text = x_name, y_text
        self._mouse: QPointF | None = None
        self._hint = QSize(240, height)
        self.setMinimumHeight(min(72, height))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return self._hint

    def axes(self) -> tuple[Axis, Axis]:
        """The horizontal and the vertical axis in widget pixels."""
        drawn = [one for one in self.series if len(one.xs)]
        xs = [value for one in drawn for value in (one.xs[0], one.xs[-1])]
        ys = [value for one in drawn for value in (min(one.ys), max(one.ys))]
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
        return max(2, (self.height() - 30) // 44)

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
            whole = all(float(x).is_integer() for one in self.series for x in one.xs)
            values = ticks(axis.low, axis.high, room, whole=whole and axis.high - axis.low >= 1)
        return list(zip(values, tick_texts(values), strict=True))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and any(len(s.xs) for s in self.series):
            self.clicked.emit(self.axes()[0].value(event.position().x()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.font(11))
        if not any(len(one.xs) for one in self.series):
            # An axis without a point would be invented.
            painter.setPen(color("t3"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.state.waiting)
            return
        x_axis, y_axis = self.axes()
        area = QRectF(QPointF(x_axis.start, y_axis.end), QPointF(x_axis.end, y_axis.start))
        self._paint_ground(painter, area, x_axis, y_axis)
        painter.save()
        painter.setClipRect(area.adjusted(-3, -3, 3, 3))
        for one in self.series:
            if len(one.xs):
                _paint_series(painter, one, x_axis, y_axis)
        painter.restore()
        if self._mouse is not None and area.adjusted(-8, 0, 8, 0).contains(self._mouse):
            self._paint_readout(painter, area, x_axis, y_axis, self._mouse.x())

    def _paint_ground(self, painter: QPainter, area: QRectF, x_axis: Axis, y_axis: Axis) -> None:
        state = self.state
        if state.now is not None and state.now < x_axis.high:
            left = x_axis.place(state.now)
            future = QRectF(left, area.top(), area.right() - left, area.height())
            painter.fillRect(future, color("chart_future"))
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

    def _paint_readout(
        self, painter: QPainter, area: QRectF, x_axis: Axis, y_axis: Axis, mouse: float
    ) -> None:
        x = min(max(mouse, area.left()), area.right())
        painter.setPen(QPen(color("t3"), 1))
        painter.drawLine(
            QPointF(round(x) + 0.5, area.top()), QPointF(round(x) + 0.5, area.bottom())
        )
        rows = [("", tr(self._x_name), label_text(_rounded(x_axis, x)))]
        for one in self.series:
            near = _nearest(one, x_axis.value(x))
            if near is not None:
                text = (self._y_text or label_text)(one.ys[near])
                rows.append((one.color, tr(one.label), text))
                point = QPointF(x_axis.place(one.xs[near]), y_axis.place(one.ys[near]))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color(one.color))
                painter.drawEllipse(point, 3.5, 3.5)
        measure = fonts.metrics(11, 500)
        width = 40 + max(
            measure.horizontalAdvance(name) + measure.horizontalAdvance(text)
            for _, name, text in rows
        )
        left = x + 12 if x + 12 + width < area.right() else x - 12 - width
        box = QRectF(left, area.top() + 8, width, 10 + 16 * len(rows))
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("field"))
        painter.drawRoundedRect(box, 3, 3)
        for index, (tint, name, text) in enumerate(rows):
            line = QRectF(box.left() + 8, box.top() + 5 + 16 * index, width - 16, 16)
            painter.setFont(fonts.font(11, 400 if tint else 600))
            painter.setPen(color(tint or "t1"))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(color("t1"))
            painter.drawText(
                line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text
            )


class LineChart(QWidget):
    """Title, legend, plot, and the same data as a table behind "Show numbers".

    ``clicked`` carries the x of a click. ``y_text`` writes a value of the vertical axis.
    ``left`` is the least left margin in pixels: charts above each other align when they share it.
    """

    clicked = Signal(float)

    def __init__(
        self,
        title_key: str,
        *,
        x_name: str = "Step",
        height: int = 312,
        y_text: Callable[[float], str] | None = None,
        numbers: bool = True,
        left: float = 0.0,
    ) -> None:
        super().__init__()
        self._x_name = x_name
        self.plot = Plot(height, x_name, y_text)
        self.plot.state.left = left
        self.plot.clicked.connect(self.clicked)
        self.plot.setAccessibleName(tr(title_key))
        self._title = label(title_key, weight=600)
        self._legend = Legend()
        self._table = QTableWidget()
        self._table.verticalHeader().hide()
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setShowGrid(False)
        self._switch = tool_button("table", "Show numbers", self._flip, checkable=True, dense=True)
        self._switch.setVisible(numbers)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._title)
        head.addWidget(self._legend, 1)
        head.addWidget(self._switch)
        self._head = head
        self._pages = QStackedLayout()
        self._pages.addWidget(self.plot)
        self._pages.addWidget(self._table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(self._pages, 1)
        language_signals.changed.connect(self._relabel)

    def add_head(self, widget: QWidget) -> None:
        """Put a control into the title row, before "Show numbers"."""
        self._head.insertWidget(self._head.count() - 1, widget)

    def set_series(self, series: Sequence[Series]) -> None:
        """Show these lines."""
        self.plot.series = list(series)
        self._legend.show_series(self.plot.series)
        self._refresh()

    def set_range(
        self, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None
    ) -> None:
        """Fix the axes; None follows the data."""
        self.plot.state.x_range, self.plot.state.y_range = x, y
        self._refresh()

    def set_ticks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Write these words under the horizontal axis instead of round numbers."""
        self.plot.state.x_ticks = list(marks)
        self._refresh()

    def set_waiting(self, text: str) -> None:
        """Say ``text`` in the middle while there is no point to draw."""
        self.plot.state.waiting = text
        self._refresh()

    def set_now(self, x: float | None) -> None:
        """Shade what is still to come after ``x``."""
        self.plot.state.now = x
        self._refresh()

    def set_chosen(self, low: float | None, high: float | None = None) -> None:
        """Lay the band of the chosen part from ``low`` to ``high``; None takes it away."""
        chosen = None if low is None else (low, high if high is not None else low)
        self.plot.state.chosen = chosen
        self._refresh()

    def _refresh(self) -> None:
        self.plot.update()
        if self._pages.currentIndex() == 1:
            self._fill_table()

    def _relabel(self) -> None:
        self._legend.updateGeometry()
        self._legend.update()
        self._refresh()

    def _flip(self) -> None:
        self._pages.setCurrentIndex(1 if self._switch.isChecked() else 0)
        self._refresh()

    def _fill_table(self) -> None:
        lines = self.plot.series
        xs = sorted({float(x) for one in lines for x in thinned(one.xs, 500)})
        self._table.setColumnCount(1 + len(lines))
        self._table.setHorizontalHeaderLabels([tr(self._x_name), *(tr(one.label) for one in lines)])
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.setRowCount(len(xs))
        known = [dict(zip(map(float, one.xs), one.ys, strict=True)) for one in lines]
        for row, x in enumerate(xs):
            self._table.setItem(row, 0, _cell(label_text(x)))
            for column, values in enumerate(known, 1):
                text = f"{values[x]:.4g}" if x in values else ""
                self._table.setItem(row, column, _cell(text))


class Legend(QWidget):
    """A short line in the manner of each series, and its name."""

    def __init__(self) -> None:
        super().__init__()
        self._series: list[Series] = []
        self.setFixedHeight(20)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_series(self, series: list[Series]) -> None:
        """Name these lines."""
        self._series = series
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.font(11))
        left = 0.0
        for one in self._series:
            if not one.label:
                continue
            text = tr(one.label)
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.setPen(_pen(one))
            painter.drawLine(QPointF(left + 1, 10), QPointF(left + 14, 10))
            painter.setPen(color("t2"))
            place = QRectF(left + 20, 0, width + 2, 20)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
            left += width + 34


def _paint_series(painter: QPainter, one: Series, x_axis: Axis, y_axis: Axis) -> None:
    painter.setPen(_pen(one))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    columns = max(2, int(x_axis.end - x_axis.start))
    points = [
        QPointF(x_axis.place(one.xs[index]), y_axis.place(one.ys[index]))
        for index in _drawn(one, columns)
    ]
    painter.drawPolyline(QPolygonF(points))
    if one.marker or len(points) == 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color(one.color))
        for point in points:
            if one.marker == "square":
                painter.drawRect(QRectF(point.x() - 2.5, point.y() - 2.5, 5, 5))
            else:
                painter.drawEllipse(point, 3, 3)


def _drawn(one: Series, columns: int) -> Sequence[int]:
    """Which points to draw: all, or the lowest and highest of every pixel column."""
    count = len(one.xs)
    if count <= 3 * columns:
        return range(count)
    kept: list[int] = []
    for column in range(columns):
        part = range(column * count // columns, (column + 1) * count // columns)
        pair = {min(part, key=one.ys.__getitem__), max(part, key=one.ys.__getitem__)}
        kept.extend(sorted(pair))
    return kept


def _rounded(axis: Axis, place: float) -> float:
    """The value under the pointer, no finer than a pixel tells."""
    value = axis.value(place)
    return round(value) if axis.high - axis.low > 50 else round(value, 2)


def _pen(one: Series) -> QPen:
    tint = QColor(color(one.color))
    tint.setAlphaF(one.opacity)
    pen = QPen(tint, one.width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if one.dash in _PENS:
        pen.setDashPattern(_PENS[one.dash])
    return pen


def _nearest(one: Series, x: float) -> int | None:
    if not len(one.xs) or x < one.xs[0] - 1 or x > one.xs[-1] + 1:
        return None
    return min(range(len(one.xs)), key=lambda index: abs(one.xs[index] - x))


def _cell(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
