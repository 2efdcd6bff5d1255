"""Noise levels of a run: which sigmas a sampler visits, and the timestep that belongs to each.

Sigma is the noise of the variance-exploding view, sqrt((1 - a) / a) for the cumulative alpha ``a``.
Timesteps are fractional where a sigma falls between two of training (Karras et al. 2022,
arXiv:2206.00364, and k-diffusion's conversion): rounding them would shift every Karras step.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Schedule = Literal["normal", "karras", "exponential", "simple"]
Levels = tuple[np.ndarray, np.ndarray]

_RHO = 7.0


def noise_levels(cumulative: np.ndarray, schedule: Schedule, steps: int) -> Levels:
    """Sigmas [steps + 1], falling and ending in 0, and timesteps [steps] for a training table.

    ``cumulative`` holds the cumulative alphas of training, usually 1,000.
    """
    table = np.sqrt((1 - cumulative) / cumulative).astype(np.float64)
    if schedule == "normal":
        timesteps = np.linspace(len(table) - 1, 0, steps)
        sigmas = _sigma_at(timesteps, table)
    elif schedule == "simple":
        timesteps = len(table) - 1 - np.floor(np.arange(steps) * len(table) / steps)
        sigmas = _sigma_at(timesteps, table)
    else:
        sigmas = _karras(table, steps) if schedule == "karras" else _exponential(table, steps)
        timesteps = _timestep_at(sigmas, table)
    return np.append(sigmas, 0.0), timesteps


def ddim_levels(cumulative: np.ndarray, steps: int) -> Levels:
    """DDIM's own spacing (Song et al. 2020): every T/steps-th timestep, counted up from 1."""
    table = np.sqrt((1 - cumulative) / cumulative).astype(np.float64)
    stride = max(1, len(table) // steps)
    timesteps = np.minimum(np.arange(steps) * stride + 1, len(table) - 1)[::-1].astype(np.float64)
    return np.append(_sigma_at(timesteps, table), 0.0), timesteps


def evaluations(steps: int, strength: float) -> tuple[int, int]:
    """Total steps of the schedule and the step an image-to-image run starts at.

    The run starts at ``round(steps (1 - strength))``. Where that leaves fewer than four steps, the
    schedule is made finer instead, so that a weak strength is still drawn with care.
    """
    least = min(4, steps)
    start = round(steps * (1 - strength))
    if steps - start >= least:
        return steps, start
    total = int(least / strength)
    return total, total - least


def _karras(table: np.ndarray, steps: int) -> np.ndarray:
    ramp = np.linspace(0, 1, steps)
    low, high = table[0] ** (1 / _RHO), table[-1] ** (1 / _RHO)
    return (high + ramp * (low - high)) ** _RHO


def _exponential(table: np.ndarray, steps: int) -> np.ndarray:
    return np.exp(np.linspace(np.log(table[-1]), np.log(table[0]), steps))


def _sigma_at(timesteps: np.ndarray, table: np.ndarray) -> np.ndarray:
    return np.exp(np.interp(timesteps, np.arange(len(table)), np.log(table)))


def _timestep_at(sigmas: np.ndarray, table: np.ndarray) -> np.ndarray:
    return np.interp(np.log(sigmas), np.log(table), np.arange(len(table)))
