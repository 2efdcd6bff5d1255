"""Reads what a project tells about its models. Off the UI thread, and imported there too: it knows
runs, grids and canvases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.models.uses import Told, Use, key_of
from engine.canvas.storage import SUFFIX, recipes_in
from engine.models.approvals import read_approval
from engine.models.inspect import ModelInfo
from engine.project.project import Project
from engine.runtime.errors import StylekilnError
from engine.training.runs import Run, list_runs
from engine.validation.manifest import Grid, list_grids

PREVIEWS = (".preview.png", ".png", ".jpg", ".jpeg", ".webp")
"""How a picture is called that other tools show for the model beside it."""

Tellings = defaultdict[str, Told]


def told_about(models: list[ModelInfo], project: Project | None) -> dict[str, Told]:
    """What is told about each model, by :func:`key_of` its ref."""
    told: Tellings = defaultdict(Told)
    if project is not None:
        for run in list_runs(project.runs):
            with suppress(StylekilnError, OSError):  # half a folder has nothing to tell
                _tell_run(run, told)
        for grid in list_grids(project.grids):
            _tell_grid(grid, told)
        for canvas in sorted(project.canvas.glob(f"*{SUFFIX}")):
            _tell_canvas(canvas, told)
    for info in models:
        entry = told[key_of(info.ref)]
        entry.pictures = entry.pictures or _beside(info.path)
        entry.approval = read_approval(info.path) if info.kind == "lora" else None
        entry.uses.sort(key=lambda use: use.when, reverse=True)
    return dict(told)


def _beside(path: Path) -> list[str]:
    found = (path.with_suffix(ending) for ending in PREVIEWS)
    return [str(picture) for picture in found if picture.is_file()][:1]


def _tell_run(run: Run, told: Tellings) -> None:
    checkpoints, samples = run.checkpoints(), run.samples()
    steps = 0
    for checkpoint in checkpoints:
        entry = told[key_of(checkpoint.path)]
        entry.run = str(run.folder)
        entry.pictures = [str(one.path) for one in samples if one.step == checkpoint.step]
        steps = max(steps, checkpoint.step)
    request = run.request()
    for ref in {key_of(ref) for ref in (request.base_model, request.network_weights) if ref}:
        told[ref].uses.append(Use("run", str(run.folder), run.name, steps, run.started))


def _tell_grid(grid: Grid, told: Tellings) -> None:
    image = grid.request.image
    counts: dict[str, int] = defaultdict(int)
    for cell in grid.cells:
        if cell.position.uses_lora:
            counts[key_of(cell.position.checkpoint)] += 1
    for ref in {key_of(ref) for ref in (image.model, *(use.path for use in image.loras))}:
        counts[ref] = len(grid.cells)
    when = _written(grid.folder)
    for ref, count in counts.items():
        told[ref].uses.append(Use("grid", str(grid.folder), grid.folder.name, count, when))


def _tell_canvas(path: Path, told: Tellings) -> None:
    counts: dict[str, int] = defaultdict(int)
    for recipe in recipes_in(path):
        for ref in set(_models_of(recipe)):
            counts[ref] += 1
    when = _written(path)
    for ref, count in counts.items():
        told[ref].uses.append(Use("canvas", str(path), path.stem, count, when))


def _models_of(recipe: dict[str, Any]) -> Iterator[str]:
    """The models a layer was painted with; a recipe may be by any program."""
    image = recipe.get("image")
    if not isinstance(image, dict):
        return
    loras = image.get("loras")
    used = loras if isinstance(loras, list) else []
    for ref in (image.get("model"), *(use.get("path") for use in used if isinstance(use, dict))):
        if isinstance(ref, str) and ref:
            yield key_of(ref)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # removed meanwhile
        return 0.0
