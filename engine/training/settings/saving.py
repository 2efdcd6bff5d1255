"""When checkpoints are written, and how."""

from __future__ import annotations

from typing import Literal

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class SavingSettings(Settings):
    """When checkpoints are written, and how."""

    # fmt: off
    save_every_n_epochs: int = setting(
        1, label="Save every", group="Saving", unit="epochs", kohya="save_every_n_epochs",
        help="Writes a checkpoint this often; the last one is always written. 0 is off.", ge=0)
    save_precision: Literal["float", "fp16", "bf16"] = setting(
        "float", label="Save as", group="Saving", kohya="save_precision",
        help="Number format of the checkpoints; float loses nothing.")
    training_comment: str = setting(
        "", label="Comment", group="Saving", kohya="training_comment", max_length=2000,
        help="Stored in every checkpoint.")
    # fmt: on
