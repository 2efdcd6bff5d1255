"""What can be compared, and the axes as typed: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.validation.model import Checkpoint
from engine.models.family import STARTER
from engine.runtime.errors import StylekilnError
from engine.training.runs import Run, list_runs

if TYPE_CHECKING:
    from pathlib import Path

FILES = "files"


@dataclass(frozen=True)
class RunChoice:
    """A run that can be checked, with its checkpoints in order."""

    folder: str
    name: str
    base_model: str
    checkpoints: tuple[Checkpoint, ...]


@dataclass
class Sampling:
    """What all cells share."""

    steps: int = 25
    guidance: float = 4.0
    sampler: str = "dpmpp_2m"
    schedule: str = "karras"
    negative: str = ""


@dataclass
class Axes:
    """The axes as typed."""

    checkpoints: str = ""
    weights: str = "0.6, 0.8 … 1.2"
    seeds: str = "1 … 4"
    base_row: bool = True
    sampling: Sampling = field(default_factory=Sampling)


def read_runs(runs: Path) -> list[RunChoice]:
    """The runs of a project that have checkpoints, newest first. Not for the UI thread."""
    found = [_read_run(run) for run in list_runs(runs)]
    return [run for run in found if run.checkpoints]


def _read_run(run: Run) -> RunChoice:
    checkpoints = tuple(
        Checkpoint(str(item.path), item.path.stem, item.epoch, item.loss, item.held_out_loss)
        for item in run.checkpoints()
    )
    return RunChoice(str(run.folder), run.name, _base_of(run), checkpoints)


def _base_of(run: Run) -> str:
    """The model that a run was trained on; the starter when its settings are damaged."""
    try:
        return run.request().base_model
    except StylekilnError:
        return STARTER
