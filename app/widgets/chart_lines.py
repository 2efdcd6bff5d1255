"""The lines of a chart: what they hold, their pens, and which point is nearest to a place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from app.i18n import tr
from app.theme import mix

Numbers = Sequence[float] | np.ndarray
Dash = Literal["solid", "dash", "dot"]
_PENS: dict[str, list[float]] = {"dash": [6 / 1.75, 3 / 1.75], "dot": [2 / 1.75, 3 / 1.75]}


@dataclass(frozen=True)
class Series:
    """One line. ``label`` is a translation key, or ``plain`` words such as a name; a line without
    ``legend`` is named only under the pointer, one without a label nowhere. ``color`` is a token;
    ``xs`` ascend.
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

    def looks_like(self, other: Series) -> bool:
        """Whether it would be drawn the same."""
        return (
            _look(self) == _look(other)
            and np.array_equal(self.xs, other.xs)
            and np.array_equal(self.ys, other.ys)
        )

    @property
    def name(self) -> str:
        """The label in the language of the moment."""
        return self.label if self.plain or not self.label else tr(self.label)


@dataclass
class ChartState:
    """What is drawn besides the series. What is still to come is shaded after ``now`` until
    ``end``, or as far as the axis goes; ``waiting`` stands in the middle while there is no point;
    ``left`` is the least margin in pixels; ``log`` makes the vertical axis logarithmic.
    """

    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    now: float | None = None
    end: float | None = None
    chosen: tuple[float, float] | None = None
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    waiting: str = ""
    left: float = 0.0
    log: bool = False


def nearest(one: Series, x: float, reach: float = 1.0) -> int | None:
    """The point of ``one`` whose x is nearest; None further than ``reach`` beyond its ends."""
    if not len(one.xs) or x < one.xs[0] - reach or x > one.xs[-1] + reach:
        return None
    after = bisect_left(one.xs, x)
    near = [index for index in (after - 1, after) if 0 <= index < len(one.xs)]
    return min(near, key=lambda index: abs(one.xs[index] - x))


def pen_of(one: Series, ratio: float | None = None) -> QPen:
    """Color, width and dash of ``one``, on a ground of g2. With a ``ratio`` of device pixels to a
    pixel it is as wide however the lines are stretched.
    """
    # Mixed with the ground: a color that is seen through takes many times as long.
    pen = QPen(mix(one.color, "g2", 1 - one.opacity), one.width * (ratio or 1.0))
    pen.setCosmetic(ratio is not None)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if one.dash in _PENS:
        pen.setDashPattern(_PENS[one.dash])
    return pen


def _look(one: Series) -> tuple[object, ...]:
    return one.color, one.dash, one.width, one.opacity, one.marker
