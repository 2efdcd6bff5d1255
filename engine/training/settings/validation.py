"""Pictures that are measured and not learned, so that copying can be told from learning."""

from __future__ import annotations

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class ValidationSettings(Settings):
    """The loss on pictures that are not learned."""

    # fmt: off
    validation_split: float = setting(
        0.0, label="Held-out share", group="Validation", kohya="validation_split", step=0.05,
        help="Part of every folder that is only measured, where no picture is held out by hand; "
        "0.1 is usual, 0 is none.", ge=0, lt=1)
    validation_seed: int = setting(
        0, label="Validation seed", group="Validation", kohya="validation_seed",
        help="Chooses the pictures of the share and the noise they are measured with; runs with "
        "the same can be compared.", ge=0, lt=2**32)
    validate_every_n_epochs: int = setting(
        1, label="Measure every", group="Validation", unit="epochs",
        kohya="validate_every_n_epochs",
        help="Measures the held-out loss this often; it is measured with every checkpoint anyway. "
        "0 is off.", ge=0)
    validate_every_n_steps: int = setting(
        0, label="Measure every", group="Validation", unit="steps",
        kohya="validate_every_n_steps",
        help="The same in steps; 0 is off.", ge=0)
    max_validation_steps: int = setting(
        0, label="Measured at most", group="Validation", unit="batches",
        kohya="max_validation_steps",
        help="Measures no more than this many batches of held-out pictures; 0 is all.", ge=0)
    validation_timesteps: int = setting(
        4, label="Noise levels measured", group="Validation",
        help="Every picture is measured at this many amounts of noise, evenly spread.",
        ge=1, le=50)
    early_stop_patience: int = setting(
        3, label="Suggest stopping after", group="Validation", unit="measurements",
        help="Suggests to stop when the held-out loss was no better this many times while the "
        "loss on trained pictures fell; 0 never does.", ge=0)
    # fmt: on
