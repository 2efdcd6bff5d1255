"""The keys of the canvas in the settings: presets, search, each key with what else it does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QKeySequenceEdit, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.keymap import KEYS, PRESET_NAMES
from app.theme import metrics
from app.widgets.buttons import button, shortcut_text, tool_button
from app.widgets.fields import FieldRow, Segments, TextField
from app.widgets.text import label

if TYPE_CHECKING:
    from app.keymap import Bound
    from app.session import Session

KEY_WIDE = 150


class KeysSection(QWidget):
    """Filled when it is opened: the page of the canvas is made for it if need be."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.rows: dict[str, KeyRow] = {}
        self.preset = Segments(PRESET_NAMES)
        self.preset.changed.connect(lambda name: self._store(str(name), KEYS.own))
        self.search = TextField("Search what it does, or a key")
        self.search.changed.connect(lambda _: self._filter())
        bind(self.search.setAccessibleName, "Search what it does, or a key")
        self.reset = button("Reset all keys", kind="quiet", on=lambda: self._store(KEYS.preset, {}))
        self.open_button = button("Show the keys", "keyboard", on=self.fill)
        self.none = label("Nothing is called like that.", tone="quiet")
        self._build()
        KEYS.changed.connect(self._follow)
        self._follow()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.preset)
        line.addStretch(1)
        line.addWidget(self.reset)
        hint = "Keys of the canvas as in another program. What you change stays changed."
        column.addWidget(FieldRow("Keys as in", box, hint, label_width=160, padded=False))
        column.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._listing = QWidget()
        inner = QVBoxLayout(self._listing)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.setSpacing(6)
        inner.addWidget(self.search)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        inner.addLayout(self._list)
        inner.addWidget(self.none)
        self._listing.hide()
        column.addWidget(self._listing)

    def fill(self) -> None:
        """List what has a key or can have one."""
        self._session.page_wanted.emit("canvas")
        for one in KEYS.known.values():
            if not one.fixed and one.id not in self.rows:
                made = self.rows[one.id] = KeyRow(one)
                made.edit.keySequenceChanged.connect(partial(self._take, one.id))
                made.reset.clicked.connect(partial(self._reset, one.id))
                self._list.addWidget(made)
        self.open_button.hide()
        self._listing.show()
        self._follow()
        self._filter()

    def _take(self, what: str, sequence: QKeySequence) -> None:
        self._store(KEYS.preset, KEYS.bound_to(what, sequence.toString()))

    def _reset(self, what: str, _checked: bool = False) -> None:
        self._store(KEYS.preset, {one: key for one, key in KEYS.own.items() if one != what})

    def _store(self, preset: str, own: dict[str, str]) -> None:
        KEYS.use(preset, own)
        self._session.change_settings(key_preset=preset, keys=dict(own))

    def _follow(self) -> None:
        self.preset.set_value(KEYS.preset)
        self.reset.setEnabled(bool(KEYS.own))
        for made in self.rows.values():
            made.follow()

    def _filter(self) -> None:
        wanted = self.search.text().strip().casefold()
        for made in self.rows.values():
            made.setVisible(made.matches(wanted))
        self.none.setVisible(not any(made.isVisibleTo(self) for made in self.rows.values()))


class KeyRow(QWidget):
    """What it does, its key, what else that key does, and the way back."""

    def __init__(self, bound: Bound) -> None:
        super().__init__()
        self._bound = bound
        self.name = label(bound.text)
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self.edit.setClearButtonEnabled(True)
        self.edit.setFixedWidth(KEY_WIDE)
        bind(self.edit.setAccessibleName, bound.text)
        self.reset = tool_button("rotate-ccw", "Reset", dense=True)
        self.clash = label(size=11, tone="warn", wrap=True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        grid.setHorizontalSpacing(metrics.GAP)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.edit, 0, 1)
        grid.addWidget(self.reset, 0, 2)
        grid.addWidget(self.clash, 1, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        self.follow()

    def follow(self) -> None:
        """Show the key of the moment."""
        key = KEYS.key(self._bound.id)
        sequence = QKeySequence(key)
        if self.edit.keySequence() != sequence:
            self.edit.blockSignals(True)
            self.edit.setKeySequence(sequence)
            self.edit.blockSignals(False)
        self.reset.setEnabled(self._bound.id in KEYS.own)
        names = [tr(one.text) for one in KEYS.others(self._bound.id, key)]
        self.clash.setText(tr("Also: {names}", names=", ".join(names)) if names else "")
        self.clash.setVisible(bool(names))

    def matches(self, wanted: str) -> bool:
        """Whether its words or its key have ``wanted`` in them."""
        key = KEYS.key(self._bound.id)
        texts = (tr(self._bound.text), self._bound.text, key, shortcut_text(key))
        return any(wanted in text.casefold() for text in texts)
