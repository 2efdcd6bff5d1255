"""What settings of the objective cost in time, told before a run starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from engine.training.config import TrainRequest
from engine.training.reasons import Reason
from engine.training.settings.objective import ObjectiveSettings


@dataclass(frozen=True)
class _Work:
    """Multiplications of one forward pass per pixel, in millions, at the family's own size."""

    unet: float
    decoder: float
    encoder: float
    side: int


# Counted on the full-size models (tests/engine/training/test_cost.py counts them again).
WORK = {
    "sd1": _Work(unet=1.53, decoder=4.80, encoder=1.90, side=512),
    "sd2": _Work(unet=1.82, decoder=4.88, encoder=1.90, side=768),
    "sdxl": _Work(unet=3.22, decoder=4.99, encoder=1.90, side=1024),
}
_VGG = 0.36  # VGG19


def cost(request: TrainRequest, family: str = "sd1") -> list[Reason]:
    """A sentence for each setting that makes steps of ``request`` dearer on a model of ``family``.

    ``times`` in its facts is by how much a mean step gets longer where the device computes all
    parts equally fast; the probe before a run measures it.
    """
    share = seen_share(request)
    if not request.sees_pictures or not share:
        return []
    return [
        Reason(
            "The style terms look at {share} % of the pictures, so a step takes about {times} "
            "times as long.",
            share=round(100 * share),
            times=f"{step_factor(request, family):.1f}",
        )
    ]


def step_factor(request: TrainRequest, family: str = "sd1") -> float:
    """How many times as long a mean step takes as it would without style terms."""
    if not request.sees_pictures:
        return 1.0
    work = WORK[family]
    eyes = work.encoder if request.style_features == "vae" else _VGG
    area = math.prod(request.size or (work.side, work.side))
    side = request.style_crop
    looked_at = min(side * side, area) if side else area
    # Forward and backward of the prediction, forward of the target; checkpointing goes once more.
    again = int(request.gradient_checkpointing)
    looks = (3 + again) * (work.decoder + eyes) * looked_at
    plain = (2 + again) * work.unet * area
    return 1 + seen_share(request) * looks / plain


def seen_share(settings: ObjectiveSettings) -> float:
    """The share of drawn timesteps that lie in the window of the style terms, 0 to 1."""
    below = _below(settings, settings.style_max_timestep)
    return max(0.0, below - _below(settings, settings.style_min_timestep))


def _below(settings: ObjectiveSettings, timestep: int) -> float:
    """The share of drawn timesteps below ``timestep``."""
    low, high = settings.min_timestep, settings.max_timestep
    place = (timestep - low) / (high - low)
    if not 0 < place < 1:
        return float(place >= 1)
    if settings.timestep_sampling == "uniform":
        return place
    logit = math.log(place / (1 - place))
    if settings.timestep_sampling == "sigmoid":
        return NormalDist(0, settings.sigmoid_scale).cdf(logit)
    return NormalDist(settings.logit_mean, settings.logit_std).cdf(logit)
