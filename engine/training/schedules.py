"""Learning-rate multipliers and step arithmetic: pure formulas, kohya's numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.training.config import TrainRequest
from engine.training.settings.schedule import arguments, step_rules


def multiplier(request: TrainRequest, step: int, total: int) -> float:
    """Factor on the learning rates at scheduler step ``step`` of ``total``; 0 at the first step
    of a warm-up. 1 where something else decides: a schedule of a class, or the optimizer.
    """
    if follows_no_schedule(request):
        return 1.0
    kind = request.lr_scheduler
    if kind == "piecewise_constant":
        return _piece(request, step)
    warmup = request.warmup_steps(total)
    if kind == "warmup_stable_decay":
        return _stable(request, step, total, warmup)
    if step < warmup:
        return step / warmup
    if kind == "inverse_sqrt":
        scale = request.lr_scheduler_timescale or warmup or 10000
        return 1.0 / math.sqrt((step + scale - warmup) / scale)
    return _CURVES[kind](request, (step - warmup) / max(1, total - warmup))


def follows_no_schedule(request: TrainRequest) -> bool:
    """Whether the rates are not multiplied by any of the schedules named here."""
    free = request.optimizer_rule.schedule_free or request.relative_steps
    return free or bool(request.lr_scheduler_type) or request.lr_scheduler == "constant"


def planned_rate(request: TrainRequest, part: str, step: int, total: int) -> float | None:
    """The rate of ``part`` (unet, te1, te2) at scheduler step ``step`` of ``total``; None where no
    formula tells it: a schedule of a class, or an optimizer that sizes its steps itself.
    """
    if request.lr_scheduler_type or request.relative_steps:
        return None
    if part != "unet" and not text_learns(request, step, total):
        return 0.0
    return request.rate_of(part) * multiplier(request, step, total)


def text_learns(request: TrainRequest, step: int, total: int) -> bool:
    """Whether the text encoder still learns at ``step`` of ``total``."""
    share = request.stop_text_encoder_training / 100
    return not share or step / total < share


def _arc(done: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * done))


def _restarts(request: TrainRequest, done: float) -> float:
    return 0.0 if done >= 1 else _arc(request.lr_scheduler_num_cycles * done % 1.0)


def _polynomial(request: TrainRequest, done: float) -> float:
    rate = request.base_rate
    end = float(arguments(request.lr_scheduler_args).get("lr_end", 1e-7))
    return ((rate - end) * (1.0 - min(done, 1.0)) ** request.lr_scheduler_power + end) / rate


def _floored(request: TrainRequest, done: float) -> float:
    given = arguments(request.lr_scheduler_args)
    floor = float(given.get("min_lr_rate", request.lr_scheduler_min_lr_ratio))
    if "min_lr" in given:
        floor = float(given["min_lr"]) / request.base_rate
    return max(0.0, floor + (1.0 - floor) * _arc(request.lr_scheduler_num_cycles * done))


def _stable(request: TrainRequest, step: int, total: int, warmup: int) -> float:
    """Up from the floor, along the top, and down to the floor at the end."""
    floor, fall = request.lr_scheduler_min_lr_ratio, request.decay_steps(total)
    if step < warmup:
        return floor + (1.0 - floor) * step / warmup
    if step >= total:
        return floor
    done = max(0.0, (step - (total - fall)) / max(1, fall))
    return floor + (1.0 - floor) * _arc(request.lr_scheduler_num_cycles * done)


def _piece(request: TrainRequest, step: int) -> float:
    rules, last = step_rules(str(arguments(request.lr_scheduler_args)["step_rules"]))
    return next((factor for end, factor in rules if step < end), last)


_CURVES: dict[str, Callable[[TrainRequest, float], float]] = {
    "constant_with_warmup": lambda request, done: 1.0,
    "adafactor": lambda request, done: 1.0,
    "linear": lambda request, done: max(0.0, 1.0 - done),
    "cosine": lambda request, done: _arc(min(done, 1.0)),
    "cosine_with_restarts": _restarts,
    "cosine_with_min_lr": _floored,
    "polynomial": _polynomial,
}


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


def picture_weight(request: TrainRequest, batch: int, group: Sequence[int]) -> float:
    """Weight of every picture's loss in a batch of ``batch`` pictures, one of a group with batches
    of ``group`` pictures that make one update together.

    All pictures of the group weigh alike, also in a short last group. Kohya's scripts take the mean
    of each batch and divide by the length of a full group.
    """
    if request.kohya_accumulation:
        return 1.0 / (batch * request.gradient_accumulation_steps)
    return 1.0 / sum(group)
