"""The chance in one batch: noise and its variants, timesteps.

All of it is drawn on the CPU, so that every device trains on the same noise, and in kohya's order:
noise, offset, coarser levels, timesteps, perturbation. What an option does not need is not drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from engine.training.settings.objective import ObjectiveSettings
from engine.training.timesteps import LEVELS, draw_timesteps

Shape = tuple[int, int, int, int]


@dataclass(frozen=True)
class Draw:
    """What was drawn for a batch of latents [B,C,H,W].

    ``posterior`` and ``noise`` are normal, [B,C,H,W]; ``timesteps`` int64 [B]. ``offset`` [B,C,1,1]
    is added to the noise with ``offset_strength``, which grows by ``adaptive`` times the mean of
    the clean latents. ``coarse`` [B,C,H,W] is added too, and the sum divided by ``deviation``, its
    own over the batch that was drawn (0: over the batch at hand, because it depends on the clean
    latents). ``perturbation`` [B,C,H,W] is seen by the model and is not in the target. ``place``
    [B,2] from 0 to 1 is where a part is cut out to be looked at.
    """

    posterior: Tensor
    noise: Tensor
    timesteps: Tensor
    offset: Tensor | None = None
    offset_strength: float = 0.0
    adaptive: float = 0.0
    coarse: Tensor | None = None
    deviation: float = 0.0
    perturbation: Tensor | None = None
    place: Tensor | None = None

    def target_noise(self, clean: Tensor) -> Tensor:
        """The noise of the batch on the device of its ``clean`` latents [B,C,H,W]."""
        noise = self.noise.to(clean.device)
        if self.offset is not None:
            noise = noise + self._strength(clean) * self.offset.to(clean.device)
        if self.coarse is not None:
            noise = noise + self.coarse.to(clean.device)
            noise = noise / (self.deviation or noise.std())
        return noise

    def seen_noise(self, noise: Tensor) -> Tensor:
        """The noise that is mixed into the latents, where ``noise`` is the target's."""
        if self.perturbation is None:
            return noise
        return noise + self.perturbation.to(noise.device)

    def _strength(self, clean: Tensor) -> Tensor | float:
        if not self.adaptive:
            return self.offset_strength
        means = clean.mean(dim=(2, 3), keepdim=True).abs()
        return (self.offset_strength + self.adaptive * means).clamp(min=0)


def draw(
    shape: Shape, settings: ObjectiveSettings, generator: torch.Generator, levels: int = LEVELS
) -> Draw:
    """Draw for latents of ``shape`` and a schedule of ``levels`` timesteps."""
    posterior = torch.randn(shape, generator=generator)
    noise = torch.randn(shape, generator=generator)
    offset, strength = _offset(shape, settings, generator)
    coarse = _coarse(shape, settings, generator)
    timesteps = draw_timesteps(settings, shape[0], generator, levels)
    perturbation = _perturbation(shape, settings, generator)
    place = torch.rand((shape[0], 2), generator=generator) if settings.sees_pictures else None
    found = Draw(
        posterior, noise, timesteps, offset, strength, settings.adaptive_noise_scale, coarse,
        perturbation=perturbation, place=place,
    )  # fmt: skip
    if coarse is None or found.adaptive:
        return found
    # Once for the batch, so that processes that share it divide by the same.
    total = noise + coarse if offset is None else noise + strength * offset + coarse
    return replace(found, deviation=float(total.std()))


def _offset(
    shape: Shape, settings: ObjectiveSettings, generator: torch.Generator
) -> tuple[Tensor | None, float]:
    if not settings.noise_offset:
        return None, 0.0
    random = settings.noise_offset_random_strength
    strength = _strength(settings.noise_offset, random, generator)
    return torch.randn((*shape[:2], 1, 1), generator=generator), strength


def _coarse(shape: Shape, settings: ObjectiveSettings, generator: torch.Generator) -> Tensor | None:
    levels, discount = settings.multires_noise_iterations, settings.multires_noise_discount
    return coarse_noise(shape, levels, discount, generator) if levels else None


def _perturbation(
    shape: Shape, settings: ObjectiveSettings, generator: torch.Generator
) -> Tensor | None:
    if not settings.ip_noise_gamma:
        return None
    random = settings.ip_noise_gamma_random_strength
    gamma = _strength(settings.ip_noise_gamma, random, generator)
    return gamma * torch.randn(shape, generator=generator)


def _strength(most: float, random: bool, generator: torch.Generator) -> float:
    """``most``, or anything from 0 to ``most``."""
    return most * float(torch.rand(1, generator=generator)) if random else most


def coarse_noise(
    shape: Shape, iterations: int, discount: float, generator: torch.Generator
) -> Tensor:
    """Pyramid noise [B,C,H,W]: level i is ``discount`` ** i times noise of 1/r**i the size, where
    r from 2 to 4 is drawn for every level. It ends after the first level that is one cell wide.
    """
    height, width = shape[2:]
    total = torch.zeros(shape)
    for level in range(iterations):
        ratio = float(torch.rand(1, generator=generator)) * 2 + 2
        size = [max(1, math.floor(side / ratio**level)) for side in (height, width)]
        fresh = torch.randn((*shape[:2], *size), generator=generator)
        total += interpolate(fresh, (height, width), mode="bilinear") * discount**level
        if 1 in size:
            break
    return total
