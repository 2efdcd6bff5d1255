"""Training throughput against a plain loop over the same diffusers and peft objects.

Run by hand: ``python tests/benchmarks/bench_training.py [steps]``. Both sides train the starter
model in this process. They take turns step by step (the plain step runs while the application's job
breathes), so that the ratio means something on a busy machine. Above 1 the application is faster.
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
from peft import LoraConfig

from engine.models.adapter_layers import targets_in
from engine.models.loading import load_model
from engine.runtime.device import default_device, default_threads
from engine.runtime.job import Job, JobHandle, Request
from engine.training.config import TrainRequest
from engine.training.loop import run

ART = Path(__file__).resolve().parents[2] / "resources" / "sample" / "pixel"
BATCH, RANK = 8, 16
WARM_UP = 3


class PlainLoop:
    """The shortest honest loop: random latents, one encoded caption, AdamW as torch makes it."""

    def __init__(self) -> None:
        self.device = default_device()
        self.model = load_model("starter", device=self.device, dtype=torch.float32)
        layers = [target.path for target in targets_in(self.model.unet)]
        self.model.unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=layers))
        self.learned = [p for p in self.model.unet.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.learned, lr=1e-3)
        self.alphas = torch.linspace(0.999, 0.01, 1000, device=self.device)
        self.latents = torch.randn(BATCH, 16, 16, 16, device=self.device)
        self.context = torch.randn(BATCH, 77, 128, device=self.device)

    def step(self) -> None:
        at = torch.randint(0, 1000, (BATCH,), device=self.device)
        signal = self.alphas[at].view(-1, 1, 1, 1)
        noise = torch.randn_like(self.latents)
        noisy = signal.sqrt() * self.latents + (1 - signal).sqrt() * noise
        answer = self.model.unet(noisy, at, self.context).sample
        loss = torch.nn.functional.mse_loss(answer, signal.sqrt() * noise - self.latents)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learned, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        loss.item()


class Turns:
    """Runs a plain step at every breath of the training, and times both sides."""

    def __init__(self, plain: PlainLoop) -> None:
        self.plain = plain
        self.seconds: dict[str, list[float]] = {"ours": [], "plain": []}
        self.training = False
        self._ended = 0.0

    def breathe(self) -> None:
        if not self.training:
            return
        began = time.perf_counter()
        if self._ended:
            self.seconds["ours"].append(began - self._ended)
        self.plain.step()
        self._ended = time.perf_counter()
        if len(self.seconds["plain"]) < len(self.seconds["ours"]) + 1:
            self.seconds["plain"].append(self._ended - began)


class WatchedJob(Job):
    """Tells when the steps begin: reading and encoding pictures is not what is measured."""

    def __init__(self, turns: Turns) -> None:
        super().__init__(JobHandle(Request()), turns.breathe)
        self._turns = turns

    def emit(self, kind: str, **data: object) -> None:
        self._turns.training |= kind == "train.started"


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    torch.set_num_threads(default_threads())
    turns = Turns(PlainLoop())
    with tempfile.TemporaryDirectory() as folder:
        request = TrainRequest(
            train_data_dir=str(ART), output_dir=f"{folder}/run", resolution="128",
            network_dim=RANK, network_alpha=RANK, conv_dim=RANK, conv_alpha=RANK, unet_lr=1e-3,
            text_encoder_lr=0, train_batch_size=BATCH, max_train_steps=steps, enable_bucket=False,
            save_every_n_epochs=0,
        )  # fmt: skip
        run(request, WatchedJob(turns))
    ours, plain = (turns.seconds[side][WARM_UP:] for side in ("ours", "plain"))
    ratios = [other / own for own, other in zip(ours, plain, strict=False)]
    print(
        f"{len(ratios)} steps of batch {BATCH}: ours {statistics.median(ours):.3f} s, "
        f"plain {statistics.median(plain):.3f} s, "
        f"ratio {statistics.median(ratios):.3f} (medians; at least 0.95 is wanted)"
    )


if __name__ == "__main__":
    main()
