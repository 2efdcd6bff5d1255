"""The dot beside what differs from the plan that set it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.i18n import bind
from app.theme import color

SIZE = 4


def paint_dot(painter: QPainter, left: int, top: int) -> None:
    """A dot of 4 px."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("t2"))
    painter.drawEllipse(left, top, SIZE, SIZE)


class ChangedDot(QWidget):
    """The dot left of a title, at the edge of its column."""

    def __init__(self, header: QWidget) -> None:
        super().__init__(header)
        self.setGeometry(0, 0, 12, header.height())
        bind(self.setToolTip, "Changed since the plan was set")
        bind(self.setAccessibleName, "Changed since the plan was set")
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The dot."""
        paint_dot(QPainter(self), 4, (self.height() - SIZE) // 2)
