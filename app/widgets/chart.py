"""The line chart: series told apart by color and dash, a read-out on hover, numbers on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
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
from app.widgets.axis import label_text, thinned
from app.widgets.buttons import tool_button
from app.widgets.chart_lines import Series, pen_of
from app.widgets.plot import Plot
from app.widgets.text import label


class LineChart(QWidget):
    """Title, legend, plot, and the same data as a table behind "Show numbers".

    ``y_text`` writes a value of the vertical axis. ``left`` is the least left margin in pixels:
    charts above each other align when they share it. With ``zooms`` the wheel looks closer at a
    part of the horizontal axis, until a double click or a button shows the whole again.
    """

    def __init__(
        self,
        title_key: str,
        *,
        x_name: str = "Step",
        height: int = 312,
        y_text: Callable[[float], str] | None = None,
        numbers: bool = True,
        left: float = 0.0,
        zooms: bool = False,
    ) -> None:
        super().__init__()
        self._x_name = x_name
        self.plot = Plot(height, x_name, y_text, zooms=zooms)
        self.plot.state.left = left
        self.plot.setAccessibleName(tr(title_key))
        self._title = label(title_key, weight=600)
        self._legend = Legend()
        self._note = label(size=11, tone="quiet")
        self._note.hide()
        self._table = QTableWidget()
        self._table.verticalHeader().hide()
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setShowGrid(False)
        self._switch = tool_button("table", "Show numbers", self._flip, checkable=True, dense=True)
        self._switch.setVisible(numbers)
        self._whole = tool_button("zoom-out", "Show the whole run", self.plot.show_all, dense=True)
        self._whole.hide()
        self.plot.zoomed.connect(self._whole.setVisible)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._title)
        head.addWidget(self._legend, 1)
        head.addWidget(self._note)
        head.addWidget(self._whole)
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

    def set_note(self, text: str) -> None:
        """Say ``text``, ready to show, at the end of the title row."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def set_x_name(self, key: str) -> None:
        """Name the horizontal axis otherwise, in the table."""
        self._x_name = key

    def set_head(self, head: Callable[[float], tuple[str, str]]) -> None:
        """Let ``head`` name a place under the pointer: words, and a number at the right."""
        self.plot.head = head

    def set_series(self, series: Sequence[Series]) -> None:
        """Show these lines."""
        self.plot.series = list(series)
        self._legend.show_series(self.plot.series)
        self.plot.renew()
        self._fill_table()

    def set_range(
        self, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None
    ) -> None:
        """Fix the axes; None follows the data."""
        self.plot.state.x_range, self.plot.state.y_range = x, y
        self.plot.renew()

    def set_log(self, log: bool) -> None:
        """Make the vertical axis logarithmic, or linear again. Values are then above 0."""
        self.plot.state.log = log
        self.plot.renew()

    def set_titled(self, titled: bool) -> None:
        """Show the title, or leave it out where something above names the chart."""
        self._title.setVisible(titled)

    def set_ticks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Write these words under the horizontal axis instead of round numbers."""
        self.plot.state.x_ticks = list(marks)
        self.plot.renew()

    def set_waiting(self, text: str) -> None:
        """Say ``text`` in the middle while there is no point to draw."""
        self.plot.state.waiting = text
        self.plot.renew()

    def set_now(self, x: float | None, end: float | None = None) -> None:
        """Shade what is still to come after ``x`` until ``end``, or as far as the axis goes."""
        self.plot.state.now, self.plot.state.end = x, end
        self.plot.renew()

    def set_chosen(self, low: float | None, high: float | None = None) -> None:
        """Lay the band of the chosen part from ``low`` to ``high``; None takes it away."""
        chosen = None if low is None else (low, high if high is not None else low)
        self.plot.state.chosen = chosen
        self.plot.renew()

    def _relabel(self) -> None:
        self._legend.updateGeometry()
        self._legend.update()
        self._fill_table()

    def _flip(self) -> None:
        self._pages.setCurrentIndex(1 if self._switch.isChecked() else 0)
        self._fill_table()

    def _fill_table(self) -> None:
        """Show the numbers, while they are looked at."""
        if self._pages.currentIndex() != 1:
            return
        lines = self.plot.series
        xs = sorted({float(x) for one in lines for x in thinned(one.xs, 500)})
        self._table.setColumnCount(1 + len(lines))
        self._table.setHorizontalHeaderLabels([tr(self._x_name), *(one.name for one in lines)])
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.setRowCount(len(xs))
        known = [dict(zip(map(float, one.xs), one.ys, strict=True)) for one in lines]
        for row, x in enumerate(xs):
            self._say(row, 0, label_text(x))
            for column, values in enumerate(known, 1):
                text = f"{values[x]:.4g}" if x in values else ""
                self._say(row, column, text)

    def _say(self, row: int, column: int, text: str) -> None:
        """Write a cell; the cells of the time before are used again."""
        item = self._table.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._table.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)


class Legend(QWidget):
    """A short line in the manner of each series, and its name."""

    def __init__(self) -> None:
        super().__init__()
        self._series: list[Series] = []
        self.setFixedHeight(20)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_series(self, series: list[Series]) -> None:
        """Name these lines."""
        if [_manner(one) for one in series] != [_manner(one) for one in self._series]:
            self.update()
        self._series = series

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.font(11))
        for one, line, place in self.entries():
            painter.setPen(pen_of(one))
            painter.drawLine(QPointF(place.left() - line - 6, 10), QPointF(place.left() - 6, 10))
            painter.setPen(color("t2"))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, one.name)

    def entries(self) -> list[tuple[Series, float, QRectF]]:
        """Each series that is named, the length of its line and where its name is; closer together
        where there is little room.
        """
        named = [one for one in self._series if one.label and one.legend]
        widths = [fonts.metrics(11).horizontalAdvance(one.name) + 2 for one in named]
        tight = sum(widths) + 30 * len(widths) - 10 > self.width()
        line, air = (7, 4) if tight else (13, 10)
        left, found = 1.0, []
        for one, width in zip(named, widths, strict=True):
            found.append((one, float(line), QRectF(left + line + 6, 0, width, 20)))
            left += line + 6 + width + air
        return found


def _manner(one: Series) -> tuple[object, ...]:
    return one.label, one.color, one.dash, one.width, one.opacity, one.legend
