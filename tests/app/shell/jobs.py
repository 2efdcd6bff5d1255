"""A request that the engine accepts, for tests of the queue."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from engine.runtime.errors import TrainingError
from engine.runtime.job import Job, Request
from engine.training.recorder import recording
from engine.training.runs import Run


class CountRequest(Request):
    """Counts to ``total``; fails at the end when asked."""

    handler: ClassVar[str] = "tests.app.shell.jobs:count"
    total: int = 3
    fails: bool = False


def count(request: CountRequest, job: Job) -> int:
    for step in range(request.total):
        job.breathe()
        job.progress(step + 1, request.total)
    if request.fails:
        raise TrainingError("The loss is not a number.", remedy="Lower the learning rate.")
    return request.total


class RecordedRequest(Request):
    """Records into a run folder until it is stopped."""

    handler: ClassVar[str] = "tests.app.shell.jobs:record"
    run: str


def record(request: RecordedRequest, job: Job) -> None:
    with recording(Run(Path(request.run)), job) as recorder:
        recorder.event("begun")
        while True:
            job.breathe()
            recorder.event("step")
