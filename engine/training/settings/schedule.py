"""How the learning rates move over the run."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator, model_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.arguments import joined, parse
from engine.training.settings.base import Settings

LrScheduler = Literal[
    "constant", "constant_with_warmup", "cosine", "cosine_with_restarts", "cosine_with_min_lr",
    "linear", "polynomial", "inverse_sqrt", "warmup_stable_decay", "piecewise_constant",
    "adafactor",
]  # fmt: skip
ARCS = "lr_scheduler=cosine_with_restarts|cosine_with_min_lr|warmup_stable_decay"
# What the schedules take beside the fields here; kohya's scripts pass these on by name.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "cosine_with_min_lr": ("min_lr", "min_lr_rate"),
    "polynomial": ("lr_end",),
    "piecewise_constant": ("step_rules",),
}
_WITHOUT_WARMUP = ("constant", "piecewise_constant", "adafactor")


class ScheduleSettings(Settings):
    """The course of the learning rates."""

    # fmt: off
    lr_scheduler: LrScheduler = setting(
        "cosine", label="Schedule", group="Schedule", kohya="lr_scheduler",
        help="How the learning rates move over the run.")
    lr_scheduler_type: str = setting(
        "", label="Schedule class", group="Schedule", kohya="lr_scheduler_type",
        help="A class of torch.optim.lr_scheduler such as CosineAnnealingLR, or the full name of "
        "an installed one; takes the place of the schedule.")
    lr_scheduler_args: str = setting(
        "", label="Schedule arguments", group="Schedule", kohya="lr_scheduler_args",
        help="More values for the schedule: step_rules=1:100,0.1 is full for 100 steps, then a "
        "tenth.")
    lr_scheduler_num_cycles: int = setting(
        1, label="Cycles", group="Schedule", kohya="lr_scheduler_num_cycles", when=ARCS,
        help="How many times the rate falls; it jumps up in between, or where there is a floor "
        "every second cycle rises.", ge=1, le=1000)
    lr_scheduler_power: float = setting(
        1.0, label="Power", group="Schedule", kohya="lr_scheduler_power",
        when="lr_scheduler=polynomial", help="Exponent of the polynomial decay.", gt=0, le=10)
    lr_scheduler_min_lr_ratio: float = setting(
        0.1, label="Floor", group="Schedule", kohya="lr_scheduler_min_lr_ratio",
        when="lr_scheduler=cosine_with_min_lr|warmup_stable_decay",
        help="What is left of the rates at the end, as a part of them.", ge=0, le=1)
    lr_scheduler_timescale: int = setting(
        0, label="Time scale", group="Schedule", unit="steps", kohya="lr_scheduler_timescale",
        when="lr_scheduler=inverse_sqrt",
        help="After how many more steps the rate has fallen to 71 %; 0 is the warm-up, or 10,000.",
        ge=0)
    lr_warmup: float = setting(
        0.0, label="Warm-up", group="Schedule", unit="%", kohya="lr_warmup",
        help="Part of the run in which the rates rise from zero.", ge=0, le=100)
    lr_warmup_steps: int = setting(
        0, label="Warm-up steps", group="Schedule", unit="steps", kohya="lr_warmup_steps",
        help="The same as a number of steps; 0 uses the percentage.", ge=0)
    lr_decay: float = setting(
        20.0, label="Fall", group="Schedule", unit="%",
        when="lr_scheduler=warmup_stable_decay",
        help="Last part of the run, in which the rates fall to the floor.", ge=0, le=100)
    lr_decay_steps: int = setting(
        0, label="Fall in steps", group="Schedule", unit="steps", kohya="lr_decay_steps",
        when="lr_scheduler=warmup_stable_decay",
        help="The same as a number of steps; 0 uses the percentage.", ge=0)
    # fmt: on

    def warmup_steps(self, total: int) -> int:
        """Warm-up in steps of a run of ``total`` steps."""
        return self.lr_warmup_steps or math.floor(total * self.lr_warmup / 100)

    def decay_steps(self, total: int) -> int:
        """The fall at the end in steps of a run of ``total`` steps."""
        return self.lr_decay_steps or math.floor(total * self.lr_decay / 100)

    @model_validator(mode="before")
    @classmethod
    def _shares_of_the_run(cls, values: Any) -> Any:
        """Kohya's scripts take steps, a fraction of the run or a percentage in one argument."""
        if isinstance(values, dict):
            values = dict(values)
            for name in ("lr_warmup", "lr_decay"):
                _share(values, name)
        return values

    @field_validator("lr_scheduler")
    @classmethod
    def _fits_the_optimizer(cls, value: str, info: ValidationInfo) -> str:
        if value == "adafactor" and not _relative(info.data):
            raise SettingError(
                "This schedule belongs to the optimizer Adafactor with relative_step=True."
            )
        return value

    @field_validator("lr_scheduler_type")
    @classmethod
    def _class_name(cls, value: str) -> str:
        value = value.strip()
        if value and not re.fullmatch(r"\w+(\.\w+)*", value):
            raise SettingError("Name a class such as CosineAnnealingLR or package.module.Class.")
        return value

    @field_validator("lr_scheduler_args", mode="before")
    @classmethod
    def _readable_schedule_arguments(cls, value: Any, info: ValidationInfo) -> str:
        text = joined(value)
        given = arguments(text)
        kind = info.data.get("lr_scheduler", "")
        if info.data.get("lr_scheduler_type") or not kind:
            return text
        unknown = sorted(set(given) - set(ARGUMENTS.get(kind, ())))
        if unknown:
            raise SettingError(
                "{name} is no argument of the schedule {kind}.", name=unknown[0], kind=kind
            )
        if kind == "piecewise_constant":
            step_rules(str(given.get("step_rules", "")))
        if len(given) == 2:
            raise SettingError("Give min_lr or min_lr_rate, not both.")
        return text

    @field_validator("lr_warmup", "lr_warmup_steps")
    @classmethod
    def _warmup_has_effect(cls, value: float, info: ValidationInfo) -> float:
        kind = info.data.get("lr_scheduler")
        if value and kind == "constant":
            raise SettingError("A constant schedule has no warm-up; choose constant_with_warmup.")
        if value and (kind in _WITHOUT_WARMUP or info.data.get("lr_scheduler_type")):
            raise SettingError("This schedule has no warm-up.")
        return value


def arguments(text: str) -> Mapping[str, Any]:
    """The pairs of ``lr_scheduler_args``; step rules need no quotes. Raises ValueError."""
    return parse(text, ("step_rules",))


def step_rules(text: str) -> tuple[tuple[tuple[int, float], ...], float]:
    """``1:100,0.1`` as ((step before which a factor holds, factor), ...) and the last factor.

    This is diffusers' notation. Raises ValueError with one sentence.
    """
    *parts, last = text.replace(" ", "").split(",")
    try:
        pairs = [(int(step), float(factor)) for factor, step in (p.split(":") for p in parts)]
        return tuple(sorted(pairs)), float(last)
    except ValueError:
        raise SettingError(
            "This schedule needs step_rules, such as step_rules=1:100,0.1."
        ) from None


def _relative(data: Mapping[str, Any]) -> bool:
    adafactor = data.get("optimizer_type") == "Adafactor"
    return adafactor and bool(parse(data.get("optimizer_args", "")).get("relative_step", True))


def _share(values: dict[str, Any], name: str) -> None:
    """Turn ``<name>_steps`` as a fraction or a text with % into the percentage ``name``."""
    given = values.get(f"{name}_steps")
    text = given.strip() if isinstance(given, str) else ""
    if re.fullmatch(r"\d*\.\d+", text):
        given = float(text)
    if text.endswith("%"):
        values[name] = text.rstrip("% ")
    elif isinstance(given, float) and 0 < given <= 1:
        values[name] = given * 100
    else:
        return
    del values[f"{name}_steps"]
