"""Renders a grid: the job under way and its cells coming in, pause and cancel."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.validation.cell import Drawing
from engine.runtime.errors import JobCancelled
from engine.validation.manifest import Grid, list_grids
from engine.validation.request import GridRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import Session
    from app.validation.model import GridState
    from engine.runtime.events import Event
    from engine.runtime.job import JobHandle


class GridRunner(QObject):
    """One grid at a time. Finished cells are never drawn again. ``begun`` tells whether the last
    one had its turn; one that had not has left nothing behind.
    """

    changed = Signal()
    finished = Signal()
    failed = Signal(object)
    adopted = Signal(object)  # GridRequest

    def __init__(self, session: Session, state: GridState) -> None:
        super().__init__(state)
        self._session = session
        self._state = state
        self.handle: JobHandle | None = None
        self.total = self.cached = 0
        self.more = self.begun = False
        self._done: set[str] = set()
        session.engine_event.connect(self._hear)
        session.job_changed.connect(self._progressed)
        session.job_finished.connect(self._ended)

    @property
    def done(self) -> int:
        """How many pictures are there or have failed; one shown at several places counts once."""
        return len(self._done)

    @property
    def running(self) -> bool:
        """Whether a grid is being rendered or waits for its turn."""
        return self.handle is not None

    @property
    def waiting(self) -> bool:
        """Whether other work is done first."""
        return self.handle is not None and self.handle.state == "queued" and not self.paused

    def ahead(self) -> list[JobHandle]:
        """The jobs that are done first, the one under way before the others."""
        jobs = [job for job in self._session.bridge.jobs if not job.done() and not job.interactive]
        before = jobs[: jobs.index(self.handle)] if self.handle in jobs else []
        return sorted(before, key=lambda job: job.state == "queued")

    @property
    def paused(self) -> bool:
        """Whether it is held."""
        return self.handle is not None and self.handle.paused

    def start(self, request: GridRequest, total: int | None = None) -> None:
        """Render ``request``; its cells appear as they are done. ``total`` is how many pictures it
        needs, where that was counted.
        """
        if self.running:
            return
        self._begin(request, total)
        self.handle = self._session.bridge.submit(request)
        self.changed.emit()

    def _begin(self, request: GridRequest, total: int | None = None) -> None:
        self._state.begin(request)
        self.total, self.cached = request.distinct() if total is None else total, 0
        self.begun = False
        self._done.clear()

    def pause(self) -> None:
        """Hold the grid at its next step, or let it go on."""
        if self.handle is None:
            return
        if self.handle.paused:
            self.handle.resume()
        else:
            self.handle.pause()
        self.changed.emit()

    def set_more(self, more: bool) -> None:
        """Whether cells that were added meanwhile are drawn behind these."""
        if more != self.more:
            self.more = more
            self.changed.emit()

    def cancel(self) -> None:
        """Stop; what is done stays and is not drawn again."""
        self.more = False
        if self.handle is not None:
            self.handle.cancel()
            self.changed.emit()

    def _adopt(self, event: Event) -> None:
        """Show a grid that another job draws as part of its work, such as the guided tour's."""
        request = GridRequest.model_validate(event.data["request"])
        self._begin(request)
        self.handle = self._session.bridge.job(event.job_id)
        self.adopted.emit(request)

    def _hear(self, event: Event) -> None:
        if self.handle is None and event.kind == "grid.planned":
            self._adopt(event)
        if self.handle is None or event.job_id != self.handle.id:
            return
        if event.kind == "grid.planned":
            planned = {place_of(cell["place"]): cell["id"] for cell in event.data["cells"]}
            self._state.keep_planned(planned)
            self.total = len(set(planned.values()))
            self.cached = event.data["cached"]
            self.begun = True
            self.changed.emit()
        elif event.kind == "grid.preview":
            data = event.data
            drawing = Drawing(data["array"], data["step"] / max(1, data["total"]))
            for place in data["places"]:
                self._state.draw(self._state.places.position(place_of(place)), drawing)
        elif event.kind == "grid.cell":
            data = event.data
            key = self._state.places.position(place_of(data["place"]))
            self._state.put(key, data["path"], cached=data["cached"], problem=data["error"])
            self._done.add(data["id"])
            self.begun = True
            self.changed.emit()

    def _progressed(self, handle: JobHandle) -> None:
        if handle is self.handle or self.waiting:
            self.changed.emit()

    def _ended(self, handle: JobHandle) -> None:
        if handle is not self.handle:
            return
        self.handle = None
        self._state.end_drawing()
        error = None if handle.cancelled() else handle.exception()
        well = error is None and not handle.cancelled()
        self.more, self.begun = self.more and well, self.begun or well
        self.changed.emit()
        if error is not None and not isinstance(error, JobCancelled):
            self.failed.emit(error)
        self.finished.emit()


def grid_folder(grids: Path, name: str) -> Path:
    """A folder for a new grid."""
    number, start = 1, grids / f"{datetime.now():%Y-%m-%d}-{name}"
    folder = start
    while folder.exists():
        number += 1
        folder = start.with_name(f"{start.name}-{number}")
    return folder


def latest_grid(grids: Path, checkpoints: set[str]) -> Grid | None:
    """The newest grid that compares any of ``checkpoints``."""
    if not grids.is_dir():
        return None
    return next(
        (grid for grid in list_grids(grids) if checkpoints & set(grid.request.checkpoints)), None
    )


def place_of(values: Sequence[Any]) -> tuple[Any, ...]:
    """A place as an event has it: pairs are lists where it came from a file."""
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)
