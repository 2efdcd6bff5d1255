"""Pictures as latents: encoded once, kept in memory and on disk, never stale.

What is kept is the posterior (mean and standard deviation), so that a cached picture is drawn anew
at every step exactly as an uncached one. The name on disk is a hash of the baked pixels, the VAE
and its dtype: whatever changes a latent changes its name.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from engine.models.loading import LoadedModel
from engine.runtime.files import write_bytes
from engine.runtime.job import Job
from engine.training.pictures import TrainingPicture


@dataclass(frozen=True)
class Encoded:
    """A picture as it is learned: ``posterior`` is mean and standard deviation, float32 [2C,h,w] on
    the CPU. ``weight`` is its training mask, float32 [h,w] from 0 (not learned) to 1, or None.
    """

    posterior: Tensor
    weight: Tensor | None = None


def pixel_tensor(rgb: np.ndarray) -> Tensor:
    """uint8 [H,W,3] as float32 [3,H,W] in -1…1."""
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1).float().div(127.5).sub(1)


class LatentStore:
    """Posteriors of pictures. ``keep`` holds them in memory, ``folder`` on disk too."""

    def __init__(self, model: LoadedModel, *, keep: bool, folder: Path | None = None) -> None:
        self._model = model
        self._keep = keep
        self._folder = folder if keep else None
        self._kept: dict[str, Encoded] = {}
        self._vae_hash = _hash_weights(model.vae) if self._folder is not None else ""

    def fill(self, pictures: Sequence[TrainingPicture], job: Job) -> None:
        """Encode every picture now, so that the first epoch is as fast as the others."""
        for number, picture in enumerate(pictures if self._keep else ()):
            job.breathe()
            job.progress(number, len(pictures), "Encoding pictures")
            self.encoded(picture)

    def encoded(self, picture: TrainingPicture) -> Encoded:
        """``picture`` as latents. Raises PictureError."""
        # The file may have changed since the last run but not within one: hash it once.
        if picture.name in self._kept:
            return self._kept[picture.name]
        baked = picture.baked()
        posterior = self._load(baked.rgb) if self._keep else encode(self._model, baked.rgb)
        weight = None if baked.mask is None else _weight(baked.mask, posterior)
        found = Encoded(posterior, weight)
        if self._keep:
            self._kept[picture.name] = found
        return found

    def _load(self, rgb: np.ndarray) -> Tensor:
        if self._folder is None:
            return encode(self._model, rgb)
        path = self._folder / f"{self._key(rgb)}.npy"
        found = _read(path)
        if found is None or found.shape[-2:] != self._shape(rgb):
            found = encode(self._model, rgb)
            _write(path, found)
        return found

    def _key(self, rgb: np.ndarray) -> str:
        digest = hashlib.sha256(np.ascontiguousarray(rgb).tobytes())
        digest.update(repr((rgb.shape, self._vae_hash, str(self._model.vae.dtype))).encode())
        return digest.hexdigest()

    def _shape(self, rgb: np.ndarray) -> tuple[int, int]:
        scale = self._model.vae_scale
        return rgb.shape[0] // scale, rgb.shape[1] // scale


@torch.no_grad()
def encode(model: LoadedModel, rgb: np.ndarray) -> Tensor:
    """The posterior of one picture. One at a time: a batch would round differently."""
    pixels = pixel_tensor(rgb)[None].to(model.device, model.vae.dtype)
    found = model.vae.encode(pixels).latent_dist
    return torch.cat([found.mean, found.std], dim=1)[0].float().cpu()


def _weight(mask: np.ndarray, posterior: Tensor) -> Tensor:
    """``mask`` uint8 [H,W] averaged to the size of the latents, as kohya does."""
    full = torch.from_numpy(np.ascontiguousarray(mask)).float().div(255)[None, None]
    return interpolate(full, posterior.shape[-2:], mode="area")[0, 0]


def sample_latents(posteriors: Tensor, noise: Tensor, scaling_factor: float) -> Tensor:
    """Latents [B,C,h,w] drawn from posteriors [B,2C,h,w] with ``noise`` [B,C,h,w]."""
    mean, deviation = posteriors.chunk(2, dim=1)
    return (mean + deviation * noise) * scaling_factor


def _hash_weights(module: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _read(path: Path) -> Tensor | None:
    try:
        return torch.from_numpy(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError):
        return None  # not cached yet, or damaged: it is encoded again


def _write(path: Path, posterior: Tensor) -> None:
    buffer = io.BytesIO()
    np.save(buffer, posterior.numpy())
    write_bytes(path, buffer.getvalue())
