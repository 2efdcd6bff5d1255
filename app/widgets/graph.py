"""The drawn part of a chart, by pyqtgraph. Imported when the first chart is seen, not before."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QResizeEvent, QWheelEvent

from app.theme import color, mix
from app.widgets.axis import log_ticks, range_of, spread, tick_texts, ticks
from app.widgets.chart_lines import ChartState, Series, pen_of
from app.widgets.graph_axis import Frame, Ruler
from app.widgets.graph_readout import Readout

if TYPE_CHECKING:
    from PySide6.QtGui import QPen

TOP, RIGHT, FOOT = 8, 10, 22
"""Pixels around the lines; what is left of them follows the words there."""
CLOSEST = 20
"""The parts of the whole length that can be looked at."""
BLOCK = 256
"""A long line is drawn as a past, which changes when so many points have come, and a tail."""


class Graph(pg.GraphicsView):
    """Lines over a grid, with shades behind them and a read-out over them.

    ``y_text`` writes a value of the vertical axis. With ``zooms`` the wheel looks closer at a part
    of the horizontal axis, a drag moves it, and a double click shows the whole again; ``zoomed``
    tells whether a part is shown.
    """

    zoomed = Signal(bool)

    def __init__(
        self,
        head: Callable[[float], tuple[str, str]],
        y_text: Callable[[float], str] | None,
        *,
        zooms: bool,
    ) -> None:
        super().__init__()
        self.series: list[Series] = []
        self.state = ChartState()
        self._y_text = y_text
        self._zooms = zooms
        self._whole = (0.0, 1.0)
        self._log = False
        self._marks: list[tuple[float, str]] = []
        self._ratio = 0.0
        self._drawn: list[Series] = []
        self.lines: list[pg.PlotDataItem] = []
        self.box = Frame(enableMenu=False, defaultPadding=0.0)
        self.box.disableAutoRange()
        self.box.setMouseEnabled(x=zooms, y=False)
        self.across = Ruler("bottom", self.box, self._x_marks)
        self.up = Ruler("left", self.box, self._y_marks)
        self.future, self.band = (pg.LinearRegionItem(movable=False) for _ in range(2))
        self.now = pg.InfiniteLine(angle=90)
        self.readout = Readout(self.box, self.place, head, y_text)
        self._build()

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.centralLayout.setContentsMargins(0, TOP, RIGHT, 0)
        self.centralLayout.setSpacing(0)
        self.centralLayout.addItem(self.up, 0, 0)
        self.centralLayout.addItem(self.box, 0, 1)
        self.centralLayout.addItem(self.across, 1, 1)
        self.across.setHeight(FOOT)
        for level, item in enumerate((self.future, self.band, self.now)):
            item.setZValue(level - 20)
            self.box.addItem(item, ignoreBounds=True)
        for region in (self.future, self.band):
            for edge in region.lines:
                edge.hide()
        self.box.sigRangeChangedManually.connect(lambda *_: self._tell_zoom())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:  # None comes before there is a layout
            self.centralLayout.activate()  # not with the next event: places are asked for at once

    # What is shown

    def show_chart(self, series: Sequence[Series], state: ChartState) -> None:
        """Show these; what is the same as before is not drawn again."""
        self.state = state
        self.series = [one for one in series if len(one.xs)]
        self._dress()
        self._set_ranges()
        self._set_shades()
        parts = [part for one in self.series for part in _parts(one)]
        for item in self.lines[len(parts) :]:
            self.box.removeItem(item)
        del self.lines[len(parts) :]
        for place, part in enumerate(parts):
            self._set_line(place, part)
        self._drawn = parts
        low, high = self.box.viewRange()[0]
        marks = self._x_marks(low, high, self.box.width())
        if marks != self._marks:
            self._marks = marks
            self.across.renew()
        self.readout.series = self.series
        self.readout.refresh()

    def redress(self) -> None:
        """Take the colors of the theme and the words of the language of the moment."""
        self._ratio = 0.0
        self.show_chart(self.series, self.state)

    def _dress(self) -> None:
        """Colors and widths, unless they are right already."""
        ratio = self.devicePixelRatioF()
        if ratio == self._ratio:
            return
        self._ratio, self._drawn = ratio, []  # every line takes its new pen
        self.setBackground(color("g2"))
        self.across.dress()
        self.up.dress()
        self.future.setBrush(_veil("chart_future"))
        self.band.setBrush(_veil("chart_band"))
        self.now.setPen(pg.mkPen(color("t3"), width=ratio, style=Qt.PenStyle.DotLine))

    def _set_ranges(self) -> None:
        xs = [float(value) for one in self.series for value in (one.xs[0], one.xs[-1])]
        whole = self.state.x_range or (range_of(xs, air=0) if xs else (0.0, 1.0))
        if whole != self._whole:
            shown_all = not self.is_zoomed
            self._whole = whole
            length = whole[1] - whole[0]
            self.box.setLimits(xMin=whole[0], xMax=whole[1], minXRange=length / CLOSEST)
            if shown_all:
                self.show_all()
        bottom, top = self._y_range()
        texts = [text for _, text in self._y_marks(bottom, top, self.height() - TOP - FOOT)]
        self.up.make_room(texts, self.state.left)
        if [bottom, top] != self.box.viewRange()[1]:
            self.box.setYRange(bottom, top, padding=0)

    def _y_range(self) -> tuple[float, float]:
        """The vertical range, as powers of ten where the axis is logarithmic."""
        ends = [float(value) for one in self.series for value in (np.min(one.ys), np.max(one.ys))]
        low, high = self.state.y_range or range_of(ends)
        self._log = self.state.log and high > 0
        if not self._log:
            return low, high
        if low <= 0:
            low = min((value for value in ends if value > 0), default=high) * 0.9
        return math.log10(low), math.log10(high)

    def _set_shades(self) -> None:
        state, end = self.state, self._whole[1]
        last = end if state.end is None else min(end, state.end)
        now = last if state.now is None else state.now
        for item in (self.future, self.now):
            item.setVisible(now < last)
        if now < last:
            _span(self.future, now, last)
            self.now.setPos(now)
        self.band.setVisible(state.chosen is not None)
        if state.chosen is not None:
            _span(self.band, *state.chosen)

    def _set_line(self, place: int, one: Series) -> None:
        if place == len(self.lines):
            item = pg.PlotDataItem(
                clipToView=True, autoDownsample=True, autoDownsampleFactor=1.0,
                antialias=True, connect="finite", symbolPen=None,
            )  # fmt: skip
            # Kept as a picture: a line is stroked again when it grows, not when others do.
            for part in (item.curve, item.scatter):
                part.setCacheMode(item.CacheMode.DeviceCoordinateCache)
            self.lines.append(item)
            self.box.addItem(item, ignoreBounds=True)
            item.setZValue(place)
        self.lines[place].setLogMode(False, self._log)
        before = self._drawn[place] if place < len(self._drawn) else None
        if before is None or not one.looks_like(before):
            self.lines[place].setData(
                np.asarray(one.xs, np.float64), np.asarray(one.ys, np.float64),
                **_manner(one, pen_of(one, self._ratio)),
            )  # fmt: skip

    # The axes

    def _levels(self, pixels: float) -> int:
        """How many values the vertical axis has room for."""
        return max(3 if pixels >= 40 else 2, int(pixels // 44))

    def _y_marks(self, bottom: float, top: float, pixels: float) -> list[tuple[float, str]]:
        levels = self._levels(pixels)
        if self._log:
            values = log_ticks(10.0**bottom, 10.0**top, levels)
        else:
            values = ticks(bottom, top, levels)
        texts = [self._y_text(v) for v in values] if self._y_text else tick_texts(values)
        places = [math.log10(value) for value in values] if self._log else values
        return list(zip(places, texts, strict=True))

    def _x_marks(self, low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        """Given words, else the places of marked points, else round numbers."""
        if self.state.x_ticks and not self.is_zoomed:
            return self.state.x_ticks
        room = max(2, int(pixels // 76))
        marked = {float(x) for one in self.series if one.marker for x in one.xs}
        if marked and not self.is_zoomed:
            values = spread(sorted(marked), max(room, int(pixels // 40)))
        else:
            whole = all(bool(np.all(np.mod(one.xs, 1) == 0)) for one in self.series)
            values = ticks(low, high, room, whole=whole and high - low >= 1)
        return list(zip(values, tick_texts(values), strict=True))

    def place(self, x: float, y: float) -> QPointF:
        """The pixel of a value in the box of the lines."""
        return self.box.mapFromView(QPointF(x, math.log10(y) if self._log and y > 0 else y))

    # The pointer

    @property
    def is_zoomed(self) -> bool:
        """Whether only a part of the horizontal axis is shown."""
        low, high = self.box.viewRange()[0]
        return (high - low) < 0.999 * (self._whole[1] - self._whole[0])

    def show_all(self) -> None:
        """Show the whole horizontal axis again."""
        self.box.setXRange(*self._whole, padding=0)
        self._tell_zoom()

    def _tell_zoom(self) -> None:
        self.zoomed.emit(self.is_zoomed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        # The scene would ask every item whether it lies under the pointer.
        if event.buttons() and self._zooms:
            super().mouseMoveEvent(event)
        place = self.box.mapFromScene(event.position())
        inside = self.box.rect().adjusted(-8, 0, 8, 0).contains(place)
        self.readout.point_at(place.x() if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.readout.point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._zooms and event.button() == Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._zooms:
            super().wheelEvent(event)
        else:
            event.ignore()  # what the chart stands in may scroll


def _veil(token: str) -> QColor:
    """What gives ``token`` over the ground and lets the grid through."""
    twice = mix(token, "g2", -1.0)
    twice.setAlpha(128)
    return twice


def _span(region: pg.LinearRegionItem, low: float, high: float) -> None:
    if tuple(region.getRegion()) != (low, high):
        region.setRegion((low, high))


def _parts(one: Series) -> list[Series]:
    """A past and a tail of ``one`` that overlap by a block, or ``one`` where it is short. Dashes
    run through.
    """
    if len(one.xs) < 3 * BLOCK or one.marker or one.dash != "solid":
        return [one]
    cut = len(one.xs) // BLOCK * BLOCK
    past = replace(one, xs=one.xs[:cut], ys=one.ys[:cut])
    return [past, replace(one, xs=one.xs[cut - BLOCK :], ys=one.ys[cut - BLOCK :])]


def _manner(one: Series, pen: QPen) -> dict[str, object]:
    """How pyqtgraph is told of the manner of ``one``."""
    dots = one.marker or ("circle" if len(one.xs) == 1 else "")
    size = {"": 1, "square": 5, "circle": 6}[dots]
    symbol = {"": None, "square": "s", "circle": "o"}[dots]
    # Thin lines are of single values, whose extremes are to be seen; the others are smooth.
    method = "peak" if one.width <= 1 else "mean"
    return {"pen": pen, "symbol": symbol, "symbolSize": size, "symbolBrush": color(one.color),
            "downsampleMethod": method}  # fmt: skip
