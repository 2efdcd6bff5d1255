"""The histogram of a picture with the black, middle and white handles of its levels."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import bind
from app.theme import color
from app.theme import signals as theme_signals

height = 64
foot = 14
side = 6
NAMES = ("black", "gamma", "white")


class Histogram(QWidget):
    """``moved`` carries black, white and gamma while a handle is dragged. Left and Right move the
    handle in hand, Up and Down take another; a double-click puts it back.
    """

    moved = Signal(int, int, float)

    def __init__(self) -> None:
        super().__init__()
        self.counts = np.zeros(256, np.int64)
        self.black, self.white, self.gamma = 0, 255, 1.0
        self._held = ""
        self._current = 0
        self.setFixedHeight(height + foot)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", "own")
        theme_signals.changed.connect(self.update)
        bind(self.setAccessibleName, "Levels: black, middle and white")

    def sizeHint(self) -> QSize:
        return QSize(240, height + foot)

    def set_counts(self, counts: np.ndarray) -> None:
        """Show how many pixels have each of 256 tones."""
        self.counts = counts
        self.update()

    def set_levels(self, black: int, white: int, gamma: float) -> None:
        """Put the handles."""
        self.black, self.white, self.gamma = black, white, gamma
        self.setAccessibleDescription(f"{black}, {gamma:.2f}, {white}")
        self.update()

    def x_of(self, name: str) -> float:
        """Where the handle of ``name`` stands."""
        if name == "gamma":
            # The tone that becomes middle grey.
            tone = self.black + (self.white - self.black) * 0.5**self.gamma
        else:
            tone = self.black if name == "black" else self.white
        return side + tone / 255 * (self.width() - 2 * side)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        self._held = min(NAMES, key=lambda name: abs(self.x_of(name) - x))
        self._current = NAMES.index(self._held)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            share = (event.position().x() - side) / max(1, self.width() - 2 * side)
            self._put(self._held, share * 255)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        usual = {"black": 0.0, "white": 255.0}
        name = NAMES[self._current]
        self._held = ""
        if name == "gamma":
            self.moved.emit(self.black, self.white, 1.0)
        else:
            self._put(name, usual[name])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        other = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        name = NAMES[self._current]
        if by and name == "gamma":
            self.moved.emit(self.black, self.white, _gamma(self.gamma - by * 0.02))
        elif by:
            self._put(name, (self.black if name == "black" else self.white) + by)
        elif other:
            self._current = (self._current + other) % len(NAMES)
            self.update()
        else:
            super().keyPressEvent(event)

    def _put(self, name: str, tone: float) -> None:
        black, white, gamma = self.black, self.white, self.gamma
        if name == "black":
            black = round(min(max(0, tone), white - 1))
        elif name == "white":
            white = round(max(min(255, tone), black + 1))
        else:
            share = (tone - black) / max(1, white - black)
            gamma = _gamma(math.log(min(0.97, max(0.03, share)), 0.5))
        self.moved.emit(black, white, gamma)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = QRectF(side, 0, self.width() - 2 * side, height)
        painter.fillRect(room, color("field"))
        self._paint_bars(painter, room)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, name in enumerate(NAMES):
            x = self.x_of(name)
            painter.setPen(QPen(color("t3"), 1))
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
            lit = self.hasFocus() and place == self._current
            painter.setPen(QPen(color("acc" if lit else "g1"), 2 if lit else 1))
            painter.setBrush(color({"black": "t4", "gamma": "t3", "white": "t1"}[name]))
            top = height + 1
            shape = [QPointF(x, top), QPointF(x + 6, top + 11), QPointF(x - 6, top + 11)]
            painter.drawPolygon(QPolygonF(shape))

    def _paint_bars(self, painter: QPainter, room: QRectF) -> None:
        # The root: a flat background would leave nothing else to see.
        heights = np.sqrt(self.counts.astype(np.float64))
        top = heights[1:-1].max(initial=0.0) or heights.max(initial=0.0)
        if top <= 0:
            return
        width = room.width() / 256
        for tone, tall in enumerate(np.minimum(1.0, heights / top)):
            bar = QRectF(room.left() + tone * width, 0, width + 0.5, 0)
            bar.setTop(height - tall * (height - 4))
            bar.setBottom(height)
            painter.fillRect(bar, color("track_done"))


def _gamma(value: float) -> float:
    return round(min(5.0, max(0.2, value)), 2)
