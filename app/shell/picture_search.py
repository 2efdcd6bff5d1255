"""The pictures of the project as the command palette finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from app.session import Session
    from engine.dataset.library import Library
    from engine.dataset.picture import Picture


class PictureSearch(QObject):
    """Searches a copy of the pictures, so that no key waits for the library.

    The copy is read off the UI thread, and only while somebody searches. ``changed`` tells that
    it is another one.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._pictures: list[Picture] = []
        self._names: list[str] = []  # of the same pictures, each word behind a space
        self._fresh = False
        session.pictures_changed.connect(self._forget)
        session.project_changed.connect(self._drop)

    def find(self, text: str, most: int) -> list[Picture]:
        """The first ``most`` pictures that match ``text``: those whose names begin with it, those
        with a word in their names that does, then all others.
        """
        from engine.dataset.query import matches

        part = _words(text)
        known = zip(self._names, self._pictures, strict=True)
        near = [(name.find(part), picture) for name, picture in known if part in name]
        first = [picture for place, picture in near if place == 0]
        found = [*first, *(picture for place, picture in near if place > 0)][:most]
        ids = {picture.id for picture in found}
        for picture in self._pictures:
            if len(found) == most:
                break
            if picture.id not in ids and matches(picture, text):
                found.append(picture)
        return found

    def refresh(self) -> None:
        """Read the copy anew if the pictures have changed."""
        if not self._fresh and self._session.library is not None:
            self._fresh = True
            self._session.start(self._read())

    async def _read(self) -> None:
        library = self._session.library
        if library is None:
            return
        found = await self._session.bridge.io(_read, library)
        if library is self._session.library:
            self._pictures, self._names = found
            self.changed.emit()

    def _forget(self, _: object) -> None:
        self._fresh = False

    def _drop(self, _: object) -> None:
        self._pictures, self._names, self._fresh = [], [], False


def _read(library: Library) -> tuple[list[Picture], list[str]]:
    pictures = library.pictures()
    return pictures, [_words(picture.name) for picture in pictures]


def _words(text: str) -> str:
    """``text`` folded, with a space before each word."""
    return " " + " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
