"""The tags of the dataset with their counts: to filter by, and what the selection has of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent

from app.dataset.counts import Scope
from app.i18n import bind, tr
from app.i18n.format import number
from app.widgets.buttons import tool_button
from app.widgets.entries import TextField
from app.widgets.panel import Panel, padded
from app.widgets.row_list import RowList, RowModel, RowRole
from engine.dataset.picture import column
from engine.dataset.query_complete import quoted
from engine.dataset.tags import tags_of

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex

    from app.dataset.model import DatasetState
    from app.shell.menus import Menu

MANY = 300
"""Selected pictures whose tags are counted a moment later."""


class TagModel(RowModel):
    """Rows that say of each tag whether all of the selected pictures have it, or some."""

    def __init__(self, parent: RowList) -> None:
        super().__init__(parent)
        self.held: dict[str, int] = {}
        self.selected = 0

    def mark(self, held: dict[str, int], selected: int) -> None:
        """``held``: how many of the ``selected`` pictures have a tag."""
        if (held, selected) != (self.held, self.selected):
            self.held, self.selected = held, selected
            if self.items:
                self.dataChanged.emit(self.index(0), self.index(len(self.items) - 1))

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        row = self.items[index.row()]
        held = self.held.get(row.key, 0)
        if not held or role not in (RowRole, Qt.ItemDataRole.AccessibleTextRole):
            return super().data(index, role)
        whole = held == self.selected
        marked = row._replace(
            icon="check" if whole else "circle-minus",
            icon_tone="acc",
            note_tone="acc",
            note="" if whole else tr("{n} of {total}", n=number(held), total=number(self.selected)),
        )
        return marked if role == RowRole else f"{marked.text} {marked.note} {marked.count}"


class TagList(RowList):
    """A click chooses a tag, with Ctrl it is ``added`` to the filter."""

    added = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.rows = self.tags = TagModel(self)
        before = self.selectionModel()
        self.setModel(self.rows)
        before.deleteLater()
        self.selectionModel().currentChanged.connect(self._moved)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.RightButton:
            return  # its menu comes by itself and chooses nothing
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and index.isValid():
            self.added.emit(index.data(RowRole).key)
            return
        super().mousePressEvent(event)


class TagsPanel(Panel):
    """All tags, most frequent first; the magnifier opens a field that narrows them."""

    def __init__(self, state: DatasetState) -> None:
        super().__init__("Tags", count=True)
        self.state = state
        self.rows = TagList()
        self.search = tool_button("search", "Find a tag", self._toggle, True, dense=True)
        self.add_action(self.search)
        self.field = TextField("Find a tag")
        self.field.setClearButtonEnabled(True)
        bind(self.field.setAccessibleName, "Find a tag")
        self._box = padded(self.field, bottom=4)
        self._box.hide()
        self.body.addWidget(self._box)
        self.body.addWidget(self.rows)
        self.field.changed.connect(lambda _: self.refresh())
        self.rows.added.connect(lambda tag: self.add_term(f"tag:{quoted(tag)}"))
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(80)
        self._later.timeout.connect(self._mark)
        state.selection_changed.connect(self._mark_soon)

    def refresh(self) -> None:
        """Show the tags as they are now."""
        tags = self.state.snapshot.tags
        part = self.field.text().strip().casefold() if not self._box.isHidden() else ""
        self.rows.set_rows([row for row in tags if part in row.key.casefold()] if part else tags)
        self.set_count(len(tags))
        self._mark_soon()

    def add_term(self, term: str) -> None:
        """Narrow the filter by one more term."""
        self.state.set_words(joined(self.state.words, term))

    def _toggle(self) -> None:
        shown = self.search.isChecked()
        self.set_open(True)
        self._box.setVisible(shown)
        if shown:
            self.field.setFocus()
        else:
            self.field.set_value("")
        self.refresh()

    def fill_menu(self, menu: Menu, tag: str) -> None:
        """What a filter can do with ``tag``."""
        term = f"tag:{quoted(tag)}"
        menu.add("Show only these pictures", lambda: self._only(tag), "list-filter")
        menu.add("Add to the filter", lambda: self.add_term(term), "plus")
        menu.add("Leave these pictures out", lambda: self.add_term(f"-{term}"), "eye-off")

    def _only(self, tag: str) -> None:
        self.state.set_scope(Scope("tag", tag))

    def _mark_soon(self) -> None:
        if len(self.state.selected) > MANY:
            self._later.start()
        else:
            self._later.stop()
            self._mark()

    def _mark(self) -> None:
        selected = self.state.selected
        if len(selected) > MANY:
            self.state.session.start(self._mark_many())
        else:
            self.rows.tags.mark(_held([p.caption for p in selected]), len(selected))

    async def _mark_many(self) -> None:
        captions = column(self.state.selected, "caption")
        held = await self.state.session.bridge.io(_held, captions)
        self.rows.tags.mark(held, len(captions))


def joined(words: str, term: str) -> str:
    """The filter ``words`` narrowed by ``term``, which is not said twice."""
    if term in words.split():
        return words
    return f"({words}) {term}" if " or " in words or "|" in words else f"{words} {term}".strip()


def _held(captions: list[str]) -> dict[str, int]:
    return dict(Counter(tag for caption in captions for tag in set(tags_of(caption))))
