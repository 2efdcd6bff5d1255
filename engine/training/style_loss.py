"""Style and perceptual terms: how the predicted clean picture looks, against the true one.

Style compares Gram matrices of features (Gatys et al. 2016), so it asks which textures, colors and
strokes there are and not where; the perceptual term compares the features place by place (Johnson
et al. 2016). Both are squared distances relative to the target's own size, averaged over the
layers: 0 is the same picture, and a weight means the same for every network that looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from engine.models.loading import LoadedModel
from engine.training.config import TrainRequest
from engine.training.picture_features import Features, vae_features, vgg_features


@dataclass(frozen=True)
class PictureTerms:
    """The terms of a run. ``window`` are the timesteps (from, up to) they look at, ``cells`` the
    side of the square they look at, in latents (0 is everything).
    """

    vae: Any
    scaling_factor: float
    features: Features
    style_weight: float
    perceptual_weight: float
    window: tuple[int, int]
    cells: int
    checkpointed: bool = False

    @classmethod
    def of(cls, request: TrainRequest, model: LoadedModel) -> PictureTerms | None:
        """The terms ``request`` asks for, if any. Raises what a bad VGG file raises."""
        if not request.sees_pictures:
            return None
        if request.style_features == "vgg":
            look: Features = vgg_features(Path(request.style_vgg_file), model.device)
        else:
            look = vae_features(model.vae)
        return cls(
            vae=model.vae,
            scaling_factor=model.scaling_factor,
            features=look,
            style_weight=request.style_loss_weight,
            perceptual_weight=request.perceptual_loss_weight,
            window=(request.style_min_timestep, request.style_max_timestep),
            cells=-(-request.style_crop // model.vae_scale),
            checkpointed=request.gradient_checkpointing,
        )

    def sees(self, timesteps: Tensor) -> Tensor:
        """Which pictures of a batch lie in the window, bool [B]."""
        return (timesteps >= self.window[0]) & (timesteps < self.window[1])

    def losses(self, predicted: Tensor, clean: Tensor, place: Tensor | None) -> Tensor:
        """Weighted terms of predicted clean latents [B,C,h,w] against the true ones, float32 [B].

        ``place`` [B,2] from 0 to 1 says where the square lies; None is the middle.
        """
        corners = self._corners(clean, place)
        with torch.no_grad():  # first, while nothing is kept for the backward pass
            true = self._seen(self._cut(clean, corners))
        seen = self._look(self._cut(predicted, corners))
        total = torch.zeros(len(clean), device=clean.device)
        if self.style_weight:
            total = total + self.style_weight * style_distance(seen, true)
        if self.perceptual_weight:
            total = total + self.perceptual_weight * perceptual_distance(seen, true)
        return total

    def _look(self, latents: Tensor) -> list[Tensor]:
        if self.checkpointed and latents.requires_grad:
            return checkpoint(self._seen, latents, use_reentrant=False)
        return self._seen(latents)

    def _seen(self, latents: Tensor) -> list[Tensor]:
        return self.features(self._decode(latents))

    def _decode(self, latents: Tensor) -> Tensor:
        scaled = (latents / self.scaling_factor).to(self.vae.dtype)
        return self.vae.decode(scaled, return_dict=False)[0]

    def _corners(self, clean: Tensor, place: Tensor | None) -> list[tuple[int, int]]:
        """(top, left) of the square of each picture."""
        if place is None:
            place = torch.full((len(clean), 2), 0.5)
        room = torch.tensor([side - self._side(side) + 1 for side in clean.shape[2:]])
        corners = torch.minimum((place.cpu() * room).long(), room - 1)
        return [(int(top), int(left)) for top, left in corners]

    def _cut(self, latents: Tensor, corners: Sequence[tuple[int, int]]) -> Tensor:
        height, width = (self._side(side) for side in latents.shape[2:])
        return torch.stack(
            [
                one[:, top : top + height, left : left + width]
                for one, (top, left) in zip(latents, corners, strict=True)
            ]
        )

    def _side(self, whole: int) -> int:
        return min(self.cells or whole, whole)


def gram(features: Tensor) -> Tensor:
    """Gram matrices [B,C,C] of feature maps [B,C,H,W]: mean products of channels over places."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def style_distance(seen: Sequence[Tensor], true: Sequence[Tensor]) -> Tensor:
    """Relative squared distance of Gram matrices, mean over layers, [B]."""
    return _mean_of_layers([gram(one) for one in seen], [gram(one) for one in true])


def perceptual_distance(seen: Sequence[Tensor], true: Sequence[Tensor]) -> Tensor:
    """Relative squared distance of feature maps, mean over layers, [B]."""
    return _mean_of_layers(seen, true)


def _mean_of_layers(seen: Sequence[Tensor], true: Sequence[Tensor]) -> Tensor:
    rows = [_relative(one, other) for one, other in zip(seen, true, strict=True)]
    return torch.stack(rows).mean(dim=0)


def _relative(seen: Tensor, true: Tensor) -> Tensor:
    """|seen - true|² / |true|² of each picture [B]."""
    apart = (seen - true).flatten(1).square().sum(dim=1)
    return apart / true.flatten(1).square().sum(dim=1).clamp(min=1e-12)
