"""What looks at pictures for the style and perceptual terms: a VAE's encoder, or a VGG file.

Both give feature maps from fine to coarse, with gradients to the pixels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d, relu

from engine.models.weights import read_tensors
from engine.runtime.errors import ModelFileError
from engine.runtime.files import require_file

Features = Callable[[Tensor], list[Tensor]]  # pixels [B,3,H,W] from -1 to 1 -> maps [B,C,h,w]

# How pictures were scaled for the networks torchvision offers.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CONVOLUTION = re.compile(r"(?:features\.)?(\d+)\.weight")


def vae_features(vae: Any) -> Features:
    """The output of every resolution of the encoder of diffusers' AutoencoderKL ``vae``. Its
    middle is left out: it attends over the whole picture, at a high price.
    """

    def look(pixels: Tensor) -> list[Tensor]:
        hidden = vae.encoder.conv_in(pixels.to(vae.dtype))
        maps = []
        for block in vae.encoder.down_blocks:
            hidden = block(hidden)
            maps.append(hidden.float())
        return maps

    return look


class VggFeatures:
    """The first activation of every block of a VGG without batch normalization, as Gatys et al.
    (2016) take style from. ``weights`` are named as torchvision names them.
    """

    def __init__(self, weights: Mapping[str, Tensor], device: torch.device) -> None:
        found = sorted(
            (int(match[1]), key)
            for key, tensor in weights.items()
            if (match := _CONVOLUTION.fullmatch(key)) and tensor.ndim == 4
        )
        # Between two convolutions lies an activation, and at the end of a block a pooling too.
        numbers = [number for number, _ in found]
        pooled = [
            later - earlier == 3
            for earlier, later in zip([numbers[0] - 2, *numbers], numbers, strict=False)
        ]
        # What comes after the first convolution of the last block is not looked at.
        last = max((at for at, new_block in enumerate(pooled) if new_block), default=0)
        self._layers = [
            (weights[key].float().to(device), weights[_bias(key)].float().to(device), new_block)
            for (_, key), new_block in zip(found[: last + 1], pooled, strict=False)
        ]
        self._mean = torch.tensor(_MEAN, device=device).view(1, 3, 1, 1)
        self._deviation = torch.tensor(_DEVIATION, device=device).view(1, 3, 1, 1)

    def __call__(self, pixels: Tensor) -> list[Tensor]:
        hidden = ((pixels.float() + 1) / 2 - self._mean) / self._deviation
        maps: list[Tensor] = []
        for weight, bias, new_block in self._layers:
            if new_block:
                if min(hidden.shape[2:]) < 2:
                    break  # a small square has no room for the coarser blocks
                hidden = max_pool2d(hidden, 2)
            hidden = relu(conv2d(hidden, weight, bias, padding=1))
            if new_block or not maps:
                maps.append(hidden)
        return maps


def vgg_features(path: Path, device: torch.device) -> VggFeatures:
    """The VGG in the file ``path``. Raises MissingFileError, or ModelFileError for another one."""
    weights = read_tensors(require_file(path, remedy="Choose the VGG file again."))
    first = next((weights[name] for name in _FIRST if name in weights), None)
    normalized = any(key.endswith("running_mean") for key in weights)
    if first is None or first.ndim != 4 or first.shape[1] != 3 or normalized:
        raise ModelFileError(
            "{name} is not a VGG network without batch normalization.",
            name=path.name,
            remedy="Choose a VGG16 or VGG19 as torchvision saves it, or look through the VAE.",
        )
    return VggFeatures(weights, device)


_FIRST = ("features.0.weight", "0.weight")


def _bias(key: str) -> str:
    return key.removesuffix("weight") + "bias"
