"""The repaints under way: their previews and candidates as they come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Signal

from app.canvas import repaint_files as files
from app.widgets.images import image_of
from engine.canvas.live import veiled
from engine.runtime.errors import JobCancelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.canvas.candidate import Batch, Candidate
    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.runtime.events import Event
    from engine.runtime.job import JobHandle


@dataclass
class UnderWay:
    """A job, the candidates it paints, and its picture, which goes when it is done.

    ``followed`` when another workspace has asked for it.
    """

    handle: JobHandle
    items: list[Candidate]
    picture: str = ""
    followed: bool = False


class RepaintJobs(QObject):
    """Any number of jobs. What comes in for candidates that are gone is not looked at."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, session: Session, state: CanvasState) -> None:
        super().__init__(state)
        self._session, self._state = session, state
        self._jobs: dict[str, UnderWay] = {}
        session.engine_event.connect(self._hear)
        session.job_finished.connect(self._ended)

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def following(self) -> bool:
        """Whether one of them was asked for by another workspace."""
        return any(job.followed for job in self._jobs.values())

    def watch(
        self,
        handle: JobHandle,
        items: Sequence[Candidate],
        picture: str = "",
        *,
        followed: bool = False,
    ) -> None:
        """Let the results of a job become ``items``."""
        self._jobs[handle.id] = UnderWay(handle, list(items), picture, followed)

    def stop(self, batch: Batch | None = None) -> None:
        """Cancel all jobs, or those of one request."""
        for job in self._jobs.values():
            if batch is None or job.items[0].batch is batch:
                job.handle.cancel()

    def _hear(self, event: Event) -> None:
        job = self._jobs.get(event.job_id)
        if job is None or not 0 <= event.data.get("index", 0) < len(job.items):
            return
        data, candidates, state = event.data, self._state.candidates, self._state
        if event.kind == "candidate.preview":
            item = job.items[data["index"]]
            image = image_of(veiled(data["array"], item.batch.veil))
            card = state.card_of(item.batch, image, item.batch.frame)
            candidates.progress(item, data["step"], data["total"], image, card)
        elif event.kind == "candidate.done":
            item, pixels = job.items[data["index"]], data["array"]
            rect = QRect(data["x"], data["y"], pixels.shape[1], pixels.shape[0])
            rect.translate(state.way_of(item.batch))
            recipe = dict(data.get("recipe") or {}) | {"seed": data["seed"]}
            image = image_of(pixels)
            card = state.card_of(item.batch, image, rect)
            candidates.ready(item, image, card, pixels, rect, recipe)

    def _ended(self, handle: JobHandle) -> None:
        job = self._jobs.pop(handle.id, None)
        if job is None:
            return
        error = None if handle.cancelled() else handle.exception()
        if job.followed and (handle.cancelled() or error is not None):
            # What came in of it is nowhere else.
            self._state.candidates.borrowed = False
        if error is not None and not isinstance(error, JobCancelled):
            self._state.candidates.stop(job.items, str(error))
            self.failed.emit(error)
        else:
            self._state.candidates.stop(job.items)
        if job.picture and all(one.picture != job.picture for one in self._jobs.values()):
            self._session.start(self._session.bridge.io(files.remove, job.picture))
        self.changed.emit()
