"""Training pictures as they were trained on, small, made off the UI thread when they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from app.widgets.images import pixmap_of
from engine.runtime.errors import MissingFileError, PictureError
from engine.validation.learned_pictures import SHOWN

if TYPE_CHECKING:
    from app.session import Session
    from engine.validation.learned_pictures import Learned


LARGE = 1024
"""Longer side in pixels of one that is shown alone."""


class TrainingPictures(QObject):
    """``get`` answers at once; what is not there yet comes with ``ready``."""

    ready = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._learned: Learned | None = None
        self._kept: dict[tuple[str, int], QPixmap] = {}
        self._wanted: list[tuple[str, int]] = []
        self._working = False

    def use(self, learned: Learned | None) -> None:
        """Show pictures of another training."""
        self._learned, self._kept, self._wanted = learned, {}, []

    def get(self, path: str) -> QPixmap | None:
        """The picture, a null pixmap if it cannot be read; None until it is made."""
        return self._get(path, SHOWN)

    def large(self, path: str) -> QPixmap | None:
        """The same for a stage; the small one stands in until it is made."""
        found = self._get(path, LARGE)
        return found if found is not None else self._kept.get((path, SHOWN))

    def _get(self, path: str, side: int) -> QPixmap | None:
        wanted = (path, side)
        if wanted not in self._kept and self._learned is not None and wanted not in self._wanted:
            self._wanted.append(wanted)
            if not self._working:
                self._working = True
                self._session.start(self._make())
        return self._kept.get(wanted)

    async def _make(self) -> None:
        try:
            while self._wanted and self._learned is not None:
                learned, wanted = self._learned, self._wanted[-1]
                path, side = wanted
                try:
                    picture = await self._session.bridge.io(learned.small, Path(path), side)
                    made = pixmap_of(picture)
                except (PictureError, MissingFileError):
                    made = QPixmap()
                if learned is self._learned:
                    self._kept[wanted] = made
                    self._wanted.remove(wanted)
                    self.ready.emit()
        finally:
            self._working = False
