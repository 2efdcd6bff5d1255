"""The rule that turns gradients into changes, and how large these are for each part."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator, model_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.arguments import joined, parse
from engine.training.optimizer_rules import OTHER, RULES, Rule, named
from engine.training.settings.base import Settings

OptimizerType = Literal[
    "AdamW", "AdamW8bit", "PagedAdamW", "PagedAdamW8bit", "PagedAdamW32bit",
    "Lion", "Lion8bit", "PagedLion8bit", "SGDNesterov", "SGDNesterov8bit",
    "Prodigy", "DAdaptation", "DAdaptAdamPreprint", "DAdaptAdaGrad", "DAdaptAdam", "DAdaptAdan",
    "DAdaptAdanIP", "DAdaptLion", "DAdaptSGD", "Adafactor",
    "AdamWScheduleFree", "RAdamScheduleFree", "SGDScheduleFree", "other",
]  # fmt: skip
AS_FIRST = -1.0
_TAKEN = {"params", "lr"}  # the rates have settings of their own


class OptimizerSettings(Settings):
    """The optimizer and the learning rates of the parts."""

    # fmt: off
    optimizer_type: OptimizerType = setting(
        "AdamW", label="Optimizer", group="Optimizer and rates", kohya="optimizer_type",
        help="The rule that turns gradients into changes.")
    optimizer_class: str = setting(
        "", label="Optimizer class", group="Optimizer and rates", when="optimizer_type=other",
        help="A class of torch.optim such as NAdam, or the full name of one in a package known for "
        "optimizers, such as pytorch_optimizer.CAME.")
    optimizer_args: str = setting(
        "", label="Optimizer arguments", group="Optimizer and rates", kohya="optimizer_args",
        help="More values for the optimizer, as betas=0.9,0.99 eps=1e-6; they win over the fields "
        "here.")
    optimizer_fallback: bool = setting(
        False, label="Replace a missing optimizer", group="Optimizer and rates",
        help="Where a package or a graphics card for the optimizer is missing, take the one that "
        "does the same with more memory, instead of stopping.")
    weight_decay: float = setting(
        0.01, label="Weight decay", group="Optimizer and rates",
        help="Pulls every weight toward zero a little at each step.", ge=0, le=1)
    learning_rate: float = setting(
        0.0, label="Base rate", group="Optimizer and rates", kohya="learning_rate",
        help="Stands for the rates that a file does not name, and is what the end of a schedule is "
        "measured against; 0 is the UNet's.", ge=0, le=10)
    unet_lr: float = setting(
        1e-4, label="UNet rate", group="Optimizer and rates", level="simple", kohya="unet_lr",
        help="Learning rate of the UNet; 0 leaves the UNet alone.", ge=0, le=10)
    text_encoder_lr: float = setting(
        5e-5, label="Text encoder rate", group="Optimizer and rates", kohya="text_encoder_lr",
        help="Learning rate of the text encoder; 0 leaves it alone.", ge=0, le=10)
    text_encoder_lr2: float = setting(
        AS_FIRST, label="Second text encoder rate", group="Optimizer and rates",
        help="Learning rate of SDXL's second text encoder; 0 leaves it alone, -1 is the first's.",
        ge=-1, le=10)
    stop_text_encoder_training: float = setting(
        0.0, label="Text encoder stops at", group="Optimizer and rates", unit="%",
        kohya="stop_text_encoder_training",
        help="The text encoder learns only in this first part of the run; 0 lets it learn to the "
        "end.", ge=0, le=100)
    max_grad_norm: float = setting(
        1.0, label="Gradient limit", group="Optimizer and rates", kohya="max_grad_norm",
        help="Longest gradient of one step; 0 sets no limit.", ge=0)
    # fmt: on

    @property
    def optimizer_rule(self) -> Rule:
        """What is special about the optimizer; of one that is only named by its class, what kohya's
        scripts take from the name.
        """
        free = self.optimizer_class.lower().endswith("schedulefree")
        return RULES.get(self.optimizer_type) or Rule(self.optimizer_class, schedule_free=free)

    @property
    def relative_steps(self) -> bool:
        """Whether Adafactor sizes its steps itself, so that rates and schedule do nothing."""
        return _relative(self.optimizer_type, self.optimizer_args)

    @property
    def base_rate(self) -> float:
        """The rate that absolute numbers of a schedule are divided by."""
        return self.learning_rate or self.unet_lr or self.text_encoder_lr

    def rate_of(self, part: str) -> float:
        """Learning rate of ``unet``, of ``te1`` (or ``text``, both encoders), or of ``te2``."""
        if part == "unet":
            return self.unet_lr
        if part == "te2" and self.text_encoder_lr2 != AS_FIRST:
            return self.text_encoder_lr2
        return self.text_encoder_lr

    @model_validator(mode="before")
    @classmethod
    def _kohya_optimizer(cls, values: Any) -> Any:
        """Kohya names any class where ours says "other", in any case; lists rates; and lets one
        rate stand for those that are not named.
        """
        if not isinstance(values, dict):
            return values
        values = dict(values)
        kind = values.get("optimizer_type")
        if isinstance(kind, str) and kind != OTHER:
            known = named(kind)
            values |= (
                {"optimizer_type": known}
                if known
                else {"optimizer_type": OTHER, "optimizer_class": kind.strip()}
            )
        if "learning_rate" in values:
            rate = values["learning_rate"]
            values = {"unet_lr": rate, "text_encoder_lr": rate} | values
        rates = _listed(values.get("text_encoder_lr"))
        if rates:
            values["text_encoder_lr"] = rates[0]
            if len(rates) > 1:
                values["text_encoder_lr2"] = rates[1]
        return values

    @field_validator("optimizer_class")
    @classmethod
    def _class_is_named(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("optimizer_type") == OTHER and not re.fullmatch(r"\w+(\.\w+)*", value):
            raise SettingError("Name a class such as NAdam or package.module.Class.")
        return value

    @field_validator("optimizer_args", mode="before")
    @classmethod
    def _readable_arguments(cls, value: Any) -> str:
        text = joined(value)
        taken = sorted(_TAKEN & set(parse(text)))
        if taken:
            raise SettingError("{name} is set by fields of its own, not here.", name=taken[0])
        return text

    @field_validator("text_encoder_lr")
    @classmethod
    def _something_learns(cls, value: float, info: ValidationInfo) -> float:
        if value == 0 and info.data.get("unet_lr") == 0:
            raise SettingError("Both learning rates are 0, so nothing would be learned.")
        _refuse_two_rates(info, info.data.get("unet_lr", value), value)
        return value

    @field_validator("text_encoder_lr2")
    @classmethod
    def _second_rate(cls, value: float, info: ValidationInfo) -> float:
        if value == AS_FIRST:
            return value
        if value < 0:
            raise SettingError("Must be a rate, or -1 for the first text encoder's.")
        for name in ("unet_lr", "text_encoder_lr"):
            _refuse_two_rates(info, info.data.get(name, value), value)
        return value

    @field_validator("stop_text_encoder_training")
    @classmethod
    def _something_goes_on(cls, value: float, info: ValidationInfo) -> float:
        if 0 < value < 100 and info.data.get("unet_lr") == 0:
            raise SettingError("The UNet's rate is 0, so nothing would learn after this.")
        return value


def _refuse_two_rates(info: ValidationInfo, other: float, value: float) -> None:
    """An optimizer that finds the rate itself cannot find two."""
    kind = info.data.get("optimizer_type", OTHER)
    if kind != OTHER and RULES[kind].one_rate and value and other and value != other:
        raise SettingError(
            "With {optimizer} all parts have one rate; make them equal, or one of them 0.",
            optimizer=kind,
        )


def _listed(value: Any) -> list[Any]:
    """The rates of a list, or of a text such as ``[1e-4, 5e-5]`` or ``1e-4 5e-5``."""
    if isinstance(value, str):
        value = [part for part in re.split(r"[\s,\[\]]+", value) if part]
    return list(value) if isinstance(value, (list, tuple)) else []


def _relative(kind: str, arguments: str) -> bool:
    return kind == "Adafactor" and bool(parse(arguments).get("relative_step", True))
