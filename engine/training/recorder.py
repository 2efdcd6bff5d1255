"""What a run tells the world: events to the job, the same lines into the run folder."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from engine.runtime.errors import JobCancelled, JobInterrupted, StorageError
from engine.runtime.job import Job
from engine.training.runs import Run, Status


class Recorder:
    """Sends and stores the events of one run; keeps the moving average of the loss."""

    def __init__(self, run: Run, job: Job) -> None:
        self.run = run
        self._job = job
        self._started = time.monotonic()
        self._window: list[float] = []
        self._position = 0

    @property
    def average(self) -> float:
        """Mean of the newest loss of every step of an epoch; NaN before the first."""
        return math.fsum(self._window) / len(self._window) if self._window else math.nan

    def event(self, kind: str, **data: Any) -> None:
        """Emit an event and store it."""
        self.run.log_event(kind, data)
        self._job.emit(kind, run=str(self.run.folder), **data)

    def new_epoch(self) -> None:
        """The moving average starts to replace the losses of the epoch before."""
        self._position = 0

    def step(
        self, step: int, epoch: int, loss: float, rates: Mapping[str, float], grad_norm: float
    ) -> None:
        """Note one update. ``step`` counts from 1."""
        if self._position < len(self._window):
            self._window[self._position] = loss
        else:
            self._window.append(loss)
        self._position += 1
        row = {"step": step, "epoch": epoch, "loss": loss, "average": self.average}
        self.run.log_step(
            row
            | {"grad_norm": grad_norm}
            | {f"lr_{part}": rate for part, rate in rates.items()}
            | {"seconds": round(time.monotonic() - self._started, 3)}
        )
        self._job.emit("train.step", **row, lr=dict(rates), grad_norm=grad_norm)


@contextmanager
def recording(run: Run, job: Job) -> Iterator[Recorder]:
    """Mark how the run ends: finished, cancelled, cut off, or failed with the reason."""
    try:
        yield Recorder(run, job)
    except JobCancelled as error:
        status: Status = "interrupted" if isinstance(error, JobInterrupted) else "cancelled"
        run.end(status)
        job.emit("train.finished", run=str(run.folder), status=status)
        raise
    except BaseException as error:
        # Whatever it is goes on to the engine; the run folder must not say "running" forever.
        with suppress(StorageError):  # the disk may be what failed
            run.end("failed", str(error))
        job.emit("train.finished", run=str(run.folder), status="failed")
        raise
    run.end("finished")
    job.emit("train.finished", run=str(run.folder), status="finished")
