"""The adapter files that the next run starts from: looked at off the UI thread, told at a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.training.start_weights import StartFile, files_of, look_at

if TYPE_CHECKING:
    from app.session import Session
    from engine.training.config import TrainRequest


class StartFiles(QObject):
    """Keeps what was seen of the files that are named now. ``seen`` says that there is more."""

    seen = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._known: dict[str, StartFile | None] = {}

    def of(self, request: TrainRequest) -> dict[str, StartFile]:
        """What is known of the files of ``request`` by path; the others are looked at."""
        paths = {path for _, path in files_of(request)}
        self._known = {path: file for path, file in self._known.items() if path in paths}
        for path in paths - self._known.keys():
            self._known[path] = None
            self._session.start(self._look(path))
        return {path: file for path, file in self._known.items() if file is not None}

    async def _look(self, path: str) -> None:
        file = await self._session.bridge.io(look_at, path)
        if path in self._known:
            self._known[path] = file
            self.seen.emit()
