"""Simple measures of a picture: how sharp it is, and what it looks like at a glance.

All are taken from the visible content alone, laid over mid grey, so that an empty margin or a
subject moved in its frame changes nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from engine.imaging.adjust import resize, resize_area
from engine.imaging.alpha import fill_color, has_transparency
from engine.imaging.crop import content_box, crop

_LONGEST = 1024  # sharpness is judged at this size at most, in pixels
_TILES = 8  # tiles along the longer side at most
_TILE = 32  # pixels a tile is wide at least, about
_FLOOR = 16.0  # grey levels of contrast well under which detail is taken for noise
_MID = (128, 128, 128)


@dataclass(frozen=True)
class Measures:
    """``sharpness`` 0-1, ``dhash`` 64 bits, ``mean_color`` 0xRRGGBB of the visible content."""

    width: int
    height: int
    has_alpha: bool
    sharpness: float
    dhash: int
    mean_color: int


def measure(rgba: np.ndarray) -> Measures:
    """All measures of one picture uint8 ``[H, W, 4]``."""
    grey, color = visible_content(rgba)
    height, width = rgba.shape[:2]
    alpha = has_transparency(rgba)
    return Measures(width, height, alpha, sharpness(grey), difference_hash(grey), color)


def visible_content(rgba: np.ndarray) -> tuple[np.ndarray, int]:
    """Grey uint8 ``[h, w]`` of the content over mid grey at most 1024 pixels long, and its mean
    color as 0xRRGGBB.
    """
    content = crop(rgba, content_box(rgba))
    longest = max(content.shape[:2])
    if longest > _LONGEST:
        scale = _LONGEST / longest
        height, width = (max(1, round(side * scale)) for side in content.shape[:2])
        content = resize(content, (width, height))
    return _grey(fill_color(content, _MID)), _mean_color(content)


def sharpness(grey: np.ndarray) -> float:
    """How much fine detail the sharpest parts of ``grey`` uint8 ``[h, w]`` hold, 0 to 1.

    The deviation of the Laplacian in each tile against the contrast of the tile, 90th percentile:
    a blurred background behind a sharp subject stays sharp, and low contrast is not called blur.
    """
    import cv2

    values = grey.astype(np.float32)
    detail = cv2.Laplacian(values, cv2.CV_32F)
    rows, columns = (_cuts(side) for side in grey.shape)
    ratios = [
        float(detail[tile].std()) / (float(values[tile].std()) + _FLOOR)
        for tile in itertools.product(rows, columns)
    ]
    return float(min(1.0, np.percentile(ratios, 90)))


def difference_hash(grey: np.ndarray) -> int:
    """64 bits saying where ``grey`` ``[h, w]``, padded to a square, gets lighter to the right."""
    height, width = grey.shape
    side = max(height, width)
    square = np.full((side, side), _MID[0], np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = grey
    small = resize_area(square.astype(np.float32), (9, 8))
    bits = (small[:, 1:] > small[:, :-1] + 1.0).ravel()  # flat areas must not toss coins
    return int(np.packbits(bits).view(">u8")[0])


def hamming(first: int, second: int) -> int:
    """How many of 64 bits differ."""
    return (first ^ second).bit_count()


def _cuts(side: int) -> list[slice]:
    """``side`` pixels in equal parts of about 32, at most 8 of them."""
    parts = max(1, min(_TILES, round(side / _TILE)))
    edges = [side * i // parts for i in range(parts + 1)]
    return [slice(start, end) for start, end in itertools.pairwise(edges)]


def _grey(rgb: np.ndarray) -> np.ndarray:
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return np.rint(rgb.astype(np.float32) @ weights).astype(np.uint8)


def _mean_color(rgba: np.ndarray) -> int:
    weight = rgba[..., 3].astype(np.float64)
    total = max(1.0, float(weight.sum()))
    red, green, blue = (int(np.rint((rgba[..., i] * weight).sum() / total)) for i in range(3))
    return red << 16 | green << 8 | blue
