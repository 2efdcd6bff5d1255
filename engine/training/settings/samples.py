"""Pictures drawn while training."""

from __future__ import annotations

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class SampleSettings(Settings):
    """Pictures drawn while training."""

    # fmt: off
    sample_prompts: tuple[str, ...] = setting(
        (), label="Sample prompts", group="Samples", kohya="sample_prompts",
        help="Pictures drawn while training; kohya's options such as --d 42 --s 20 work.")
    sample_every_n_epochs: int = setting(
        1, label="Sample every", group="Samples", unit="epochs", kohya="sample_every_n_epochs",
        when="sample_prompts", help="Draws the sample prompts this often; 0 is off.", ge=0)
    sample_at_first: bool = setting(
        True, label="Sample at start", group="Samples", kohya="sample_at_first",
        when="sample_prompts", help="Draws the sample prompts before the first step too.")
    # fmt: on
