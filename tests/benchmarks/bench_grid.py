"""A validation grid against its pictures one by one with diffusers, and a cached grid opened.

Run by hand: ``python tests/benchmarks/bench_grid.py [draw|open …]``.

``draw``: checkpoints x weights x prompts x seeds on the starter model. The other side draws the
same distinct pictures one after the other with diffusers' StableDiffusionPipeline: as scripts do,
with ``load_lora_weights`` for every picture, and loading only where the checkpoint changes. The
sides take turns; above 1 the application is faster. On a processor its own time is counted, which
other programs move less.

``open``: a process that opens a grid of 1,600 finished cells, and what that takes in memory; the
window's side of it is in ``bench_validate_view.py``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.validation.manifest import open_grid, write_manifest
from engine.validation.planning import by_model_state, plan
from engine.validation.request import GridRequest, four_axes
from engine.validation.store import CellStore

PROMPTS = ("castle, glossy icon, white background", "red apple, glossy icon, white background")
STEPS, ROUNDS = 6, 2
CHECKPOINTS, WEIGHTS, SEEDS = 3, (0.0, 0.5, 1.0), (1, 2)
CELLS = 1600


def make_loras(folder: Path) -> list[str]:
    """Different LoRAs of random weights for the starter model."""
    import torch

    from engine.models import adapter_training, adapters
    from engine.models.adapter_plan import AdapterSpec
    from engine.models.host import host
    from engine.models.lora_file import write_lora

    model, paths = host().get("starter"), []
    for number in range(CHECKPOINTS):
        generator = torch.Generator().manual_seed(number)
        spec = AdapterSpec(rank=8, train_text=False)
        for tensor in adapter_training.create(model, "made", spec, generator)["unet"]:
            torch.nn.init.normal_(tensor, std=0.05, generator=generator)
        path = folder / f"style-{number:06}.safetensors"
        metadata = {"ss_base_model_version": "sd_v1", "ss_network_dim": "8"}
        write_lora(path, adapter_training.state_dict(model, "made"), metadata)
        adapters.detach(model, "made")
        paths.append(str(path))
    return paths


def ours(folder: Path, loras: list[str]) -> GridRequest:
    image = ImageRequest(steps=STEPS, batch_size=8)
    return GridRequest(
        folder=str(folder), image=image, axes=four_axes(loras, WEIGHTS, SEEDS, PROMPTS)
    )


class OneByOne:
    """diffusers' pipeline on the same model, sampler and files."""

    def __init__(self) -> None:
        from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

        from engine.models.family import STARTER_FOLDER
        from engine.runtime.device import default_device, default_dtype

        self._pipe = StableDiffusionPipeline.from_pretrained(
            str(STARTER_FOLDER),
            safety_checker=None,
            local_files_only=True,
            dtype=default_dtype(default_device()),
        )
        self._pipe.scheduler = DPMSolverMultistepScheduler.from_config(
            self._pipe.scheduler.config, use_karras_sigmas=True
        )
        self._pipe.set_progress_bar_config(disable=True)
        self._loaded = ""

    def draw(self, image: ImageRequest, *, again: bool) -> None:
        """One picture; ``again`` loads its LoRA also when it is there already."""
        import torch

        path = image.loras[0].path if image.loras else ""
        if again or path != self._loaded:
            self._pipe.unload_lora_weights()
            if path:
                self._pipe.load_lora_weights(path, adapter_name="style")
            self._loaded = path
        if path:
            self._pipe.set_adapters(["style"], adapter_weights=[image.loras[0].weight])
        self._pipe(
            image.prompt,
            negative_prompt=image.negative_prompt,
            num_inference_steps=image.steps,
            guidance_scale=image.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(image.seed),
        )


def draw() -> None:
    """Cells per second, in turns."""
    import torch

    from engine.runtime.device import default_device, default_threads
    from engine.validation import grid as grids

    clock = time.process_time if default_device().type == "cpu" else time.perf_counter
    torch.set_num_threads(default_threads())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["STYLEKILN_HOME"] = name
        loras, other = make_loras(folder), OneByOne()
        times: list[tuple[float, float, float]] = []
        for number in range(ROUNDS + 1):
            request = ours(folder / f"grid-{number}", loras)
            cells = [cell.image for group in by_model_state(plan(request)) for cell in group]
            if number == 0:  # both sides once, so that nothing is paid for the first time
                request, cells = request.with_values("seed", (1,)), cells[:1] + cells[-1:]
            began = clock()
            grids.run(request, Job.detached())
            spent = [clock() - began]
            for again in (True, False):
                began = clock()
                for image in cells:
                    other.draw(image, again=again)
                spent.append(clock() - began)
            times += [tuple(spent)] if number else []  # type: ignore[list-item]
        own, loading, changing = (statistics.median(side) for side in zip(*times, strict=True))
        each, change = (statistics.median(row[at] / row[0] for row in times) for at in (1, 2))
        print(
            f"{len(cells)} pictures of {request.count} cells, {STEPS} steps: "
            f"ours {len(cells) / own:.2f} cells/s, one by one {len(cells) / loading:.2f}, "
            f"loading only what changes {len(cells) / changing:.2f}; "
            f"ratio {each:.2f} and {change:.2f} (medians of {ROUNDS})"
        )


def make_cached(folder: Path) -> None:
    """A finished grid of 40 x 40 cells of 128 pixels."""
    axes = four_axes([f"/loras/e{number}" for number in range(40)], (1.0,), range(40), ("castle",))
    request = GridRequest(folder=str(folder), axes=axes)
    store, random = CellStore(request.cells_folder), np.random.default_rng(1)
    cells = []
    for number, position in enumerate(request.positions()):
        small = random.integers(0, 256, (16, 16, 3), np.uint8)
        identifier = f"{number:064x}"
        store.put(identifier, small.repeat(8, 0).repeat(8, 1), "castle")
        cells.append((identifier, position))
    write_manifest(request, cells, {})


def opened(folder: str) -> None:
    """In a process of its own: the grid and what each of its cells shows."""
    import psutil

    process = psutil.Process()
    before = process.memory_info().rss
    began = time.perf_counter()
    grid = open_grid(Path(folder))
    read = time.perf_counter() - began
    drawn = sum(cell.path is not None for cell in grid.cells)
    after = process.memory_info().rss
    print(
        f"{drawn} of {len(grid.cells)} cells: read in {read:.3f} s, {after / 1e6:.0f} MB in all, "
        f"of which the grid is {(after - before) / 1e6:.1f}"
    )


def open_cached() -> None:
    """Make the grid, then open it in a fresh process."""
    with tempfile.TemporaryDirectory() as name:
        make_cached(Path(name))
        program = [sys.executable, __file__, "opened", name]
        subprocess.run(program, check=True, env={**os.environ, "STYLEKILN_HOME": name})


if __name__ == "__main__":
    if sys.argv[1:2] == ["opened"]:
        opened(sys.argv[2])
    else:
        for part in sys.argv[1:] or ("draw", "open"):
            {"draw": draw, "open": open_cached}[part]()
