"""Optimizer, learning rates and how they move over the run."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.schema import setting
from engine.training.settings.base import Settings

LrScheduler = Literal[
    "constant", "constant_with_warmup", "cosine", "cosine_with_restarts", "linear", "polynomial"
]


class RateSettings(Settings):
    """Optimizer, learning rates and how they move over the run."""

    # fmt: off
    unet_lr: float = setting(
        1e-4, label="UNet rate", group="Optimizer and rates", level="simple", kohya="unet_lr",
        help="Learning rate of the UNet; 0 leaves the UNet alone.", ge=0, le=1)
    text_encoder_lr: float = setting(
        5e-5, label="Text encoder rate", group="Optimizer and rates", kohya="text_encoder_lr",
        help="Learning rate of the text encoder; 0 leaves it alone.", ge=0, le=1)
    optimizer_type: Literal["AdamW"] = setting(
        "AdamW", label="Optimizer", group="Optimizer and rates", kohya="optimizer_type",
        help="The rule that turns gradients into changes.")
    weight_decay: float = setting(
        0.01, label="Weight decay", group="Optimizer and rates",
        help="Pulls every weight toward zero a little at each step.", ge=0, le=1)
    lr_scheduler: LrScheduler = setting(
        "cosine", label="Schedule", group="Optimizer and rates", kohya="lr_scheduler",
        help="How the learning rates move over the run.")
    lr_scheduler_num_cycles: int = setting(
        1, label="Arcs", group="Optimizer and rates", kohya="lr_scheduler_num_cycles",
        when="lr_scheduler=cosine_with_restarts",
        help="How many times the rate falls from full to zero.", ge=1, le=1000)
    lr_scheduler_power: float = setting(
        1.0, label="Power", group="Optimizer and rates", kohya="lr_scheduler_power",
        when="lr_scheduler=polynomial", help="Exponent of the polynomial decay.", gt=0, le=10)
    lr_warmup: float = setting(
        0.0, label="Warm-up", group="Optimizer and rates", unit="%", kohya="lr_warmup",
        help="Part of the run in which the rates rise from zero.", ge=0, le=100)
    lr_warmup_steps: int = setting(
        0, label="Warm-up steps", group="Optimizer and rates", unit="steps",
        kohya="lr_warmup_steps",
        help="The same as a number of steps; 0 uses the percentage.", ge=0)
    max_grad_norm: float = setting(
        1.0, label="Gradient limit", group="Optimizer and rates", kohya="max_grad_norm",
        help="Longest gradient of one step; 0 sets no limit.", ge=0)
    # fmt: on

    def warmup_steps(self, total: int) -> int:
        """Warm-up in steps of a run of ``total`` steps."""
        return self.lr_warmup_steps or math.floor(total * self.lr_warmup / 100)

    @field_validator("text_encoder_lr")
    @classmethod
    def _something_learns(cls, value: float, info: ValidationInfo) -> float:
        if value == 0 and info.data.get("unet_lr") == 0:
            raise ValueError("both learning rates are 0, so nothing would be learned")
        return value

    @field_validator("lr_warmup", "lr_warmup_steps")
    @classmethod
    def _warmup_has_effect(cls, value: float, info: ValidationInfo) -> float:
        if value and info.data.get("lr_scheduler") == "constant":
            raise ValueError("a constant schedule has no warm-up; choose constant_with_warmup")
        return value
