"""What the window says about jobs: which workspace they belong to, their words and their state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.i18n import tr
from app.i18n.format import duration, percent
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from engine.runtime.job import JobHandle, Request
    from engine.runtime.queue_store import StoredJob

_AREAS = {
    "dataset": "dataset",
    "training": "train",
    "validation": "validate",
    "canvas": "canvas",
    "sampling": "canvas",
    "models": "models",
}


def workspace_of(request: Request) -> str:
    """The workspace that ``request`` belongs to, empty when it belongs to none."""
    stage = getattr(request, "stage", "")  # the tour runs through all of them
    return str(stage) or _AREAS.get(type(request).__module__.split(".")[1], "")


def shown_by(request: Request) -> dict[str, str]:
    """What its workspace has to be handed to show the outcome of ``request``."""
    from engine.validation.request import GridRequest  # not needed before there is a job

    return {"grid": request.folder} if isinstance(request, GridRequest) else {}


def title_of(request: Request) -> str:
    """What the work is called, in the user's language."""
    return tr(request.title_key, name=tr(request.subject))


def is_live(handle: JobHandle) -> bool:
    """Whether the job waits, runs or is paused."""
    return not handle.done()


def ended_early(handle: JobHandle) -> bool:
    """Whether a run has ended well before its last step, because somebody asked for it."""
    from engine.training.config import TrainRequest  # not needed before there is a job

    progress = handle.progress
    return isinstance(handle.request, TrainRequest) and progress.step < progress.total


def stored_title(stored: StoredJob) -> str:
    """What work of an earlier time is called; in English when it cannot be read back."""
    from engine.runtime.job import request_from_record

    try:
        return title_of(request_from_record(stored.record))
    except (StylekilnError, ValueError, ImportError):
        return stored.title


def phase_of(handle: JobHandle) -> str:
    """What the job does at the moment, empty when that is its title already."""
    progress = handle.progress
    words = tr(progress.key, **progress.facts) if progress.key else ""
    return "" if words == title_of(handle.request) else words


def line_of(handle: JobHandle) -> str:
    """Part done and time left: ``62 %, 22:53 left``; of a grid whole cells, as it counts them."""
    progress = handle.progress
    if not progress.total:
        return phase_of(handle)
    done = progress.step / progress.total if shown_by(handle.request) else progress.fraction
    part = percent(math.floor(100 * done) / 100)  # 100 % is when all is done
    if handle.paused:
        return tr("{part}, paused", part=part)
    if progress.seconds_left is None:
        return part
    return tr("{part}, {time} left", part=part, time=duration(progress.seconds_left))
