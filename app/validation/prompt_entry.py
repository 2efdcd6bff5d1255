"""A prompt as it is typed, and the word that tells what training has seen of it."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QTextOption
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QSizePolicy

from app.i18n import bind
from app.theme import color, fonts

MOST_LINES = 6
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PromptEntry(QPlainTextEdit):
    """One prompt as it is typed, wrapped. ``entered`` carries the prompts after Enter, or at once
    where several lines are pasted; ``left`` tells that it was given up, or left for elsewhere.
    """

    entered = Signal(list)
    left = Signal()

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        fonts.set_font(self, 12)
        self.document().setDocumentMargin(1)
        self.document().documentLayout().documentSizeChanged.connect(self.updateGeometry)
        self._before = text
        self.setPlainText(text)

    def sizeHint(self) -> QSize:
        lines = min(MOST_LINES, max(1, round(self.document().size().height())))
        return QSize(120, lines * self.fontMetrics().lineSpacing() + 12)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width wraps the text into other lines, which the document does not tell."""
        super().resizeEvent(event)
        if self.sizeHint().height() != self.height():
            self.updateGeometry()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Several lines are several prompts."""
        lines = [line.strip() for line in source.text().splitlines() if line.strip()]
        self.insertPlainText(lines[0] if len(lines) == 1 else "\n".join(lines))
        if len(lines) > 1:
            self._enter()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes the text, Esc gives it up."""
        if event.key() in _ENTER:
            self._enter()
        elif event.key() == Qt.Key.Key_Escape:
            self.setPlainText(self._before)
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: object) -> None:
        """Who clicks elsewhere keeps what was typed."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        if self.toPlainText().strip() != self._before:
            self._enter()
        self.left.emit()

    def _enter(self) -> None:
        lines = [line.strip() for line in self.toPlainText().splitlines()]
        self.entered.emit([line for line in lines if line])


class TagLabel(QLabel):
    """A word in a thin frame."""

    def __init__(self) -> None:
        super().__init__()
        fonts.set_font(self, 11)
        self.setContentsMargins(5, 0, 5, 0)
        self.setFixedHeight(17)
        self._words = bind(self.setText, "")

    def say(self, key: str) -> None:
        """Show another word."""
        if key != self._words.key:
            self._words.say(key)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame and the word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("line_hover"), 1))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setPen(color("t2"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
