"""What is shown while a picture is drawn looks like it: the map is fitted to the model's VAE."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import torch

from engine.sampling.pixels import encode_picture
from engine.sampling.preview import latents_to_rgb


def chart(side: int) -> np.ndarray:
    """Shapes and colors that the fit has not seen."""
    y, x = np.mgrid[0:side, 0:side] / side
    picture = np.stack([x, y, 1 - (x + y) / 2], axis=-1)
    picture[np.hypot(x - 0.35, y - 0.4) < 0.22] = (0.85, 0.15, 0.1)
    picture[(x > 0.6) & (y > 0.55) & (x < 0.9) & (y < 0.8)] = (0.1, 0.3, 0.9)
    return np.rint(picture * 255).astype(np.uint8)


def alike(model, side: int = 128) -> float:
    """The correlation of a preview with the picture at its size."""
    picture = chart(side)
    preview = latents_to_rgb(model, encode_picture(model, picture))[0]
    scale = model.vae_scale
    cells = side // scale
    small = picture.reshape(cells, scale, cells, scale, 3).mean(axis=(1, 3))
    assert preview.shape == small.shape
    return float(np.corrcoef(preview.ravel(), small.ravel())[0, 1])


def test_a_preview_of_the_starter_looks_like_the_picture(starter):
    assert alike(starter) > 0.95


class Scrambled(torch.nn.Module):
    """A VAE whose channels are those of another one, turned round and in another order."""

    def __init__(self, vae: torch.nn.Module) -> None:
        super().__init__()
        self.vae = vae
        self.dtype, self.config = vae.dtype, vae.config

    def encode(self, pixels: torch.Tensor) -> SimpleNamespace:
        latents = self.vae.encode(pixels).latent_dist.mode()
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: -3 * latents.flip(1)))


def test_each_vae_has_a_map_of_its_own(starter):
    other = replace(starter, vae=Scrambled(starter.vae))
    assert alike(other) > 0.95
    assert alike(starter) > 0.95
