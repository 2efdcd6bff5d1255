"""The one schema of a training run: every setting once, under kohya's name where kohya has it.

The form, the command line, TOML files and the user guide are made from these fields. A setting is
listed only when it is in effect.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict, ValidationInfo, field_validator

from engine.runtime.job import Request
from engine.training.controls import CONTROLS
from engine.training.settings.base import showable
from engine.training.settings.buckets import BucketSettings
from engine.training.settings.captions import CaptionSettings
from engine.training.settings.data import DataSettings
from engine.training.settings.length import LONGEST_ACCUMULATION, LengthSettings
from engine.training.settings.memory import MemorySettings
from engine.training.settings.network import NetworkSettings
from engine.training.settings.objective import ObjectiveSettings
from engine.training.settings.pictures import PictureSettings
from engine.training.settings.rates import RateSettings
from engine.training.settings.samples import SampleSettings
from engine.training.settings.saving import SavingSettings
from engine.training.settings.validation import ValidationSettings


class TrainRequest(  # the form shows the groups in this order from its end: pydantic reads bases so
    SampleSettings,
    ValidationSettings,
    SavingSettings,
    MemorySettings,
    ObjectiveSettings,
    PictureSettings,
    CaptionSettings,
    LengthSettings,
    RateSettings,
    NetworkSettings,
    BucketSettings,
    DataSettings,
    Request,
):
    """Train a LoRA. Values mean the same as in kohya's scripts; a zero is a zero, never "unset"."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )
    handler: ClassVar[str] = "engine.training.loop:run"
    title_key: ClassVar[str] = "Train {name}"
    controls: ClassVar[tuple[str, ...]] = CONTROLS

    # Declared here it is asked before the checks of every group, which would read all of a value.
    @field_validator("*", mode="before")
    @classmethod
    def _of_its_kind(cls, value: Any, info: ValidationInfo) -> Any:
        name = info.field_name
        if isinstance(value, bool) and name and cls.model_fields[name].annotation in (int, float):
            return str(value)  # a yes is no number, though Python counts it as 1
        return showable(value)

    @property
    def subject(self) -> str:
        """The name of the run."""
        return self.output_name

    def again(self) -> TrainRequest:
        """The rest of the run, where it saved a state before it was cut off."""
        from engine.training.runs import rest_of  # which reads requests itself

        return rest_of(self)

    def smaller(self) -> TrainRequest | None:
        """Half the batch and twice the accumulation; at batch 1, and where a dataset file says the
        batch, gradient checkpointing. A state fits one batch: what goes on from it keeps that.
        """
        half = 0 if self.resume or self._batch_is_elsewhere() else self.train_batch_size // 2
        if half:
            times = round(self.train_batch_size / half)
            collected = self.gradient_accumulation_steps * times
            if collected <= LONGEST_ACCUMULATION:
                return self._with(train_batch_size=half, gradient_accumulation_steps=collected)
        if not self.gradient_checkpointing:
            return self._with(gradient_checkpointing=True)
        return None

    def _batch_is_elsewhere(self) -> bool:
        if not self.dataset_config:
            return False
        from engine.training.dataset_file import says_batch  # a file is read only here

        return says_batch(Path(self.dataset_config))

    def _with(self, **changes: Any) -> TrainRequest:
        return type(self).model_validate({**self.model_dump(), **changes})
