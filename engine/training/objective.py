"""What the model is asked to predict, and how far off it was (DDPM, eq. 14; v: Salimans & Ho)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from engine.models.loading import LoadedModel
from engine.training import losses
from engine.training.config import TrainRequest
from engine.training.losses import ErrorMeasure
from engine.training.noise import Draw
from engine.training.preservation import Preservation
from engine.training.style_loss import PictureTerms


@dataclass(frozen=True)
class Objective:
    """The noise schedule of a base model and the loss on it.

    ``alphas`` is the cumulative product of 1-beta, float32 [T] on the training device; ``weighing``
    is the one the weights of the timesteps are computed from, None for the same. ``error`` measures
    elements; the options after it are kohya's weightings, which multiply if several are on.
    ``masked`` and ``by_area`` say what training masks do. ``pictures`` are the style terms and
    ``preservation`` what holds the model, where there are any.
    """

    alphas: Tensor
    prediction_type: str
    min_snr_gamma: float = 0.0
    error: ErrorMeasure = field(default_factory=ErrorMeasure)
    debiased: bool = False
    scale_v: bool = False
    v_like: float = 0.0
    weighing: Tensor | None = None
    masked: bool = True
    by_area: bool = False
    pictures: PictureTerms | None = None
    preservation: Preservation | None = None

    @classmethod
    def of(cls, request: TrainRequest, model: LoadedModel) -> Objective:
        """The objective of ``request`` on ``model``."""
        config, device = model.scheduler_config, model.device
        fixed = request.zero_terminal_snr or bool(config.get("rescale_betas_zero_snr"))
        unfixed = request.kohya_loss_weights and fixed
        return cls(
            alphas=cumulative_alphas(config, zero_snr=fixed).to(device),
            prediction_type=model.prediction_type,
            min_snr_gamma=request.min_snr_gamma,
            error=ErrorMeasure(
                kind=request.loss_type,
                schedule=request.huber_schedule,
                c=request.huber_c,
                scale=request.huber_scale,
                kohya_scale=request.kohya_loss_weights,
            ),
            debiased=request.debiased_estimation_loss,
            scale_v=request.scale_v_pred_loss_like_noise_pred,
            v_like=request.v_pred_like_loss,
            weighing=cumulative_alphas(config, zero_snr=False).to(device) if unfixed else None,
            masked=request.masked_loss,
            by_area=request.masked_loss_area,
            pictures=PictureTerms.of(request, model),
            preservation=Preservation.of(request),
        )

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
        if not self._predicts_v:
            return noise
        signal, sigma = self._levels(timesteps)
        return signal * noise - sigma * clean

    def clean(self, noisy: Tensor, predicted: Tensor, timesteps: Tensor) -> Tensor:
        """The clean latents that an answer of the UNet stands for, float32."""
        signal, sigma = self._levels(timesteps)
        if self._predicts_v:
            return signal * noisy - sigma * predicted.float()
        return (noisy - sigma * predicted.float()) / signal

    def weights(self, timesteps: Tensor) -> Tensor:
        """Weight of each picture [B]; 1 unless a weighting is on."""
        return self._weights[timesteps]

    @cached_property
    def _weights(self) -> Tensor:
        """The weight of every timestep, float32 [T]."""
        snr = self._snr
        weights = torch.ones_like(snr)
        if self.min_snr_gamma:
            weights = weights * losses.min_snr(snr, self.min_snr_gamma, self._predicts_v)
        if self.scale_v:
            weights = weights * losses.v_as_noise(snr)
        if self.v_like:
            weights = weights * losses.noise_as_v(snr, self.v_like)
        if self.debiased:
            weights = weights * losses.debiased(snr, self._predicts_v)
        return weights

    @cached_property
    def _snr(self) -> Tensor:
        """The signal-to-noise ratio a/(1-a) that the weights follow, float32 [T]."""
        alphas = self.alphas if self.weighing is None else self.weighing
        return alphas / (1 - alphas)

    def losses(
        self, predicted: Tensor, target: Tensor, timesteps: Tensor, masks: Tensor | None = None
    ) -> Tensor:
        """Weighted mean error of each picture, float32 [B]; ``masks`` [B,1,H,W] from 0 to 1."""
        errors = self.error(predicted, target, timesteps, self.alphas)
        means = losses.picture_means(errors, masks if self.masked else None, self.by_area)
        return means * self.weights(timesteps)

    def picture_losses(
        self,
        noisy: Tensor,
        predicted: Tensor,
        clean: Tensor,
        draw: Draw,
        masks: Tensor | None = None,
    ) -> Tensor:
        """Style and perceptual terms of each picture, float32 [B]; 0 outside their window.

        What a mask leaves out is taken from the true picture, so that it cannot differ.
        """
        assert self.pictures is not None
        found = torch.zeros(len(clean), device=clean.device)
        timesteps = draw.timesteps.to(clean.device)
        # Without any signal an answer about the noise says nothing about the picture.
        seen = self.pictures.sees(timesteps) & (self.alphas[timesteps] > 0)
        rows = seen.nonzero().flatten()
        if len(rows) == 0:
            return found
        guess = self.clean(noisy[rows], predicted[rows], timesteps[rows])
        if masks is not None and self.masked:
            guess = torch.lerp(clean[rows], guess, masks[rows])
        place = None if draw.place is None else draw.place[rows.cpu()]
        return found.index_add(0, rows, self.pictures.losses(guess, clean[rows], place))

    @property
    def _predicts_v(self) -> bool:
        return self.prediction_type == "v_prediction"

    def _levels(self, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        alphas = self.alphas[timesteps].view(-1, 1, 1, 1)
        return alphas.sqrt(), (1 - alphas).sqrt()


def cumulative_alphas(config: Mapping[str, Any], *, zero_snr: bool | None = None) -> Tensor:
    """Cumulative product of 1-beta, float32 [T], for a diffusers scheduler config.

    ``zero_snr`` ends it in pure noise (Lin et al. 2023); None does what the config says.
    """
    steps = int(config.get("num_train_timesteps", 1000))
    start, end = float(config.get("beta_start", 0.00085)), float(config.get("beta_end", 0.012))
    if config.get("beta_schedule", "scaled_linear") == "scaled_linear":
        betas = torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64) ** 2
    else:
        betas = torch.linspace(start, end, steps, dtype=torch.float64)
    alphas = torch.cumprod(1.0 - betas, dim=0)
    if config.get("rescale_betas_zero_snr") if zero_snr is None else zero_snr:
        root = alphas.sqrt()
        alphas = ((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2
    return alphas.float()
