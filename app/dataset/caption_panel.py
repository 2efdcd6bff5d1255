"""The caption of the selected pictures as chips and as text, with its length in tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QPlainTextEdit, QVBoxLayout

from app.dataset import tokens
from app.dataset.counts import tag_counts
from app.i18n import bind, tr, tr_error
from app.i18n.format import number
from app.theme import fonts, metrics
from app.widgets.buttons import tool_button
from app.widgets.chips import Chip, ChipFlow
from app.widgets.fields import TextField
from app.widgets.panel import Panel
from app.widgets.text import label, set_tone
from engine.dataset.tags import common, typed_tags, with_tag, without_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from engine.dataset.library import Picture

most_partial = 12
"""Tags shown of those that only some of the selected pictures have."""


class CaptionPanel(Panel):
    """Chips of all selected captions; a field adds tags; the text of one picture can be edited."""

    def __init__(self, state: DatasetState, operations: Operations) -> None:
        super().__init__("Caption")
        self.state = state
        self.operations = operations
        self._pictures: list[Picture] = []
        self.chips = ChipFlow()
        self.entry = TextField("Add a tag")
        self.text = CaptionText()
        self.text_toggle = tool_button("pencil", "Edit as text", self._toggle, True, dense=True)
        self.from_names = tool_button(
            "wand-sparkles",
            "Caption the rest from file names",
            operations.caption_from_names,
            dense=True,
        )
        self.tokens = label(size=11, tone="quiet")
        self._token_text = bind(self.tokens.setText, "")
        self.more = label(size=11, tone="quiet")
        self._more_text = bind(self.more.setText, "")
        self.problem = label(size=11, tone="error", wrap=True)
        self._build()
        self.chips.removed.connect(self._remove)
        # Return, and also leaving the field: a typed tag is not lost on the way to another place.
        self.entry.editingFinished.connect(self._add)
        self.text.committed.connect(self._write)

    def _build(self) -> None:
        self.add_action(self.from_names)
        self.add_action(self.text_toggle)
        self.text.hide()
        self.problem.hide()
        box = QVBoxLayout()
        box.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        box.setSpacing(metrics.GAP)
        for widget in (self.chips, self.more, self.entry, self.text, self.problem, self.tokens):
            box.addWidget(widget)
        self.body.addLayout(box)
        bind(self.text.setAccessibleName, "Caption")
        bind(self.chips.setAccessibleName, "Tags of the caption")

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        """Show the captions of ``pictures``."""
        others = [item.id for item in self._pictures] != [item.id for item in pictures]
        if others:
            # What was typed belongs to the pictures that were shown.
            self.text.commit()
            self._add()
        self._pictures = list(pictures)
        self.text_toggle.setEnabled(len(self._pictures) == 1)
        self._show_text(self.text_toggle.isChecked() and len(self._pictures) == 1, others)
        self.chips.set_chips(self._chips())
        self.chips.setVisible(bool(self.chips.chips) and self.text.isHidden())
        self.entry.setCompleter(self._completer())
        problem = next((p.caption_problem for p in self._pictures if p.caption_problem), None)
        self.problem.setText(tr_error(problem.as_error()) if problem else "")
        self.problem.setVisible(bool(problem))
        self.entry.setEnabled(not problem)
        self.text.setReadOnly(bool(problem))
        self.state.session.start(self._count())

    def _chips(self) -> list[Chip]:
        tags = common(picture.caption for picture in self._pictures)
        project = self.state.session.project
        trigger = project.file.trigger_word if project is not None else ""
        # What all share comes first, in the order of the captions; of the rest the most frequent.
        self._tell_more(len(tags.partial) - most_partial)
        partial = sorted(tags.partial, key=lambda pair: -pair[1])[:most_partial]
        shown = [*((tag, tags.total) for tag in tags.common), *partial]
        return [_chip(tag, n, tags.total, trigger) for tag, n in shown]

    def _tell_more(self, count: int) -> None:
        self.more.setVisible(count > 0 and self.text.isHidden())
        self._more_text.say("and {n} more tags", n=number(max(0, count)))

    def _completer(self) -> QCompleter:
        words = [tag for tag, _ in tag_counts(self.state.pictures.values())]
        completer = QCompleter(words, self.entry)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        return completer

    def _show_text(self, shown: bool, others: bool) -> None:
        self.text.setVisible(shown)
        self.entry.setVisible(not shown)
        if self._pictures and (others or not self.text.edited):
            self.text.set_caption(self._pictures[-1].caption)

    def _toggle(self) -> None:
        self.show_pictures(self._pictures)
        if self.text_toggle.isChecked():
            self.text.setFocus()

    def _add(self) -> None:
        words = typed_tags(self.entry.text())
        self.entry.clear()
        texts = {}
        for picture in self._pictures:
            caption = picture.caption
            for word in words:
                caption = with_tag(caption, word)
            texts[picture.id] = caption
        self._write_all(texts)

    def _remove(self, tag: str) -> None:
        self._write_all({item.id: without_tags(item.caption, {tag}) for item in self._pictures})

    def _write(self, text: str) -> None:
        if len(self._pictures) == 1:
            self._write_all({self._pictures[0].id: text})

    def _write_all(self, texts: dict[int, str]) -> None:
        changed = {
            item.id: texts[item.id]
            for item in self._pictures
            if item.id in texts and texts[item.id] != item.caption and self._is_known(item)
        }
        if changed:
            self.operations.caption(changed)

    def _is_known(self, picture: Picture) -> bool:
        """Whether it is of the open project: the numbers of pictures begin anew in each."""
        found = self.state.pictures.get(picture.id)
        return found is not None and found.path == picture.path

    async def _count(self) -> None:
        captions = [picture.caption for picture in self._pictures]
        if not captions:
            self._token_text.say("")
            return
        most = await self.state.session.bridge.io(_longest, captions)
        set_tone(self.tokens, "error" if most > tokens.limit else "quiet")
        if len(captions) == 1:
            self._token_text.say("{n} of {limit} tokens", n=number(most), limit=tokens.limit)
        else:
            self._token_text.say(
                "Longest: {n} of {limit} tokens", n=number(most), limit=tokens.limit
            )


class CaptionText(QPlainTextEdit):
    """The caption as text. It is written when the field is left or on Ctrl+Enter; Escape resets."""

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
            self.setPlainText(self._caption)
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def commit(self) -> None:
        """Tell the text if it was changed."""
        if self.edited and not self.isReadOnly():
            self._caption = self.toPlainText()
            self.committed.emit(self._caption)


def _chip(tag: str, count: int, total: int, trigger: str) -> Chip:
    if count < total:
        return Chip(tag, tr("{n} of {total}", n=count, total=total), "partial")
    return Chip(tag, kind="trigger" if trigger and tag == trigger else "tag")


def _longest(captions: Sequence[str]) -> int:
    return max(tokens.count(caption) for caption in captions)
