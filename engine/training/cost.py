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
    found = []
    if looks := looking(request, family):
        found.append(
            Reason(
                "The style terms look at {share} % of the pictures, so a step takes about {times} "
                "times as long.",
                share=round(100 * seen_share(request)),
                times=f"{1 + looks:.1f}",
            )
        )
    if request.preservation_weight:
        found.append(
            Reason(
                "Preservation asks the model twice more for every picture, so a step takes about "
                "{times} times as long.",
                times=f"{1 + holding(request):.1f}",
            )
        )
    return found


def looking(request: TrainRequest, family: str = "sd1") -> float:
    """How much longer a mean step takes with style terms, as a share of a step without."""
    if not request.sees_pictures:
        return 0.0
    work = WORK[family]
    eyes = work.encoder if request.style_features == "vae" else _VGG
    area = math.prod(request.size or (work.side, work.side))
    side = request.style_crop
    looked_at = min(side * side, area) if side else area
    # Forward and backward of the prediction, forward of the target.
    looks = (_passes(request) + 1) * (work.decoder + eyes) * looked_at
    return seen_share(request) * looks / (_passes(request) * work.unet * area)


def holding(request: TrainRequest) -> float:
    """How much longer a step takes with preservation, as a share of a step without."""
    if not request.preservation_weight:
        return 0.0
    return (_passes(request) + 1) / _passes(request)


def _passes(request: TrainRequest) -> int:
    """Forward and backward; checkpointing goes forward once more."""
    return 3 if request.gradient_checkpointing else 2


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
