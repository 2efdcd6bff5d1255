"""The section of prompts: ticked, told apart by what training has seen, edited in place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind
from app.shell.menus import Menu
from app.theme import metrics
from app.validation.axis_list import PROMPT
from app.validation.prompt_entry import PromptEntry, TagLabel
from app.validation.prompt_list import short_prompts
from app.validation.side_mark import SideMark
from app.widgets.buttons import tool_button
from app.widgets.fields import Check
from app.widgets.layouts import placed_once
from app.widgets.panel import Panel, padded
from app.widgets.tab_order import put_before
from app.widgets.text import ElidedLabel

if TYPE_CHECKING:
    from app.validation.prompt_list import PromptList, PromptRow
    from app.validation.setup import GridSetup


class PromptSection(Panel):
    """``side_menu_asked`` wants the menu of sides, at a place on the screen."""

    side_menu_asked = Signal(QPoint)

    def __init__(self, setup: GridSetup) -> None:
        super().__init__("Prompts", count=True)
        self._setup, self._list = setup, setup.prompts
        self.lines: dict[str, PromptLine] = {}
        self.mark = SideMark("Prompts")
        self.mark.clicked.connect(
            lambda *_: self.side_menu_asked.emit(self.mark.mapToGlobal(QPoint(0, 24)))
        )
        self.header.row.insertWidget(2, self.mark)
        self.header.row.insertSpacing(3, 4)
        self.add_action(tool_button("plus", "Add prompts", self.new_prompt, dense=True))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.body.addLayout(self._rows)
        self.entry = PromptEntry()
        bind(self.entry.setPlaceholderText, "Type or paste prompts")
        bind(self.entry.setAccessibleName, "New prompt")
        self.entry.entered.connect(self._add)
        self.entry.left.connect(self._leave_entry)
        self._entry_row = padded(self.entry, top=4)
        self._entry_row.hide()
        self.body.addWidget(self._entry_row)

    def follow(self) -> None:
        """Show the prompts of the draft."""
        rows = self._list.rows
        self.set_count(len(self._list.chosen))
        self.mark.show_side(self._setup.axes.side_of(PROMPT))
        if [row.text for row in rows] != list(self.lines):
            self._lay(rows)
        short = short_prompts([row.text for row in rows], self._list.trigger)
        for row, words in zip(rows, short, strict=True):
            self.lines[row.text].follow(row, words)

    def new_prompt(self) -> None:
        """Give the keyboard a field for new prompts."""
        self.set_open(True)
        self._entry_row.show()
        self.entry.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, texts: list[str]) -> None:
        self._list.add(texts)
        self.entry.clear()

    def _leave_entry(self) -> None:
        self.entry.clear()
        self._entry_row.hide()
        self.header.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay(self, rows: list[PromptRow]) -> None:
        with placed_once(self._area):
            for text in self.lines.keys() - {row.text for row in rows}:
                gone = self.lines.pop(text)
                gone.hide()
                self._rows.removeWidget(gone)
                gone.deleteLater()
            lines = {row.text: self.lines.get(row.text) or self._line(row.text) for row in rows}
            for place, line in enumerate(lines.values()):
                self._rows.insertWidget(place, line)
            self.lines = lines
        put_before(self.entry, (line.check for line in lines.values()))
        stops = [line.check.focusPolicy() == Qt.FocusPolicy.TabFocus for line in lines.values()]
        self._stop_at(stops.index(True) if sum(stops) == 1 else 0)
        self._area.updateGeometry()

    def _line(self, text: str) -> PromptLine:
        line = PromptLine(self._list, text)
        line.check.installEventFilter(self)
        return line

    # One stop for Tab: arrows go on from prompt to prompt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows, Home and End move between prompts; Tab comes back to the one it left."""
        lines = list(self.lines.values())
        here = next((at for at, line in enumerate(lines) if line.check is watched), None)
        if here is not None and event.type() == QEvent.Type.FocusIn:
            self._stop_at(here)
        if here is None or not isinstance(event, QKeyEvent):
            return False
        last = len(lines) - 1
        places = {
            Qt.Key.Key_Up: max(0, here - 1),
            Qt.Key.Key_Down: min(last, here + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if event.type() != QEvent.Type.KeyPress or event.key() not in places:
            return False
        self._stop_at(places[Qt.Key(event.key())])
        lines[places[Qt.Key(event.key())]].check.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _stop_at(self, place: int) -> None:
        """Tab stops at this prompt only."""
        for at, line in enumerate(self.lines.values()):
            policy = Qt.FocusPolicy.TabFocus if at == place else Qt.FocusPolicy.NoFocus
            line.check.setFocusPolicy(policy)


class PromptLine(QWidget):
    """A prompt with its tick, and what training has seen of it; in its place a cross while pointed
    at. A double click, F2 or the menu edits it, Delete removes it.
    """

    def __init__(self, prompts: PromptList, text: str) -> None:
        super().__init__()
        self._list, self.text = prompts, text
        self.setToolTip(text)
        self.setMinimumHeight(metrics.ROW_FIELD)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        self._line.setSpacing(metrics.GAP)
        self.check = Check("")
        self.check.setFixedWidth(14)
        self.check.setAccessibleName(text)
        self.check.changed.connect(lambda on: prompts.tick(text, on))
        self.words = ElidedLabel(tone="label")
        self.remove = tool_button(
            "x", "Remove this prompt", lambda: prompts.remove(text), dense=True
        )
        self.remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Delete does it, and the menu
        self.tag = TagLabel()
        self.remove.hide()
        self.editor: PromptEntry | None = None
        self._line.addWidget(self.check)
        self._line.addWidget(self.words, 1)
        self._line.addWidget(self.tag)
        self._line.addWidget(self.remove)

    def follow(self, row: PromptRow, words: str) -> None:
        """Show the tick, the short words and the tag."""
        self.check.set_value(row.chosen)
        self.words.setText(words)
        self.tag.say(row.tag)

    def edit(self) -> None:
        """Let the whole text be changed in place."""
        if self.editor is not None:
            return
        self.editor = PromptEntry(self.text)
        bind(self.editor.setAccessibleName, "Prompt")
        self.words.hide()
        self.tag.hide()
        self.remove.hide()
        self._line.insertWidget(1, self.editor, 1)
        self.editor.entered.connect(self._take)
        self.editor.left.connect(self._close)
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        self.editor.selectAll()

    def _take(self, texts: list[str]) -> None:
        old = self.text
        self._close()
        self._list.change(old, texts[0] if texts else "")
        self._list.add(texts[1:])

    def _close(self) -> None:
        if self.editor is None:
            return
        editor, self.editor = self.editor, None
        editor.hide()
        self._line.removeWidget(editor)
        editor.deleteLater()
        self.words.show()
        self.tag.show()
        self.check.setFocus(Qt.FocusReason.OtherFocusReason)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit it."""
        self.edit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the tick does not take."""
        if event.key() == Qt.Key.Key_F2:
            self.edit()
        elif event.key() == Qt.Key.Key_Delete and self.editor is None:
            self._list.remove(self.text)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with one prompt, and with all."""
        menu = Menu(self)
        menu.add("Edit the prompt", self.edit, "pencil", shortcut="F2")
        remove = partial(self._list.remove, self.text)
        menu.add("Remove this prompt", remove, "x", shortcut="Del")
        menu.line()
        every = [row.text for row in self._list]
        menu.add("Tick all", partial(self._list.use_only, every))
        menu.add("Tick only this", partial(self._list.use_only, [self.text]))
        menu.at(event.globalPos())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Offer to remove it."""
        if self.editor is None:
            self.tag.hide()
            self.remove.show()

    def leaveEvent(self, event: QEvent) -> None:
        """No longer."""
        self.remove.hide()
        self.tag.setVisible(self.editor is None)
