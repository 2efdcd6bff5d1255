"""Crops that are found instead of drawn: around the content, of a ratio, for a bucket.

Sizes are (width, height), boxes (left, top, width, height), in pixels of the picture.
"""

from __future__ import annotations

import math

import numpy as np

from engine.imaging.background import TOLERANCE, from_plain, plain_color
from engine.imaging.crop import Box, box_of_ratio, mask_box

Size = tuple[int, int]

RATIOS: tuple[tuple[int, int], ...] = (
    (1, 1), (5, 4), (4, 3), (3, 2), (16, 10), (16, 9), (2, 1), (21, 9),
    (4, 5), (3, 4), (2, 3), (10, 16), (9, 16), (1, 2), (9, 21),
)  # fmt: skip
"""Width and height of the ratios that have a name."""


def ratio_name(size: Size, *, tolerance: float = 0.005) -> str:
    """``"3:2"`` for a size of nearly that ratio, empty for one without a name."""
    ratio = size[0] / size[1]
    width, height = min(RATIOS, key=lambda known: abs(known[0] / known[1] / ratio - 1))
    return f"{width}:{height}" if abs(width / height / ratio - 1) <= tolerance else ""


def content(rgba: np.ndarray, tolerance: int = TOLERANCE) -> Box | None:
    """The box of what there is to see in ``rgba`` uint8 ``[H, W, 4]``: of what is not transparent,
    or of what stands on a plain background. None where neither tells, or nothing is there.
    """
    visible = mask_box(rgba[..., 3])
    if visible is None or visible[2:] != _size(rgba):
        return visible
    background = plain_color(rgba, tolerance)
    if not background.is_plain:
        return None
    return mask_box(from_plain(rgba, tolerance, color=background.color), least=128)


def auto_crop(
    rgba: np.ndarray,
    *,
    margin: float = 0.0,
    ratio: float | None = None,
    tolerance: int = TOLERANCE,
) -> Box | None:
    """The crop to the :func:`content`, with ``margin`` (a share of its longer side) left around it
    and widened to ``ratio`` (width / height) where one is given. None without content.
    """
    found = content(rgba, tolerance)
    if found is None:
        return None
    size = _size(rgba)
    box = with_margin(found, margin, size)
    return box if ratio is None else around(box, ratio, size)


def with_margin(box: Box, margin: float, size: Size) -> Box:
    """``box`` with ``margin``, a share of its longer side, on each side that has room."""
    by = round(margin * max(box[2:]))
    left, top = max(0, box[0] - by), max(0, box[1] - by)
    right, bottom = min(size[0], box[0] + box[2] + by), min(size[1], box[1] + box[3] + by)
    return left, top, right - left, bottom - top


def around(box: Box, ratio: float, size: Size) -> Box:
    """The smallest box of ``ratio`` that holds ``box``, as near to its middle as the picture lets
    it. Where none fits into the picture: the largest of that ratio, over the middle of ``box``.
    """
    width, height = max(box[2], round(box[3] * ratio)), max(box[3], round(box[2] / ratio))
    if width > size[0] or height > size[1]:
        width, height = box_of_ratio(size, ratio)[2:]
    return (
        _between(box[0] + (box[2] - width) // 2, size[0] - width),
        _between(box[1] + (box[3] - height) // 2, size[1] - height),
        width,
        height,
    )


def fit_bucket(size: Size, bucket: Size, content: Box | None = None) -> Box:
    """The largest box in a picture of ``size`` that fills ``bucket`` without a further cut.

    It lies as :func:`placed` says.
    """
    return placed(size, _filling(size, bucket), content)


def placed(size: Size, inner: Size, content: Box | None = None) -> Box:
    """A box of size ``inner`` in the middle of ``size``, moved as little as is needed to hold
    ``content``; content that does not fit into it is cut evenly.
    """
    held = content or (0, 0, *size)
    return (
        _holding(size[0], inner[0], held[0], held[2]),
        _holding(size[1], inner[1], held[1], held[3]),
        *inner,
    )


def keeping_most(weights: np.ndarray, inner: Size) -> Box:
    """The box of size ``inner`` with the largest sum of ``weights`` ``[H, W]`` (a mask, alpha …);
    of equally good ones the one nearest to the middle.
    """
    import cv2

    height, width = weights.shape
    wide, high = min(inner[0], width), min(inner[1], height)
    sums = cv2.integral(weights, sdepth=cv2.CV_64F)
    inside = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
    rows, columns = np.nonzero(inside >= inside.max() - 1e-6)
    middle = (height - high) / 2, (width - wide) / 2
    best = int(np.hypot(rows - middle[0], columns - middle[1]).argmin())
    return int(columns[best]), int(rows[best]), wide, high


def share_kept(weights: np.ndarray, box: Box) -> float:
    """How much of the sum of ``weights`` ``[H, W]`` lies in ``box``; 1 when there is none."""
    total = float(weights.sum(dtype=np.float64))
    left, top, width, height = box
    part = weights[top : top + height, left : left + width]
    return float(part.sum(dtype=np.float64)) / total if total else 1.0


def fills(size: Size, bucket: Size) -> bool:
    """Whether a picture of ``size``, enlarged or reduced until it covers ``bucket``, is exactly
    that: the rounding of kohya's trainer.
    """
    wider = size[0] / size[1] > bucket[0] / bucket[1]
    scale = bucket[1] / size[1] if wider else bucket[0] / size[0]
    return (int(size[0] * scale + 0.5), int(size[1] * scale + 0.5)) == bucket


def _filling(size: Size, bucket: Size) -> Size:
    """The largest size in ``size`` that :func:`fills` ``bucket``. A small picture that has to be
    enlarged fits only where the whole pixels do.
    """
    ratio = bucket[0] / bucket[1]
    inner = box_of_ratio(size, ratio)[2:]
    if fills(inner, bucket):
        return inner
    step = bucket[0] // math.gcd(*bucket)  # after so many columns the pixels fit again
    for width in range(inner[0], max(0, inner[0] - step - 1), -1):
        for height in (math.floor(width / ratio), math.ceil(width / ratio)):
            if 0 < height <= size[1] and fills((width, height), bucket):
                return width, height
    return inner


def _holding(side: int, inner: int, start: int, length: int) -> int:
    """Where a span of ``inner`` begins: in the middle of ``side``, moved to hold the content."""
    middle = (side - inner) // 2
    if length > inner:
        middle = start + (length - inner) // 2
    else:
        middle = max(min(middle, start), start + length - inner)
    return _between(middle, side - inner)


def _between(value: int, most: int) -> int:
    return max(0, min(value, most))


def _size(rgba: np.ndarray) -> Size:
    return rgba.shape[1], rgba.shape[0]
