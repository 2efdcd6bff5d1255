"""The lines of a chart: what they hold, their pens, and how many points a painter needs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.i18n import tr
from app.theme import color, mix
from app.widgets.axis import Axis

Numbers = Sequence[float] | np.ndarray
Dash = Literal["solid", "dash", "dot"]
_PENS: dict[str, list[float]] = {"dash": [6 / 1.75, 3 / 1.75], "dot": [2 / 1.75, 3 / 1.75]}
_PIECE = 16  # points


@dataclass(frozen=True)
class Series:
    """One line. ``label`` is a translation key, or ``plain`` words such as a name; a line without
    ``legend`` is named only under the pointer, one without a label nowhere. ``color`` is a token;
    ``xs`` ascend. A ``still`` line lies over the others and is not drawn again when only they grow.
    """

    label: str
    xs: Numbers
    ys: Numbers
    color: str = "acc"
    dash: Dash = "solid"
    width: float = 1.75
    opacity: float = 1.0
    marker: Literal["", "square", "circle"] = ""
    legend: bool = True
    plain: bool = False
    still: bool = False

    @property
    def look(self) -> tuple[object, ...]:
        """What tells whether it would be drawn the same."""
        some = np.asarray(self.ys, dtype=np.float64)[:: max(1, len(self.ys) // 64)]
        manner = self.color, self.dash, self.width, self.opacity, self.marker
        return *manner, len(self.xs), some.tobytes(), float(self.xs[-1])

    @property
    def name(self) -> str:
        """The label in the language of the moment."""
        return self.label if self.plain or not self.label else tr(self.label)


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


def paint_series(painter: QPainter, one: Series, x_axis: Axis, y_axis: Axis) -> None:
    """Draw the line of ``one`` and its markers."""
    xs, ys = _placed(one.xs, x_axis), _placed(one.ys, y_axis)
    if not one.marker and _is_dense(xs):
        if one.dash == "solid":
            painter.setPen(Qt.PenStyle.NoPen)
            # Mixed with the ground: a color that is seen through takes twelve times as long.
            painter.setBrush(mix(one.color, "g2", 1 - one.opacity))
            painter.drawRects(bars(xs, ys, one.width))
            return
        seen = _columns(xs)
        xs, ys = xs[seen], ys[seen]
    painter.setPen(pen_of(one))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    points = list(map(QPointF, xs.tolist(), ys.tolist()))
    # Dashes run through; a solid line in pieces is stroked many times as fast.
    piece = max(2, len(points)) if one.dash in _PENS else _PIECE
    for start in range(0, len(points) - 1, piece):
        painter.drawPolyline(QPolygonF(points[start : start + piece + 1]))
    if one.marker or len(points) == 1:
        _paint_markers(painter, one, points)


def _paint_markers(painter: QPainter, one: Series, points: Sequence[QPointF]) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color(one.color))
    for point in points:
        if one.marker == "square":
            painter.drawRect(QRectF(point.x() - 2.5, point.y() - 2.5, 5, 5))
        else:
            painter.drawEllipse(point, 3, 3)


def _is_dense(xs: np.ndarray) -> bool:
    """Whether there is a point in every pixel column; the stroke is then a row of bars."""
    return len(xs) > 2 and bool(np.diff(xs).max() <= 1.0)


def _columns(xs: np.ndarray) -> np.ndarray:
    """The first point of every pixel column."""
    return np.flatnonzero(np.diff(np.floor(xs), prepend=-np.inf))


def bars(xs: np.ndarray, ys: np.ndarray, width: float) -> list[QRectF]:
    """One bar for every pixel column that has points, from its lowest to its highest value and to
    where the column before ended, ``width`` pixels thick at least.

    Stroking a noisy line of a thousand points takes 15 to 900 ms, filling its bars 2 ms.
    """
    starts = _columns(xs)
    lefts = np.floor(xs[starts])
    top, bottom = np.minimum.reduceat(ys, starts), np.maximum.reduceat(ys, starts)
    before = ys[np.maximum(starts - 1, 0)]
    top = np.minimum(top, before) - width / 2
    high = np.maximum(bottom, before) + width / 2 - top
    return [
        QRectF(left, upper, 1.0, tall)
        for left, upper, tall in zip(lefts.tolist(), top.tolist(), high.tolist(), strict=True)
    ]


def nearest(one: Series, x: float, reach: float = 1.0) -> int | None:
    """The point of ``one`` whose x is nearest; None further than ``reach`` beyond its ends."""
    if not len(one.xs) or x < one.xs[0] - reach or x > one.xs[-1] + reach:
        return None
    after = bisect_left(one.xs, x)
    near = [index for index in (after - 1, after) if 0 <= index < len(one.xs)]
    return min(near, key=lambda index: abs(one.xs[index] - x))


def pen_of(one: Series) -> QPen:
    """Color, width and dash of ``one``."""
    pen = QPen(_tint(one), one.width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if one.dash in _PENS:
        pen.setDashPattern(_PENS[one.dash])
    return pen


def _tint(one: Series) -> QColor:
    tint = QColor(color(one.color))
    tint.setAlphaF(one.opacity)
    return tint


def _placed(values: Numbers, axis: Axis) -> np.ndarray:
    span = (axis.high - axis.low) or 1.0
    scale = (axis.end - axis.start) / span
    return axis.start + (np.asarray(values, dtype=np.float64) - axis.low) * scale
