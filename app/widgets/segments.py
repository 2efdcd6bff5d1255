"""Segments: two to five choices side by side in one trough."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import bind, tr
from app.theme import color, fonts, metrics


class Segments(QWidget):
    """One of ``options`` is current. Left and Right move; ``changed`` carries the value."""

    changed = Signal(object)

    def __init__(self, options: Sequence[tuple[object, str]], *, fill: bool = False) -> None:
        super().__init__()
        self._options = list(options)
        self._index = 0
        self.setFixedHeight(metrics.CONTROL)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self._hover = -1
        wide = QSizePolicy.Policy.Expanding if fill else QSizePolicy.Policy.Fixed
        self.setSizePolicy(wide, QSizePolicy.Policy.Fixed)
        for _, key in self._options:
            bind(self._relabel, key)

    @property
    def value(self) -> object:
        """The value of the current segment, None without one."""
        if self._index < 0:
            return None
        return self._options[self._index][0]

    @value.setter
    def value(self, value: object) -> None:
        self.set_value(value)

    def set_value(self, value: object) -> None:
        """Make ``value`` current without telling anyone; None leaves no segment current."""
        values = [option for option, _ in self._options]
        self._index = -1 if value is None else values.index(value)
        self.update()

    def rename(self, value: object, key: str) -> None:
        """Give the segment of ``value`` another text."""
        self._options = [(one, key if one == value else text) for one, text in self._options]
        self._relabel("")

    def sizeHint(self) -> QSize:
        return QSize(round(sum(self._natural()) + 4), metrics.CONTROL)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _relabel(self, _: str) -> None:
        self.updateGeometry()
        self.update()

    def _natural(self) -> list[float]:
        measure = fonts.metrics(12, 500)
        return [measure.horizontalAdvance(tr(key)) + 20 for _, key in self._options]

    def _rects(self) -> list[QRectF]:
        natural = self._natural()
        extra = (self.width() - 4 - sum(natural)) / len(natural)
        rects, left = [], 2.0
        for width in natural:
            rects.append(QRectF(left, 2, width + extra, self.height() - 4))
            left += width + extra
        return rects

    def _at(self, x: float) -> int:
        for index, rect in enumerate(self._rects()):
            if rect.left() <= x < rect.right():
                return index
        return -1

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._options) and index != self._index:
            self._index = index
            self.update()
            self.changed.emit(self.value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._at(event.position().x())
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in moves:
            self._choose(self._index + moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("line_field"), 1))
        painter.setBrush(color("field"))
        trough = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(trough, metrics.RADIUS, metrics.RADIUS)
        for index, rect in enumerate(self._rects()):
            self._paint_one(painter, index, rect)

    def _paint_one(self, painter: QPainter, index: int, rect: QRectF) -> None:
        current = index == self._index
        if current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("g4"))
            painter.drawRoundedRect(rect, 2, 2)
        lit = current or index == self._hover
        tint = "t4" if not self.isEnabled() else "t1" if lit else "t2"
        painter.setPen(color(tint))
        painter.setFont(fonts.font(12, 500 if current else 400))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr(self._options[index][1]))
