"""What of a widget is painted again."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect


class Painted(QObject):
    """Keeps what a widget was asked to paint."""

    def __init__(self, widget):
        super().__init__(widget)
        self.rects: list[QRect] = []
        widget.installEventFilter(self)

    def eventFilter(self, _, event):
        if event.type() == QEvent.Type.Paint:
            self.rects.append(QRect(event.rect()))
        return False
