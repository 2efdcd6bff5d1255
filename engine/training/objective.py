"""What the model is asked to predict, and how far off it was (DDPM, eq. 14; v: Salimans & Ho)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Objective:
    """The noise schedule of a base model and the loss on it.

    ``alphas`` is the cumulative product of 1-beta, float32 [T] on the training device.
    """

    alphas: Tensor
    prediction_type: str
    min_snr_gamma: float = 0.0

    @property
    def timesteps(self) -> int:
        """Number of noise levels."""
        return len(self.alphas)

    def noisy(self, clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """``clean`` [B,C,H,W] with the noise of ``timesteps`` [B] mixed in."""
        signal, sigma = self._levels(timesteps)
        return signal * clean + sigma * noise

    def target(self, clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What the UNet should answer: the noise, or the velocity of v-prediction."""
        if self.prediction_type == "epsilon":
            return noise
        signal, sigma = self._levels(timesteps)
        return signal * noise - sigma * clean

    def weights(self, timesteps: Tensor) -> Tensor:
        """Weight of each picture [B]; 1 unless min-SNR is on (Hang et al. 2023)."""
        if not self.min_snr_gamma:
            return torch.ones_like(self.alphas[timesteps])
        ratio = self.snr(timesteps)
        base = ratio if self.prediction_type == "epsilon" else ratio + 1
        return ratio.clamp(max=self.min_snr_gamma) / base

    def snr(self, timesteps: Tensor) -> Tensor:
        """Signal-to-noise ratio a/(1-a) [B]."""
        alphas = self.alphas[timesteps]
        return alphas / (1 - alphas)

    def losses(
        self, predicted: Tensor, target: Tensor, timesteps: Tensor, masks: Tensor | None = None
    ) -> Tensor:
        """Weighted mean squared error of each picture, float32 [B].

        ``masks`` [B,1,H,W] from 0 to 1 weigh every place. The mean is over all places, as in kohya:
        a picture of which little is learned counts little.
        """
        error = (predicted.float() - target.float()).square()
        if masks is not None:
            error = error * masks
        return error.mean(dim=(1, 2, 3)) * self.weights(timesteps)

    def _levels(self, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        alphas = self.alphas[timesteps].view(-1, 1, 1, 1)
        return alphas.sqrt(), (1 - alphas).sqrt()


@dataclass(frozen=True)
class Draw:
    """The chance in one batch, drawn on the CPU so that every device trains on the same noise."""

    posterior: Tensor
    noise: Tensor
    timesteps: Tensor


def draw(
    shape: tuple[int, int, int, int],
    timesteps: int,
    generator: torch.Generator,
    noise_offset: float = 0.0,
) -> Draw:
    """Draw for latents of ``shape`` in kohya's order: noise, offset, timesteps."""
    posterior = torch.randn(shape, generator=generator)
    noise = torch.randn(shape, generator=generator)
    if noise_offset:
        noise = noise + noise_offset * torch.randn((*shape[:2], 1, 1), generator=generator)
    return Draw(posterior, noise, torch.randint(timesteps, (shape[0],), generator=generator))


def cumulative_alphas(config: Mapping[str, Any]) -> Tensor:
    """Cumulative product of 1-beta, float32 [T], for a diffusers scheduler config."""
    steps = int(config.get("num_train_timesteps", 1000))
    start, end = float(config.get("beta_start", 0.00085)), float(config.get("beta_end", 0.012))
    if config.get("beta_schedule", "scaled_linear") == "scaled_linear":
        betas = torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64) ** 2
    else:
        betas = torch.linspace(start, end, steps, dtype=torch.float64)
    alphas = torch.cumprod(1.0 - betas, dim=0)
    if config.get("rescale_betas_zero_snr"):
        root = alphas.sqrt()
        alphas = ((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2
    return alphas.float()
