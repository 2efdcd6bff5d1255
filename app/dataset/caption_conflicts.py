"""Captions that another program changed meanwhile, as long as they wait for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.dataset.caption_work import CaptionWork
    from app.session import Session
    from engine.dataset.library import Picture
    from engine.dataset.operations import Conflict


class Conflicts(QObject):
    """Read again whenever pictures change; ``changed`` tells of it."""

    changed = Signal()

    def __init__(self, session: Session, work: CaptionWork, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._work = session, work
        self._found: dict[int, Conflict] = {}
        session.pictures_changed.connect(lambda _: self._ask())
        session.project_changed.connect(lambda _: self._ask())

    def among(self, pictures: Iterable[Picture]) -> list[Conflict]:
        """Those of ``pictures``, in their order."""
        if not self._found:
            return []
        return [self._found[p.id] for p in pictures if p.id in self._found]

    def settle(self, conflicts: Iterable[Conflict], how: str) -> None:
        """Answer ``conflicts``: ``"mine"``, ``"theirs"`` or ``"merge"``."""
        self._work.settle(list(conflicts), how)

    def _ask(self) -> None:
        self._session.start(self._read())

    async def _read(self) -> None:
        library = self._session.library
        found = await self._session.bridge.io(library.conflicts) if library else []
        if not isValid(self):
            return  # the window was closed meanwhile
        self._found = {conflict.id: conflict for conflict in found}
        self._work.waiting = set(self._found)
        self.changed.emit()
