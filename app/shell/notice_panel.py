"""The list behind the bell."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QHideEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n.format import clock
from app.shell.floating import FloatingPanel
from app.shell.notices import Bell, Notice, Notices
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.panel import IconLabel
from app.widgets.text import hairline, label

TALLEST = 420


class NoticePanel(FloatingPanel):
    """The list. Opening it reads everything."""

    def __init__(self, parent: QWidget, notices: Notices) -> None:
        super().__init__(parent, "Notifications")
        self._notices = notices
        self._fresh: list[Notice] = []
        self._clear = button("Clear", kind="link", on=notices.clear)
        self.head.insertWidget(2, self._clear)
        self.head.insertSpacing(3, metrics.GAP)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        self.column.addWidget(self._scroll)
        self._empty = label(
            "Nothing was said yet. What happens in the background is kept here.",
            tone="quiet",
            wrap=True,
        )
        self._empty.setContentsMargins(0, 8, 0, 4)
        self.column.addWidget(self._empty)
        notices.changed.connect(self._changed)
        language_signals.changed.connect(self._changed)

    def rebuild(self) -> None:
        """Show every notice, newest first; what was unread is read now."""
        self._fresh = self._notices.unread
        if self._fresh:
            self._notices.read()
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """A press anywhere else closes it: a menu or a page that is opened is not to lie under."""
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

    def hideEvent(self, event: QHideEvent) -> None:
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at presses only; the bell closes it by itself."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            assert isinstance(event, QMouseEvent)
            spot = self.mapFromGlobal(event.globalPosition().toPoint())
            if not self.rect().contains(spot) and not isinstance(watched, Bell):
                self.hide()
        return False

    def _changed(self) -> None:
        if not self.isVisible():
            return
        unread = self._notices.unread
        if unread:  # reading them leads here again
            self._fresh = [*self._fresh, *unread]
            self._notices.read()
            return
        self._fill()
        self.refit()

    def _fill(self) -> None:
        rows = QWidget()
        rows.setAutoFillBackground(False)
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for notice in self._notices.kept:
            column.addWidget(hairline("panel"))
            column.addWidget(self._row(notice, notice in self._fresh))
        self._scroll.setWidget(rows)
        inside = self.width() - 24
        self._scroll.setFixedHeight(min(TALLEST, column.totalHeightForWidth(inside)))
        some = bool(self._notices.kept)
        self._scroll.setVisible(some)
        self._clear.setVisible(some)
        self._empty.setVisible(not some)

    def _row(self, notice: Notice, fresh: bool) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(metrics.GAP)
        name, tint = notice.icon
        row.addWidget(IconLabel(name, 16, tint), 0, _TOP)
        words = label(weight=500 if fresh else 400, tone="" if fresh else "label", wrap=True)
        words.setText(notice.text)
        row.addWidget(words, 1, _TOP)
        if notice.later is not None:
            act = notice.later
            row.addWidget(button(notice.note["action"], kind="link", on=lambda: self._act(act)))
        when = label(size=11, tone="quiet")
        when.setText(clock(notice.at))
        row.addWidget(when, 0, _TOP)
        return made

    def _act(self, act: Callable[[], None]) -> None:
        self.hide()
        act()


_TOP = Qt.AlignmentFlag.AlignTop
