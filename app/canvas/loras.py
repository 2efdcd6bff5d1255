"""The LoRA files one can paint with: checkpoints of the project's runs, then the model folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models.catalogue import list_models, model_folders
from engine.training.runs import list_runs

if TYPE_CHECKING:
    from engine.project.project import Project


@dataclass(frozen=True)
class LoraChoice:
    """A LoRA file by the name people know. ``epoch`` is 0 when the file is not from a run."""

    path: str
    name: str
    epoch: int = 0
    trigger: str = ""


def available_loras(project: Project | None) -> list[LoraChoice]:
    """Every LoRA at hand, newest run and latest epoch first. Reads files: not on the UI thread."""
    choices: list[LoraChoice] = []
    if project is not None:
        for run in list_runs(project.runs):
            choices += [
                LoraChoice(str(item.path), run.name, item.epoch)
                for item in reversed(run.checkpoints())
            ]
    known = {choice.path for choice in choices}
    choices += [
        LoraChoice(str(info.path), info.name, trigger=info.trigger_word)
        for info in list_models(model_folders())
        if info.kind == "lora" and not info.problem and str(info.path) not in known
    ]
    return choices


def described(path: str, choices: list[LoraChoice]) -> LoraChoice:
    """The choice for ``path``, or one named after the file."""
    return next(
        (choice for choice in choices if choice.path == path), LoraChoice(path, Path(path).stem)
    )
