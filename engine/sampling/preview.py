"""Small previews while a picture is drawn, by a linear map from latent channels to RGB.

The map is fitted once per VAE by least squares on a chart of colors and edges that the VAE itself
encodes, so that it works for any VAE, whatever its channels mean.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch

from engine.sampling.parts import Part, Run
from engine.sampling.pixels import encode_picture

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel

# Seconds between previews: what an eye can follow, at a cost that does not show.
_PAUSE = 0.25
_maps: WeakKeyDictionary[torch.nn.Module, torch.Tensor] = WeakKeyDictionary()

OnPreview = Callable[[int, int, int, np.ndarray], None]


class Previews(Part):
    """Calls ``on_preview(picture number, step, steps, RGB array [h, w, 3])`` now and then."""

    def __init__(self, on_preview: OnPreview, *, pause: float = _PAUSE) -> None:
        self._on_preview = on_preview
        self._pause = pause
        self._last = time.monotonic()

    def after_step(self, run: Run) -> None:
        """Show every picture of the batch when it is time again."""
        now = time.monotonic()
        if now - self._last < self._pause:
            return
        self._last = now
        arrays = latents_to_rgb(run.model, run.clean())
        for number, array in zip(run.numbers, arrays, strict=True):
            self._on_preview(number, run.index + 1, run.sampler.steps, array)


def latents_to_rgb(model: LoadedModel, latents: torch.Tensor) -> np.ndarray:
    """Rough pictures [B, h, w, 3], uint8, one pixel per latent cell, of [B, C, h, w]."""
    matrix = _map_of(model).to(latents.device)
    rgb = torch.einsum("bchw,cr->bhwr", latents.float(), matrix[:-1]) + matrix[-1]
    return (rgb * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()


def _map_of(model: LoadedModel) -> torch.Tensor:
    """The matrix [C + 1, 3] from channels and a constant to RGB in 0..1."""
    if model.vae not in _maps:
        _maps[model.vae] = _fit(model)
    return _maps[model.vae]


def _fit(model: LoadedModel) -> torch.Tensor:
    chart = _chart(model.vae_scale)
    latents = encode_picture(model, chart)[0].cpu()
    cells = latents.flatten(1).T.double()
    cells = torch.cat([cells, torch.ones(len(cells), 1, dtype=torch.float64)], dim=1)
    scale = model.vae_scale
    height, width = chart.shape[0] // scale, chart.shape[1] // scale
    colors = chart.reshape(height, scale, width, scale, 3).mean(axis=(1, 3)) / 255
    solution = torch.linalg.lstsq(cells, torch.from_numpy(colors.reshape(-1, 3))).solution
    return solution.float()


def _chart(scale: int, cells: int = 24) -> np.ndarray:
    """Flat patches of many colors and some smooth ramps, [cells * scale, cells * scale, 3]."""
    random = np.random.default_rng(0)
    patches = random.integers(0, 256, (cells // 2, cells // 2, 3)).repeat(2, 0).repeat(2, 1)
    ramp = np.linspace(0, 255, cells)
    patches[: cells // 3] = ramp[None, :, None]
    picture = patches.repeat(scale, 0).repeat(scale, 1)
    return picture.astype(np.uint8)
