"""Between pictures and latents: load, encode, decode, and put the original back around a mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from engine.imaging.adjust import resize
from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba, read_size
from engine.runtime.errors import BadInputError, StylekilnError

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel
    from engine.sampling.request import ImageRequest


@dataclass(frozen=True)
class Source:
    """What an image-to-image run starts from: ``rgb`` uint8 [H, W, 3], ``mask`` float [H, W]."""

    rgb: np.ndarray
    mask: np.ndarray | None

    def keep_outside(self, drawn: np.ndarray) -> np.ndarray:
        """``drawn`` inside the mask; where the mask is 0 exactly the pixels of the original."""
        if self.mask is None:
            return drawn
        mask = self.mask[..., None]
        mixed = np.rint(mask * drawn + (1 - mask) * self.rgb).astype(np.uint8)
        return np.where(mask == 0, self.rgb, mixed)


def load_source(request: ImageRequest, size: tuple[int, int]) -> Source | None:
    """The start picture and mask of ``request`` at ``size`` (width, height), or None.

    Transparent parts of the picture are seen on white; a transparent part of a mask is black.
    """
    if request.init_image is None:
        return None
    rgb = fill_color(load_rgba(Path(request.init_image)), "#FFFFFF")
    mask = None if request.mask is None else load_mask(Path(request.mask), size)
    return Source(resize(rgb, size), mask)


def load_mask(path: Path, size: tuple[int, int]) -> np.ndarray:
    """The mask in ``path`` at ``size``, float32 [H, W] from 0 to 1; what is transparent is 0."""
    rgb = fill_color(load_rgba(path), "#000000")
    if rgb.shape[1::-1] != size:
        # Bilinear: a Lanczos filter rings, which would open pixels far from the mask.
        rgb = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR))
    gray = rgb.astype(np.float32).mean(axis=2) / 255
    if not gray.any():
        raise BadInputError(
            "The mask {name} is black everywhere, so there is nothing to paint.",
            name=path.name,
            remedy="Paint the part to change white.",
        )
    return gray


def picture_size(model: LoadedModel, request: ImageRequest) -> tuple[int, int]:
    """Width and height: the request's, else the start picture's, else the model's own."""
    if request.init_image is not None and not (request.width and request.height):
        width, height = read_size(Path(request.init_image))
        return request.width or _fits(width, model), request.height or _fits(height, model)
    return request.width or model.native_size, request.height or model.native_size


def _fits(length: int, model: LoadedModel) -> int:
    return max(model.vae_scale, length // model.vae_scale * model.vae_scale)


@torch.inference_mode()
def encode_picture(model: LoadedModel, rgb: np.ndarray) -> torch.Tensor:
    """Latents [1, C, h, w], float32, of a uint8 picture [H, W, 3].

    The mean of the encoder's distribution, not a draw from it: a draw adds noise that no sampler
    removes, and makes the result depend on one more seed.
    """
    pixels = torch.from_numpy(np.array(rgb)).permute(2, 0, 1)[None].float() / 127.5 - 1
    posterior = model.vae.encode(pixels.to(model.device, model.vae.dtype)).latent_dist
    return posterior.mode().float() * model.scaling_factor


@torch.inference_mode()
def decode_latents(model: LoadedModel, latents: torch.Tensor) -> np.ndarray:
    """The picture [H, W, 3], uint8, of clean latents [C, h, w].

    Raises StylekilnError when the model's numbers overflowed, which would be a black picture.
    """
    scaled = (latents[None] / model.scaling_factor).to(model.device, model.vae.dtype)
    pixels = model.vae.decode(scaled, return_dict=False)[0][0].float()
    if not torch.isfinite(pixels).all():
        raise StylekilnError(
            "The picture came out as numbers that are not finite.",
            remedy="Lower the guidance or the LoRA weights, or run the model in full precision.",
        )
    pixels = ((pixels + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return pixels.permute(1, 2, 0).cpu().numpy()


def latent_mask(mask: np.ndarray, scale: int) -> torch.Tensor:
    """``mask`` [H, W] as [1, 1, H/scale, W/scale].

    Each cell takes its largest pixel: an average would paint the rim of a hard mask at half
    strength. What a cell changes outside the mask is put back in the pixels.
    """
    cells = torch.from_numpy(np.ascontiguousarray(mask, dtype=np.float32))[None, None]
    return torch.nn.functional.max_pool2d(cells, scale)


def draw_noise(generators: list[torch.Generator], shape: tuple[int, int, int]) -> torch.Tensor:
    """Noise [B, C, h, w], float32 on the CPU, each picture's from its own generator."""
    return torch.stack([torch.randn(shape, generator=generator) for generator in generators])


def between(noise: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
    """Noise [B, C, h, w] on the way to another, 0..1: along the sphere, so that it stays as strong
    (Shoemake 1985, "Animating rotation with quaternion curves").
    """
    flat, target = noise.flatten(1), other.flatten(1)
    cosine = torch.nn.functional.cosine_similarity(flat, target).clamp(-0.9999, 0.9999)
    angle = torch.acos(cosine)[:, None, None, None]
    near, far = torch.sin((1 - share) * angle), torch.sin(share * angle)
    return (near * noise + far * other) / torch.sin(angle)
