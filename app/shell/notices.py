"""What was said: every toast is kept for a while, and the bell tells that something is unread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton

from app.i18n import bind, joined, tr
from app.theme import color, icons, metrics

KEPT = 50


@dataclass(eq=False)
class Notice:
    """One sentence of the session, kept as a key so that it follows the language."""

    note: dict[str, Any]
    at: float = field(default_factory=time.time)
    unread: bool = True

    @property
    def is_error(self) -> bool:
        """Whether something went wrong."""
        return bool(self.note["error"])

    @property
    def icon(self) -> tuple[str, str]:
        """The icon beside the sentence, and its tint."""
        if self.is_error:
            return "octagon-alert", "err"
        return ("triangle-alert", "warn") if self.note.get("warns") else ("check", "t2")

    @property
    def text(self) -> str:
        """The sentence, and what to do about it, in the language of the moment."""
        key, facts_in = self.note["key"], self.note.get("facts_in")
        facts = facts_in(tr) if facts_in is not None else self.note["facts"]
        parts = ((self.note.get("one", key), key), (self.note.get("remedy"), ""))
        return joined(tr(one, many, **facts) for one, many in parts if one)

    @property
    def later(self) -> Callable[[], None] | None:
        """What can still be done from the list. Undo cannot: by now it would undo another step."""
        act: Callable[[], None] | None = self.note["on_action"]
        return None if self.note["action"] == "Undo" else act


class Notices(QObject):
    """The last sentences, newest first. ``changed`` is sent when one comes or is read."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.kept: deque[Notice] = deque(maxlen=KEPT)

    def add(self, note: dict[str, Any]) -> Notice:
        """Keep ``note``, the dictionary that the session sends."""
        made = Notice(note)
        self.kept.appendleft(made)
        self.changed.emit()
        return made

    def read(self, *which: Notice) -> None:
        """Mark ``which`` as read; without any, all."""
        for notice in which or self.kept:
            notice.unread = False
        self.changed.emit()

    def clear(self) -> None:
        """Forget everything."""
        self.kept.clear()
        self.changed.emit()

    @property
    def unread(self) -> list[Notice]:
        """What nobody has looked at."""
        return [notice for notice in self.kept if notice.unread]


class Bell(QToolButton):
    """Opens the list; a dot says that something in it is unread."""

    def __init__(self, notices: Notices) -> None:
        super().__init__()
        self._notices = notices
        self.setFixedSize(metrics.CONTROL, metrics.CONTROL)
        self.setIconSize(QSize(16, 16))
        self.setIcon(icons.icon("bell", 16))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._tip = bind(self.setToolTip, "Notifications")
        self._name = bind(self.setAccessibleName, "Notifications")
        notices.changed.connect(self._follow)

    def _follow(self) -> None:
        count = len(self._notices.unread)
        for words in (self._tip, self._name):
            if count:
                words.say("Notifications: {n} unread", n=count)
            else:
                words.say("Notifications")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        unread = self._notices.unread
        if not unread:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("g0"), 2))
        failed = any(notice.is_error for notice in unread)
        painter.setBrush(color("err" if failed else "acc"))
        painter.drawEllipse(QRectF(self.width() - 12.5, 3.5, 8, 8))
