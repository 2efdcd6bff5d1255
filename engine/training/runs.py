"""Run folders: what a training run wrote, readable while it runs and after it was killed.

``<run>/config.toml`` the settings, ``run.json`` name and status, ``log.jsonl`` one line per step,
``events.jsonl`` everything else, ``checkpoints/*.safetensors`` and ``samples/*.png``.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from engine.runtime.errors import MissingFileError
from engine.runtime.files import storage_errors, write_json
from engine.training.config import TrainRequest
from engine.training.jobfile import dump_toml, load_toml

Status = Literal["running", "finished", "cancelled", "failed", "interrupted"]


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
        run = cls(_free_folder(Path(folder)))
        with storage_errors(run.folder):
            for name in ("checkpoints", "samples"):
                (run.folder / name).mkdir(parents=True, exist_ok=True)
            for name in ("log.jsonl", "events.jsonl"):
                (run.folder / name).write_bytes(b"")
        dump_toml(request, run.folder / "config.toml")
        run._mark(name=request.output_name, status="running", started=time.time(), pid=os.getpid())
        return run

    # Reading

    @property
    def info(self) -> dict[str, Any]:
        """``run.json``: name, status, started and ended (unix seconds), message."""
        try:
            found = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """The name the user gave."""
        return str(self.info.get("name", self.folder.name))

    @property
    def status(self) -> Status:
        """How the run stands; a run whose process is gone is ``interrupted``."""
        info = self.info
        status: Status = info.get("status", "interrupted")
        if status == "running" and not _alive(info.get("pid"), self.started):
            return "interrupted"
        return status

    @property
    def started(self) -> float:
        """When it started, unix seconds."""
        started = self.info.get("started")
        return float(started) if isinstance(started, (int, float)) else 0.0

    def request(self) -> TrainRequest:
        """The settings of the run, as a request that can be run again."""
        return load_toml(self.folder / "config.toml")

    def steps(self) -> dict[str, np.ndarray]:
        """Per step, float64 arrays of one length: step, epoch, loss, average, grad_norm,
        lr_unet, lr_text, seconds (since the run started).
        """
        rows = list(self._lines("log.jsonl"))
        names = ("step", "epoch", "loss", "average", "grad_norm", "lr_unet", "lr_text", "seconds")
        return {
            name: np.array([float(row.get(name, np.nan)) for row in rows], dtype=np.float64)
            for name in names
        }

    def events(self) -> list[dict[str, Any]]:
        """Everything but the steps, oldest first: ``kind``, ``time`` and the event's data."""
        return list(self._lines("events.jsonl"))

    def checkpoints(self) -> list[Checkpoint]:
        """The checkpoints that are still on disk, oldest first."""
        rows = [row for row in self.events() if row.get("kind") == "train.checkpoint"]
        found = [
            Checkpoint(
                epoch=row["epoch"],
                step=row["step"],
                path=self.folder / "checkpoints" / Path(row["path"]).name,
                loss=row["loss"],
                held_out_loss=row.get("held_out_loss"),
                seen_loss=row.get("seen_loss"),
            )
            for row in rows
        ]
        return [checkpoint for checkpoint in found if checkpoint.path.is_file()]

    def samples(self) -> list[SamplePicture]:
        """The sample pictures that are still on disk, oldest first."""
        rows = [row for row in self.events() if row.get("kind") == "train.sample"]
        found = [
            SamplePicture(
                epoch=row["epoch"],
                step=row["step"],
                index=row["index"],
                prompt=row["prompt"],
                seed=row["seed"],
                path=self.folder / "samples" / Path(row["path"]).name,
            )
            for row in rows
        ]
        return [sample for sample in found if sample.path.is_file()]

    def held_out(self) -> list[tuple[int, int, float, float]]:
        """(epoch, step, held-out loss, seen loss) of every measurement, oldest first."""
        rows = (row for row in self.events() if row.get("kind") == "train.held_out")
        return [(row["epoch"], row["step"], row["loss"], row["seen_loss"]) for row in rows]

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
        except FileNotFoundError:
            return
        for line in text.splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # the torn last line of a killed process
            if isinstance(row, dict):
                yield row


def list_runs(folder: Path) -> list[Run]:
    """The runs in a project's ``runs`` folder, newest first."""
    if not Path(folder).is_dir():
        return []
    runs = [Run(path.parent) for path in Path(folder).glob("*/run.json")]
    return sorted(runs, key=lambda run: run.started, reverse=True)


def new_run_folder(runs: Path, name: str) -> Path:
    """``<runs>/<date>-<name>``; :meth:`Run.create` adds a number when it is taken."""
    return Path(runs) / f"{datetime.now():%Y-%m-%d}-{name}"


def _free_folder(folder: Path) -> Path:
    number, free = 1, folder
    while (free / "run.json").exists() and not _is_empty(Run(free)):
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


def _is_empty(run: Run) -> bool:
    return run.status not in ("running", "finished") and not run.checkpoints()


def _alive(pid: Any, started: float) -> bool:
    """Whether the process that started a run at ``started`` still lives (numbers are reused)."""
    import psutil

    try:
        return isinstance(pid, int) and psutil.Process(pid).create_time() <= started + 1
    except psutil.Error:
        return False
