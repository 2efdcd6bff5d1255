"""Masks of shapes: lines, rectangles and ellipses, filled or stroked, with soft edges.

A mask is a raster of one channel (:mod:`engine.canvas.tiles`), 255 inside. Polygons and what is
drawn by hand are :func:`engine.canvas.selection.lasso`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from engine.canvas import selecting, selection
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles

Point = tuple[float, float]
ROUND_CORNERS = 24


def line(size: tuple[int, int], start: Point, end: Point, width: float) -> Tiles:
    """A straight line ``width`` pixels wide with round ends, in a document of ``size``."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    corners: list[Point] = []
    for middle, first in ((end, angle - math.pi / 2), (start, angle + math.pi / 2)):
        for number in range(ROUND_CORNERS + 1):
            turned = first + math.pi * number / ROUND_CORNERS
            corners.append(
                (
                    middle[0] + width / 2 * math.cos(turned),
                    middle[1] + width / 2 * math.sin(turned),
                )
            )
    return selection.lasso(size, corners)


def rectangle(size: tuple[int, int], rect: Rect, stroke: int | None = None) -> Tiles:
    """A rectangle; with ``stroke`` only a band of so many pixels along its inner edge."""
    return _shape(size, rect, stroke, selection.rectangle)


def ellipse(size: tuple[int, int], rect: Rect, stroke: int | None = None) -> Tiles:
    """The ellipse in ``rect``; with ``stroke`` only a band along its inner edge."""
    return _shape(size, rect, stroke, selection.ellipse)


def _shape(
    size: tuple[int, int],
    rect: Rect,
    stroke: int | None,
    make: Callable[[tuple[int, int], Rect], Tiles],
) -> Tiles:
    outer = make(size, rect)
    inner = Rect(0, 0, 0, 0) if stroke is None else rect.grown(-stroke)
    return outer if inner.empty else selecting.joined(outer, make(size, inner), "subtract")
