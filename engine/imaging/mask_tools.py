"""Working on masks: uint8 ``[H, W]``, 255 inside, values between along soft edges.

All but :class:`MaskStroke` leave their mask as it is and give a new one.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.imaging.crop import Box
from engine.imaging.dabs import Trail, coverage, reach

Combination = Literal["add", "take", "keep"]
_INSIDE = 128
_STEP = 12  # pixels that a mask grows by at a time
_RIM = 2  # pixels of soft edge that belong to a hole


class MaskStroke:
    """A brush stroke under way on ``mask``, which is changed in place; ``before`` keeps what it
    was. Blended once per stroke, so that dabs that overlap do not add up.

    ``radius`` in pixels, ``hardness`` 0 (soft) to 1; ``erase`` takes away.
    """

    def __init__(
        self, mask: np.ndarray, radius: float, hardness: float = 0.8, *, erase: bool = False
    ) -> None:
        self.mask = mask
        self.before = mask.copy()
        self._radius, self._hardness = radius, hardness
        self._target = 0 if erase else 255
        self._covered = np.zeros_like(mask)
        self._trail = Trail(lambda pressure: radius)

    def to(self, x: float, y: float) -> Box | None:
        """Draw on to (x, y); gives the box that changed, None when it lies outside."""
        boxes = [box for dab in self._trail.to((x, y, 1.0)) if (box := self._cover(dab[0], dab[1]))]
        if not boxes:
            return None
        left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right = max(box[0] + box[2] for box in boxes)
        bottom = max(box[1] + box[3] for box in boxes)
        part = slice(top, bottom), slice(left, right)
        before = self.before[part].astype(np.int32)
        change = (self._target - before) * self._covered[part]
        self.mask[part] = before + np.sign(change) * ((np.abs(change) + 127) // 255)
        return left, top, right - left, bottom - top

    def _cover(self, x: float, y: float) -> Box | None:
        height, width = self.mask.shape
        left, top, right, bottom = reach(x, y, self._radius)
        left, top, right, bottom = max(0, left), max(0, top), min(width, right), min(height, bottom)
        if right <= left or bottom <= top:
            return None
        box = left, top, right - left, bottom - top
        dab = np.rint(coverage(box, x, y, self._radius, self._hardness) * 255).astype(np.uint8)
        covered = self._covered[top:bottom, left:right]
        np.maximum(covered, dab, out=covered)
        return box


def feathered(mask: np.ndarray, grow: int, feather: int) -> np.ndarray:
    """``mask`` grown by ``grow`` pixels (shrunk when negative), its edge softened over ``feather``
    pixels.
    """
    import cv2

    change = cv2.dilate if grow > 0 else cv2.erode
    for done in range(0, abs(grow), _STEP):  # a large disc at once takes its area's time
        radius = min(_STEP, abs(grow) - done)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
        mask = change(mask, kernel)
    return cv2.GaussianBlur(mask, (0, 0), feather / 2) if feather else mask


def inverted(mask: np.ndarray) -> np.ndarray:
    """Inside and outside swapped."""
    return 255 - mask


def combined(mask: np.ndarray, other: np.ndarray, how: Combination) -> np.ndarray:
    """``mask`` with ``other`` added, taken away, or kept only where both are."""
    if how == "add":
        return np.maximum(mask, other)
    return np.minimum(mask, other if how == "keep" else 255 - other)


def holes_filled(mask: np.ndarray) -> np.ndarray:
    """Everything that is enclosed becomes inside, with the soft edge round it."""
    import cv2

    labels = _regions(np.pad(mask < _INSIDE, 1, constant_values=True), 4)[1:-1, 1:-1]
    holes = labels > 1  # the first label is what the frame belongs to
    if not holes.any():
        return mask.copy()
    rim = np.ones((2 * _RIM + 1,) * 2, np.uint8)
    enclosed = cv2.dilate(holes.astype(np.uint8), rim) > 0
    outer = cv2.dilate((labels == 1).astype(np.uint8), rim) > 0
    return np.where(holes | (enclosed & ~outer), np.uint8(255), mask)


def largest_part(mask: np.ndarray) -> np.ndarray:
    """Only the largest connected part, with its own soft edge."""
    import cv2

    inside = mask >= _INSIDE
    labels = _regions(inside, 8)
    counts = np.bincount(labels.ravel())
    counts[0] = 0
    if np.count_nonzero(counts) < 2:
        return mask.copy()
    kept = labels == int(counts.argmax())
    to_kept, to_others = (
        cv2.distanceTransform((~part).astype(np.uint8), cv2.DIST_L2, 5)
        for part in (kept, inside & ~kept)
    )
    return np.where(to_kept < to_others, mask, np.uint8(0))


def _regions(pixels: np.ndarray, connectivity: int) -> np.ndarray:
    """Labels int32 ``[H, W]`` of connected regions in reading order from 1; 0 elsewhere."""
    import cv2

    _, labels = cv2.connectedComponents(pixels.astype(np.uint8), connectivity=connectivity)
    return labels
