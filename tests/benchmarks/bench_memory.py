"""Memory of a training step against a plain loop over the same diffusers and peft objects.

Run by hand: ``python tests/benchmarks/bench_memory.py [side]``. The UNet has the size of SD 1.5 and
random weights; both sides learn from one picture of ``side`` pixels (256). What is counted are the
bytes of all tensors that live at once, so the numbers are the same on a busy machine. Below 1 the
application needs less.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from PIL import Image

from engine.runtime.device import default_threads, free_memory
from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.meter import LiveBytes
from engine.training.probe import measure
from tests.benchmarks.plain_loop import RANK, PlainLoop, full_size_model

VARIANTS: dict[str, dict[str, object]] = {
    "as it is": {},
    "gradient checkpointing": {"gradient_checkpointing": True},
    "sliced attention": {"attention": "sliced"},
    "bf16": {"mixed_precision": "bf16"},
    "bf16, base in fp8": {"mixed_precision": "bf16", "fp8_base": True},
}


def plain_bytes(model: Path, art: Path, side: int) -> int:
    """The most that lives at once in two steps of the plain loop that encodes at every step."""
    plain = PlainLoop(model, art, side, 1)
    parts = (plain.unet, plain.vae, plain.text)
    own = sum(weight.nbytes for part in parts for weight in part.parameters())
    with LiveBytes() as live:
        for _ in range(2):
            plain.learn(*plain.encode())
    return own + live.peak


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    torch.set_num_threads(default_threads())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = full_size_model(folder / "model")
        (folder / "art" / "1_style").mkdir(parents=True)
        Image.new("RGB", (side, side), "teal").save(folder / "art" / "1_style" / "one.png")
        plain = plain_bytes(model, folder / "art", side)
        gc.collect()
        print(f"plain loop: {plain / 2**20:.0f} MB")
        for label, changes in VARIANTS.items():
            values = {
                "base_model": str(model), "train_data_dir": str(folder / "art"),
                "output_dir": str(folder / "run"), "resolution": str(side), "network_dim": RANK,
                "text_encoder_lr": 0, "train_batch_size": 1, "max_train_steps": 2,
            }  # fmt: skip
            request = TrainRequest.model_validate(values | changes)
            found = measure(request, Job.detached())
            ratio = found.peak_bytes / plain
            print(
                f"{label}: {found.peak_bytes / 2**20:.0f} MB, ratio {ratio:.3f}, "
                f"{found.seconds_per_step:.2f} s a step"
            )
            free_memory(unload=True)


if __name__ == "__main__":
    main()
