"""The pictures of the project as the command palette finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from app.session import Session
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
        self._fresh = False
        session.pictures_changed.connect(self._forget)
        session.project_changed.connect(self._drop)

    def find(self, text: str, most: int) -> list[Picture]:
        """The first ``most`` pictures that match ``text``."""
        from engine.dataset.query import matches

        found: list[Picture] = []
        for picture in self._pictures:
            if len(found) == most:
                break
            if matches(picture, text):
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
        found = await self._session.bridge.io(library.pictures)
        if library is self._session.library:
            self._pictures = found
            self.changed.emit()

    def _forget(self, _: object) -> None:
        self._fresh = False

    def _drop(self, _: object) -> None:
        self._pictures, self._fresh = [], False
