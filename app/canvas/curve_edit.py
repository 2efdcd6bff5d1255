"""Two small charts of tones: a histogram with its ends, and a curve whose points are dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.theme import color
from engine.imaging import curves

if TYPE_CHECKING:
    from engine.imaging.curves import Points

SIDE = 256
GRAB = 9.0
POINT = 3.5


class Histogram(QWidget):
    """How often each tone is seen; ``marks`` are lines at values 0..255."""

    def __init__(self, counts: np.ndarray) -> None:
        super().__init__()
        self._counts = counts
        self.marks: tuple[float, ...] = (0.0, 255.0)
        self.setFixedHeight(86)
        self.setMinimumWidth(SIDE)

    def show_counts(self, counts: np.ndarray) -> None:
        """Show another channel."""
        self._counts = counts
        self.update()

    def set_marks(self, *marks: float) -> None:
        """Draw lines at these values."""
        self.marks = marks
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars, then lines."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("field"))
        paint_bars(painter, QRectF(self.rect()), self._counts, color("track_done"))
        painter.setPen(QPen(color("acc"), 1))
        for mark in self.marks:
            x = round(mark / 255 * (self.width() - 1)) + 0.5
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))


class CurveEdit(QWidget):
    """A curve from 0..255 to 0..255. ``changed`` tells of every step of a drag, ``chosen`` of the
    point in hand. A click makes a point, a drag out of the chart or Delete takes it away; arrows
    move it.
    """

    changed = Signal()
    chosen = Signal()

    def __init__(self, counts: np.ndarray, side: int = SIDE) -> None:
        super().__init__()
        self._counts, self._side = counts, side
        self.points: list[tuple[float, float]] = list(curves.STRAIGHT)
        self.current = 0
        self._held = False
        self.setFixedSize(side + 2, side + 2)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_curve(self, points: Points, counts: np.ndarray) -> None:
        """Show the curve and the histogram of another channel."""
        self.points, self._counts, self.current = list(points), counts, 0
        self._tell()

    def move_current(self, x: float, y: float) -> None:
        """Put the point in hand elsewhere, between its neighbors."""
        low = self.points[self.current - 1][0] + 1 if self.current else 0.0
        last = self.current == len(self.points) - 1
        high = 255.0 if last else self.points[self.current + 1][0] - 1
        self.points[self.current] = min(high, max(low, round(x))), min(255.0, max(0.0, round(y)))
        self._tell()

    def remove_current(self) -> None:
        """Take the point in hand away; two always stay."""
        if len(self.points) > 2:
            self.points.pop(self.current)
            self.current = min(self.current, len(self.points) - 1)
            self._tell()

    def _tell(self) -> None:
        self.update()
        self.chosen.emit()
        self.changed.emit()

    def _on_chart(self, x: float, y: float) -> QPointF:
        scale = self._side / SIDE
        return QPointF(1 + x * scale, self._side - y * scale)

    def _value(self, at: QPointF) -> tuple[float, float]:
        scale = SIDE / self._side
        return (at.x() - 1) * scale, (self._side - at.y()) * scale

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a point in hand, or make one."""
        away = [
            (self._on_chart(*point) - event.position()).manhattanLength() for point in self.points
        ]
        self._held = True
        if min(away) <= GRAB:
            self.current = away.index(min(away))
            self.update()
            self.chosen.emit()
            return
        x, y = self._value(event.position())
        x = min(255.0, max(0.0, round(x)))
        if any(one == x for one, _ in self.points):
            return
        self.points = sorted([*self.points, (x, min(255.0, max(0.0, round(y))))])
        self.current = [one for one, _ in self.points].index(x)
        self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the point; far outside it goes away."""
        if not self._held:
            return
        at = event.position()
        away = QRectF(self.rect()).adjusted(-24, -24, 24, 24)
        if not away.contains(at) and len(self.points) > 2:
            self._held = False
            self.remove_current()
        else:
            self.move_current(*self._value(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move by one, with Shift by ten; Delete takes the point away."""
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        step = steps.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_current()
        elif step is None:
            super().keyPressEvent(event)
        else:
            times = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            x, y = self.points[self.current]
            self.move_current(x + times * step[0], y + times * step[1])

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(self._side + 2, self._side + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Histogram, grid, curve and points."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("field"))
        inside = QRectF(1, 1, self._side, self._side)
        quiet = QColor(color("track"))
        paint_bars(painter, inside, self._counts, quiet)
        painter.setPen(QPen(color("chart_grid"), 1))
        for part in (1, 2, 3):
            at = 1 + self._side * part / 4
            painter.drawLine(QPointF(at, 1), QPointF(at, self._side))
            painter.drawLine(QPointF(1, at), QPointF(self._side, at))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        values = curves.table(self.points)
        painter.setPen(QPen(color("t1"), 1.5))
        line = [self._on_chart(x, float(y)) for x, y in enumerate(values)]
        painter.drawPolyline(QPolygonF(line))
        for number, point in enumerate(self.points):
            painter.setPen(QPen(color("t1"), 1))
            painter.setBrush(color("acc" if number == self.current else "field"))
            painter.drawEllipse(self._on_chart(*point), POINT, POINT)


def paint_bars(painter: QPainter, box: QRectF, counts: np.ndarray, tint: QColor) -> None:
    """A histogram filled from the foot of ``box``; roots, so that rare tones are seen."""
    heights = np.sqrt(np.clip(counts, 0, 1)) * (box.height() - 2)
    points = [QPointF(box.left(), box.bottom())]
    for place, height in enumerate(heights):
        x = box.left() + place / 255 * (box.width() - 1)
        points.append(QPointF(x, box.bottom() - float(height)))
    points.append(QPointF(box.right(), box.bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawPolygon(QPolygonF(points))
