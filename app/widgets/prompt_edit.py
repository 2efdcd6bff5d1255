"""The prompt editor: 13/20 type, brackets, tags and the words AND and BREAK in quiet colors.

Ctrl+Up and Ctrl+Down weigh the words at the cursor, Alt+Up and Alt+Down ask for older and newer
prompts, and what is at hand is offered behind ``<`` and ``__``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from app.i18n import bind
from app.theme import color, fonts, signals
from app.widgets.prompt_offers import PromptOffers, Source, fitting, typed_at
from engine.prompt.nudging import nudged

_WEIGHTED = re.compile(r"\((?:[^()\\]|\\.)*\)|\[(?:[^\[\]\\]|\\.)*\]")
_LORA = re.compile(r"<lora:[^<>]*>")
_BREAK = re.compile(r"\b(?:BREAK|AND)\b")
_CHANCE = re.compile(r"__[^\W_](?:(?:(?!__)[\w \-/])*[^\W_])?__|\{[^{}]*\|[^{}]*\}")


class PromptHighlighter(QSyntaxHighlighter):
    """Colors what is not plain text, and the trigger word."""

    trigger = ""

    def highlightBlock(self, text: str) -> None:
        for pattern, token in (
            (_WEIGHTED, "chart2"),
            (_CHANCE, "chart4"),
            (_LORA, "chart4"),
            (_BREAK, "t3"),
        ):
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
    older_asked = Signal()
    given = Signal(object)  # QMimeData of files, or of text that ``takes`` says is more than words
    newer_asked = Signal()

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
        self.source: Source | None = None  # who knows what can be offered
        self.takes: Callable[[str], bool] = lambda _: False
        self.offers = PromptOffers()
        self.offers.taken.connect(self._take)
        self.destroyed.connect(self.offers.deleteLater)
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
        before, cursor = self.toPlainText(), self.textCursor()
        pairs = enumerate(zip(before, value, strict=False))
        same = next((n for n, (old, new) in pairs if old != new), min(len(before), len(value)))
        at = cursor.position()
        self.setPlainText(value)
        # What changed before the cursor, as a tag's number does, moves it along.
        cursor.setPosition(
            max(0, min(at if at <= same else at + len(value) - len(before), len(value)))
        )
        self.setTextCursor(cursor)
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

    def nudge(self, steps: int) -> None:
        """Give the words at the cursor ``steps`` steps more weight; one step of undo."""
        cursor, before = self.textCursor(), self.value
        made = nudged(before, cursor.selectionStart(), cursor.selectionEnd(), steps)
        if made.text != before:
            self._put(made.text, made.start, made.end)

    def replace_all(self, text: str) -> None:
        """Let the field say ``text``, so that it can be undone; the cursor goes to its end."""
        if text != self.value:
            self._put(text, len(text), len(text))

    def _put(self, text: str, start: int, end: int) -> None:
        """Let the field say ``text`` with [start, end) marked, so that it can be undone."""
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.endEditBlock()
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def _offer(self) -> None:
        typed = typed_at(self.value, self.textCursor().position())
        if typed is None or self.source is None:
            self.offers.hide()
            return
        self.offers.offer(fitting(self.source(typed.kind), typed.name), self, self.cursorRect())

    def _take(self, text: str) -> None:
        """Put an offer in the place of what was typed of it."""
        cursor = self.textCursor()
        typed = typed_at(self.value, cursor.position())
        self.offers.hide()
        if typed is not None:
            cursor.setPosition(typed.start, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(text)
            self.setTextCursor(cursor)

    def event(self, event: QEvent) -> bool:
        # Before Qt makes of Tab a walk to the next control, and of Escape whatever the page does.
        if (
            event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
            and isinstance(event, QKeyEvent)
            and self.offers.isVisible()
            and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Escape)
        ):
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self._answer(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self.offers.isVisible() and not held and self._answer(event):
            return
        if steps and held == Qt.KeyboardModifier.ControlModifier:
            self.nudge(steps)
        elif steps and held == Qt.KeyboardModifier.AltModifier:
            (self.older_asked if steps > 0 else self.newer_asked).emit()
        else:
            super().keyPressEvent(event)
            if event.text() or self.offers.isVisible():
                self._offer()

    def _answer(self, event: QKeyEvent) -> bool:
        """What a key means to the open list; False when it is for the text."""
        match event.key():
            case Qt.Key.Key_Up:
                self.offers.step(-1)
            case Qt.Key.Key_Down:
                self.offers.step(1)
            case Qt.Key.Key_Tab | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.offers.take()
            case Qt.Key.Key_Escape:
                self.offers.hide()
            case _:
                return False
        return True

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Words go into the text; files, and what is more than words, to who listens."""
        if any(url.isLocalFile() for url in source.urls()) or self.takes(source.text()):
            self.given.emit(source)
        else:
            super().insertFromMimeData(source)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.offers.hide()
        super().focusOutEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(200, self._lines * 20 + 14)
