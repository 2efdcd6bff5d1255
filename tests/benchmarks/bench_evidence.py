"""What measuring a grid costs against drawing it, with the starter model at 128 px and 20 steps.

Run by hand: ``python tests/benchmarks/bench_evidence.py``. 48 cells of the base model are drawn and
measured against 28 training and 8 held-out pictures: with an empty cache, where the training is
described as well, with only the training described before, as for every further grid of a
project, and with everything described before. Less than 10 % is wanted.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.models.host import host
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.validation.evidence import assess
from engine.validation.features_cache import FeatureCache
from engine.validation.grid import run as draw_grid
from engine.validation.judging import judge
from engine.validation.manifest import Grid, open_grid
from engine.validation.request import GridRequest, four_axes
from tests.engine.validation.pictures import paths

PROMPTS = ("castle", "apple", "key", "boat", "fish", "chair")
SEEDS = tuple(range(1, 9))


def request(folder: Path, seeds: tuple[int, ...]) -> GridRequest:
    """A grid of the base model."""
    image = ImageRequest(model="starter", width=128, height=128, steps=20, batch_size=8)
    prompts = [f"{subject}, icon, white background" for subject in PROMPTS]
    axes = four_axes([""], (1.0,), seeds, prompts)
    return GridRequest(folder=str(folder), image=image, axes=axes)


def measured(grid: Grid, cache: FeatureCache) -> float:
    """Seconds to measure and judge."""
    files = paths("pixel")
    started = time.perf_counter()
    judge(assess(grid, files[:28], files[28:], cache=cache))
    return time.perf_counter() - started


def main() -> None:
    """Draw, then measure in turns."""
    host().get("starter")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = time.perf_counter()
        drawn = draw_grid(request(folder / "grid", SEEDS), Job.detached())
        drawing = time.perf_counter() - started
        grid = open_grid(drawn.folder)
        cache = FeatureCache(folder / "features.sqlite")
        empty = measured(grid, cache)
        full = measured(grid, cache)
        warm = FeatureCache(folder / "warm.sqlite")
        other = open_grid(draw_grid(request(folder / "other", (101,)), Job.detached()).folder)
        measured(other, warm)
        known = measured(grid, warm)
    cells = len(grid.cells)
    print(f"{cells} cells, drawing {drawing / cells * 1000:.0f} ms each; measuring takes")
    for label, seconds in (("empty cache", empty), ("training known", known), ("all known", full)):
        print(f"  {label:16} {seconds / drawing:6.1%}  ({seconds / cells * 1000:.1f} ms a cell)")


if __name__ == "__main__":
    main()
