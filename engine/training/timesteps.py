"""Which amount of noise each picture of a batch gets."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.settings.noise import NoiseSettings

LEVELS = 1000  # noise levels of every family so far


def draw_timesteps(
    settings: NoiseSettings, count: int, generator: torch.Generator, levels: int = LEVELS
) -> Tensor:
    """``count`` timesteps, int64, from ``min_timestep`` up to below ``max_timestep``.

    ``uniform`` is kohya's. ``sigmoid`` is sigmoid(scale * n) of a normal n, ``logit_normal`` is
    sigmoid(mean + spread * n) (Esser et al. 2024), both spread over the range.
    """
    low, high = settings.min_timestep, min(settings.max_timestep, levels)
    if settings.timestep_sampling == "uniform":
        return torch.randint(low, high, (count,), generator=generator)
    normal = torch.randn(count, generator=generator)
    if settings.timestep_sampling == "sigmoid":
        share = torch.sigmoid(settings.sigmoid_scale * normal)
    else:
        share = torch.sigmoid(settings.logit_mean + settings.logit_std * normal)
    return (low + share * (high - low)).long().clamp(max=high - 1)
