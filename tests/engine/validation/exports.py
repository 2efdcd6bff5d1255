"""A small grid on disk whose every picture has a color of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.runtime.job import Job
from engine.validation.evidence import CellEvidence, Evidence, RowEvidence
from engine.validation.filling import Filling
from engine.validation.manifest import Grid, open_grid
from engine.validation.planning import plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore

PROMPTS = ("=SUM(A1), 红色的苹果", "tower")


def color_of(seed: int, prompt: str, weight: float, epoch: int) -> tuple[int, int, int]:
    return 60 * seed, 200 - 8 * len(prompt), 30 * epoch + round(100 * weight)


def make_grid(folder: Path, *, side: int = 64, fail_seed: int = 0, **axes) -> Grid:
    """Two checkpoints, two weights, two seeds, two prompts; cells of ``fail_seed`` fail."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"style-e{epoch}.safetensors" for epoch in (1, 2)]
    for number, file in enumerate(files):
        file.write_bytes(b"lora %d" % number)
    values = {
        "checkpoints": ("", *map(str, files)),
        "weights": (0.5, 1.0),
        "seeds": (1, 2),
        "prompts": PROMPTS,
    } | axes
    request = GridRequest(folder=str(folder), **values)

    def draw(image, cells, job, keep) -> None:
        use = image.loras[0] if image.loras else None
        epoch = 0 if use is None else int(Path(use.path).stem[-1])
        for cell in cells:
            if cell.image.seed == fail_seed:
                raise RuntimeError("it broke")
            color = color_of(cell.image.seed, cell.image.prompt, use.weight if use else 0, epoch)
            keep(cell, np.full((side, side, 3), color, np.uint8), "")

    Filling(request, plan(request), CellStore(request.cells_folder), Job.detached()).run(draw)
    return open_grid(folder)


def evidence_of(grid: Grid, threshold: float = 0.85) -> Evidence:
    """Measured by hand: seed 1 of the second checkpoint repeats the training picture 苹果.png."""
    nearest = Path("/home/somebody/art/苹果.png")
    last = grid.request.checkpoints[-1]
    cells = {
        cell.id: CellEvidence(
            0.95 if cell.position.checkpoint == last and cell.position.seed == 1 else 0.4, nearest
        )
        for cell in grid.cells
        if cell.path is not None
    }
    rows = tuple(
        RowEvidence(checkpoint, weight, 4, 0.1 * number, 1.5, 0.7 - 0.1 * number, 0.5, number, 0.9)
        for number, checkpoint in enumerate(grid.request.checkpoints)
        for weight in grid.request.weights
        if checkpoint
    )
    base = RowEvidence("", 0.0, 4, 0.0, 2.0, 0.8, 0.2, 0, 1.0)
    return Evidence(rows, base, 0.35, 0.3, threshold, cells)
