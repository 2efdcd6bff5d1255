"""Pixels of layers: brought to RGBA, and laid on a plain color."""

from __future__ import annotations

import numpy as np

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
    alpha = rgba[..., 3:4].astype(np.float32) / 255.0
    return np.rint(rgba[..., :3] * alpha + np.asarray(color, np.float32) * (1.0 - alpha)).astype(
        np.uint8
    )
