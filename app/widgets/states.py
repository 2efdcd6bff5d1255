"""Empty states, the drop overlay, progress rows and toasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import duration, percent
from app.theme import color, fonts, icons, metrics, motion
from app.widgets.buttons import button, tool_button
from app.widgets.panel import IconLabel
from app.widgets.text import ElidedLabel, label, restyle, set_tone

RISE = 12  # pixels a toast comes up
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
        """Say something else; ``facts`` fill the text."""
        self._title_text.say(title_key)
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
        self._name = label(weight=500)
        self._name.setText(name)
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
        line.addWidget(self._name)
        line.addStretch(1)
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


class ToastView(QWidget):
    """One sentence that floats, with at most one text action."""

    closed = Signal()
    # The user answered: by the action or by the cross, not by waiting.
    answered = Signal()

    def __init__(
        self,
        parent: QWidget,
        text: str,
        action: str,
        on_action: Callable[[], None] | None,
        error: bool,
    ) -> None:
        super().__init__(parent)
        self._stays = error
        self.action = action
        self.rest = QPoint()
        row = QHBoxLayout(self)
        # 12 px at both sides of what is said; a cross has air of its own.
        row.setContentsMargins(20, 8, 14 if error else 20, 16)
        row.setSpacing(10)
        tint = "err" if error else "t2"
        row.addWidget(IconLabel("octagon-alert" if error else "check", 16, tint))
        self._words = label()
        self._words.setText(text)
        self._words.setWordWrap(False)
        row.addWidget(self._words)
        if action and on_action is not None:
            row.addWidget(button(action, kind="link", on=lambda: self._act(on_action)))
        if error:
            row.addWidget(tool_button("x", "Close", self._act, dense=True))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(6000)
        self._timer.timeout.connect(self.closed)
        if not self._stays:
            self._timer.start()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._words.text()

    def rise(self, below: float) -> None:
        """Stand ``below`` pixels under the place of rest."""
        self.move(self.rest + QPoint(0, round(below)))

    def fit(self, width: int) -> None:
        """Take the natural size, wrapped when wider than ``width``."""
        if self.sizeHint().width() > width:
            self._words.setWordWrap(True)
            self._words.setFixedWidth(max(200, width - 140))
        self.adjustSize()
        self.setFixedHeight(max(36 + 16, self.sizeHint().height()))

    def _act(self, on_action: Callable[[], None] | None = None) -> None:
        self.answered.emit()
        self.closed.emit()
        if on_action is not None:
            on_action()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        if not self._stays:
            self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(8.5, 2.5, -8.5, -13.5)
        painter.setPen(Qt.PenStyle.NoPen)
        # A soft shadow of rings: a graphics effect would repaint everything below each frame.
        for ring in range(8, 0, -1):
            painter.setBrush(QColor(0, 0, 0, 9))
            shadow = box.adjusted(-ring, 2 - ring, ring, 2 + ring)
            painter.drawRoundedRect(shadow, 4 + ring, 4 + ring)
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("float"))
        painter.drawRoundedRect(box, 4, 4)


class Toast(QObject):
    """Shows at most two toasts at the bottom center of ``stage``; errors stay until closed."""

    def __init__(self, stage: QWidget) -> None:
        super().__init__(stage)
        self._stage = stage
        self.shown: list[ToastView] = []
        stage.installEventFilter(self)

    def show(
        self,
        text: str,
        *,
        action: str = "",
        on_action: Callable[[], None] | None = None,
        error: bool = False,
    ) -> ToastView:
        """Float the translated ``text``; ``action`` is the key of its one text action.

        What is shown already is not said twice: a full disk refuses every write.
        """
        for same in [view for view in self.shown if view.text == text]:
            self._close(same)
        view = ToastView(self._stage, text, action, on_action, error)
        view.closed.connect(lambda: self._close(view))
        self.shown.append(view)
        while len(self.shown) > 2:
            self._close(self.shown[0])
        view.show()
        self._place()
        motion.run(view, RISE, 0, view.rise)
        return view

    def withdraw(self) -> None:
        """Take away what offers to undo: it was undone."""
        for view in [view for view in self.shown if view.action == "Undo"]:
            self._close(view)

    def _close(self, view: ToastView) -> None:
        if view in self.shown:
            self.shown.remove(view)
            view.hide()
            view.deleteLater()
            self._place()

    def _place(self) -> None:
        bottom = self._stage.height() - 4
        for view in reversed(self.shown):
            view.fit(self._stage.width() - 32)
            bottom -= view.height() - 8
            view.rest = QPoint((self._stage.width() - view.width()) // 2, bottom)
            view.move(view.rest)
            view.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
