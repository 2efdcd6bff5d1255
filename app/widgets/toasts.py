"""Toasts: sentences that float over a stage, with what can be done about them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QCursor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.theme import color, metrics, motion
from app.widgets.buttons import button, tool_button
from app.widgets.clear import kept_clear
from app.widgets.clear import signals as clear_signals
from app.widgets.panel import IconLabel
from app.widgets.text import label

RISE = 12  # pixels a toast comes up


class ToastView(QWidget):
    """One sentence that floats, with at most one text action."""

    closed = Signal()
    # The user answered: by the action or by the cross, not by waiting.
    answered = Signal()

    def __init__(
        self,
        parent: QWidget,
        words: Callable[[], str],
        action: str,
        on_action: Callable[[], None] | None,
        error: bool,
        icon: tuple[str, str],
    ) -> None:
        super().__init__(parent)
        self._say = words
        self._stays = error
        self.action = action
        self.rest = QPoint()
        row = QHBoxLayout(self)
        # 12 px at both sides of what is said; a cross has air of its own.
        row.setContentsMargins(20, 8, 14 if error else 20, 16)
        row.setSpacing(10)
        name, tint = icon
        self.icon = IconLabel(name, 16, tint)
        row.addWidget(self.icon)
        self._words = label()
        self._words.setText(words())
        self._words.setWordWrap(False)
        row.addWidget(self._words)
        if action and on_action is not None:
            row.addWidget(button(action, kind="link", on=lambda: self._act(on_action)))
        if error:
            row.addWidget(tool_button("x", "Close", self._act, dense=True))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(6000)
        self._timer.timeout.connect(self._wait)
        if not self._stays:
            self._timer.start()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._words.text()

    def say_again(self) -> None:
        """Another language was chosen."""
        self._words.setText(self._say())

    def rise(self, below: float) -> None:
        """Stand ``below`` pixels under the place of rest."""
        self.move(self.rest + QPoint(0, round(below)))

    def fit(self, width: int) -> None:
        """Take the natural size, wrapped when wider than ``width``."""
        self._words.setWordWrap(False)
        self._words.setMinimumWidth(0)
        self._words.setMaximumWidth(metrics.UNBOUNDED)
        self.setMinimumHeight(0)
        self.setMaximumHeight(metrics.UNBOUNDED)
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

    def leaveEvent(self, event: QEvent) -> None:
        if not self._stays:
            self._timer.start()

    def _wait(self) -> None:
        """Go, unless the pointer is truly here: not every leaving is told."""
        if self.rect().contains(self.mapFromGlobal(QCursor.pos())):
            self._timer.start()
        else:
            self.closed.emit()

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
        clear_signals.changed.connect(self._place)
        language_signals.changed.connect(self._say_again)

    def show(
        self,
        words: Callable[[], str],
        *,
        action: str = "",
        on_action: Callable[[], None] | None = None,
        error: bool = False,
        icon: tuple[str, str] = ("check", "t2"),
    ) -> ToastView:
        """Float what ``words`` say in the language of the moment; ``action`` is the key of its one
        text action, ``icon`` the name of an icon and its tint.

        What is shown already is not said twice: a full disk refuses every write.
        """
        for same in [view for view in self.shown if view.text == words()]:
            self._close(same)
        view = ToastView(self._stage, words, action, on_action, error, icon)
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

    def _say_again(self) -> None:
        for view in self.shown:
            view.say_again()
        self._place()

    def _place(self) -> None:
        room = self._stage.width() - 32
        for view in self.shown:
            view.fit(room)
        # Beside each other they hide the least of what is below.
        beside = sum(view.width() - 8 for view in self.shown) <= room
        rows = [self.shown] if beside else [[view] for view in reversed(self.shown)]
        bottom = self._stage.height() - 4
        for row in rows:
            bottom = self._place_row(row, bottom)

    def _place_row(self, row: list[ToastView], bottom: int) -> int:
        """Lay ``row`` over ``bottom``; gives where the next one may end."""
        width = sum(view.width() - 8 for view in row) + 8
        left = self._beside_what_is_clear((self._stage.width() - width) // 2, width, bottom)
        bottom = self._above_what_is_clear(left, width, bottom)
        top = bottom
        for view in row:
            view.rest = QPoint(left, bottom - view.height() + 8)
            view.move(view.rest)
            view.raise_()
            left += view.width() - 8
            top = min(top, view.rest.y())
        return top

    def _beside_what_is_clear(self, left: int, width: int, bottom: int) -> int:
        """Right of what reaches under their left end, where there is room: the foot of a column."""
        for place in kept_clear(self._stage):
            beside = place.right() + metrics.GAP
            reaches = place.left() <= left <= place.right() and place.bottom() > bottom - 52
            if reaches and beside + width <= self._stage.width():
                left = beside
        return left

    def _above_what_is_clear(self, left: int, width: int, bottom: int) -> int:
        """Where toasts may end: what must stay clear and lies under them is not covered."""
        for place in kept_clear(self._stage):
            if place.right() >= left and place.left() <= left + width:
                bottom = min(bottom, place.top() - 4)
        return bottom

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
