"""Learning-rate multipliers and step arithmetic: pure formulas, kohya's numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.training.config import TrainRequest


def multiplier(request: TrainRequest, step: int, total: int) -> float:
    """Factor on the learning rates at scheduler step ``step`` of ``total``; 0 at the first step
    of a warm-up. ``polynomial`` ends at 1e-7 as an absolute rate, counted from the UNet's.
    """
    warmup = request.warmup_steps(total)
    kind = request.lr_scheduler
    if kind == "constant":
        return 1.0
    if step < warmup:
        return step / warmup
    if kind == "constant_with_warmup":
        return 1.0
    done = (step - warmup) / max(1, total - warmup)
    if kind == "linear":
        return max(0.0, 1.0 - done)
    if kind == "cosine":
        return _arc(min(done, 1.0))
    if kind == "cosine_with_restarts":
        return 0.0 if done >= 1 else _arc(request.lr_scheduler_num_cycles * done % 1.0)
    rate = request.unet_lr or request.text_encoder_lr
    return _polynomial(done, request.lr_scheduler_power, rate)


def _arc(done: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * done))


def _polynomial(done: float, power: float, rate: float, end: float = 1e-7) -> float:
    return ((rate - end) * (1.0 - min(done, 1.0)) ** power + end) / rate


@dataclass(frozen=True)
class Length:
    """How long a run is: ``updates`` counts changes of the weights over the whole run."""

    batches_per_epoch: int
    updates_per_epoch: int
    epochs: int
    updates: int


def length(request: TrainRequest, batches_per_epoch: int) -> Length:
    """Epochs and updates of a run; epochs win over steps, as in kohya's scripts."""
    per_epoch = math.ceil(batches_per_epoch / request.gradient_accumulation_steps)
    if request.max_train_epochs:
        epochs = request.max_train_epochs
        return Length(batches_per_epoch, per_epoch, epochs, epochs * per_epoch)
    steps = request.max_train_steps
    return Length(batches_per_epoch, per_epoch, math.ceil(steps / per_epoch), steps)
