"""What floats at the right under the project bar: the queue and the notifications."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.theme import color
from app.widgets.buttons import tool_button
from app.widgets.text import label

WIDTH = 372


class FloatingPanel(QWidget):
    """A titled panel that takes the keyboard while it is open and gives it back when it closes."""

    def __init__(self, parent: QWidget, title_key: str) -> None:
        super().__init__(parent)
        self._before: QWidget | None = None
        self.setFixedWidth(WIDTH)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 4, 12, 12)
        self.column.setSpacing(0)
        self.head = QHBoxLayout()
        self.head.addWidget(label(title_key, weight=600))
        self.head.addStretch(1)
        self.head.addWidget(tool_button("x", "Close", self.hide, dense=True))
        self.column.addLayout(self.head)
        self.hide()

    def rebuild(self) -> None:
        """Show everything anew; called before the panel opens."""

    def toggle(self, right: int, top: int) -> None:
        """Open at ``right``, ``top``, or close."""
        if self.isVisible():
            self.hide()
            return
        self._before = QApplication.focusWidget()
        self.rebuild()
        self.adjustSize()
        self.move(right - self.width(), top)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def refit(self) -> None:
        """Take the height that the contents need now; the right edge stays where it is."""
        right, top = self.x() + self.width(), self.y()
        self.adjustSize()
        self.move(right - self.width(), top)

    def hideEvent(self, event: QHideEvent) -> None:
        """Give the keyboard back to what had it before the panel opened."""
        here = QApplication.focusWidget()
        if here is None or not (here is self or self.isAncestorOf(here)):
            return
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible() and before.isEnabled():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            here.clearFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("g1"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
