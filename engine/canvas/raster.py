"""Arrays of pixels: brought to RGBA, laid on a plain color, and what of them is not empty."""

from __future__ import annotations

import numpy as np

from engine.canvas.rect import EMPTY, Rect
from engine.runtime.errors import BadInputError


def as_rgba(pixels: np.ndarray) -> np.ndarray:
    """A contiguous RGBA copy of RGB or RGBA uint8 pixels [h, w, 3 or 4]. Raises BadInputError."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise BadInputError("A layer needs RGB or RGBA pixels of 8 bits.")
    if pixels.shape[2] == 4:
        return pixels.copy()
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def flattened(rgba: np.ndarray, color: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    """RGB uint8 [h, w, 3] of straight ``rgba`` over a plain ``color``."""
    if rgba[..., 3].min(initial=255) == 255:
        return np.ascontiguousarray(rgba[..., :3])
    alpha = rgba[..., 3:4].astype(np.float32) / 255.0
    return np.rint(rgba[..., :3] * alpha + np.asarray(color, np.float32) * (1.0 - alpha)).astype(
        np.uint8
    )


def bounds(mask: np.ndarray) -> Rect:
    """The smallest rectangle around all pixels of ``mask`` [h, w] above 0; empty for none."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return EMPTY
    columns = np.flatnonzero(mask.any(axis=0))
    return Rect.edges(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
