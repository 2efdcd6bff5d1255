"""Five stars that are given with a click, or with the arrow keys."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.theme import color, icons, metrics
from app.theme import signals as theme_signals

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

MOST = 5
CELL = metrics.CONTROL_DENSE


def _star(far: float, near: float) -> QPolygonF:
    """Five points upward about nothing, ``far`` and ``near`` from it in turn."""
    turns = ((math.pi * n / 5, near if n % 2 else far) for n in range(10))
    return QPolygonF([QPointF(r * math.sin(turn), -r * math.cos(turn)) for turn, r in turns])


_filled = _star(5.8, 2.7)
"""What lies inside the outline of the icon."""


class Stars(QWidget):
    """``rated`` carries 0 to 5; a click on the star that is the last one takes all away.

    Stars that are not given are outlines: what is meant is told by shape, not by color.
    """

    rated = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.value = 0
        self._under = 0
        self.setFixedSize(QSize(MOST * CELL, CELL))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.setAccessibleName, "Stars")
        bind(self.setToolTip, "Stars  1 to 5, 0 takes them away")
        theme_signals.changed.connect(self.update)
        language_signals.changed.connect(self._speak)
        self._speak()

    def set_value(self, value: int) -> None:
        """Show ``value`` stars, 0 to 5."""
        if value != self.value:
            self.value = value
            self._speak()
            self.update()

    def _speak(self) -> None:
        self.setAccessibleDescription(tr("{n} of {total}", n=number(self.value), total=MOST))

    def _give(self, value: int) -> None:
        self.rated.emit(0 if value == self.value else value)

    def _star_at(self, event: QMouseEvent) -> int:
        inside = self.rect().contains(event.position().toPoint())
        return int(event.position().x()) // CELL + 1 if inside else 0

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._reach(self._star_at(event))

    def leaveEvent(self, event: QEvent) -> None:
        self._reach(0)

    def _reach(self, star: int) -> None:
        if star != self._under:
            self._under = star
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        star = self._star_at(event)
        if star and event.button() == Qt.MouseButton.LeftButton:
            self._give(star)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if by is not None:
            wanted = max(0, min(MOST, self.value + by))
            if wanted != self.value:
                self.rated.emit(wanted)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("t1"))
        shown = self._under or self.value
        for star in range(MOST):
            middle = QPointF(star * CELL + CELL / 2, CELL / 2)
            if star < shown:
                painter.drawPolygon(_filled.translated(middle))
            tint = "t1" if star < shown else "t3"
            icons.paint(painter, "star", middle.x() - 7, middle.y() - 7, 14, tint)
