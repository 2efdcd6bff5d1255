"""Training pictures as they were trained on, small, made off the UI thread when they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from app.widgets.images import pixmap_of
from engine.runtime.errors import MissingFileError, PictureError

if TYPE_CHECKING:
    from app.session import Session
    from engine.validation.learned_pictures import Learned


class TrainingPictures(QObject):
    """``get`` answers at once; what is not there yet comes with ``ready``."""

    ready = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._learned: Learned | None = None
        self._kept: dict[str, QPixmap] = {}
        self._wanted: list[str] = []
        self._working = False

    def use(self, learned: Learned | None) -> None:
        """Show pictures of another training."""
        self._learned, self._kept, self._wanted = learned, {}, []

    def get(self, path: str) -> QPixmap | None:
        """The picture, a null pixmap if it cannot be read; None until it is made."""
        found = self._kept.get(path)
        if found is None and self._learned is not None and path not in self._wanted:
            self._wanted.append(path)
            if not self._working:
                self._working = True
                self._session.start(self._make())
        return self._kept.get(path)

    async def _make(self) -> None:
        try:
            while self._wanted and self._learned is not None:
                learned, path = self._learned, self._wanted[-1]
                try:
                    picture = await self._session.bridge.io(learned.small, Path(path))
                    made = pixmap_of(picture)
                except (PictureError, MissingFileError):
                    made = QPixmap()
                if learned is self._learned:
                    self._kept[path] = made
                    self._wanted.remove(path)
                    self.ready.emit()
        finally:
            self._working = False
