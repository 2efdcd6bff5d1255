"""Training throughput against a plain loop over the same diffusers and peft objects.

    python tests/benchmarks/bench_training.py [starter|full|FOLDER] [side] [steps] [with|without]

Both sides train the same model in this process and by turns, a step each, so that the ratios mean
something on a busy machine: the starter, one of SD 1.5's size with random weights, or a diffusers
folder. The last word leaves one of the two runs out, ours with or without caches. Above 1 the
application is faster.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from engine.models.family import STARTER_FOLDER
from engine.runtime.device import default_threads
from engine.training.config import TrainRequest
from engine.training.loop import run
from tests.benchmarks.plain_loop import RANK, PlainLoop, full_size_model
from tests.benchmarks.watched import Inside, WatchedJob

ART = Path(__file__).resolve().parents[2] / "resources" / "sample" / "pixel"
WARM_UP = 1
LAST = 1  # the run does not come back after it, so it is not timed


class Turns:
    """A step of the plain loop before each of the run's, both in their parts."""

    def __init__(self, plain: PlainLoop, inside: Inside) -> None:
        self.encode: list[float] = []
        self.learn: list[float] = []
        self.inside: list[float] = []
        self._plain, self._inside, self._before = plain, inside, 0.0

    def __call__(self) -> None:
        if self.learn:
            self.inside.append(self._inside.seconds - self._before)
        began = time.perf_counter()
        inputs = self._plain.encode()
        encoded = time.perf_counter()
        self._plain.learn(*inputs)
        self.encode.append(encoded - began)
        self.learn.append(time.perf_counter() - encoded)
        self._before = self._inside.seconds


def measured(request: TrainRequest, plain: PlainLoop) -> tuple[list[float], Turns]:
    """Seconds of the run's steps, and of the plain loop's between them."""
    inside = Inside()
    turns = Turns(plain, inside)
    job = WatchedJob(request, turns)
    with inside.watching(request):
        run(request, job)
    return job.steps[WARM_UP:], turns


def ratio(others: list[float], own: list[float]) -> str:
    """The median over the turns."""
    return f"{statistics.median(b / a for a, b in zip(own, others[WARM_UP:], strict=False)):.3f}"


def model_of(size: str, folder: Path) -> Path:
    """The diffusers folder that the word on the command line stands for."""
    if size == "starter":
        return STARTER_FOLDER
    return full_size_model(folder) if size == "full" else Path(size)


def main() -> None:
    size, side, steps, *only = (*sys.argv[1:], *("starter", "128", "12")[len(sys.argv) - 1 :])
    batch = 8 if size == "starter" else 1
    torch.set_num_threads(default_threads())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, art = model_of(size, folder / "model"), folder / "art"
        art.mkdir()
        for picture in sorted(ART.glob("*.png"))[: 2 * batch]:
            shutil.copy(picture, art)
        plain = PlainLoop(model, art, int(side), batch)
        for caches in only or ("without", "with"):
            request = TrainRequest(
                base_model=str(model), train_data_dir=str(art), resolution=side,
                output_dir=f"{folder}/{caches}", network_dim=RANK, network_alpha=RANK,
                text_encoder_lr=0, train_batch_size=batch,
                max_train_steps=int(steps) + WARM_UP + LAST,
                enable_bucket=False, save_every_n_epochs=0, cache_latents=caches == "with",
                cache_latents_to_disk=False, cache_text_encoder_outputs=caches == "with",
            )  # fmt: skip
            own, turns = measured(request, plain)
            whole = [a + b for a, b in zip(turns.encode, turns.learn, strict=True)]
            outside = [1 - a / b for a, b in zip(turns.inside[WARM_UP:], own, strict=False)]
            print(
                f"{size}, {side} px, batch {batch}, {caches} caches: "
                f"{statistics.median(own):.3f} s a step; plain loop that encodes at every step "
                f"{ratio(whole, own)} of ours, that is given latents and texts "
                f"{ratio(turns.learn, own)}; outside forward, backward and optimizer "
                f"{statistics.median(outside):.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
