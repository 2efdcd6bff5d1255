"""The box that holds a caption: its chips, the line that adds tags, and the sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.dataset.caption_popup import MOST, CompletionPopup
from app.i18n import bind
from app.theme import color, fonts, metrics
from app.widgets.chips import ChipFlow
from app.widgets.fields import TextField
from app.widgets.text import set_tone
from engine.dataset.completion import tag_at

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from app.dataset.caption_words import TagWords


class TagEntry(TextField):
    """A line that adds tags, with a list of its own: Tab takes the first offer, Enter the one
    that is marked, Escape closes the list. ``back_asked``: Backspace in an empty line.
    """

    back_asked = Signal()
    focused = Signal(bool)

    def __init__(self, words: TagWords, placeholder: str = "") -> None:
        super().__init__(placeholder)
        self.words = words
        self.popup = CompletionPopup()
        self.popup.taken.connect(self._take)
        self.textEdited.connect(lambda _: self._offer())
        words.ready.connect(self._offer_again)
        self.destroyed.connect(self.popup.deleteLater)

    def _offer_again(self) -> None:
        if self.hasFocus() and self.text():
            self._offer()

    def _offer(self) -> None:
        self.words.want()  # what was typed before may have made new tags
        start, end = tag_at(self.text(), self.cursorPosition())
        typed = self.text()[start:end]
        offers = self.words.complete(typed, MOST)
        self.popup.offer(offers, typed, self._below())

    def _below(self) -> QWidget:
        """What the list of offers opens under."""
        return self.parentWidget() or self

    def _take(self, text: str) -> None:
        """Put ``text`` in the place of the tag under the cursor."""
        start, end = tag_at(self.text(), self.cursorPosition())
        whole = self.text()
        rest = whole[end:]
        self.setText(whole[:start] + text + rest)
        self.setCursorPosition(start + len(text))
        self.popup.hide()
        if not rest.strip() and not whole[:start].strip():
            self.editingFinished.emit()

    def event(self, event: QEvent) -> bool:
        # Before Qt makes of Tab a walk to the next control.
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Tab
            and self.popup.isVisible()
            and self.popup.offers
        ):
            self._take(self.popup.chosen() or self.popup.offers[0].text)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        shown = self.popup.isVisible()
        if event.key() in steps and shown:
            self.popup.step(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape and shown:
            self.popup.hide()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and shown and self.popup.chosen():
            self._take(self.popup.chosen())
        elif event.key() == Qt.Key.Key_Backspace and not self.text():
            self.back_asked.emit()
        else:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.popup.hide()
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.words.want()
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.popup.hide()
        super().focusOutEvent(event)
        self.focused.emit(False)

    def hideEvent(self, event: QHideEvent) -> None:
        self.popup.hide()
        super().hideEvent(event)


class TagField(TagEntry):
    """A field of a form that holds tags between commas and completes them."""

    def set_value(self, value: str) -> None:
        """Hold ``value``; a form writes lists with semicolons."""
        super().set_value(value.replace("; ", ", "))

    def _below(self) -> QWidget:
        return self

    def _take(self, text: str) -> None:
        super()._take(text)
        self.editingFinished.emit()  # tells the form


class CaptionBox(QWidget):
    """One field: chips, then sentences (a click edits them as text), then the line that adds."""

    text_asked = Signal()

    def __init__(self, words: TagWords) -> None:
        super().__init__()
        self.chips = ChipFlow(changeable=True)
        self.prose = ProseLine()
        self.entry = TagEntry(words, "Add a tag")
        self.entry.setProperty("bare", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.setSpacing(4)
        for widget in (self.chips, self.prose, self.entry):
            column.addWidget(widget)
        self.prose.clicked.connect(self.text_asked)
        # What is dropped here is the whole page's to take.
        self.entry.setAcceptDrops(False)
        self.setProperty("ring", "own")
        self.entry.focused.connect(lambda _: self.update())
        self.entry.back_asked.connect(self.chips.take_last)
        self.chips.left_behind.connect(lambda: self.entry.setFocus())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.entry.isEnabled():
            self.entry.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self.entry.hasFocus()
        wide = 2.0 if lit else 1.0
        painter.setPen(QPen(color("acc" if lit else "line_field"), wide))
        painter.setBrush(color("field"))
        inset = wide / 2
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(box, metrics.RADIUS, metrics.RADIUS)


class ProseLine(QLabel):
    """The sentences of a caption, which are not tags: shown, and edited as text on a click."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        fonts.set_font(self, 12)
        set_tone(self, "label")
        bind(self.setToolTip, "Edit as text")
        self.hide()

    def say(self, text: str) -> None:
        """Show ``text``; nothing hides the line."""
        self.setText(text)
        self.setVisible(bool(text))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()
