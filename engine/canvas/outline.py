"""The edge of a selection as lines, at the size at which it is looked at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles

MOST_POINTS = 4000
HALF = 128


class Outline(NamedTuple):
    """Closed lines, each float32 [n, 2] of (x, y) in document pixels, along the pixels' edges.

    ``reach`` holds the lines at a distance around the selection, empty when none was asked for.
    """

    edge: list[np.ndarray]
    reach: list[np.ndarray]


def outline(selection: Tiles, rect: Rect, level: int, reach: int = 0) -> Outline:
    """What is at least half selected in ``rect`` (document pixels), looked at shrunk ``level``
    times by two; with ``reach`` also what is so many document pixels away from it at most.

    An edge with more than 4,000 corners is looked at coarser: nobody could follow it, and its
    lines are drawn many times.
    """
    while True:
        scale = 1 << level
        small = Rect.edges(
            rect.x >> level, rect.y >> level, -(-rect.right >> level), -(-rect.bottom >> level)
        )
        pixels = selection.at_level(level, small)
        if pixels is None:
            return Outline([], [])
        inside = (pixels >= HALF).astype(np.uint8)
        coarse = max(small.width, small.height) < 32
        # Lines of so many ends are not even looked for: that takes longer than to draw them.
        if coarse or np.count_nonzero(inside[:, 1:] != inside[:, :-1]) <= 4 * MOST_POINTS:
            edge = _lines(inside, small, scale)
            if coarse or sum(map(len, edge)) <= MOST_POINTS:
                break
        level += 1
    return Outline(edge, _lines(_near(inside, reach / scale), small, scale) if reach else [])


def _near(inside: np.ndarray, distance: float) -> np.ndarray:
    import cv2

    if not inside.any():
        return inside
    away = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    return (away <= distance).astype(np.uint8)


def _lines(inside: np.ndarray, place: Rect, scale: int) -> list[np.ndarray]:
    """The contours of a mask. Those of OpenCV run through the middle of pixels; of a mask twice
    as large, the odd ones are half a pixel short of the edge and the even ones are on it.
    """
    import cv2

    if not inside.any():
        return []
    double: np.ndarray = cv2.resize(inside, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    found, _ = cv2.findContours(double, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    lines = []
    for contour in found:
        corners = (contour[:, 0] + 1) // 2
        lines.append(((corners + np.array((place.x, place.y))) * scale).astype(np.float32))
    return lines
