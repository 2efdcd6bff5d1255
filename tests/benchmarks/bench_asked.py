"""What a checkpoint and a sample cost in the middle of a run.

Run by hand: ``python tests/benchmarks/bench_asked.py [times]``. The starter is trained on the CPU;
a checkpoint and a sample are asked for by turns. A checkpoint is counted in steps of the same run,
a sample against the same one drawn outside of it by another copy of the model with that checkpoint.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from engine.imaging.decode import encode_png
from engine.models import adapters
from engine.models.loading import load_model
from engine.runtime.device import default_threads
from engine.runtime.files import write_bytes
from engine.runtime.job import Job
from engine.sampling.pipeline import sample
from engine.sampling.request import ImageRequest
from engine.training.config import TrainRequest
from engine.training.controls import SAMPLE_NOW, SAVE_NOW
from engine.training.loop import run
from tests.benchmarks.plain_loop import CAPTION, RANK
from tests.benchmarks.watched import WatchedJob

ART = Path(__file__).resolve().parents[2] / "resources" / "sample" / "pixel"
BATCH, SIDE, STEPS = 8, 128, 12
PROMPT = f"{CAPTION} --w {SIDE} --h {SIDE} --s {STEPS} --d 1 --l 4"


class Outside:
    """Draws the sample of the run without the run, and asks for what is due."""

    def __init__(self, folder: Path) -> None:
        self.seconds: list[float] = []
        self._folder = folder
        self._model = load_model("starter", device=torch.device("cpu"), dtype=torch.float32)
        self._recipe = ImageRequest(
            prompt=CAPTION, width=SIDE, height=SIDE, steps=STEPS, guidance_scale=4.0, seed=1
        )
        self._turn = 0

    def __call__(self) -> str | None:
        self._turn += 1
        if self._turn == 1:
            return None  # nothing was learned yet
        if self._turn % 2 == 0:
            return SAVE_NOW
        self._draw()
        return SAMPLE_NOW

    def _draw(self) -> None:
        newest = max((self._folder / "run" / "checkpoints").glob("*.safetensors"))
        adapters.attach(self._model, newest, newest.stem)
        began = time.perf_counter()
        with adapters.active(self._model, {newest.stem: (1.0, 1.0)}):
            array = sample(
                self._model, self._recipe, job=Job.detached(), on_preview=lambda *_: None
            )[0]
        write_bytes(self._folder / "outside.png", encode_png(array))
        self.seconds.append(time.perf_counter() - began)


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(default_threads())
    for state in (False, True):
        with tempfile.TemporaryDirectory() as name:
            request = TrainRequest(
                train_data_dir=str(ART), output_dir=f"{name}/run", resolution=str(SIDE),
                network_dim=RANK, text_encoder_lr=0, train_batch_size=BATCH, enable_bucket=False,
                max_train_steps=2 * times + 1, save_every_n_epochs=0, save_state=state,
                cache_latents_to_disk=False, sample_prompts=(PROMPT,), sample_sampler="dpmpp_2m",
            )  # fmt: skip
            outside = Outside(Path(name))
            job = WatchedJob(request, outside)
            run(request, job)
        kind = "with" if state else "without"
        step = statistics.median(job.steps)
        saved = statistics.median(job.wishes[SAVE_NOW])
        pairs = zip(job.wishes[SAMPLE_NOW], outside.seconds, strict=True)
        print(
            f"a checkpoint {kind} a state costs {saved / step:.3f} steps; "
            f"a sample now takes {statistics.median(a / b for a, b in pairs):.3f} of the same "
            f"outside the run, {statistics.median(job.wishes[SAMPLE_NOW]) / step:.2f} steps"
        )


if __name__ == "__main__":
    main()
