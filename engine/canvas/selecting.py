"""What is done to selections: join them, let them grow, shrink and fade, and make them of colors.

Selections are rasters of one channel (:mod:`engine.canvas.tiles`), 255 inside. ``area`` is the
document: nothing is selected outside of it, and its border is no edge, so that what touches it
stays whole there. Every function gives a new selection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles, keys_in, tile_rect

Joining = Literal["replace", "add", "subtract", "intersect"]
Array = np.ndarray


def joined(present: Tiles | None, new: Tiles, how: Joining) -> Tiles:
    """``new`` joined to the ``present`` selection; without one there is nothing to intersect."""
    if how == "replace" or (present is None and how == "add"):
        return new
    present = present if present is not None else Tiles(1)
    result = Tiles(1)
    for key in {*present, *new}:
        one, other = present.get(key), new.get(key)
        tile = _joined(one, other, how)
        if tile is not None:
            result.write(tile_rect(key), tile)
    return result


def inverted(selection: Tiles, area: Rect) -> Tiles:
    """What of ``area`` is not selected."""
    result = Tiles(1)
    result.fill(area, (255,))
    for key in selection:
        part = tile_rect(key).intersected(area)
        if not part.empty:
            result.write(part, 255 - selection.read(part))
    return result


def moved(selection: Tiles, dx: int, dy: int, area: Rect) -> Tiles:
    """The selection elsewhere; what leaves ``area`` is gone."""
    place = selection.bounds().moved(dx, dy).intersected(area)
    if place.empty:
        return Tiles(1)
    return Tiles.from_array(selection.read(place.moved(-dx, -dy)), place.x, place.y)


def grown(selection: Tiles, distance: int, area: Rect) -> Tiles:
    """Larger by ``distance`` pixels all around; smaller when it is negative. Soft edges stay."""
    import cv2

    if not distance:
        return selection
    side = 2 * abs(distance) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    change = cv2.dilate if distance > 0 else cv2.erode

    def changed(pixels: Array) -> Array:
        return change(pixels, kernel, borderType=cv2.BORDER_REPLICATE)

    return _worked(selection, abs(distance), area, changed)


def feathered(selection: Tiles, radius: float, area: Rect) -> Tiles:
    """With edges that fade: a Gaussian blur whose deviation is ``radius`` pixels."""
    import cv2

    if radius <= 0:
        return selection

    def blurred(pixels: Array) -> Array:
        return cv2.GaussianBlur(pixels, (0, 0), radius, borderType=cv2.BORDER_REPLICATE)

    return _worked(selection, int(np.ceil(3 * radius)), area, blurred)


def sharpened(selection: Tiles, area: Rect) -> Tiles:
    """Without soft edges: what is at least half selected, wholly."""
    return _worked(selection, 0, area, lambda pixels: np.where(pixels >= 128, 255, 0))


def near(pixels: Array, color: Array, tolerance: int) -> Array:
    """Where straight RGBA uint8 [h, w, 4] looks like ``color`` (RGBA): a mask [h, w].

    ``tolerance`` 0..255 is the most that any channel may differ, of colors as they look (weighed
    by their alpha).
    """
    import cv2

    wanted = _shown(color[None, None])
    away = cv2.absdiff(_shown(pixels), np.broadcast_to(wanted, pixels.shape).copy())
    return np.where(away.max(axis=2) <= tolerance, np.uint8(255), np.uint8(0))


def of_colors(pixels: Array, colors: Array, fuzziness: int) -> Array:
    """A color range: a soft mask [h, w] of straight RGBA uint8 [h, w, 4].

    Whole where a pixel has one of ``colors`` (RGBA uint8 [n, 4]), and less the farther it is from
    the nearest of them, down to nothing at ``fuzziness`` 1..255 (Euclidean over four channels).
    """
    shown = _shown(pixels).astype(np.float32)
    nearest = np.full(shown.shape[:2], np.inf, np.float32)
    for color in _shown(colors[None]).astype(np.float32)[0]:
        np.minimum(nearest, np.sqrt(((shown - color) ** 2).sum(axis=2)), out=nearest)
    share = 1.0 - nearest / np.float32(max(1, fuzziness))
    return np.rint(np.clip(share, 0.0, 1.0) * 255).astype(np.uint8)


def _joined(one: Array | None, other: Array | None, how: Joining) -> Array | None:
    if how == "add":
        if one is None or other is None:
            return one if other is None else other
        return np.maximum(one, other)
    if one is None:
        return None
    if how == "subtract":
        return one if other is None else np.minimum(one, 255 - other)
    return None if other is None else np.minimum(one, other)


def _worked(selection: Tiles, reach: int, area: Rect, work: Callable[[Array], Array]) -> Tiles:
    """``work`` done on each tile that may change, with ``reach`` pixels around it to look at."""
    around = selection.bounds().grown(reach).intersected(area)
    result = Tiles(1)
    for key in keys_in(around):
        part = tile_rect(key).intersected(area)
        seen = part.grown(reach).intersected(area)
        if not selection.touches(seen):
            continue
        pixels = selection.read(seen)
        if pixels.min() == 255:
            result.fill(part, (255,))
            continue
        inside = part.moved(-seen.x, -seen.y).slices
        result.write(part, work(pixels)[inside].astype(np.uint8))
    return result


def _shown(pixels: Array) -> Array:
    """RGBA premultiplied by alpha, so that hidden colors are all alike."""
    result = pixels.copy()
    alpha = pixels[..., 3:4].astype(np.uint16)
    result[..., :3] = (pixels[..., :3] * alpha + 127) // 255
    return result
