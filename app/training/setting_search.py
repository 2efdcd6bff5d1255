"""Finding settings: the field, the chip for what was changed, and how much was found."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import color, icons, metrics
from app.widgets.buttons import Button, button
from app.widgets.choice_names import choice_text
from app.widgets.fields import TextField
from app.widgets.text import hairline, label
from engine.runtime.schema import Setting

LEAST_INSIDE = 4
"""So many letters are looked for inside of words too."""
_BEGINNING = r"(?<![^\W_])"  # no letter or digit before it


class SettingSearch(QWidget):
    """``changed`` is sent when something else is looked for."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.field = TextField("Search settings")
        self.field.setClearButtonEnabled(True)
        self.field.addAction(icons.icon("search", 14), self.field.ActionPosition.LeadingPosition)
        bind(self.field.setAccessibleName, "Search settings")
        self.only_changed = Button("normal", "", "")
        self.only_changed.setProperty("dense", True)
        self.only_changed.setCheckable(True)
        bind(self.only_changed.setText, "Changed only")
        self.count = label(tone="quiet")
        line = QHBoxLayout()
        line.setSpacing(metrics.GAP)
        line.addWidget(self.only_changed)
        line.addStretch(1)
        line.addWidget(self.count)
        column = QVBoxLayout()
        column.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.GAP)
        column.setSpacing(metrics.GAP)
        column.addWidget(self.field)
        column.addLayout(line)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(column)
        outer.addWidget(hairline("panel"))
        self.field.textChanged.connect(lambda _: self.changed.emit())
        self.only_changed.toggled.connect(self._chip)

    @property
    def words(self) -> tuple[str, ...]:
        """What is looked for, all of it."""
        return tuple(self.field.text().casefold().split())

    @property
    def is_on(self) -> bool:
        """Whether only some settings are asked for."""
        return bool(self.words) or self.only_changed.isChecked()

    def clear(self) -> None:
        """Ask for all settings."""
        self.field.clear()
        self.only_changed.setChecked(False)

    def say(self, found: int, total: int) -> None:
        """Show how many settings are left of all."""
        if not self.is_on:
            text = tr("{n} setting", "{n} settings", n=total)
        else:
            text = tr("{n} of {total} settings", n=number(found), total=number(total))
        self.count.setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc gives up what is looked for."""
        if event.key() == Qt.Key.Key_Escape and self.is_on:
            self.clear()
        else:
            super().keyPressEvent(event)

    def _chip(self, on: bool) -> None:
        self.only_changed.set_icon("check" if on else "")
        self.changed.emit()


class NothingFound(QWidget):
    """Says in place of the settings that none is left, and shows all again."""

    def __init__(self, on: Callable[[], object]) -> None:
        super().__init__()
        self.title = label(weight=600, wrap=True)
        self._words = bind(self.title.setText, "")
        self.show_all = button("Show all settings", on=on)
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, 32, metrics.PAD, 32)
        column.setSpacing(metrics.GAP)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.title)
        column.addWidget(self.show_all, 0, Qt.AlignmentFlag.AlignHCenter)
        self.hide()

    def say(self, nothing: bool, *, searched: bool) -> None:
        """Show it where ``nothing`` was found, by words or among the changed ones."""
        words = "No setting matches." if searched else "No setting differs from its start value."
        self._words.say(words)
        self.setVisible(nothing)


def matches(item: Setting, words: Collection[str]) -> int:
    """How well label, help, unit, choices and kohya's name of ``item`` hold all ``words``, in
    either language: 3 where each begins a word of its names, 2 a word of anything, 1 where some are
    only inside of words, 0 where one is missing.
    """
    names = (item.label, tr(item.label), item.kohya, item.name)
    others = (item.help, tr(item.help), item.unit, tr(item.unit) if item.unit else "",
              *item.choices, *map(choice_text, item.choices), *choice_words(item))  # fmt: skip
    called, told = "\n".join(names).casefold(), "\n".join(others).casefold()
    return min((_held(word, called, told) for word in words), default=3)


def _held(word: str, called: str, told: str) -> int:
    begins = re.compile(_BEGINNING + re.escape(word) if word.isascii() else re.escape(word))
    if begins.search(called):
        return 3
    if begins.search(told):
        return 2
    return int(holds_any(called, (word,)) or holds_any(told, (word,)))


def choice_words(item: Setting) -> list[str]:
    """The choices of a setting as the form shows them."""
    return [tr(choice_text(choice)) for choice in item.choices]


def holds_any(text: str, words: Collection[str]) -> bool:
    """Whether something of ``words`` is in ``text``."""
    folded = text.casefold()
    return any(re.search(_pattern(word), folded) for word in words)


def _pattern(word: str) -> str:
    """Where ``word`` counts as found: a few letters inside of another word are there by chance."""
    few = word.isascii() and len(word) < LEAST_INSIDE
    return (_BEGINNING if few else "") + re.escape(word)


def lifted(text: str, words: Collection[str], *, bright: bool = False) -> str:
    """``text`` as HTML, with what was looked for in weight 600; ``bright``: in the main color."""
    if not words:
        return html.escape(text)
    tint = f"; color: {color('t1').name()}" if bright else ""
    found = "|".join(_pattern(word) for word in sorted(words, key=len, reverse=True))
    parts = re.split(f"({found})", text, flags=re.IGNORECASE)
    return "".join(
        f'<span style="font-weight: 600{tint}">{html.escape(part)}</span>'
        if place % 2
        else html.escape(part)
        for place, part in enumerate(parts)
    )
