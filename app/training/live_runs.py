"""The runs that train now: their jobs, and the stories that the engine's events add to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.training.pace import PAUSE
from app.training.past_runs import learned
from app.training.problems import failure_words
from app.training.story import Story, read
from engine.runtime.errors import StylekilnError
from engine.training.config import TrainRequest
from engine.training.probing import ProbeRequest

if TYPE_CHECKING:
    from app.session import Session
    from engine.runtime.events import Event
    from engine.runtime.job import JobHandle
    from engine.training.runs import Checkpoint


class LiveRuns(QObject):
    """A run is known by its job from the moment it is queued, by its story from its first event."""

    began = Signal(object)  # Story
    grew = Signal(object, str)  # Story, kind of the event
    ended = Signal(object)  # Story, None for a job that never had one
    never_learned = Signal(object)  # TrainRequest of a job that failed before its first step

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._handles: dict[str, JobHandle] = {}
        self._stories: dict[str, Story] = {}
        self._early: dict[str, list[Event]] = {}
        self._beginning: set[str] = set()
        self._since: dict[str, float] = {}
        session.engine_event.connect(self._event)
        session.job_added.connect(self._job_added)
        session.job_finished.connect(self._job_finished)
        for handle in session.bridge.jobs:
            if not handle.done():
                self._job_added(handle)

    def by_folder(self) -> dict[str, Story]:
        """The stories that go on, by their run folders."""
        return {str(story.folder): story for story in self._stories.values() if story.live}

    def handle_of(self, story: Story | None) -> JobHandle | None:
        """The job behind a run, while it lives."""
        keys = [key for key, known in self._stories.items() if known is story]
        return self._handles.get(keys[0]) if keys else None

    def coming(self, story: Story) -> JobHandle | None:
        """The job that will let a run that is over go on; it waits, or gets ready."""
        return next((job for job in self._handles.values() if _goes_on(job, story)), None)

    def next_job(self) -> JobHandle | None:
        """A training job that runs or waits, the running one first."""
        jobs = [job for job in self._handles.values() if not job.done()]
        return next((job for job in jobs if job.state == "running"), jobs[0] if jobs else None)

    def names(self) -> list[str]:
        """What the runs that train or wait are called."""
        requests = [job.request for job in self._handles.values()]
        return [item.output_name for item in requests if isinstance(item, TrainRequest)]

    def _job_added(self, handle: JobHandle) -> None:
        if isinstance(handle.request, TrainRequest):
            self._handles[handle.id] = handle

    def _event(self, event: Event) -> None:
        if not event.kind.startswith("train."):
            return
        handle = self._handles.get(event.job_id) or self._session.bridge.job(event.job_id)
        if handle is None or isinstance(handle.request, ProbeRequest):
            return  # a step that is only measured warns as a run does, and is none
        self._handles[handle.id] = handle  # also a job that trains as part of its work: the tour
        story = self._stories.get(event.job_id)
        if story is not None:
            self._take(story, event)
            return
        early = self._early.setdefault(event.job_id, [])
        early.append(event)
        folder = event.data.get("run")  # what a run waits for can be told before it has a folder
        if folder and event.job_id not in self._beginning:
            self._beginning.add(event.job_id)
            self._session.start(self._begin(event.job_id, handle, Path(folder)))

    def _take(self, story: Story, event: Event) -> None:
        story.take(event.kind, event.data, event.data.get("time", time.time()))
        if event.kind == "train.started":  # what came before it got ready
            now, since = _clock(self._handles[event.job_id]), self._since[event.job_id]
            story.ready += max(0.0, now - since - story.seconds)
            self._since[event.job_id] = now - story.seconds
        elif event.kind == "train.step":
            self._count(story, event.job_id)
        self.grew.emit(story, event.kind)
        if event.kind == "train.checkpoint":
            self._session.start(self._look(story))

    def _count(self, story: Story, job_id: str) -> None:
        """Count the time of a step, but not that of a pause or of a computer that slept."""
        now = _clock(self._handles[job_id])
        gap = now - self._since[job_id] - story.seconds
        if story.step > 1:
            longest = max(60.0, PAUSE * story.seconds / (story.step - 1))
            self._since[job_id] += max(0.0, gap - longest)
        story.seconds = now - self._since[job_id]

    async def _look(self, story: Story) -> None:
        """Forget the checkpoints that the run has removed, because only some are to be kept."""
        there = await self._session.bridge.io(_there, story.checkpoints)
        gone = [item for item in story.checkpoints if item.path not in there]
        if gone:
            story.checkpoints = [item for item in story.checkpoints if item not in gone]
            self.grew.emit(story, "train.checkpoint")

    async def _begin(self, job_id: str, handle: JobHandle, folder: Path) -> None:
        """Tell the story of a run from its first event on; what came before is in its folder."""
        try:
            story = await self._session.bridge.io(read, folder)
        except StylekilnError:
            # Nothing is written yet: all that is known comes with the events.
            story = Story(folder, folder.name)
        story.status, story.message = "running", ""
        if isinstance(handle.request, TrainRequest):
            story.name, story.request = handle.request.output_name, handle.request
        self._since[job_id] = _clock(handle) - story.seconds
        self._beginning.discard(job_id)
        for event in self._early.pop(job_id):
            story.take(event.kind, event.data, event.data.get("time", time.time()))
        if handle.done():
            _end(story, handle)
        else:
            self._stories[job_id] = story
        self.began.emit(story)

    def _job_finished(self, handle: JobHandle) -> None:
        if handle.id not in self._handles:
            return
        story = self._stories.pop(handle.id, None)
        self._handles.pop(handle.id, None)
        error = handle.exception() if handle.state == "failed" else None
        if error is not None and isinstance(handle.request, TrainRequest):
            # Also before there is a run to show it, and to somebody on another page.
            self._session.show_error(error)
        if story is not None:
            _end(story, handle)
        request = handle.request
        begins = isinstance(request, TrainRequest) and not request.resume
        if error is not None and begins and (story is None or not learned(story)):
            self.never_learned.emit(request)
        self.ended.emit(story)


def _clock(handle: JobHandle) -> float:
    """Stands still while the run does something else than steps."""
    return time.monotonic() - handle.meter.left_out


def _goes_on(handle: JobHandle, story: Story) -> bool:
    request = handle.request
    if handle.done() or not isinstance(request, TrainRequest) or not request.resume:
        return False
    return Path(request.resume).is_relative_to(story.folder)


def _there(checkpoints: list[Checkpoint]) -> set[Path]:
    return {item.path for item in checkpoints if item.path.is_file()}


def _end(story: Story, handle: JobHandle) -> None:
    """Note in ``story`` how its job ended, and why when it failed."""
    story.status = (story.ended or "finished") if handle.state == "done" else handle.state
    story.drawing, story.waits = {}, None
    error = handle.exception() if handle.state == "failed" else None
    story.message = failure_words(error) if error is not None else ""
