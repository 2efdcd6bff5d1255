"""The caption of one picture as text, for sentences and for what chips cannot show."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

from app.theme import fonts


class CaptionText(QPlainTextEdit):
    """The caption as text. It is written whenever the field is left, by Escape too, and on
    Ctrl+Enter; Undo takes it back.
    """

    committed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._caption = ""
        fonts.set_font(self, 13)
        self.setFixedHeight(92)
        self.setTabChangesFocus(True)

    @property
    def edited(self) -> bool:
        """Whether something was typed that is not written yet."""
        return self.toPlainText() != self._caption

    def set_caption(self, text: str) -> None:
        """Show ``text`` without telling."""
        self._caption = text
        if text != self.toPlainText():
            self.setPlainText(text)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.commit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.commit()
        elif event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def commit(self) -> None:
        """Tell the text if it was changed."""
        if self.edited and not self.isReadOnly():
            self._caption = self.toPlainText()
            self.committed.emit(self._caption)
