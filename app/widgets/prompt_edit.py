"""The prompt editor: 13/20 type, emphasis, LoRA tags and BREAK in quiet colors."""

from __future__ import annotations

import re

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from app.i18n import bind
from app.theme import color, fonts, signals

_WEIGHTED = re.compile(r"\((?:[^()\\]|\\.)*\)|\[(?:[^\[\]\\]|\\.)*\]")
_LORA = re.compile(r"<lora:[^<>]*>")
_BREAK = re.compile(r"\bBREAK\b")


class PromptHighlighter(QSyntaxHighlighter):
    """Colors what is not plain text, and the trigger word."""

    trigger = ""

    def highlightBlock(self, text: str) -> None:
        for pattern, token in ((_WEIGHTED, "chart2"), (_LORA, "chart4"), (_BREAK, "t3")):
            for match in pattern.finditer(text):
                self._color(match.start(), match.end(), token)
        if self.trigger:
            for match in re.finditer(rf"\b{re.escape(self.trigger)}\b", text):
                self._color(match.start(), match.end(), "acc")

    def _color(self, start: int, end: int, token: str) -> None:
        form = QTextCharFormat()
        form.setForeground(color(token))
        self.setFormat(start, end - start, form)


class PromptEdit(QPlainTextEdit):
    """Plain text of ``lines`` lines. ``changed`` carries it at every edit."""

    changed = Signal(str)

    def __init__(self, placeholder: str = "", *, lines: int = 3) -> None:
        super().__init__()
        self._lines = lines
        fonts.set_font(self, 13)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(lines * 20 + 14)
        self._highlighter = PromptHighlighter(self.document())
        if placeholder:
            bind(self.setPlaceholderText, placeholder)
        self.textChanged.connect(lambda: self.changed.emit(self.value))
        signals.changed.connect(self._highlighter.rehighlight)

    @property
    def value(self) -> str:
        """The text."""
        return self.toPlainText()

    @value.setter
    def value(self, value: str) -> None:
        self.set_value(value)

    def set_value(self, value: str) -> None:
        """Hold ``value`` without telling anyone; nothing happens if it is there already."""
        if value == self.toPlainText():
            return
        blocked = self.blockSignals(True)
        self.setPlainText(value)
        self.blockSignals(blocked)

    def set_trigger(self, word: str) -> None:
        """The word that is colored as the trigger of the style."""
        if word != self._highlighter.trigger:
            self._highlighter.trigger = word
            self._highlighter.rehighlight()

    def insert(self, text: str) -> None:
        """Put ``text`` at the cursor, with a comma before it where one is missing."""
        before = self.toPlainText()[: self.textCursor().position()].rstrip()
        joint = ", " if before and not before.endswith((",", "(")) else ""
        self.textCursor().insertText(joint + text)

    def sizeHint(self) -> QSize:
        return QSize(200, self._lines * 20 + 14)
