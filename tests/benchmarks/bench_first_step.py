"""From a new process to the end of its first training step, against the plain loop.

Run by hand: ``python tests/benchmarks/bench_first_step.py [rounds]``. Every start is a process of
its own that learns one batch with the starter; the sides take turns. Below 1 the application is
sooner.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

ART = ROOT / "resources" / "sample" / "pixel"
BATCH, SIDE = 8, 128
DONE = "first step done"
WAYS = {
    "plain loop": {},
    "without caches": {"cache_latents": False},
    "all pictures and captions encoded first": {"cache_text_encoder_outputs": True},
    "the same, from the caches of the run before": {"cache_text_encoder_outputs": True},
}


def tell() -> None:
    """The first step is done, and nothing after it is of interest."""
    print(DONE, flush=True)
    os._exit(0)


def learn_plain() -> None:
    """What the child process of the plain loop does; like the other's, all of its imports count."""
    from engine.models.family import STARTER_FOLDER
    from tests.benchmarks.plain_loop import PlainLoop

    plain = PlainLoop(STARTER_FOLDER, ART, SIDE, BATCH)
    plain.learn(*plain.encode())
    tell()


def learn(way: str, folder: str) -> None:
    """What the child process of the application does."""
    from engine.runtime.job import Job, JobHandle
    from engine.training.config import TrainRequest
    from engine.training.loop import run
    from tests.benchmarks.plain_loop import RANK

    class UntilTheFirst(Job):
        def emit(self, kind: str, **data: object) -> None:
            if kind == "train.step":
                tell()

    values = {
        "train_data_dir": str(ART), "output_dir": folder, "resolution": str(SIDE),
        "network_dim": RANK, "text_encoder_lr": 0, "train_batch_size": BATCH,
        "max_train_steps": 2, "enable_bucket": False,
    }  # fmt: skip
    request = TrainRequest.model_validate(values | WAYS[way])
    run(request, UntilTheFirst(JobHandle(request)))


def seconds(way: str, folder: str) -> float:
    """From the start of a process to its first step."""
    began = time.perf_counter()
    command = [sys.executable, __file__, way, folder]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        if not any(line.strip() == DONE for line in child.stdout):
            raise SystemExit(f"{way}: no step was made")
        return time.perf_counter() - began


def main() -> None:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if len(sys.argv) > 2:
        way, folder = sys.argv[1:]
        learn_plain() if way == "plain loop" else learn(way, folder)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for number, way in enumerate(WAYS):
                place = f"{folder}/{min(number, 2)}"  # the last two share theirs
                found[way].append(seconds(way, place))
    plain = found["plain loop"]
    for way, own in found.items():
        ratio = statistics.median(a / b for a, b in zip(own, plain, strict=True))
        print(f"{way}: {statistics.median(own):.1f} s to the first step, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
