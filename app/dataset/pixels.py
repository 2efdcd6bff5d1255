"""Pictures made for the screen, off the UI thread: previews and what training will see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from app.dataset.outlook import placed
from app.widgets.images import image_of
from engine.dataset.edits import to_bucket
from engine.dataset.samples import sample_of
from engine.imaging.adjust import resize
from engine.imaging.decode import load_rgba

if TYPE_CHECKING:
    from engine.dataset.buckets import BucketSpec
    from engine.dataset.library import Picture
    from engine.project.project import Project


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


def trained(picture: Picture, project: Project, spec: BucketSpec, side: int) -> np.ndarray | None:
    """The picture as training sees it, uint8 RGB, at most ``side`` pixels; None without a bucket.

    Raises PictureError when the file cannot be read.
    """
    found = placed(picture, spec)
    if found is None:
        return None
    return shrunk(to_bucket(trained_large(picture, project), found), side)


def trained_large(picture: Picture, project: Project) -> np.ndarray:
    """The picture with its edits at its own size, uint8 RGB. Raises PictureError."""
    return sample_of(picture, project).bake().rgb
