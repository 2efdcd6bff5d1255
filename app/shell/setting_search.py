"""The settings of training as the command palette finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.i18n import tr

if TYPE_CHECKING:
    from app.session import Session
    from engine.runtime.schema import Setting

LEAST = 2
"""So many letters make a search for settings; one is in nearly all."""


class SettingSearch(QObject):
    """Searches names of settings. What there is to find is imported off the UI thread with the
    first search, which takes a while; ``changed`` tells that it is there.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._settings: list[Setting] | None = None
        self._asked = False

    def find(self, text: str, most: int) -> list[Setting]:
        """The first ``most`` settings in whose names, in either language or kohya's, every word of
        ``text`` begins one: those whose name begins with ``text`` first. None without a project,
        whose next run they are of.
        """
        words = _spaced(text).split()
        if self._session.project is None or len("".join(words)) < LEAST:
            return []
        if self._settings is None:
            self._read_once()
            return []
        named = [(_names(item), item) for item in self._settings]
        found = [(names, item) for names, item in named if all(_begins(w, names) for w in words)]
        whole = "\n " + " ".join(words)
        found.sort(key=lambda one: whole not in one[0])
        return [item for _, item in found[:most]]

    def _read_once(self) -> None:
        if not self._asked:
            self._asked = True
            self._session.start(self._read())

    async def _read(self) -> None:
        self._settings = await self._session.bridge.io(_shown)
        self.changed.emit()


def _shown() -> list[Setting]:
    from app.training.shown_settings import shown_settings

    return list(shown_settings().values())


def _names(item: Setting) -> str:
    """The names of a setting, one in a line, each word behind a space."""
    names = (tr(item.label), item.label, item.kohya, item.name)
    return "".join(f"\n {_spaced(name)}" for name in names)


def _spaced(text: str) -> str:
    return text.casefold().replace("_", " ").replace("-", " ")


def _begins(word: str, names: str) -> bool:
    """Whether a word begins with ``word``; Chinese has no spaces between them."""
    return (f" {word}" if word.isascii() else word) in names
