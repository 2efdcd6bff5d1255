"""Selections: uint8 masks of the document's size, 255 inside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from engine.canvas.rect import EMPTY, Rect

SUPERSAMPLING = 4


def rectangle(size: tuple[int, int], rect: Rect) -> np.ndarray:
    """A mask uint8 [height, width] for ``size`` (width, height), 255 inside ``rect``."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    inside = rect.intersected(Rect(0, 0, *size))
    mask[inside.slices] = 255
    return mask


def ellipse(size: tuple[int, int], rect: Rect) -> np.ndarray:
    """A mask with soft edges of the ellipse that fits into ``rect``."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    inside = rect.intersected(Rect(0, 0, *size))
    if inside.empty:
        return mask
    y = (np.arange(inside.y, inside.bottom) + 0.5 - rect.y - rect.height / 2) / (rect.height / 2)
    x = (np.arange(inside.x, inside.right) + 0.5 - rect.x - rect.width / 2) / (rect.width / 2)
    radius = np.sqrt(y[:, None] ** 2 + x[None, :] ** 2)
    pixels = (1.0 - radius) * min(rect.width, rect.height) / 2 + 0.5
    mask[inside.slices] = np.rint(np.clip(pixels, 0.0, 1.0) * 255)
    return mask


def lasso(size: tuple[int, int], points: Sequence[tuple[float, float]]) -> np.ndarray:
    """A mask with soft edges of the closed polygon through ``points`` (document pixels)."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    if len(points) < 3:
        return mask
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    box = Rect.edges(int(min(xs)) - 1, int(min(ys)) - 1, int(max(xs)) + 2, int(max(ys)) + 2)
    box = box.intersected(Rect(0, 0, *size))
    if box.empty:
        return mask
    large = Image.new("L", (box.width * SUPERSAMPLING, box.height * SUPERSAMPLING))
    shifted = [((x - box.x) * SUPERSAMPLING, (y - box.y) * SUPERSAMPLING) for x, y in points]
    ImageDraw.Draw(large).polygon(shifted, fill=255)
    mask[box.slices] = np.asarray(large.reduce(SUPERSAMPLING))
    return mask


def bounds(mask: np.ndarray) -> Rect:
    """The smallest rectangle around all pixels above 0; empty for an empty mask."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return EMPTY
    columns = np.flatnonzero(mask.any(axis=0))
    return Rect.edges(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
