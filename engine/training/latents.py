"""Pictures as latents: encoded once, kept in memory and on disk, or encoded at every use.

What is kept is the VAE's posterior, its mean and deviation, so that a cached picture is drawn anew
at every step exactly as an uncached one. The name on disk is a hash of the baked pixels, the VAE
and its dtype: whatever changes a latent changes its name.
"""

from __future__ import annotations

import hashlib
import io
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from engine.dataset.edits import Baked
from engine.models.loading import LoadedModel
from engine.runtime.errors import TrainingError
from engine.runtime.files import Put, write_cached
from engine.runtime.job import Job
from engine.training import fingerprints
from engine.training.distributed import Crew
from engine.training.pictures import TrainingPicture

# Bytes of latents that stay in memory when they are on disk too: 8000 pictures of 512 px.
ROOM = 1 << 30
_AHEAD = 4  # pictures decoded while the VAE works


@dataclass(frozen=True)
class Encoded:
    """A picture as it is learned: ``posterior`` is mean and standard deviation, float32 [2C,h,w] on
    the CPU. ``weight`` is its training mask, float32 [h,w] from 0 (not learned) to 1, or None.
    """

    posterior: Tensor
    weight: Tensor | None = None


@dataclass(frozen=True)
class _Place:
    """Where a picture of this run lies on disk; the file may have changed since the last run but
    not within one, so its pixels are hashed once.
    """

    path: Path
    weight: Tensor | None


def pixel_tensor(rgb: np.ndarray) -> Tensor:
    """uint8 [H,W,3] as float32 [3,H,W] in -1…1."""
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1).float().div(127.5).sub(1)


class LatentStore:
    """Posteriors of pictures. ``keep`` holds them in memory; with ``folder`` they are on disk too,
    and at most ``room`` bytes of them in memory. ``at_once`` pictures go through the VAE together.
    ``put`` writes a file there.
    """

    def __init__(
        self,
        model: LoadedModel,
        *,
        keep: bool,
        folder: Path | None = None,
        at_once: int = 1,
        room: int = ROOM,
        put: Put = write_cached,
    ) -> None:
        self._model = model
        self._put = put
        self._keep = keep
        self._folder = folder if keep else None
        self._at_once = at_once
        self._room = room
        self._kept: dict[str, Encoded] = {}
        self._places: dict[str, _Place] = {}
        self._recipe = ""
        if self._folder is not None:
            self._recipe = f"{fingerprints.of_weights(model.vae)} {model.vae.dtype}"

    def fill(self, pictures: Sequence[TrainingPicture], job: Job, crew: Crew | None = None) -> None:
        """Encode every look of every picture now, so that the first epoch is as fast as the others.

        The processes of a ``crew`` share the work where the disk lets them share the result.
        """
        looks = [look for picture in pictures for look in picture.looks] if self._keep else []
        if crew is not None and self._folder is not None:
            self._fill(crew.share(looks), job)
            crew.wait()
        self._fill(looks, job)

    def _fill(self, looks: Sequence[TrainingPicture], job: Job) -> None:
        waiting: dict[tuple[int, int], list[tuple[TrainingPicture, Baked]]] = {}
        missing = [look for look in looks if not self._has(look)]
        for number, (look, baked) in enumerate(_decoded(missing)):
            job.breathe()
            job.progress(
                number,
                len(missing),
                "Encoding picture {n} of {all}",
                n=f"{number + 1:,}",
                all=f"{len(missing):,}",
            )
            group = waiting.setdefault(look.bucket, [])
            group.append((look, baked))
            if len(group) == self._at_once:
                self._take(waiting.pop(look.bucket))
        for group in waiting.values():
            self._take(group)

    def encoded(self, picture: TrainingPicture) -> Encoded:
        """``picture`` as latents. Raises PictureError, or TrainingError for a VAE that fails."""
        return self.batch([picture])[0]

    def batch(self, pictures: Sequence[TrainingPicture]) -> list[Encoded]:
        """Pictures of one size as latents, in their order. Raises like :meth:`encoded`."""
        found: dict[str, Encoded] = {}
        for picture in pictures:
            kept = self._recall(picture)
            if kept is not None:
                found[picture.key] = kept
        missing = {p.key: p for p in pictures if p.key not in found}.values()
        if missing:
            found |= self._take([(picture, picture.baked()) for picture in missing])
        return [found[picture.key] for picture in pictures]

    def _has(self, picture: TrainingPicture) -> bool:
        return picture.key in self._kept or picture.key in self._places

    def _recall(self, picture: TrainingPicture) -> Encoded | None:
        kept, place = self._kept.get(picture.key), self._places.get(picture.key)
        if kept is not None or place is None:
            return kept
        posterior = _read(place.path)
        return None if posterior is None else Encoded(posterior, place.weight)

    def _take(self, group: Sequence[tuple[TrainingPicture, Baked]]) -> dict[str, Encoded]:
        """Read or encode pictures of one size, and keep what may be kept."""
        paths = [self._path(baked.rgb) for _, baked in group]
        posteriors = [self._stored(path, b.rgb) for path, (_, b) in zip(paths, group, strict=True)]
        missing = [index for index, posterior in enumerate(posteriors) if posterior is None]
        for start in range(0, len(missing), self._at_once):
            part = missing[start : start + self._at_once]
            fresh = encode(self._model, [group[index][1].rgb for index in part])
            for index, posterior in zip(part, fresh, strict=True):
                _check(posterior, group[index][0])
                posteriors[index], path = posterior, paths[index]
                if path is not None:
                    self._put(path, _file(posterior))
        found = {}
        for (picture, baked), path, posterior in zip(group, paths, posteriors, strict=True):
            assert posterior is not None
            weight = None if baked.mask is None else _weight(baked.mask, posterior)
            found[picture.key] = Encoded(posterior, weight)
            self._remember(picture, path, found[picture.key])
        return found

    def _remember(self, picture: TrainingPicture, path: Path | None, one: Encoded) -> None:
        if not self._keep or not picture.looks:
            return  # another look at the next draw
        if path is not None and picture.key not in self._places:
            self._places[picture.key] = _Place(path, one.weight)
            self._room -= one.posterior.nbytes
        if path is None or self._room >= 0:
            self._kept[picture.key] = one

    def _stored(self, path: Path | None, rgb: np.ndarray) -> Tensor | None:
        found = None if path is None else _read(path)
        return found if found is not None and found.shape[-2:] == self._shape(rgb) else None

    def _path(self, rgb: np.ndarray) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256(np.ascontiguousarray(rgb).tobytes())
        digest.update(repr((rgb.shape, self._recipe)).encode())
        return self._folder / f"{digest.hexdigest()}.npy"

    def _shape(self, rgb: np.ndarray) -> tuple[int, int]:
        scale = self._model.vae_scale
        return rgb.shape[0] // scale, rgb.shape[1] // scale


@torch.no_grad()
def encode(model: LoadedModel, pictures: Sequence[np.ndarray]) -> Tensor:
    """The posteriors [B,2C,h,w] of pictures [H,W,3] of one size, on the CPU."""
    pixels = torch.stack([pixel_tensor(rgb) for rgb in pictures])
    found = model.vae.encode(pixels.to(model.device, model.vae.dtype)).latent_dist
    return torch.cat([found.mean, found.std], dim=1).float().cpu()


def _decoded(looks: Sequence[TrainingPicture]) -> Iterator[tuple[TrainingPicture, Baked]]:
    """Pictures with their pixels; the next ones are decoded meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        coming: deque[tuple[TrainingPicture, Future[Baked]]] = deque()
        try:
            for look in looks:
                coming.append((look, pool.submit(look.baked)))
                if len(coming) > _AHEAD:
                    first, pixels = coming.popleft()
                    yield first, pixels.result()
            while coming:
                first, pixels = coming.popleft()
                yield first, pixels.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _check(posterior: Tensor, picture: TrainingPicture) -> None:
    if not torch.isfinite(posterior).all():
        raise TrainingError(
            "The VAE gives no numbers for {name}.",
            name=picture.name,
            remedy="Turn on the VAE in full precision, or choose another VAE.",
        )


def _weight(mask: np.ndarray, posterior: Tensor) -> Tensor:
    """``mask`` uint8 [H,W] averaged to the size of the latents, as kohya does."""
    full = torch.from_numpy(np.ascontiguousarray(mask)).float().div(255)[None, None]
    return interpolate(full, posterior.shape[-2:], mode="area")[0, 0]


def sample_latents(posteriors: Tensor, noise: Tensor, scaling_factor: float) -> Tensor:
    """Latents [B,C,h,w] drawn from posteriors [B,2C,h,w] with ``noise`` [B,C,h,w]."""
    mean, deviation = posteriors.chunk(2, dim=1)
    return (mean + deviation * noise) * scaling_factor


def _read(path: Path) -> Tensor | None:
    try:
        return torch.from_numpy(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError):
        return None  # not cached yet, or damaged: it is encoded again


def _file(posterior: Tensor) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, posterior.numpy())
    return buffer.getvalue()
