"""An axis of a chart: numbers in quiet words, grid lines only across."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath

from app.theme import color, fonts

Marks = Callable[[float, float, float], Sequence[tuple[float, str]]]
GAP = 8
"""Pixels between the numbers of the vertical axis and the lines."""
OVER = 60
"""Pixels that a number may reach over the end of its axis."""
MARK = 4
"""Pixels that a marked point at an end of the horizontal axis reaches over it."""


class Frame(pg.ViewBox):
    """Where the lines are. It cuts them off above and below, but no marked point at its sides."""

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.rect().adjusted(-MARK, 0, MARK, 0))
        return path


class Ruler(pg.AxisItem):
    """The axis of ``box`` at its left or bottom. ``marks`` gives values and their words for a range
    on so many pixels; a word that would leave the chart is moved in.
    """

    def __init__(
        self, orientation: Literal["left", "bottom"], box: pg.ViewBox, marks: Marks
    ) -> None:
        super().__init__(orientation, pen=None)
        self._marks, self._texts = marks, dict[float, str]()
        up = orientation == "left"
        self.setStyle(tickLength=0, tickAlpha=255 if up else 0, tickTextOffset=GAP if up else 5)
        self.setStyle(tickFont=fonts.font(11), autoExpandTextSpace=False)
        self.enableAutoSIPrefix(False)
        self.linkToView(box)
        self.setGrid(255 if up else False)
        self.setZValue(-1000)

    def dress(self) -> None:
        """Take the colors of the theme."""
        self.setPen(pg.mkPen(None))
        self.setTextPen(color("t3"))
        self.setTickPen(color("chart_grid"))

    def renew(self) -> None:
        """Write other words at the same range."""
        self.picture = None
        self.update()

    def make_room(self, texts: Sequence[str], least: float) -> None:
        """Be as wide as ``texts`` need, and at least ``least`` pixels."""
        widest = max(map(fonts.metrics(11).horizontalAdvance, texts), default=0.0)
        width = max(round(widest) + 10.0, least)
        if width != self.fixedWidth:
            self.setWidth(width)

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[None, list[float]]]:
        self._texts = dict(self._marks(minVal, maxVal, size))
        return [(None, list(self._texts))]

    def tickStrings(self, values: list[float], scale: float, spacing: None) -> list[str]:
        return [self._texts[value] for value in values]

    def boundingRect(self) -> QRectF:
        return super().boundingRect().adjusted(-OVER, -GAP, OVER, GAP)

    def generateDrawSpecs(self, p: QPainter) -> Any:
        specs = super().generateDrawSpecs(p)
        if specs is not None and self.scene() is not None:
            room = self.mapRectFromScene(self.scene().sceneRect())
            for rect, _, _ in specs[2]:
                rect.moveLeft(max(rect.left(), room.left()))
                rect.moveRight(min(rect.right(), room.right()))
        return specs
