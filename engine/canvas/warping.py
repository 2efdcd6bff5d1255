"""Rasters through a homography: scaled, turned, sheared, in perspective.

A homography is a 3 x 3 matrix that takes points to points, with the center of the top left pixel at
(0.5, 0.5).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles, keys_in, tile_rect
from engine.imaging.softness import premultiplied, straight

Resampling = Literal["nearest", "linear", "bicubic", "area"]
Point = tuple[float, float]
Array = np.ndarray

RESAMPLINGS: tuple[Resampling, ...] = ("nearest", "linear", "bicubic", "area")
# Points nearer to the horizon of a perspective than this would lie anywhere.
_HORIZON = 1e-4
# So much of a pixel counts as the same place: what a turn by 90 degrees is off by.
_SNAP = 1e-3


def quad_matrix(source: Sequence[Point], target: Sequence[Point]) -> Array:
    """The matrix that takes four points to four others. Raises ValueError for points in a line.

    It is scaled so that what it divides by is 1 in the middle of ``source``, and above 0 wherever
    there is a picture.
    """
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    try:
        solved = np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))
    except np.linalg.LinAlgError as error:
        raise ValueError("the points lie in a line") from error
    matrix = np.append(solved, 1.0).reshape(3, 3)
    depth = float(matrix[2] @ (*np.mean(source, axis=0), 1.0))
    if abs(depth) < _HORIZON:
        raise ValueError("the points lie in a line")
    scaled: Array = matrix / depth
    return scaled


def is_usable(matrix: Array, bounds: Rect) -> bool:
    """Whether the matrix keeps all corners of ``bounds`` on one side of its horizon and apart."""
    corners = _corners(bounds)
    depth = corners @ matrix[2, :2] + matrix[2, 2]
    if not np.isfinite(matrix).all() or depth.min() < _HORIZON:
        return False
    return abs(float(np.linalg.det(matrix))) > 1e-9


def moves_by(matrix: Array) -> tuple[int, int] | None:
    """The whole pixels that the matrix moves everything by; None when it does more than that."""
    dx, dy = float(matrix[0, 2]), float(matrix[1, 2])
    plain = np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1]])
    if not np.allclose(matrix, plain, atol=1e-7):
        return None
    whole = round(dx), round(dy)
    near = max(abs(dx - whole[0]), abs(dy - whole[1])) < _SNAP
    return whole if near else None


def warped(
    tiles: Tiles,
    matrix: Array,
    how: Resampling,
    within: Rect,
    breathe: Callable[[], object] = lambda: None,
) -> Tiles:
    """A raster through ``matrix`` (its own pixels to its own pixels), as far as ``within``.

    What shrinks is averaged by halves first, except with ``nearest``; ``area`` averages the rest
    too. With ``nearest``, whole enlargements and turns by 90 degrees copy pixels as they are.
    """
    result = Tiles(tiles.channels, tiles.empty)
    source = tiles.bounds()
    if source.empty:
        return result
    inverse = np.linalg.inv(matrix)
    for key in keys_in(_image(matrix, source).intersected(within)):
        breathe()
        place = tile_rect(key).intersected(within)
        pixels = _sampled(tiles, source, inverse, place, how)
        if pixels is not None:
            result.write(place, pixels)
    return result


def _sampled(
    tiles: Tiles, source: Rect, inverse: Array, place: Rect, how: Resampling
) -> Array | None:
    """The pixels of ``place`` of the result; None where nothing comes to lie."""
    shrink = _shrink(inverse, place)
    level = 0 if how == "nearest" or shrink < 2 else int(math.log2(shrink) + 1e-9)
    rest = shrink / 2**level
    times = 2 if how == "area" and rest > 1 + _SNAP else 1
    columns, rows = _positions(inverse, place, times)
    scale = np.float64(2.0**-level)
    columns, rows = columns * scale, rows * scale
    margin = 3
    need = Rect.edges(
        math.floor(float(columns.min())) - margin,
        math.floor(float(rows.min())) - margin,
        math.ceil(float(columns.max())) + margin,
        math.ceil(float(rows.max())) + margin,
    )
    there = Rect.edges(
        source.x >> level, source.y >> level, -(-source.right >> level), -(-source.bottom >> level)
    )
    need = need.intersected(there.grown(margin))
    if need.empty:
        return None
    pixels = tiles.at_level(level, need)
    if pixels is None:
        return None
    found = _remapped(pixels, columns - need.x, rows - need.y, how, tiles.empty)
    return found if times == 1 else _averaged(found, times)


def _remapped(pixels: Array, columns: Array, rows: Array, how: Resampling, empty: int) -> Array:
    import cv2

    if how == "nearest":
        x = np.floor(columns + _SNAP).astype(np.float32)
        y = np.floor(rows + _SNAP).astype(np.float32)
        return cv2.remap(
            pixels,
            x,
            y,
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(empty,) * 4,
        )
    kind = cv2.INTER_CUBIC if how == "bicubic" else cv2.INTER_LINEAR
    x, y = (columns - 0.5).astype(np.float32), (rows - 0.5).astype(np.float32)
    weighed = _weighed(pixels)
    moved = cv2.remap(
        weighed, x, y, kind, borderMode=cv2.BORDER_CONSTANT, borderValue=(float(empty),) * 4
    )
    return _bytes(moved)


def _weighed(pixels: Array) -> Array:
    return premultiplied(pixels) if pixels.ndim == 3 else pixels.astype(np.float32)


def _bytes(weighed: Array) -> Array:
    """Premultiplied float32 [h, w, 4] as straight uint8; a mask [h, w] as uint8."""
    if weighed.ndim == 3:
        return straight(weighed)
    return np.rint(np.clip(weighed, 0, 255)).astype(np.uint8)


def _averaged(pixels: Array, times: int) -> Array:
    import cv2

    size = pixels.shape[1] // times, pixels.shape[0] // times
    weighed = _weighed(pixels)
    return _bytes(cv2.resize(weighed, size, interpolation=cv2.INTER_AREA))


def _positions(inverse: Array, place: Rect, times: int) -> tuple[Array, Array]:
    """Where each pixel of ``place``, or each of ``times`` x ``times`` parts of it, comes from."""
    part = 1.0 / times
    x = place.x + (np.arange(place.width * times) + 0.5) * part
    y = place.y + (np.arange(place.height * times) + 0.5) * part
    x, y = x[None, :], y[:, None]
    columns = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]
    rows = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]
    if abs(inverse[2, 0]) + abs(inverse[2, 1]) < 1e-12:
        return columns / inverse[2, 2], rows / inverse[2, 2]
    depth = inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2]
    # What lies behind the horizon of the picture comes from nowhere.
    nowhere = depth <= _HORIZON
    depth = np.where(nowhere, 1.0, depth)
    return np.where(nowhere, -1e7, columns / depth), np.where(nowhere, -1e7, rows / depth)


def _shrink(inverse: Array, place: Rect) -> float:
    """By how much the picture shrinks at the middle of ``place``, along its tighter axis."""
    x, y = place.x + place.width / 2, place.y + place.height / 2
    depth = float(inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2])
    if abs(depth) <= _HORIZON:
        return 1.0
    at = (inverse[:2] @ np.array([x, y, 1.0])) / depth
    steps = (inverse[:2, :2] - at[:, None] * inverse[2, :2][None, :]) / depth
    return float(min(1024.0, max(1.0, min(np.hypot(*steps[:, 0]), np.hypot(*steps[:, 1])))))


def _image(matrix: Array, source: Rect) -> Rect:
    """The rectangle around what ``source`` becomes."""
    corners = _corners(source)
    depth = np.maximum(corners @ matrix[2, :2] + matrix[2, 2], _HORIZON)
    points = (corners @ matrix[:2, :2].T + matrix[:2, 2]) / depth[:, None]
    low, high = np.floor(points.min(axis=0) - _SNAP), np.ceil(points.max(axis=0) + _SNAP)
    low, high = np.clip(low, -1e6, 1e6), np.clip(high, -1e6, 1e6)
    return Rect.edges(int(low[0]) - 1, int(low[1]) - 1, int(high[0]) + 1, int(high[1]) + 1)


def _corners(rect: Rect) -> Array:
    return np.array(
        [(rect.x, rect.y), (rect.right, rect.y), (rect.right, rect.bottom), (rect.x, rect.bottom)],
        np.float64,
    )
