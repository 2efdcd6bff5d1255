"""Rectangles in a picture. A box is ``(left, top, width, height)`` in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Box = tuple[int, int, int, int]


def clip_box(box: Sequence[int], size: tuple[int, int]) -> Box:
    """The part of ``box`` inside a picture of ``size`` (width, height), never empty.

    A box that lies wholly outside gives the whole picture: a crop must not lose a picture.
    """
    left, top = max(0, box[0]), max(0, box[1])
    right, bottom = min(size[0], box[0] + box[2]), min(size[1], box[1] + box[3])
    if right <= left or bottom <= top:
        return 0, 0, size[0], size[1]
    return left, top, right - left, bottom - top


def crop(array: np.ndarray, box: Sequence[int]) -> np.ndarray:
    """The pixels of ``[H, W, …]`` inside ``box``, clipped to the picture; a view, not a copy."""
    left, top, width, height = clip_box(box, (array.shape[1], array.shape[0]))
    return array[top : top + height, left : left + width]


def content_box(rgba: np.ndarray, *, least_alpha: int = 8) -> Box:
    """The smallest box around all pixels with at least ``least_alpha``; everything if none has."""
    box = mask_box(rgba[..., 3], least=least_alpha)
    return box or (0, 0, rgba.shape[1], rgba.shape[0])


def mask_box(mask: np.ndarray, *, least: int = 8) -> Box | None:
    """The smallest box around all pixels of ``mask`` ``[H, W]`` from ``least``; None if none."""
    seen = mask >= least
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if rows.size == 0:
        return None
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def box_of_ratio(size: tuple[int, int], ratio: float) -> Box:
    """The largest centered box of ``ratio`` (width / height) in a picture of ``size``."""
    width, height = size
    if width / height > ratio:
        inner = max(1, min(width, round(height * ratio)))
        return (width - inner) // 2, 0, inner, height
    inner = max(1, min(height, round(width / ratio)))
    return 0, (height - inner) // 2, width, inner


def box_of_size(size: tuple[int, int], inner: tuple[int, int]) -> Box:
    """The centered box of ``inner`` (width, height) in a picture of ``size``."""
    return (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2, inner[0], inner[1]
