"""The handler of a grid request: cells of one model state share forward passes. Heavy: torch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from engine.models import adapters
from engine.models.host import host
from engine.models.loading import LoadedModel
from engine.prompt.syntax import take_loras
from engine.runtime.device import default_device, is_out_of_memory
from engine.runtime.job import Job
from engine.sampling.describe import describe
from engine.sampling.generate import attach_all, encoding_cache, resolve_tags
from engine.sampling.pipeline import sample
from engine.sampling.request import ImageRequest, Shot
from engine.validation.filling import Filling, Keep
from engine.validation.legend import draw_grid
from engine.validation.manifest import open_grid
from engine.validation.pace import Pace, work_of
from engine.validation.planning import PlannedCell, plan
from engine.validation.request import GridRequest, GridResult
from engine.validation.store import CellStore


def run(request: GridRequest, job: Job) -> GridResult:
    """Draw what is missing of a grid, then its picture with the legend.

    A grid that was cancelled or killed goes on where it stopped when it is run again. Raises
    MissingFileError, ModelFileError of the base model, OutOfMemoryError, StorageError or
    JobCancelled; a cell that cannot be drawn is recorded with its reason and does not stop others.
    """
    filling = Filling(request, plan(request), CellStore(request.cells_folder), job)
    bases = {cell.image.model for cell in filling.missing}
    if len(bases) == 1:
        # Here and not with the first cell: without its base model no cell can be drawn.
        host().get(bases.pop())
    pace = Pace()
    try:
        filling.run(partial(draw_cells, pace))
    finally:
        pace.keep(_device_name())
    picture = draw_grid(open_grid(Path(request.folder)))
    result = GridResult(
        Path(request.folder), picture, filling.rendered, filling.cached, len(filling.errors)
    )
    job.emit(
        "grid.finished",
        folder=request.folder,
        picture=str(picture),
        rendered=result.rendered,
        cached=result.cached,
        failed=result.failed,
    )
    return result


def draw_cells(
    pace: Pace, image: ImageRequest, cells: Sequence[PlannedCell], job: Job, keep: Keep
) -> None:
    """Draw cells that share model, LoRAs and settings; prompts and seeds differ row by row. How
    long that took is noted in ``pace``.
    """
    model = host().get(image.model)
    try:
        draw_on(model, pace, image, cells, job, keep)
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            adapters.take_off_idle(model)
        raise


def draw_on(
    model: LoadedModel,
    pace: Pace,
    image: ImageRequest,
    cells: Sequence[PlannedCell],
    job: Job,
    keep: Keep,
) -> None:
    """The same on ``model``, whatever else acts on it."""
    loras = [*image.loras, *resolve_tags(image, take_loras(image.prompt)[1])[0]]
    shots = [Shot(cell.image.prompt, cell.image.negative_prompt, cell.image.seed) for cell in cells]

    drawn, until = 0, 0.0

    def done(number: int, shot: Shot, picture: np.ndarray) -> None:
        nonlocal drawn, until
        drawn, until = drawn + picture.shape[0] * picture.shape[1], time.perf_counter()
        keep(cells[number], picture, describe(model, image, shot, loras).to_text())

    def shown(number: int, step: int, total: int, array: np.ndarray) -> None:
        job.emit(
            "grid.preview",
            id=cells[number].id,
            places=[list(at.place) for at in cells[number].positions],
            step=step,
            total=total,
            array=array,
        )

    with adapters.active(model, attach_all(model, loras)):
        cache = encoding_cache(model, loras)
        begun = time.perf_counter()
        try:
            sample(
                model, image, job=job, shots=shots, on_picture=done, on_preview=shown, cache=cache
            )
        finally:  # what was drawn until it was cancelled tells the pace too
            pace.note(image.model, work_of(image, drawn), until - begun)


def _device_name() -> str:
    device = default_device()
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
