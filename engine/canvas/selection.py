"""Selections: rasters of one channel, 255 inside; soft edges are values between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles, keys_in, tile_rect
from engine.runtime.files import atomic_file

SUPERSAMPLING = 4
BAND = 512


def rectangle(size: tuple[int, int], rect: Rect) -> Tiles:
    """The part of ``rect`` that lies in a document of ``size`` (width, height)."""
    selection = Tiles(1)
    selection.fill(rect.intersected(Rect(0, 0, *size)), (255,))
    return selection


def ellipse(size: tuple[int, int], rect: Rect) -> Tiles:
    """The ellipse that fits into ``rect``, with soft edges."""
    inside = rect.intersected(Rect(0, 0, *size))
    result = Tiles(1)
    for top in range(inside.y, inside.bottom, BAND):
        band = inside.intersected(Rect(inside.x, top, inside.width, BAND))
        result.write(band, _ellipse(rect, band))
    return result


def _ellipse(rect: Rect, part: Rect) -> np.ndarray:
    across, down = np.float32(rect.width / 2), np.float32(rect.height / 2)
    y = (np.arange(part.y, part.bottom, dtype=np.float32) + 0.5 - rect.y - down) / down
    x = (np.arange(part.x, part.right, dtype=np.float32) + 0.5 - rect.x - across) / across
    radius = np.sqrt(y[:, None] ** 2 + x[None, :] ** 2)
    pixels = (1.0 - radius) * min(across, down) + 0.5
    return np.rint(np.clip(pixels, 0.0, 1.0) * 255).astype(np.uint8)


def lasso(size: tuple[int, int], points: Sequence[tuple[float, float]]) -> Tiles:
    """The closed polygon through ``points`` (document pixels), with soft edges."""
    if len(points) < 3:
        return Tiles(1)
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    box = Rect.edges(int(min(xs)) - 1, int(min(ys)) - 1, int(max(xs)) + 2, int(max(ys)) + 2)
    box = box.intersected(Rect(0, 0, *size))
    if box.empty:
        return Tiles(1)
    result = Tiles(1)
    for top in range(box.y, box.bottom, BAND):  # a whole one would be 16 times the document
        band = box.intersected(Rect(box.x, top, box.width, BAND))
        result.write(band, _polygon(points, band))
    return result


def export_png(selection: Tiles, size: tuple[int, int], path: Path) -> None:
    """Write a gray PNG of the document's size (white is selected), atomically."""
    with atomic_file(path) as stream:
        Image.fromarray(selection.read(Rect(0, 0, *size))).save(stream, "PNG")


def _polygon(points: Sequence[tuple[float, float]], part: Rect) -> np.ndarray:
    """The coverage of ``part``. Pillow also fills the pixels that the right and lower edges touch:
    those are taken away again.
    """
    width, height = part.width * SUPERSAMPLING, part.height * SUPERSAMPLING
    large = Image.new("L", (width + 1, height + 1))
    shifted = [((x - part.x) * SUPERSAMPLING, (y - part.y) * SUPERSAMPLING) for x, y in points]
    ImageDraw.Draw(large).polygon(shifted, fill=255)
    filled = np.asarray(large)
    filled = np.minimum(filled[:-1], filled[1:])
    filled = np.minimum(filled[:, :-1], filled[:, 1:])
    return np.asarray(Image.fromarray(filled).reduce(SUPERSAMPLING))


def is_full(selection: Tiles, rect: Rect) -> bool:
    """Whether every pixel of ``rect`` is wholly selected."""
    seen: set[int] = set()
    for key in keys_in(rect):
        tile = selection.get(key)
        if tile is None:
            return False
        part = tile_rect(key).intersected(rect)
        whole = part == tile_rect(key)
        if whole and id(tile) in seen:
            continue
        pixels = selection.view(part)
        if pixels is None or pixels.min() < 255:
            return False
        if whole:
            seen.add(id(tile))
    return True
