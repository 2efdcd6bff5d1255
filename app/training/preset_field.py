"""Choosing a preset among the few fields, and the strip in which one gets its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr, tr_error
from app.i18n import signals as language_signals
from app.shell.menus import Menu
from app.theme import metrics
from app.training.presets import PresetShelf, title_of
from app.widgets.buttons import button, tool_button
from app.widgets.entries import TextField
from app.widgets.fields import Choice
from app.widgets.file_dialogs import ask_open
from app.widgets.text import hairline, label
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QFileDialog

    from app.training.next_run import NextRun
    from engine.training.presets import Preset

START, OWN = "start", "own"


class PresetField(QWidget):
    """Offers ours, then the user's; the menu beside it keeps, renames and deletes."""

    def __init__(self, state: NextRun, shelf: PresetShelf, strip: PresetStrip) -> None:
        super().__init__()
        self.state, self.shelf, self.strip = state, shelf, strip
        self.choice = Choice([], plain=True)
        self.more = tool_button("ellipsis", "Presets", self.open_menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(metrics.GAP_ICONS)
        row.addWidget(self.choice, 1)
        row.addWidget(self.more)
        self.setFocusProxy(self.choice)
        bind(self.choice.setAccessibleName, "Preset")
        self.choice.changed.connect(self._choose)
        shelf.changed.connect(self.refresh)
        state.draft_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)
        shelf.load()

    @property
    def hint(self) -> str:
        """What the chosen preset is for, in the language of the moment."""
        chosen = self.shelf.chosen
        return tr(chosen.help) if chosen is not None and self._current() != START else ""

    def refresh(self) -> None:
        """Show what is at hand, and what the next run follows."""
        if not self.state.values:
            return
        options: list[tuple[object, str]] = [(START, tr("Start values"))]
        options += [(str(item.path), title_of(item)) for item in self.shelf.presets]
        key, chosen = self._current(), self.shelf.chosen
        if key == OWN:
            options.insert(0, (OWN, _changed(chosen)))
        if options != self.choice.options:
            self.choice.set_options(options)
        self.choice.set_value(key)

    def _current(self) -> str:
        chosen = self.shelf.chosen
        if chosen is not None and self.shelf.is_exact:
            return str(chosen.path)
        return START if self.shelf.is_start else OWN

    def open_menu(self) -> None:
        """What can be done with presets."""
        shelf, chosen = self.shelf, self.shelf.chosen
        menu = Menu(self)
        menu.add("Save as preset…", self.strip.ask_to_save, "bookmark")
        if chosen is not None and not chosen.ours:
            if not shelf.is_exact:
                save = partial(self._start, shelf.save, chosen.name)
                menu.add(tr("Save in {name}", name=chosen.name), save, "save", plain=True)
            menu.add("Rename…", partial(self.strip.ask_to_rename, chosen), "pencil")
            menu.add("Delete", partial(self._start, shelf.delete, chosen), "trash-2")
        menu.line()
        menu.add("Add from a kohya file…", self.ask_for_file, "file-input")
        menu.below(self.more, right=True)

    def ask_for_file(self) -> QFileDialog:
        """Choose a file of kohya's to keep as a preset."""
        pattern = f"{tr('Settings of kohya')} (*.json *.toml)"
        take = self.shelf.take
        return ask_open(
            self, "Add a preset", "", pattern, lambda path: self._start(take, Path(path))
        )

    def _start(self, work: Callable[..., Awaitable[None]], *facts: object) -> None:
        self.state.session.start(work(*facts))  # type: ignore[arg-type]

    def _choose(self, key: object) -> None:
        if key == START:
            self.shelf.put_start_values()
        for preset in self.shelf.presets:
            if key == str(preset.path):
                self.shelf.put(preset)
        self.refresh()


class PresetStrip(QWidget):
    """A name and a button, seen only while a preset gets its name; Esc leaves it."""

    def __init__(self, state: NextRun, shelf: PresetShelf) -> None:
        super().__init__()
        self._session, self._shelf = state.session, shelf
        self._renamed: Preset | None = None
        self.title = label(weight=600)
        self._title = bind(self.title.setText, "Save as preset")
        self.name = TextField("Name")
        self.keep = button("Save", kind="primary", on=self._keep)
        self._keep_text = bind(self.keep.setText, "Save")
        self.note = label(size=11, tone="quiet", wrap=True)
        self.error = label(size=11, tone="error", wrap=True)
        self._build()
        bind(self.name.setAccessibleName, "Name of the preset")
        self.name.textChanged.connect(self._typed)
        self.name.returnPressed.connect(self._keep)
        language_signals.changed.connect(self._typed)
        self.hide()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(tool_button("x", "Close", self.close_strip, dense=True))
        row = QHBoxLayout()
        row.setSpacing(metrics.GAP)
        row.addWidget(self.name, 1)
        row.addWidget(self.keep)
        body = QVBoxLayout()
        body.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, metrics.PAD)
        body.setSpacing(metrics.GAP_FIELDS)
        for part in (head, row):
            body.addLayout(part)
        for words in (self.note, self.error):
            body.addWidget(words)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(body)
        outer.addWidget(hairline("panel"))

    def ask_to_save(self) -> None:
        """Ask for the name under which the settings of the next run are kept."""
        self._renamed = None
        chosen = self._shelf.chosen
        self._open("Save as preset", "Save", "" if chosen is None or chosen.ours else chosen.name)

    def ask_to_rename(self, preset: Preset) -> None:
        """Ask what ``preset`` is to be called."""
        self._renamed = preset
        self._open("Rename preset", "Rename", preset.name)

    def close_strip(self) -> None:
        """Keep nothing."""
        self.hide()

    def _open(self, title: str, verb: str, name: str) -> None:
        self._title.say(title)
        self._keep_text.say(verb)
        self.name.setText(name)
        self._typed()
        self.show()
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        self.name.selectAll()

    def _typed(self) -> None:
        name = self.name.text().strip()
        replaced = self._shelf.named(name) if self._renamed is None else None
        words = tr("Folders, models and names are not kept.")
        if replaced is not None:
            words = tr("Replaces the preset {name}.", name=replaced.name)
        self.note.setText(words)
        self.note.setVisible(self._renamed is None)
        self.error.hide()
        self.keep.setEnabled(bool(name))

    def _keep(self) -> None:
        if self.keep.isEnabled():
            self._session.start(self._keep_as(self.name.text().strip()))

    async def _keep_as(self, name: str) -> None:
        try:
            if self._renamed is None:
                await self._shelf.save(name)
            else:
                await self._shelf.rename(self._renamed, name)
        except StylekilnError as error:
            self.error.setText(tr_error(error))
            self.error.show()
        else:
            self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_strip()
        else:
            super().keyPressEvent(event)


def _changed(preset: Preset | None) -> str:
    if preset is None:
        return tr("Own settings")
    return tr("{name}, changed", name=title_of(preset))
