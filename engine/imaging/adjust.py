"""Changing the size of pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image


def resize(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``array`` uint8 ``[H, W]``, RGB or RGBA at ``size`` (width, height).

    As kohya's trainer does it: area averaging when no side grows, else Lanczos. RGBA is averaged
    with premultiplied color, so that hidden colors do not bleed out of transparent parts.
    """
    height, width = array.shape[:2]
    if (width, height) == tuple(size):
        return array.copy()
    if array.ndim == 3 and array.shape[2] == 4:
        return _resize_rgba(array, size)
    if size[0] <= width and size[1] <= height:
        return resize_area(array, size)
    return resize_lanczos(array, size)


def resize_area(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``array`` averaged over pixel areas to ``size`` (width, height); for shrinking."""
    import cv2

    return cv2.resize(np.ascontiguousarray(array), size, interpolation=cv2.INTER_AREA)


def resize_lanczos(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``array`` uint8 through a Lanczos filter to ``size`` (width, height); for enlarging."""
    image = Image.fromarray(np.ascontiguousarray(array))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS)).copy()


def _resize_rgba(rgba: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    alpha = rgba[..., 3:].astype(np.uint16)
    colors = ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)
    colors, opacity = resize(colors, size), resize(rgba[..., 3], size)
    divisor = np.maximum(opacity[..., None].astype(np.uint16), 1)
    straight = np.minimum((colors * np.uint16(255) + divisor // 2) // divisor, 255)
    return np.dstack([straight.astype(np.uint8), opacity])
