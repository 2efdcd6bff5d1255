"""Pictures made for the screen, off the UI thread: previews and what training will see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from app.widgets.images import image_of
from engine.dataset.bucket_places import placed
from engine.dataset.samples import sample_of
from engine.imaging.adjust import resize
from engine.imaging.decode import load_rgba
from engine.training.looks import PLAIN, pixels
from engine.training.settings.pictures import PictureSettings
from engine.training.ways import Way, on_its_way

if TYPE_CHECKING:
    from engine.dataset.buckets import Assignment, BucketSpec
    from engine.dataset.edits import Baked
    from engine.dataset.library import Picture
    from engine.project.project import Project


_PLAIN = PictureSettings()


def shrunk(array: np.ndarray, side: int) -> np.ndarray:
    """``array`` with no side above ``side``; a smaller one stays as it is."""
    height, width = array.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return array
    return resize(array, (max(1, round(width * scale)), max(1, round(height * scale))))


def preview(path: Path, side: int) -> QImage:
    """The picture as it is on disk, at most ``side`` pixels. Raises PictureError."""
    return image_of(shrunk(load_rgba(path), side))


def whole_picture(path: Path) -> np.ndarray:
    """All pixels, uint8 RGBA, for the crop editor. Raises PictureError."""
    return load_rgba(path)


def trained(
    picture: Picture, project: Project, spec: BucketSpec, side: int, rules: PictureSettings
) -> np.ndarray | None:
    """The picture as training sees it, uint8 RGB, at most ``side`` pixels; None without a bucket.

    What the training mask lets it learn lies under a hatch. Raises PictureError when the file
    cannot be read.
    """
    seen = looked_at(picture, project, spec, side, rules)
    return None if seen is None else seen.rgb


@dataclass(frozen=True)
class Seen:
    """``rgb`` is for the screen, with the mask as a hatch; ``learned`` is the part of the picture
    that the mask lets through, None without a mask.
    """

    rgb: np.ndarray
    learned: float | None


def looked_at(
    picture: Picture,
    project: Project,
    spec: BucketSpec,
    side: int,
    rules: PictureSettings = _PLAIN,
) -> Seen | None:
    """The picture in its bucket and its mask over it, by the ``rules`` of a run but without its
    chance. Raises PictureError.
    """
    found = placed(picture, spec)
    if found is None:
        return None
    sample = on_its_way(sample_of(picture, project), Way(pictures=rules))
    return seen_in(sample.bake(), found, side, rules.resize_interpolation)


def seen_in(baked: Baked, found: Assignment, side: int, resizing: str) -> Seen:
    """What was baked in its bucket, its mask over it, at most ``side`` pixels."""
    rgb = shrunk(pixels(baked.rgb, found, PLAIN, resizing), side)
    if baked.mask is None:
        return Seen(rgb, None)
    mask = pixels(baked.mask, found, PLAIN, resizing)
    return Seen(hatched(rgb, shrunk(mask, side)), float(mask.mean()) / 255)


def hatched(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """``rgb`` with lines of 45 degrees every 9 pixels, light on dark, as strong as ``mask``."""
    rows, columns = np.indices(mask.shape)
    phase = (rows + columns) % 9
    ink = np.select([phase == 0, phase == 1], [255, 17], 0).astype(np.float32)
    strength = (mask.astype(np.float32) / 255 * np.where(phase < 2, 0.75, 0))[..., None]
    mixed = rgb * (1 - strength) + ink[..., None] * strength
    return np.rint(mixed).astype(np.uint8)


def trained_large(picture: Picture, project: Project) -> np.ndarray:
    """The picture with its edits at its own size, uint8 RGB. Raises PictureError."""
    return sample_of(picture, project).bake().rgb
