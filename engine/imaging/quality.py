"""Simple measures of a picture: how sharp it is, and what it looks like at a glance.

All are taken from the visible content alone, laid over mid grey, so that an empty margin or a
subject moved in its frame changes nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from engine.imaging.adjust import resize
from engine.imaging.alpha import fill_color
from engine.imaging.crop import content_box, crop
from engine.imaging.descriptor import MID, describe, difference_hash, solid_box

__all__ = ["Measures", "difference_hash", "hamming", "measure", "sharpness"]

LONGEST = 1024
"""Sharpness is judged at this size at most, in pixels."""
_TILES = 8  # tiles along the longer side at most
_TILE = 32  # pixels a tile is wide at least, about
_FLOOR = 16.0  # grey levels of contrast well under which detail is taken for noise
_LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)


@dataclass(frozen=True)
class Measures:
    """``sharpness`` 0-1, ``dhash`` 64 bits, ``mean_color`` 0xRRGGBB of the visible content;
    ``descriptor`` is what :mod:`engine.imaging.descriptor` makes of it.
    """

    width: int
    height: int
    has_alpha: bool
    sharpness: float
    dhash: int
    mean_color: int
    descriptor: bytes


def measure(rgba: np.ndarray) -> Measures:
    """All measures of one picture uint8 ``[H, W, 4]``."""
    height, width = rgba.shape[:2]
    alpha = bool(rgba[..., 3].min(initial=255) < 255)
    content = _content(rgba) if alpha else _reduced(rgba)
    flat = fill_color(content, MID) if alpha else np.ascontiguousarray(content[..., :3])
    grey = _grey(flat)
    return Measures(
        width,
        height,
        alpha,
        sharpness(grey),
        difference_hash(crop(grey, solid_box(content))) if alpha else difference_hash(grey),
        _mean_color(content) if alpha else _mean(flat),
        describe(rgba, content, flat, grey),
    )


def sharpness(grey: np.ndarray) -> float:
    """How much fine detail the sharpest parts of ``grey`` uint8 ``[h, w]`` hold, 0 to 1.

    The deviation of the Laplacian in each tile against the contrast of the tile, 90th percentile:
    a blurred background behind a sharp subject stays sharp, and low contrast is not called blur.
    """
    import cv2

    detail = cv2.Laplacian(grey, cv2.CV_16S)
    rows, columns = (_cuts(side) for side in grey.shape)
    ratios = [
        _deviation(detail[tile]) / (_deviation(grey[tile]) + _FLOOR)
        for tile in itertools.product(rows, columns)
    ]
    return float(min(1.0, np.percentile(ratios, 90)))


def hamming(first: int, second: int) -> int:
    """How many of 64 bits differ."""
    return (first ^ second).bit_count()


def _content(rgba: np.ndarray) -> np.ndarray:
    return _reduced(crop(rgba, content_box(rgba)))


def _reduced(content: np.ndarray) -> np.ndarray:
    """``content`` at most 1024 pixels long."""
    longest = max(content.shape[:2])
    if longest <= LONGEST:
        return content
    scale = LONGEST / longest
    height, width = (max(1, round(side * scale)) for side in content.shape[:2])
    return resize(content, (width, height))


def _deviation(values: np.ndarray) -> float:
    import cv2

    return float(cv2.meanStdDev(values)[1][0, 0])


def _cuts(side: int) -> list[slice]:
    """``side`` pixels in equal parts of about 32, at most 8 of them."""
    parts = max(1, min(_TILES, round(side / _TILE)))
    edges = [side * i // parts for i in range(parts + 1)]
    return [slice(start, end) for start, end in itertools.pairwise(edges)]


def _grey(rgb: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.transform(rgb, _LUMA).reshape(rgb.shape[:2])


def _mean(rgb: np.ndarray) -> int:
    import cv2

    red, green, blue = (int(np.rint(value)) for value in cv2.mean(rgb)[:3])
    return red << 16 | green << 8 | blue


def _mean_color(rgba: np.ndarray) -> int:
    weight = rgba[..., 3].ravel().astype(np.float32)
    sums = weight @ rgba[..., :3].reshape(-1, 3).astype(np.float32)
    red, green, blue = (int(value) for value in np.rint(sums / max(1.0, float(weight.sum()))))
    return red << 16 | green << 8 | blue
