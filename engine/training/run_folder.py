"""A run folder: what a training run wrote, readable while it runs and after it was killed.

``<run>/config.toml`` the settings, ``run.json`` name and status, ``log.jsonl`` one line per step,
``events.jsonl`` everything else, ``pictures.json`` what it learned from (:mod:`.run_pictures`),
``checkpoints/*.safetensors``, ``samples/*.png``, ``states/*-state`` and ``tensorboard/``.
"""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from engine.project import links
from engine.runtime.errors import MissingFileError, TrainingError
from engine.runtime.files import storage_errors, write_json
from engine.runtime.locks import Lock, is_held
from engine.training import run_log
from engine.training.config import TrainRequest
from engine.training.jobfile import dump_toml, load_toml
from engine.training.run_claims import LOCK, claim_folder
from engine.training.run_records import (
    STATE_FILE,
    Band,
    Checkpoint,
    PictureLosses,
    SamplePicture,
    SavedState,
    StopSuggestion,
)

Status = Literal["running", "finished", "cancelled", "failed", "interrupted"]
T = TypeVar("T")
_LASTING = frozenset({"train.checkpoint", "train.sample"})  # what left a file that is still right


class Run:
    """One run folder. Writing methods are for the training loop only."""

    def __init__(self, folder: Path, lock: Lock | None = None) -> None:
        self.folder = Path(folder)
        self._lock = lock or Lock(self.folder / LOCK)

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in ``folder``; MissingFileError when there is none."""
        run = cls(folder)
        if not (run.folder / "run.json").is_file():
            raise MissingFileError(
                "{path} is not a training run.", path=folder, remedy="Choose another folder."
            )
        return run

    @classmethod
    def create(cls, folder: Path, request: TrainRequest) -> Run:
        """Start a run in ``folder``, or beside it with a number when it holds a run already.

        A run that ended without a checkpoint is written over.
        """
        run = cls(*claim_folder(Path(folder), _is_free))
        with storage_errors(run.folder):
            for name in ("checkpoints", "samples"):
                (run.folder / name).mkdir(parents=True, exist_ok=True)
            for name in ("log.jsonl", "events.jsonl"):
                (run.folder / name).write_bytes(b"")
        dump_toml(request, run.folder / "config.toml")
        run._begin(request.output_name, time.time())
        return run

    @classmethod
    def free(cls, folder: Path) -> Run:
        """The run in ``folder``, for who will change it. MissingFileError when it was removed,
        TrainingError while another process trains it.
        """
        run = cls(folder)
        if not (run.folder / "run.json").is_file():
            raise MissingFileError(
                "The run {name} is no longer there: its folder was removed or moved.",
                name=run.folder.name,
            )
        if run.status == "running" or is_held(run.folder / LOCK):
            raise run._is_trained()
        return run

    @classmethod
    def reopen(cls, folder: Path, request: TrainRequest, step: int) -> Run:
        """Let a run that ended early go on after ``step``: what it wrote of later steps is taken
        back, but for files. TrainingError while another process trains it.
        """
        run = cls.free(folder)
        started = run.started
        if not run._lock.take():
            raise run._is_trained()
        run_log.trim(run.folder / "log.jsonl", step)
        run_log.trim(run.folder / "events.jsonl", step, kept=_LASTING)
        dump_toml(request, run.folder / "config.toml")
        run._begin(request.output_name, started or time.time())
        return run

    def _is_trained(self) -> TrainingError:
        return TrainingError(
            "The run {name} is still going on.",
            name=self.name,
            remedy="Stop it first, or wait until it ends.",
        )

    def _begin(self, name: str, started: float) -> None:
        self._mark(
            name=name,
            status="running",
            started=started,
            begun=time.time(),
            pid=os.getpid(),
            computer=platform.node(),
        )

    # Reading

    @property
    def info(self) -> dict[str, Any]:
        """``run.json``: name, status, started and ended (unix seconds), computer, message."""
        try:
            found = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """The name the user gave."""
        return str(self.info.get("name") or self.folder.name)

    @property
    def status(self) -> Status:
        """How the run stands; a run whose process is gone is ``interrupted``."""
        info = self.info
        status: Status = info.get("status", "interrupted")
        if status not in get_args(Status):
            return "interrupted"  # a record that was damaged or is from elsewhere
        if status == "running" and not self._goes_on(info):
            return "interrupted"
        return status

    def _goes_on(self, info: dict[str, Any]) -> bool:
        # A clock that jumped makes the process look younger than its run; the lock knows better.
        return _alive(info) or is_held(self.folder / LOCK)

    @property
    def started(self) -> float:
        """When it started, unix seconds."""
        return _seconds(self.info.get("started"))

    def request(self) -> TrainRequest:
        """The settings of the run, as a request that can be run again: in the project that the
        folder lies in now, if that was moved or copied.
        """
        request = load_toml(self.folder / "config.toml")
        root = links.root_of(self.folder)
        if root is None or not request.project or request.project == str(root):
            return request
        inside = links.absolute(
            links.portable(request.model_dump(mode="json"), Path(request.project)), root
        )
        return TrainRequest.model_validate({**inside, "project": str(root)})

    def steps(self) -> dict[str, np.ndarray]:
        """Per step, float64 arrays of one length: step, epoch, loss, average, grad_norm,
        lr_unet, lr_text, ``lr_`` and the name of every other group that has a rate of its own, and
        seconds (since the run started).
        """
        rows = list(self._lines("log.jsonl"))
        rates = {name: None for row in rows for name in row if name.startswith("lr_")}
        own = ("step", "epoch", "loss", "average", "grad_norm", "seconds", "lr_unet", "lr_text")
        names = dict.fromkeys((*own, *rates))
        return {
            name: np.array([_float(row.get(name)) for row in rows], dtype=np.float64)
            for name in names
        }

    def events(self) -> list[dict[str, Any]]:
        """Everything but the steps, oldest first: ``kind``, ``time`` and the event's data."""
        return list(self._lines("events.jsonl"))

    def checkpoints(self) -> list[Checkpoint]:
        """The checkpoints that are still on disk, oldest first."""
        # A run that went on from a state wrote what came after it once more: the last one counts.
        found = {one.path: one for one in self._told("train.checkpoint", Checkpoint.read)}
        return [checkpoint for checkpoint in found.values() if checkpoint.path.is_file()]

    def samples(self) -> list[SamplePicture]:
        """The sample pictures that are still on disk, oldest first."""
        told = self._told("train.sample", SamplePicture.read)
        found = {(one.epoch, one.step, one.index): one for one in told}
        return [sample for sample in found.values() if sample.path.is_file()]

    def states(self) -> list[SavedState]:
        """The states that are still on disk, oldest first."""
        found = {one.path: one for one in self._told("train.state", SavedState.read)}
        return [state for state in found.values() if (state.path / STATE_FILE).is_file()]

    def held_out(self) -> list[tuple[int, int, float, float]]:
        """(epoch, step, held-out loss, seen loss) of every measurement, oldest first."""

        def read(row: dict[str, Any], _: Path) -> tuple[int, int, float, float]:
            return int(row["epoch"]), int(row["step"]), float(row["loss"]), float(row["seen_loss"])

        found = {row[:2]: row for row in self._told("train.held_out", read)}
        return list(found.values())

    def held_out_bands(self) -> list[tuple[int, int, list[Band]]]:
        """(epoch, step, losses by noise level) of every measurement, oldest first."""

        def read(row: dict[str, Any], _: Path) -> tuple[int, int, list[Band]]:
            return int(row["epoch"]), int(row["step"]), [Band.read(band) for band in row["bands"]]

        found = {row[:2]: row for row in self._told("train.held_out", read)}
        return list(found.values())

    def held_out_pictures(self) -> list[PictureLosses]:
        """The losses of single held-out pictures at every measurement, oldest first."""
        found = {one.step: one for one in self._told("train.held_out", PictureLosses.read)}
        return [found[step] for step in sorted(found)]

    def suggestions(self) -> list[StopSuggestion]:
        """When it was suggested to stop, oldest first."""
        found = {one.step: one for one in self._told("train.suggestion", StopSuggestion.read)}
        return list(found.values())

    def _told(self, kind: str, read: Callable[[dict[str, Any], Path], T]) -> list[T]:
        """The events of a kind, read; those with a value of another type are left out."""
        found = []
        for row in self.events():
            if row.get("kind") == kind:
                with suppress(KeyError, TypeError, ValueError, OverflowError):
                    found.append(read(row, self.folder))
        return found

    # Writing

    def log_step(self, row: dict[str, Any]) -> None:
        """Append one step; the line is with the operating system when this returns."""
        self._append("log.jsonl", row)

    def log_event(self, kind: str, data: dict[str, Any]) -> None:
        """Append one event."""
        self._append("events.jsonl", {"kind": kind, "time": time.time()} | data)

    def end(self, status: Status, message: str = "") -> None:
        """Mark how the run ended."""
        self._mark(**self.info | {"status": status, "message": message, "ended": time.time()})
        self.release()

    def release(self) -> None:
        """Nothing is written here any more; another process may take the run up."""
        self._lock.release()

    def _mark(self, **info: Any) -> None:
        write_json(self.folder / "run.json", info)

    def _append(self, name: str, row: dict[str, Any]) -> None:
        run_log.append(self.folder / name, row)

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        return run_log.rows(self.folder / name)


def _seconds(value: Any) -> float:
    found = _float(value)
    return found if math.isfinite(found) else 0.0


def _float(value: Any) -> float:
    """A number of a log; NaN where there is none."""
    with suppress(OverflowError):
        return float(value) if isinstance(value, (int, float)) else math.nan
    return math.nan


def _is_free(folder: Path) -> bool:
    """Whether ``folder``, whose lock is ours, holds no run or one that left nothing."""
    run = Run(folder)
    if not (folder / "run.json").exists():
        return True
    status = run.info.get("status")
    if status == "finished" or (status == "running" and _alive(run.info)):
        return False
    return not (run.checkpoints() or run.states())


def _alive(info: dict[str, Any]) -> bool:
    """Whether the process of a run still lives; numbers of processes are given out again."""
    import psutil

    pid, begun = info.get("pid"), _seconds(info.get("begun", info.get("started")))
    try:
        return isinstance(pid, int) and psutil.Process(pid).create_time() <= begun + 1
    except (psutil.Error, ValueError, OverflowError):  # no number that a process can have
        return False
