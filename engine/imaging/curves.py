"""Tone curves through a few points, as painting programs draw them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Points = Sequence[tuple[float, float]]
STRAIGHT = ((0.0, 0.0), (255.0, 255.0))
"""The curve that changes nothing."""


def table(points: Points) -> np.ndarray:
    """The 256 values (uint8) of the curve through ``points`` (0..255 both), in order of x.

    A cubic that never swings beyond its points (Fritsch and Carlson, "Monotone Piecewise Cubic
    Interpolation", 1980); level before the first and after the last.
    """
    kept = dict(sorted((float(x), float(y)) for x, y in points))
    xs, ys = np.array(list(kept)), np.array(list(kept.values()))
    at = np.arange(256, dtype=np.float64)
    if len(xs) == 1:
        return np.full(256, np.clip(np.rint(ys[0]), 0, 255), np.uint8)
    steps, rises = np.diff(xs), np.diff(ys) / np.diff(xs)
    slopes = _slopes(steps, rises)
    place = np.clip(np.searchsorted(xs, at, "right") - 1, 0, len(steps) - 1)
    t = np.clip((at - xs[place]) / steps[place], 0.0, 1.0)
    values = (
        (1 + 2 * t) * (1 - t) ** 2 * ys[place]
        + t * (1 - t) ** 2 * steps[place] * slopes[place]
        + t**2 * (3 - 2 * t) * ys[place + 1]
        + t**2 * (t - 1) * steps[place] * slopes[place + 1]
    )
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def _slopes(steps: np.ndarray, rises: np.ndarray) -> np.ndarray:
    """Slopes at the points: weighted harmonic means, 0 where the curve turns around."""
    slopes = np.concatenate([rises[:1], rises])
    for place in range(1, len(steps)):
        before, after = rises[place - 1], rises[place]
        if before * after <= 0:
            slopes[place] = 0.0
            continue
        first, second = 2 * steps[place] + steps[place - 1], steps[place] + 2 * steps[place - 1]
        slopes[place] = (first + second) / (first / before + second / after)
    return slopes
