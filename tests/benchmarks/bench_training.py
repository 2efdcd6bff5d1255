"""Training throughput against a plain loop over the same diffusers and peft objects.

Run by hand: ``python tests/benchmarks/bench_training.py [starter|full] [side] [steps]``. Both sides
train the same model, the starter or one of SD 1.5's size with random weights, in this process and
by turns, a step each, so that the ratios mean something on a busy machine. Above 1 the application
is faster.
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

from engine.models.family import STARTER_FOLDER
from engine.runtime.device import default_threads
from engine.training.config import TrainRequest
from engine.training.loop import run
from tests.benchmarks.plain_loop import RANK, PlainLoop, full_size_model
from tests.benchmarks.watched import Inside, WatchedJob

ART = Path(__file__).resolve().parents[2] / "resources" / "sample" / "pixel"
BATCHES = {"starter": 8, "full": 1}
WARM_UP = 1


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


def main() -> None:
    size = sys.argv[1] if len(sys.argv) > 1 else "starter"
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 128
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    torch.set_num_threads(default_threads())
    with tempfile.TemporaryDirectory() as folder:
        model = STARTER_FOLDER if size == "starter" else full_size_model(Path(folder) / "model")
        plain = PlainLoop(model, ART, side, BATCHES[size])
        for caches in (False, True):
            request = TrainRequest(
                base_model=str(model), train_data_dir=str(ART), resolution=str(side),
                output_dir=f"{folder}/{caches}", network_dim=RANK, network_alpha=RANK,
                text_encoder_lr=0, train_batch_size=BATCHES[size], max_train_steps=steps + WARM_UP,
                enable_bucket=False, save_every_n_epochs=0, num_cpu_threads_per_process=0,
                cache_latents=caches, cache_latents_to_disk=False,
                cache_text_encoder_outputs=caches,
            )  # fmt: skip
            own, turns = measured(request, plain)
            whole = [a + b for a, b in zip(turns.encode, turns.learn, strict=True)]
            outside = [1 - a / b for a, b in zip(turns.inside[WARM_UP:], own, strict=False)]
            print(
                f"{size}, {side} px, batch {BATCHES[size]}, {'with' if caches else 'without'} "
                f"caches: {statistics.median(own):.3f} s a step; plain loop that encodes at every "
                f"step {ratio(whole, own)} of ours, that is given latents and texts "
                f"{ratio(turns.learn, own)}; outside forward, backward and optimizer "
                f"{statistics.median(outside):.1%}"
            )


if __name__ == "__main__":
    main()
