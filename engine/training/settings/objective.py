"""What the model is asked to predict, and what an error costs."""

from __future__ import annotations

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class ObjectiveSettings(Settings):
    """What the model is asked to predict, and what an error costs."""

    # fmt: off
    min_snr_gamma: float = setting(
        0.0, label="Min-SNR gamma", group="Objective", kohya="min_snr_gamma",
        help="Limits the weight of steps with little noise; 5 is usual, 0 is off.", ge=0, le=20)
    noise_offset: float = setting(
        0.0, label="Noise offset", group="Objective", kohya="noise_offset",
        help="Lets the model learn darker and brighter pictures; 0.05 is usual, 0 is off.",
        ge=0, le=1)
    prior_loss_weight: float = setting(
        1.0, label="Prior loss weight", group="Objective", kohya="prior_loss_weight",
        help="Weight of regularization pictures against the others.", ge=0, le=10)
    # fmt: on
