"""What lies between pictures and latents: rounding, limits, masks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from engine.sampling.parts import LatentMask
from engine.sampling.pixels import Source, decode_latents, latent_mask, load_mask, load_source
from engine.sampling.request import ImageRequest


class Through:
    """A decoder that shows its latents as they are."""

    device, dtype = torch.device("cpu"), torch.float32

    def decode(self, latents, return_dict):
        return (latents,)


def shown(values):
    """The bytes of a row of pixels of these values."""
    latents = torch.tensor(values).reshape(1, 1, -1).expand(3, 1, len(values))
    model = SimpleNamespace(vae=Through(), scaling_factor=1.0, device=torch.device("cpu"))
    return decode_latents(model, latents)[0, :, 0].tolist()


def test_pixels_are_rounded_and_never_wrap_round():
    assert shown([-1.0, 0.0, 1.0]) == [0, 128, 255]
    assert shown([1.004, 1.02, 40.0]) == [255, 255, 255]
    assert shown([-1.004, -1.02, -40.0]) == [0, 0, 0]


def test_latents_are_scaled_back_before_they_are_decoded():
    model = SimpleNamespace(vae=Through(), scaling_factor=0.5, device=torch.device("cpu"))
    assert decode_latents(model, torch.full((3, 2, 2), 0.25)).tolist() == [[[191] * 3] * 2] * 2


def test_a_cell_takes_the_largest_pixel_of_its_mask():
    mask = np.zeros((16, 24), np.float32)
    mask[7, 8] = 0.4
    mask[8, 23] = 1.0
    found = latent_mask(mask, 8)[0, 0]
    assert found.tolist() == torch.tensor([[0, 0.4, 0], [0, 0, 1.0]]).tolist()


def test_half_a_mask_mixes_and_none_of_it_keeps_every_byte():
    rgb = np.full((1, 3, 3), 101, np.uint8)
    mask = np.array([[0.0, 0.5, 1.0]], np.float32)
    drawn = np.full((1, 3, 3), 200, np.uint8)
    assert Source(rgb, mask).keep_outside(drawn)[0, :, 0].tolist() == [101, 150, 200]


def test_what_is_transparent_is_white_in_a_picture_and_black_in_a_mask(tmp_path):
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[:4] = (255, 255, 255, 255)
    path = tmp_path / "half.png"
    Image.fromarray(rgba).save(path)
    mask = load_mask(path, (8, 8))
    assert (mask[:4] == 1).all()
    assert not mask[4:].any()
    request = ImageRequest(prompt="", init_image=str(path))
    assert (load_source(request, (8, 8)).rgb == 255).all()


def test_a_mask_that_is_white_but_for_rounding_opens_with_the_first_step():
    sampler = SimpleNamespace(steps=8, noised=lambda original, noise, index: original)
    drawn, original = torch.ones(1, 1, 1, 3), torch.zeros(1, 1, 1, 3)
    run = SimpleNamespace(index=0, sampler=sampler, latents=drawn, noise=None)
    LatentMask(original, torch.tensor([[[[1.0, 254 / 255, 0.9]]]])).before_step(run)
    assert run.latents.flatten().tolist() == [1, 1, 0]
