"""Which key does what: the keys that the program comes with, presets, and the user's own.

What can be bound is declared where it is done (an :class:`app.actions.Action`, a tool); pages
register it here, so that the settings can list it. The declared keys are the preset "Photoshop".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from app.actions import Action
from app.i18n import retell

PHOTOSHOP, KRITA = "photoshop", "krita"
PRESET_NAMES = ((PHOTOSHOP, "Photoshop"), (KRITA, "Krita"))
# Where a preset differs from the keys that are declared.
PRESETS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        PHOTOSHOP: {},
        KRITA: {
            "tool.move": "T",
            "tool.transform": "",
            "tool.select": "Ctrl+R",
            "tool.select_ellipse": "J",
            "tool.bucket": "F",
            "tool.gradient": "G",
            "tool.pick": "P",
            "tool.rotate": "Shift+R",
            "canvas.deselect": "Ctrl+Shift+A",
            "canvas.add_layer": "Ins",
            "canvas.above": "PgUp",
            "canvas.below": "PgDown",
            "canvas.fill": "Shift+Backspace",
        },
    }
)


class Bound(NamedTuple):
    """Something that a key does. ``key`` is the declared one, portable; ``fixed`` ones stay."""

    id: str
    text: str
    key: str
    fixed: bool = False


class Keymap(QObject):
    """The keys of the moment. Keys are portable texts such as ``Ctrl+T``; an empty one is none."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Bound] = {}
        self.preset = PHOTOSHOP
        self.own: dict[str, str] = {}

    def register(self, bound: Iterable[Bound]) -> None:
        """Note what can be done by keys; what is known already is replaced."""
        self.known |= {one.id: one for one in bound}

    def use(self, preset: str, own: Mapping[str, str]) -> None:
        """Take a preset and what the user has changed of it."""
        preset = preset if preset in PRESETS else PHOTOSHOP
        if (preset, dict(own)) != (self.preset, self.own):
            self.preset, self.own = preset, dict(own)
            retell()  # tooltips name keys
            self.changed.emit()

    def usual(self, what: str, declared: str = "") -> str:
        """The key of the preset."""
        declared = declared or (self.known[what].key if what in self.known else "")
        return PRESETS[self.preset].get(what, declared)

    def key(self, what: str, declared: str = "") -> str:
        """The key of ``what``: the user's own, else that of the preset."""
        return self.own.get(what, self.usual(what, declared))

    def on(self, action: Action) -> Action:
        """``action`` with its key of the moment."""
        return replace(action, shortcut=self.key(action.id, action.shortcut))

    def others(self, what: str, key: str) -> list[Bound]:
        """What else does something at ``key``. Tools that share a key are taken in turn, and what
        is done with candidates goes first while there are some.
        """
        if not key:
            return []
        wanted = normal(key)
        return [
            one
            for one in self.known.values()
            if one.id != what
            and normal(one.key if one.fixed else self.key(one.id)) == wanted
            and not _take_turns(what, one.id)
        ]

    def bound_to(self, what: str, key: str) -> dict[str, str]:
        """The user's own keys once ``what`` is bound to ``key``; the preset's key is no own one."""
        own = {one: value for one, value in self.own.items() if one != what}
        if normal(key) != normal(self.usual(what)):
            own[what] = normal(key)
        return own


def normal(key: str) -> str:
    """One spelling of a portable key text."""
    return QKeySequence(key).toString() if key else ""


def _take_turns(what: str, other: str) -> bool:
    kinds = {what.partition(".")[0], other.partition(".")[0]}
    return kinds in ({"tool"}, {"candidate", "tool"}, {"candidate", "stage"})


KEYS = Keymap()


def key_of(what: str) -> Callable[[], str]:
    """The key of ``what`` whenever it is asked for, as tooltips do."""
    return partial(KEYS.key, what)
