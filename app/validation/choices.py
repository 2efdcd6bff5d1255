"""What can be compared: the runs of a project that have checkpoints, or are being trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.validation.cell import Checkpoint
from engine.models.family import STARTER
from engine.runtime.errors import StylekilnError
from engine.training.runs import Run, list_runs
from engine.validation.learned import checkpoints_of

if TYPE_CHECKING:
    from pathlib import Path

FILES = "files"


@dataclass(frozen=True)
class RunChoice:
    """A run that can be checked, with its checkpoints by epoch and step, and its trigger word.
    One that ``is_training`` may have none yet, and gets more.
    """

    folder: str
    name: str
    base_model: str
    checkpoints: tuple[Checkpoint, ...]
    trigger: str = ""
    is_training: bool = False


def read_runs(runs: Path) -> list[RunChoice]:
    """The runs of a project that have checkpoints or are being trained, newest first. Not for the
    UI thread.
    """
    found = [_read_run(run) for run in list_runs(runs)]
    return [run for run in found if run.checkpoints or run.is_training]


def _read_run(run: Run) -> RunChoice:
    checkpoints = tuple(
        Checkpoint(str(item.path), item.path.stem, item.epoch, item.loss, item.held_out_loss)
        for item in checkpoints_of(run)
    )
    base, trigger = _base_of(run)
    training = run.status == "running"
    return RunChoice(str(run.folder), run.name, base, checkpoints, trigger, training)


def _base_of(run: Run) -> tuple[str, str]:
    """The model that a run was trained on, and its trigger word; the starter when its settings are
    damaged.
    """
    try:
        request = run.request()
    except StylekilnError:
        return STARTER, ""
    return request.base_model, request.trigger_word
