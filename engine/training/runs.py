"""Run folders: what a training run wrote, readable while it runs and after it was killed.

``<run>/config.toml`` the settings, ``run.json`` name and status, ``log.jsonl`` one line per step,
``events.jsonl`` everything else, ``pictures.json`` what it learned from (:mod:`.run_pictures`),
``checkpoints/*.safetensors`` and ``samples/*.png``.
"""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from engine.project import links
from engine.runtime.errors import MissingFileError
from engine.runtime.files import storage_errors, write_json
from engine.training.config import TrainRequest
from engine.training.jobfile import dump_toml, load_toml

Status = Literal["running", "finished", "cancelled", "failed", "interrupted"]
T = TypeVar("T")
_CLAIM = ".claim"


@dataclass(frozen=True)
class Checkpoint:
    """A saved adapter. ``loss`` is the moving average when it was saved; ``held_out_loss`` and
    ``seen_loss`` are measured with the same noise at every checkpoint, None without held-out
    pictures.
    """

    epoch: int
    step: int
    path: Path
    loss: float
    held_out_loss: float | None = None
    seen_loss: float | None = None


@dataclass(frozen=True)
class SamplePicture:
    """A picture drawn while training; epoch 0 is before the first step."""

    epoch: int
    step: int
    index: int
    prompt: str
    seed: int
    path: Path


class Run:
    """One run folder. Writing methods are for the training loop only."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

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
        run = cls(_claim_folder(Path(folder)))
        try:
            with storage_errors(run.folder):
                for name in ("checkpoints", "samples"):
                    (run.folder / name).mkdir(parents=True, exist_ok=True)
                for name in ("log.jsonl", "events.jsonl"):
                    (run.folder / name).write_bytes(b"")
            dump_toml(request, run.folder / "config.toml")
            run._mark(
                name=request.output_name,
                status="running",
                started=time.time(),
                pid=os.getpid(),
                computer=platform.node(),
            )
        finally:
            (run.folder / _CLAIM).unlink(missing_ok=True)
        return run

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
        if status == "running" and not _alive(info.get("pid"), self.started):
            return "interrupted"
        return status

    @property
    def started(self) -> float:
        """When it started, unix seconds."""
        started = self.info.get("started")
        return float(started) if isinstance(started, (int, float)) else 0.0

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
        lr_unet, lr_text, seconds (since the run started).
        """
        rows = list(self._lines("log.jsonl"))
        names = ("step", "epoch", "loss", "average", "grad_norm", "lr_unet", "lr_text", "seconds")
        return {
            name: np.array([_float(row.get(name)) for row in rows], dtype=np.float64)
            for name in names
        }

    def events(self) -> list[dict[str, Any]]:
        """Everything but the steps, oldest first: ``kind``, ``time`` and the event's data."""
        return list(self._lines("events.jsonl"))

    def checkpoints(self) -> list[Checkpoint]:
        """The checkpoints that are still on disk, oldest first."""

        def read(row: dict[str, Any]) -> Checkpoint:
            return Checkpoint(
                epoch=int(row["epoch"]),
                step=int(row["step"]),
                path=self.folder / "checkpoints" / Path(row["path"]).name,
                loss=float(row["loss"]),
                held_out_loss=_number(row.get("held_out_loss")),
                seen_loss=_number(row.get("seen_loss")),
            )

        found = self._sound("train.checkpoint", read)
        return [checkpoint for checkpoint in found if checkpoint.path.is_file()]

    def samples(self) -> list[SamplePicture]:
        """The sample pictures that are still on disk, oldest first."""

        def read(row: dict[str, Any]) -> SamplePicture:
            return SamplePicture(
                epoch=int(row["epoch"]),
                step=int(row["step"]),
                index=int(row["index"]),
                prompt=str(row["prompt"]),
                seed=int(row["seed"]),
                path=self.folder / "samples" / Path(row["path"]).name,
            )

        found = self._sound("train.sample", read)
        return [sample for sample in found if sample.path.is_file()]

    def held_out(self) -> list[tuple[int, int, float, float]]:
        """(epoch, step, held-out loss, seen loss) of every measurement, oldest first."""

        def read(row: dict[str, Any]) -> tuple[int, int, float, float]:
            return int(row["epoch"]), int(row["step"]), float(row["loss"]), float(row["seen_loss"])

        return self._sound("train.held_out", read)

    def _sound(self, kind: str, read: Callable[[dict[str, Any]], T]) -> list[T]:
        """The events of a kind, read; those with a value of another type are left out."""
        found = []
        for row in self.events():
            if row.get("kind") == kind:
                with suppress(KeyError, TypeError, ValueError, OverflowError):
                    found.append(read(row))
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

    def _mark(self, **info: Any) -> None:
        write_json(self.folder / "run.json", info)

    def _append(self, name: str, row: dict[str, Any]) -> None:
        path = self.folder / name
        # One short write per line: a killed process leaves at most one torn line at the end.
        with storage_errors(path), path.open("ab") as stream:
            stream.write((json.dumps(row, ensure_ascii=False) + "\n").encode())

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        try:
            text = (self.folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        for line in text.split("\n"):  # a prompt may hold other line ends
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue  # the torn last line of a killed process
            if isinstance(row, dict):
                yield row


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _float(value: Any) -> float:
    """A number of a log; NaN where there is none."""
    return float(value) if isinstance(value, (int, float)) else math.nan


def list_runs(folder: Path) -> list[Run]:
    """The runs in a project's ``runs`` folder, newest first."""
    if not Path(folder).is_dir():
        return []
    runs = [Run(path.parent) for path in Path(folder).glob("*/run.json")]
    return sorted(runs, key=lambda run: run.started, reverse=True)


def new_run_folder(runs: Path, name: str) -> Path:
    """``<runs>/<date>-<name>``; :meth:`Run.create` adds a number when it is taken."""
    return Path(runs) / f"{datetime.now():%Y-%m-%d}-{name}"


def _claim_folder(folder: Path) -> Path:
    """``folder``, or one beside it, that holds no run and that no other process is taking now.

    It holds a claim that is to be removed once the run is marked as running.
    """
    number, free = 1, folder
    while not _claim(free):
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


def _claim(folder: Path) -> bool:
    """Try to take ``folder`` for a run. Whoever makes the file has it, so two never look at once;
    one that a killed process left only costs the name.
    """
    claim = folder / _CLAIM
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            claim.touch(exist_ok=False)
        except FileExistsError:
            return False
        if not (folder / "run.json").exists() or _is_empty(Run(folder)):
            return True
        claim.unlink()
        return False


def _is_empty(run: Run) -> bool:
    return run.status not in ("running", "finished") and not run.checkpoints()


def _alive(pid: Any, started: float) -> bool:
    """Whether the process that started a run at ``started`` still lives (numbers are reused)."""
    import psutil

    try:
        return isinstance(pid, int) and psutil.Process(pid).create_time() <= started + 1
    except psutil.Error:
        return False
