"""Empty states, the drop overlay and progress rows."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import duration, percent
from app.theme import color, fonts, icons, metrics
from app.widgets.buttons import tool_button
from app.widgets.panel import IconLabel
from app.widgets.text import ElidedLabel, label, restyle, set_tone

_CENTER = Qt.AlignmentFlag.AlignCenter


class EmptyState(QWidget):
    """Says what to drop or do next: icon, one line, two quiet lines, and the way there."""

    def __init__(
        self, icon: str, title_key: str, text_key: str, button: QWidget | None = None
    ) -> None:
        super().__init__()
        self._icon = IconLabel(icon, 26, "t3")
        self._title = label(size=15, weight=600)
        self._text = label(tone="quiet", wrap=True)
        self._title_text = bind(self._title.setText, title_key)
        self._words = bind(self._text.setText, text_key)
        self._title.setAlignment(_CENTER)
        self._text.setAlignment(_CENTER)
        self._text.setFixedWidth(380)
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(self._icon, 0, _CENTER)
        column.addSpacing(12)
        column.addWidget(self._title, 0, _CENTER)
        column.addSpacing(4)
        # Between stretches, because an aligned label is given the height of one long line.
        words = QHBoxLayout()
        words.addStretch(1)
        words.addWidget(self._text)
        words.addStretch(1)
        column.addLayout(words)
        if button is not None:
            column.addSpacing(16)
            column.addWidget(button, 0, _CENTER)
        column.addStretch(1)

    def say(self, title_key: str, text_key: str, **facts: Any) -> None:
        """Say something else; ``facts`` fill both texts."""
        self._title_text.say(title_key, "", **facts)
        self._words.say(text_key, "", **facts)


class DropOverlay(QWidget):
    """Lies over the panel that will take a drop and says the result."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._over = parent
        self._text = ""
        self.hide()

    def offer(self, text: str) -> None:
        """Cover the parent and show the translated ``text``."""
        self._text = text
        self.setGeometry(self._over.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("acc_wash"))
        painter.setPen(QPen(color("acc"), 2))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.setFont(fonts.font(13, 500))
        words = painter.fontMetrics().horizontalAdvance(self._text)
        left, middle = (self.width() - words - 28) / 2, self.height() / 2
        icons.paint(painter, "folder-down", left, middle - 8, 16, "t1")
        painter.setPen(color("t1"))
        place = QRectF(left + 28, middle - 10, words + 4, 20)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, self._text)


class ProgressRow(QWidget):
    """One job: name, part done and time left, pause, stop; under it the phase and a 3 px bar."""

    paused = Signal(bool)
    stopped = Signal()

    def __init__(self, name: str, phase: str = "", *, pausable: bool = True) -> None:
        super().__init__()
        self._name = ElidedLabel(name, weight=500)
        self._phase = ElidedLabel(phase, tone="quiet")
        self._left = label(tone="label")
        self._pause = tool_button("pause", "Pause", self._toggle, dense=True)
        self._stop = tool_button("x", "Stop", self.stopped.emit, dense=True)
        self._pause.setVisible(pausable)
        self._pausable, self._held = pausable, False
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        line = self._line = QHBoxLayout()
        line.setSpacing(metrics.GAP)
        line.addWidget(self._name, 1)
        line.addSpacing(0)
        line.addWidget(self._left)
        tools = QHBoxLayout()
        tools.setSpacing(metrics.GAP_ICONS)
        tools.addWidget(self._pause)
        tools.addWidget(self._stop)
        line.addLayout(tools)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(4)
        column.addLayout(line)
        # A line of its own: beside the name and the time left there is no room for its words.
        column.addWidget(self._phase)
        column.addWidget(self._bar)
        self._phase.setVisible(bool(phase))

    def set_progress(self, fraction: float, phase: str = "", seconds: float | None = None) -> None:
        """Show the part done, the phase in words, and the time left when it is known."""
        self._bar.setValue(round(fraction * 1000))
        self._say(phase)
        text = percent(fraction)
        if seconds is not None:
            text = tr("{part}, {time} left", part=text, time=duration(seconds))
        self._left.setText(text)

    def set_paused(self, held: bool) -> None:
        """Show the bar grey and offer to go on, or the reverse."""
        self._held = held
        self._pause.setIcon(icons.icon("play" if held else "pause", 14))
        bind(self._pause.setToolTip, "Continue" if held else "Pause")
        restyle(self._bar, "state", "paused" if held else "")

    def set_failed(self, sentence: str) -> None:
        """Show an error sentence in place of the phase."""
        self._say(sentence)
        set_tone(self._phase, "error")
        self._left.setText("")
        restyle(self._bar, "state", "error")
        self.set_finished()

    def set_finished(self, phase: str = "") -> None:
        """Nothing is left to pause; the cross now takes the row away."""
        self._pause.hide()
        bind(self._stop.setToolTip, "Close")
        # A full bar in the color of what goes on would say that it does.
        self._bar.setVisible(self._bar.property("state") == "error")
        if phase:
            self._say(phase)
            self._left.setText("")

    def add(self, widget: QWidget) -> None:
        """Put a remedy, such as a link, before the cross."""
        self._line.insertWidget(3, widget)

    def _say(self, phase: str) -> None:
        self._phase.setText(phase)
        self._phase.setVisible(bool(phase))

    def _toggle(self) -> None:
        self.set_paused(not self._held)
        self.paused.emit(self._held)
