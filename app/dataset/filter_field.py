"""The filter line: its words are colored, completed at the cursor, and corrected in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QTextCharFormat,
)

from app.dataset.filter_popup import FilterPopup
from app.i18n import signals as language_signals
from app.theme import color, icons
from app.theme import signals as theme_signals
from app.widgets.entries import TextField
from engine.dataset.query import spans
from engine.dataset.query_complete import complete

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from engine.dataset.query_complete import Completion

TYPING_PAUSE = 120
"""Milliseconds after the last key before the grid is filtered."""
_TINTS = {
    "key": "acc",
    "operator": "t3",
    "keyword": "chart2",
    "paren": "t3",
    "expression": "chart4",
    "mark": "acc",
    "error": "err",
}


class FilterField(TextField):
    """``left`` is emitted when the keys should go back to the pictures."""

    left = Signal()

    def __init__(self, state: DatasetState) -> None:
        super().__init__("Filter by words, tag:, stars>=3 …")
        self.state = state
        self.popup = FilterPopup(self)
        self._offered = 0
        self._coloring = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE)
        self.addAction(icons.icon("list-filter", 14), self.ActionPosition.LeadingPosition)
        self.textChanged.connect(self._text_changed)
        self.textEdited.connect(lambda _: self._offer_soon())
        self._pause.timeout.connect(self.apply)
        self.popup.list.clicked.connect(self._clicked)
        state.query_changed.connect(self._query_changed)
        state.reloaded.connect(self._query_changed)
        theme_signals.changed.connect(self.color)
        language_signals.changed.connect(self._query_changed)

    @property
    def is_typing(self) -> bool:
        """Whether what is written has not been looked for yet."""
        return self._pause.isActive()

    def apply(self) -> None:
        """Look for what is written."""
        self._pause.stop()
        self.state.set_words(self.text().strip())

    def color(self) -> None:
        """Give each part of the filter its color; what is wrong is underlined."""
        found = []
        for span in spans(self.text()):
            tint = _TINTS.get(span.kind)
            if tint is None:
                continue
            shape = QTextCharFormat()
            shape.setForeground(color(tint))
            if span.kind == "error":
                shape.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
                shape.setUnderlineColor(color(tint))
            start = span.start - self.cursorPosition()
            kind = QInputMethodEvent.AttributeType.TextFormat
            found.append(QInputMethodEvent.Attribute(kind, start, span.end - span.start, shape))
        # A line edit takes formats from input methods only; an event without text changes none.
        self._coloring = True
        QCoreApplication.sendEvent(self, QInputMethodEvent("", found))
        self._coloring = False

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        if not self._coloring and not event.preeditString():
            self.color()

    def _text_changed(self) -> None:
        self.color()
        self._pause.start()

    def _query_changed(self) -> None:
        words = self.state.words
        if self.text().strip() != words and not self.is_typing:
            self.set_value(words)
            self._pause.stop()
        self.popup.complain(self.state.error if self.hasFocus() or self.text() else None)
        self.setToolTip(self.popup.problem.text())

    # Completion

    def _offer_soon(self) -> None:
        self._offered += 1
        self.state.session.start(self._offer(self._offered))

    async def _offer(self, wish: int) -> None:
        text, cursor, columns = self.text(), self.cursorPosition(), self.state.columns
        found = await self.state.session.bridge.io(complete, text, cursor, columns)
        if wish == self._offered and self.hasFocus():
            written = [item for item in found if text[item.start : item.end] != item.text]
            self.popup.offer(written if _is_open(text[:cursor]) else [])

    def _take(self, item: Completion) -> None:
        """Write ``item`` in the place of what it completes; a whole term gets a space after it."""
        text = self.text()
        ends = item.text[-1:] not in (":", "=", "<", ">")
        rest = text[item.end :]
        gap = " " if ends and not rest.startswith(" ") else ""
        self.setText(text[: item.start] + item.text + gap + rest)
        self.setCursorPosition(item.start + len(item.text) + (1 if ends else 0))
        self._offered += 1
        self.popup.offer([])
        if not ends:
            self._offer_soon()

    def _clicked(self, index: QModelIndex) -> None:
        self._take(self.popup.items.found[index.row()])

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            # Tab would leave the field before keyPressEvent hears of it.
            if event.key() == Qt.Key.Key_Tab and self.popup.is_listing:
                self._take(self.popup.chosen or self.popup.items.found[0])
                return True
        elif (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, listing = event.key(), self.popup.is_listing
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and listing:
            self.popup.step(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Down:
            self.left.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.popup.chosen is not None:
                self._take(self.popup.chosen)
            else:
                self._offered += 1
                self.popup.offer([])
                self.apply()
                if self.state.error is None:
                    self.left.emit()
        elif key == Qt.Key.Key_Escape:
            self._offered += 1
            if listing:
                self.popup.offer([])
            else:
                self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._offered += 1
        self.popup.offer([])


def _is_open(before: str) -> bool:
    """Whether something is being written at the cursor: an expression that has its second slash,
    or a text its second quotation mark, is whole.
    """
    begun = before.endswith((":/", ':"', '="'))
    return begun or (bool(before.strip()) and before[-1] not in '/")')
