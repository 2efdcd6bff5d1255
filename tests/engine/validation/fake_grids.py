"""Grids whose pictures come from functions: what a model would do, without a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from engine.runtime.job import Job
from engine.validation.filling import Filling, Keep
from engine.validation.manifest import Grid, open_grid
from engine.validation.planning import PlannedCell, plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore

# model(prompt number, seed) -> uint8 [H, W, 3]
FakeModel = Callable[[int, int], np.ndarray]


def fake_grid(
    folder: Path,
    base: FakeModel | None,
    loras: Mapping[str, FakeModel],
    *,
    prompts: int = 6,
    seeds: Sequence[int] = (0, 1, 2, 3),
) -> Grid:
    """A drawn grid: each of ``loras`` a checkpoint at weight 1, beside ``base`` where given."""
    files = {name: folder / f"{name}.safetensors" for name in loras}
    for name, file in files.items():
        file.write_bytes(name.encode())
    texts = [f"prompt {number}" for number in range(prompts)]

    def draw(image, cells: list[PlannedCell], job: Job, keep: Keep) -> None:
        model = loras[Path(image.loras[0].path).stem] if image.loras else base
        for cell in cells:
            keep(cell, model(texts.index(cell.image.prompt), cell.image.seed), "")

    request = GridRequest(
        folder=str(folder / "grid"),
        checkpoints=tuple(map(str, files.values())),
        weights=(1,) if base is None else (0, 1),
        seeds=tuple(seeds),
        prompts=tuple(texts),
    )
    Filling(request, plan(request), CellStore(request.cells_folder), Job.detached()).run(draw)
    return open_grid(folder / "grid")
