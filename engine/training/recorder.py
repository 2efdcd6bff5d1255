"""What a run tells the world: events to the job, the same lines into the run folder."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from engine.runtime.errors import JobCancelled, JobInterrupted, StorageError, StylekilnError
from engine.runtime.job import Job
from engine.training.patience import patiently
from engine.training.reasons import Reason
from engine.training.runs import Run, Status, forget_passing
from engine.training.tensorboard import EventFile


class Recorder:
    """Sends and stores the events of one run; keeps the moving average of the loss.

    Where nothing can be written it waits. ``status`` is how the run is marked when its work ends
    without an error; ``board`` gets the numbers for TensorBoard.
    """

    def __init__(self, run: Run, job: Job, board: EventFile | None = None) -> None:
        self.run = run
        self.board = board
        self.status: Status = "finished"
        self._job = job
        self._started = self._clock()
        self._window: list[float] = []
        self._position = 0

    @property
    def average(self) -> float:
        """Mean of the newest loss of every step of an epoch; NaN before the first."""
        return math.fsum(self._window) / len(self._window) if self._window else math.nan

    def event(self, kind: str, **data: Any) -> None:
        """Emit an event and store it, both with the moment: who reads the folder and hears the job
        knows by it that they are one.
        """
        data = {"time": time.time(), **data}
        patiently(self._job, lambda: self.run.log_event(kind, data))
        self._job.emit(kind, run=str(self.run.folder), **data)

    def warn(self, why: Reason | StylekilnError | str, about: str = "") -> None:
        """Tell what the user should know, ``about`` a file, without stopping for it."""
        data: dict[str, Any] = {"text": f"{about}: {why}" if about else str(why)}
        if not isinstance(why, str):
            data |= {"about": about, "sentence": why.sentence, "facts": dict(why.facts)}
        if isinstance(why, StylekilnError):
            data |= {"remedy": why.remedy}
        self.event("train.warning", **data)

    def new_epoch(self) -> None:
        """The moving average starts to replace the losses of the epoch before."""
        self._position = 0

    def step(
        self,
        step: int,
        epoch: int,
        loss: float,
        rates: Mapping[str, float],
        grad_norm: float,
        facts: Mapping[str, float] | None = None,
    ) -> None:
        """Note one update. ``step`` counts from 1; ``facts`` are further numbers by name."""
        if self._position < len(self._window):
            self._window[self._position] = loss
        else:
            self._window.append(loss)
        self._position += 1
        row = {"step": step, "epoch": epoch, "loss": loss, "average": self.average}
        parts = by_part(rates)
        line = (
            row
            | {"grad_norm": grad_norm}
            | {f"lr_{part}": rate for part, rate in parts.items()}
            | dict(facts or {})
            | {"seconds": round(self._clock() - self._started, 3)}
        )
        patiently(self._job, lambda: self.run.log_step(line))
        curves = {"loss/current": loss, "loss/average": self.average, "grad_norm": grad_norm}
        self.plot(step, curves | {f"lr/{part}": rate for part, rate in rates.items()})
        self.plot(step, facts or {})
        self._job.emit("train.step", **row, lr=parts, grad_norm=grad_norm, **(facts or {}))

    def plot(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers at ``step`` for TensorBoard, by the names of their curves."""
        board = self.board
        if board is not None and values:
            patiently(self._job, lambda: board.add(step, values))

    def state(self) -> dict[str, Any]:
        """What :meth:`restore` needs to go on as if nothing had been between."""
        seconds = self._clock() - self._started
        return {"window": list(self._window), "position": self._position, "seconds": seconds}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with the moving average and the seconds of ``state``."""
        self._window = [float(loss) for loss in state["window"]]
        self._position = int(state["position"])
        self._started = self._clock() - float(state["seconds"])

    def _clock(self) -> float:
        """Stands still while something else is done than steps."""
        return time.monotonic() - self._job.handle.meter.left_out


def by_part(rates: Mapping[str, float]) -> dict[str, float]:
    """``rates`` by group, and under ``unet`` and ``text`` that of the part, or of its fastest
    group.
    """
    found = dict(rates)
    for part, start in (("unet", "unet"), ("text", "te")):
        own = [rate for name, rate in rates.items() if name.startswith(start)]
        if own:
            found.setdefault(part, max(own))
    return found


@contextmanager
def recording(run: Run, job: Job) -> Iterator[Recorder]:
    """Mark how the run ends: finished, stopped, cut off, or failed with the reason."""
    recorder = Recorder(run, job)
    try:
        yield recorder
    except JobCancelled as error:
        cut_off = isinstance(error, JobInterrupted)
        _end(run, job, "interrupted" if cut_off else "cancelled")
        raise
    except BaseException as error:
        # Whatever it is goes on to the engine; the run folder must not say "running" forever.
        _end(run, job, "failed", str(error))
        raise
    _end(run, job, recorder.status)
    # Only now: until it is marked, a run that is cut off goes on from them.
    if run.status == "finished":
        forget_passing(run)


def _end(run: Run, job: Job, status: Status, message: str = "") -> None:
    with suppress(StorageError):  # the disk may be full; the lock says that nobody trains here
        run.end(status, message)
    run.release()
    job.emit("train.finished", run=str(run.folder), status=status)
