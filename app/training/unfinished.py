"""The runs of a project that ended before their last step, and going on with one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.training.resuming import go_on
from engine.runtime.errors import StylekilnError
from engine.training.config import TrainRequest
from engine.training.runs import Resumable, resumable

if TYPE_CHECKING:
    from app.session import Session
    from app.training.live_runs import LiveRuns


class Unfinished(QObject):
    """The runs of the open project that can go on. Those that train, or wait in the queue for it,
    are not among them.
    """

    changed = Signal()
    refused = Signal()  # a run is not as it was known: removed, or trained elsewhere

    def __init__(self, session: Session, live: LiveRuns) -> None:
        super().__init__(live)
        self._session, self._live = session, live
        self._known: list[Resumable] = []
        self._asked: set[Path] = set()
        session.job_added.connect(self.changed)
        live.ended.connect(lambda _: session.start(self.look()))

    @property
    def items(self) -> list[Resumable]:
        """Newest first."""
        jobs = [job.request for job in self._session.bridge.jobs if not job.done()]
        queued = {request.resume for request in jobs if isinstance(request, TrainRequest)}
        trained = self._live.by_folder()
        return [
            item
            for item in self._known
            if item.state.path not in self._asked
            and str(item.state.path) not in queued
            and str(item.run.folder) not in trained
        ]

    def take(self, found: list[Resumable]) -> None:
        """``found`` is what the folder of runs holds."""
        self._known = found

    def resume(self, item: Resumable) -> None:
        """Let ``item`` go on from its newest state."""
        self._asked.add(item.state.path)
        self.changed.emit()
        self._session.start(self._go_on(item))

    async def _go_on(self, item: Resumable) -> None:
        try:
            await go_on(self._session, item)
        except StylekilnError:
            self.refused.emit()
            raise
        finally:  # it waits in the queue now, or can be tried again
            self._asked.discard(item.state.path)
            self.changed.emit()

    async def look(self) -> None:
        """Look again: a run that was stopped may go on, and one that went on may be finished."""
        project = self._session.project
        if project is not None:
            self.take(await self._session.bridge.io(resumable, project.runs))
            self.changed.emit()
