"""Which runs of the project learned from a picture, as far as their folders say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from app.session import Session
    from engine.dataset.picture import Picture
    from engine.training.run_pictures import Learned

MOST = 2
"""So many runs are named."""


class TrainedRuns(QObject):
    """``ready`` tells that the runs were read."""

    ready = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.runs: list[Learned] = []
        session.project_changed.connect(self._forget)

    def _forget(self, _project: object) -> None:
        self.runs = []

    def read(self) -> None:
        """Read the runs again, off the UI thread."""
        self.session.start(self._read())

    async def _read(self) -> None:
        from engine.training.run_pictures import learned

        project = self.session.project
        if project is None:
            return
        found = await self.session.bridge.io(learned, project.runs)
        if self.session.project is project and found != self.runs:
            self.runs = found
            self.ready.emit()

    def names(self, picture: Picture) -> list[str]:
        """The runs that learned from ``picture``, newest first."""
        return [run.name for run in self.runs if run.has(picture.path, picture.bytes)]

    def words(self, picture: Picture) -> str:
        """Their names for a line, empty for none."""
        found = list(dict.fromkeys(self.names(picture)))
        more = f" +{len(found) - MOST}" if len(found) > MOST else ""
        return ", ".join(found[:MOST]) + more
