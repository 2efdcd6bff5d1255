"""Models that are brought in: dropped or chosen, copied while the window goes on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.models.files import Copied, Copying, copy_models

if TYPE_CHECKING:
    from app.session import Session

LOOK_MS = 100


class Intake(QObject):
    """Copies one batch after the other into the model folder. ``changed`` tells that ``copying``
    has gone on, or is None again; ``came`` carries the models that are there now.
    """

    changed = Signal()
    came = Signal(list)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.copying: Copying | None = None
        self._waiting: list[list[Path]] = []
        self._began = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.changed)

    def add(self, sources: list[Path]) -> None:
        """Copy ``sources``, after what is being copied."""
        if not sources:
            return
        self._waiting.append(sources)
        if self.copying is None:
            self._session.start(self._work())

    def stop(self) -> None:
        """Copy no more; what is whole stays."""
        self._waiting.clear()
        if self.copying is not None:
            self.copying.stop.set()

    def seconds_left(self) -> float | None:
        """How long the batch may still take; None while that cannot be told."""
        if self.copying is None or not self.copying.done:
            return None
        rate = self.copying.done / max(1e-9, time.monotonic() - self._began)
        return (self.copying.total - self.copying.done) / rate

    async def _work(self) -> None:
        try:
            while self._waiting:
                self.copying = Copying()
                self._began = time.monotonic()
                self._timer.start()
                batch = self._waiting.pop(0)
                self._tell(await self._session.bridge.behind(copy_models, batch, self.copying))
        finally:
            if self.copying is not None:
                self.copying.stop.set()  # the window closes: its worker must not go on
            self.copying = None
            self._timer.stop()
            self.changed.emit()

    def _tell(self, copied: Copied) -> None:
        if copied.paths:
            self.came.emit(copied.paths)
            self._session.notify("1 model added.", "{n} models added.", n=len(copied.paths))
        for error in copied.errors[:2]:  # as many sentences as are shown at a time
            self._session.show_error(error)
