"""What an error costs: the loss of every element, and the weight of every picture.

Pure functions of tensors, computed in float32. ``snr`` is a/(1-a) for the cumulative alpha a.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# The signal-to-noise ratio that the weights below divide by stays within these. The upper bound is
# kohya's; the lower one keeps a weight finite where zero terminal SNR leaves no signal at all.
LOWEST_SNR, HIGHEST_SNR = 1e-3, 1e3


@dataclass(frozen=True)
class ErrorMeasure:
    """How far apart two tensors are: l2 is d², l1 is |d|, huber is 2c(sqrt(d²+c²)-c), smooth_l1
    the same without the factor c. The threshold c follows ``schedule`` over the timesteps.

    ``kohya_scale`` leaves ``scale`` out of the snr schedule.
    """

    kind: str = "l2"
    schedule: str = "snr"
    c: float = 0.1
    scale: float = 1.0
    kohya_scale: bool = False

    def __call__(
        self, predicted: Tensor, target: Tensor, timesteps: Tensor, alphas: Tensor
    ) -> Tensor:
        """Loss of every element of [B,C,H,W], float32."""
        difference = predicted.float() - target.float()
        if self.kind == "l2":
            return difference.square()
        if self.kind == "l1":
            return difference.abs()
        c = self.thresholds(timesteps, alphas).view(-1, 1, 1, 1)
        square = difference.square()
        # 2(sqrt(d²+c²)-c) without subtracting two numbers that are nearly the same.
        smooth = 2 * square / ((square + c * c).sqrt() + c)
        return smooth * c if self.kind == "huber" else smooth

    def thresholds(self, timesteps: Tensor, alphas: Tensor) -> Tensor:
        """c of each picture [B], for ``timesteps`` of a schedule of ``alphas`` [T]."""
        if self.schedule == "constant":
            return torch.full_like(alphas[timesteps], self.c * self.scale)
        if self.schedule == "exponential":
            passed = timesteps.float() / len(alphas)
            return (passed * math.log(self.c)).exp() * self.scale
        sigmas = ((1 - alphas[timesteps]) / alphas[timesteps]).sqrt()
        found = (1 - self.c) / (1 + sigmas).square() + self.c
        return found if self.kohya_scale else found * self.scale


def min_snr(snr: Tensor, gamma: float, predicts_v: bool) -> Tensor:
    """Weights that hold back steps with little noise (Hang et al. 2023)."""
    if predicts_v:
        return snr.clamp(max=gamma) / (snr + 1)
    return (gamma / snr).clamp(max=1)


def debiased(snr: Tensor, predicts_v: bool) -> Tensor:
    """Weights of debiased estimation (Yu et al. 2023)."""
    snr = _bounded(snr)
    return 1 / (snr + 1) if predicts_v else snr.rsqrt()


def v_as_noise(snr: Tensor) -> Tensor:
    """Weights that make a loss on v count as one on noise."""
    snr = snr.clamp(max=HIGHEST_SNR)
    return snr / (snr + 1)


def noise_as_v(snr: Tensor, share: float) -> Tensor:
    """Weights that add ``share`` of what a loss on v would count to one on noise."""
    return 1 + share / v_as_noise(_bounded(snr))


def _bounded(snr: Tensor) -> Tensor:
    return snr.clamp(LOWEST_SNR, HIGHEST_SNR)


def picture_means(errors: Tensor, masks: Tensor | None, by_area: bool) -> Tensor:
    """Mean of ``errors`` [B,C,H,W] of each picture [B].

    ``masks`` [B,1,H,W] from 0 to 1 weigh every place. The mean is over all places, as in kohya: a
    picture of which little is learned counts little. ``by_area`` divides by what the mask leaves
    in instead; a mask that leaves nothing in gives 0.
    """
    if masks is None:
        return errors.mean(dim=(1, 2, 3))
    errors = errors * masks
    if not by_area:
        return errors.mean(dim=(1, 2, 3))
    area = masks.expand_as(errors).sum(dim=(1, 2, 3))
    return errors.sum(dim=(1, 2, 3)) / area.clamp(min=1e-6)
