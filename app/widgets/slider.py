"""The slider with its value field: live while dragged, Shift ten times finer, stops as ticks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from app.i18n.format import with_unit
from app.theme import color, focus
from app.widgets.entries import parse_number

_KNOB = 6.0  # radius


class Track(QWidget):
    """The drawn part: line, done part, ticks and knob. Values are floats from low to high."""

    moved = Signal(float)
    reset = Signal()

    def __init__(self, low: float, high: float, step: float, stops: Sequence[float]) -> None:
        super().__init__()
        self.low, self.high, self.step = low, high, step
        self.stops = tuple(stops)
        self.value = low
        self._ring = False
        self._grab: tuple[float, float] | None = None
        self.setProperty("ring", "own")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(100, 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 22)

    def _x(self, value: float) -> float:
        span = (self.high - self.low) or 1
        return _KNOB + (value - self.low) / span * (self.width() - 2 * _KNOB)

    def _value_at(self, x: float) -> float:
        share = (x - _KNOB) / max(1.0, self.width() - 2 * _KNOB)
        return self.low + share * (self.high - self.low)

    def snap(self, value: float) -> float:
        """``value`` on the nearest stop or step, inside the range."""
        value = min(self.high, max(self.low, value))
        if self.stops:
            return min(self.stops, key=lambda stop: abs(stop - value))
        steps = round((value - self.low) / self.step)
        return min(self.high, round(self.low + steps * self.step, 10))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            here = event.position().x()
            if abs(here - self._x(self.value)) > _KNOB + 2:
                self.moved.emit(self.snap(self._value_at(here)))
            self._grab = (here, self.value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grab is None:
            return
        start, value = self._grab
        fine = 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        distance = (event.position().x() - start) * fine
        span = (self.high - self.low) / max(1.0, self.width() - 2 * _KNOB)
        self.moved.emit(self.snap(value + distance * span))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grab = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._grab = None
        self.reset.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Only when focused: a scroll through the column must not change what it passes over.
        if not self.hasFocus():
            event.ignore()
            return
        self._by(1 if event.angleDelta().y() > 0 else -1)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }
        ends = {Qt.Key.Key_Home: self.low, Qt.Key.Key_End: self.high}
        key = Qt.Key(event.key())
        if key in keys:
            self._by(keys[key])
        elif key in ends:
            self.moved.emit(ends[key])
        else:
            super().keyPressEvent(event)

    def _by(self, count: int) -> None:
        if self.stops:
            index = self.stops.index(self.snap(self.value)) + count
            self.moved.emit(self.stops[min(len(self.stops) - 1, max(0, index))])
        else:
            self.moved.emit(self.snap(self.value + count * self.step))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = focus.from_keyboard(event.reason())
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, knob = self.height() / 2, self._x(self.value)
        alive = self.isEnabled()
        painter.fillRect(QRectF(0, middle - 1, self.width(), 2), color("track"))
        if alive:
            painter.fillRect(QRectF(0, middle - 1, knob, 2), color("track_done"))
        if 1 < len(self.stops) <= 64:
            for stop in self.stops:
                painter.fillRect(QRectF(self._x(stop) - 0.5, middle + 4, 1, 4), color("t4"))
        if self._ring:
            painter.setPen(QPen(color("acc"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(knob, middle), _KNOB + 1, _KNOB + 1)
        painter.setPen(QPen(color("g1"), 2))
        painter.setBrush(color("knob" if alive else "t4"))
        painter.drawEllipse(QPointF(knob, middle), _KNOB - 1, _KNOB - 1)


class ValueSlider(QWidget):
    """A slider and a 52 px field that hold one number. ``changed`` carries the new value."""

    changed = Signal(float)

    def __init__(
        self,
        minimum: float,
        maximum: float,
        step: float = 1,
        decimals: int = 0,
        stops: Sequence[float] | None = None,
        *,
        unit: str = "",
        field_width: int = 52,
    ) -> None:
        super().__init__()
        self._decimals, self._unit = decimals, unit
        self._default: float | None = None
        self.track = Track(minimum, maximum, step, stops or ())
        self.field = QLineEdit()
        self.field.setProperty("dense", True)
        self.field.setFixedWidth(field_width)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.track, 1)
        row.addWidget(self.field)
        self.setFocusProxy(self.track)
        self.track.moved.connect(self._moved)
        self.track.reset.connect(self.reset)
        self._typing = self._telling = False
        self._before = self.track.value
        self.field.textEdited.connect(self._edited)
        self.field.editingFinished.connect(self._finished)
        self._show()

    @property
    def value(self) -> float:
        """The number it holds."""
        return self.track.value

    @value.setter
    def value(self, value: float) -> None:
        self.set_value(value)

    def set_value(self, value: float) -> None:
        """Hold ``value`` without telling anyone; the first one is what a reset goes back to."""
        if self._default is None:
            self._default = value
        fitted = min(self.track.high, max(self.track.low, float(value)))
        same = fitted == self.track.value
        self.track.value = fitted
        self._follow(keep=self._telling or same)

    def set_default(self, value: float) -> None:
        """What a double-click goes back to."""
        self._default = value

    def set_range(self, minimum: float, maximum: float, stops: Sequence[float] = ()) -> None:
        """Allow other values; the one it holds is moved inside."""
        self.track.low, self.track.high, self.track.stops = minimum, maximum, tuple(stops)
        before = self.track.value
        self.track.value = self.track.snap(before)
        self._follow(keep=self._telling or before == self.track.value)

    def reset(self) -> None:
        """Go back to the default."""
        if self._default is not None:
            self._moved(self._default)

    def setAccessibleName(self, name: str) -> None:
        self.track.setAccessibleName(name)
        self.field.setAccessibleName(name)

    def _moved(self, value: float) -> None:
        self._take(value)
        self._show()

    def _take(self, value: float) -> None:
        if value == self.track.value:
            return
        self.track.value = value
        self._telling = True
        try:
            self.changed.emit(value)
        finally:
            self._telling = False
        self.track.update()

    def _edited(self, text: str) -> None:
        """Take at every key what leaving the field would make of its text."""
        self._typing = True
        typed = parse_number(text, self._unit)
        value = self._before if typed is None else typed
        self._take(min(self.track.high, max(self.track.low, value)))

    def _finished(self) -> None:
        # Not the value that is shown: it may be rounded for showing.
        if self.field.text() != self._words():
            self._edited(self.field.text())
        self._show()

    def _follow(self, *, keep: bool) -> None:
        """Show the value; what is being typed is kept as it is when ``keep``."""
        if self._typing and keep:
            self.track.update()
        else:
            self._show()

    def _show(self) -> None:
        self._typing, self._before = False, self.track.value
        self.field.setText(self._words())
        self.track.update()
        self.track.setAccessibleDescription(self.field.text())

    def _words(self) -> str:
        return with_unit(f"{self.track.value:.{self._decimals}f}", self._unit)
