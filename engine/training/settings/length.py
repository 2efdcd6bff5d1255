"""How long is learned, from how many pictures at once, and from which chance."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationInfo, field_validator, model_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings

LONGEST_ACCUMULATION = 1024


class LengthSettings(Settings):
    """How long is learned, from how many pictures at once, and from which chance."""

    # fmt: off
    train_batch_size: int = setting(
        4, label="Batch", group="Length", level="simple", unit="pictures",
        kohya="train_batch_size", help="Pictures learned from together.", ge=1, le=256)
    gradient_accumulation_steps: int = setting(
        1, label="Accumulate", group="Length", unit="batches", kohya="gradient_accumulation_steps",
        help="Batches collected before each change of the weights.", ge=1,
        le=LONGEST_ACCUMULATION)
    kohya_accumulation: bool = setting(
        False, label="Batches count alike", group="Length",
        help="As in kohya's scripts, every batch counts the same however few pictures it has, and "
        "a last short group counts less; off, every picture counts the same.")
    max_train_epochs: int = setting(
        10, label="Epochs", group="Length", level="simple", unit="epochs",
        kohya="max_train_epochs",
        help="How often all pictures are gone through; 0 lets the steps decide.", ge=0)
    max_train_steps: int = setting(
        0, label="Steps", group="Length", unit="steps", kohya="max_train_steps",
        help="Changes of the weights; used only when epochs is 0.", ge=0)
    seed: int = setting(
        0, label="Seed", group="Length", kohya="seed",
        help="Starting point of all chance; the same seed gives the same run.", ge=0, lt=2**32)
    # fmt: on

    @model_validator(mode="before")
    @classmethod
    def _steps_without_epochs(cls, values: Any) -> Any:
        # Kohya lets epochs win over steps; who names only steps means steps.
        if isinstance(values, dict) and values.get("max_train_steps"):
            values = {"max_train_epochs": 0, **values}
        return values

    @field_validator("max_train_steps")
    @classmethod
    def _some_length(cls, value: int, info: ValidationInfo) -> int:
        if value == 0 and info.data.get("max_train_epochs") == 0:
            raise SettingError("Epochs and steps are both 0, so the run would have no length.")
        return value
