"""Round brush tips: where the dabs of a path lie, and how much each covers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.imaging.crop import Box

SPACING = 0.2
"""Distance between neighboring dabs, in radii."""

Dab = tuple[float, float, float]
"""Center x and y, and pressure 0 to 1."""


class Lean(NamedTuple):
    """How a tip leans: how much longer it is along ``angle`` (radians from the x axis)."""

    stretch: float = 1.0
    angle: float = 0.0


UPRIGHT = Lean()


class Trail:
    """Dabs along a path, evenly spaced whatever the steps in which the path comes.

    ``radius_of`` gives the radius of a dab in pixels from its pressure; ``spacing`` is the distance
    between neighbors in radii.
    """

    def __init__(self, radius_of: Callable[[float], float], spacing: float = SPACING) -> None:
        self._radius_of = radius_of
        self._spacing = spacing
        self._last: Dab | None = None
        self._carry = 0.0

    def set_spacing(self, spacing: float) -> None:
        """Lay the dabs that come now at this distance, in radii."""
        self._spacing = spacing

    def to(self, point: Dab) -> Iterator[Dab]:
        """The dabs from the last point to ``point``; the first point is one dab. Take them all."""
        last, self._last = self._last, point
        if last is None:
            yield point
            return
        x0, y0, p0 = last
        x1, y1, p1 = point
        length = math.hypot(x1 - x0, y1 - y0)
        at = -self._carry
        while True:
            share = max(0.0, at) / length if length else 0.0
            step = max(1.0, self._spacing * self._radius_of(p0 + (p1 - p0) * share))
            if at + step > length:
                break
            at += step
            t = max(0.0, at / length)
            yield x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, p0 + (p1 - p0) * t
        self._carry = length - at


def reach(x: float, y: float, radius: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom (exclusive) of the pixels that a dab may touch."""
    rim = radius + 1.0
    return math.floor(x - rim), math.floor(y - rim), math.ceil(x + rim), math.ceil(y + rim)


def coverage(
    box: Box, x: float, y: float, radius: float, hardness: float, lean: Lean = UPRIGHT
) -> np.ndarray:
    """What a round tip at (x, y) covers of ``box``: float32 ``[h, w]``, 0 to 1.

    Antialiased by a falloff of at least one pixel; ``hardness`` is 0 (soft) to 1. A tip that leans
    is an ellipse: ``radius`` across, and longer along its angle.
    """
    left, top, width, height = box
    dy = (np.arange(top, top + height, dtype=np.float32) + np.float32(0.5 - y))[:, None]
    dx = (np.arange(left, left + width, dtype=np.float32) + np.float32(0.5 - x))[None, :]
    if lean.stretch == 1.0:
        distance = np.sqrt(dy**2 + dx**2)
    else:
        cos, sin = np.float32(math.cos(lean.angle)), np.float32(math.sin(lean.angle))
        along = (dx * cos + dy * sin) / np.float32(lean.stretch)
        distance = np.sqrt(along**2 + (dy * cos - dx * sin) ** 2)
    falloff = max(1.0, radius * (1.0 - hardness))
    t = np.clip((radius + 0.5 - distance) / falloff, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
