"""Selections by color of a whole document, some rows at a time. Slow for large ones: call them off
the thread of the window, on a :meth:`~engine.canvas.core.Core.frozen` document.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.canvas import selecting
from engine.canvas.document import Document
from engine.canvas.rect import Rect
from engine.canvas.tiles import TILE, Tiles

BAND = 2 * TILE


def like(
    document: Document,
    at: tuple[int, int],
    tolerance: int,
    *,
    contiguous: bool = True,
    layer_id: str = "",
) -> Tiles:
    """What has the color at pixel (x, y) of ``document``, or of one layer of it.

    ``tolerance`` as in :func:`engine.canvas.selecting.near`. ``contiguous`` takes only what hangs
    together with the pixel, corners not counted.
    """
    import cv2

    color = _pixels(document, layer_id, Rect(*at, 1, 1))[0, 0]
    mask = np.zeros((document.height, document.width), np.uint8)
    for band in _bands(document):
        mask[band.slices] = selecting.near(_pixels(document, layer_id, band), color, tolerance)
    if contiguous:
        cv2.floodFill(mask, None, at, 128, flags=4)
        mask = np.where(mask == 128, np.uint8(255), np.uint8(0))
    return Tiles.from_array(mask)


def of_range(document: Document, colors: np.ndarray, fuzziness: int, layer_id: str = "") -> Tiles:
    """What has one of ``colors`` (RGBA uint8 [n, 4]) or is near to it, see
    :func:`engine.canvas.selecting.of_colors`.
    """
    result = Tiles(1)
    for band in _bands(document):
        pixels = _pixels(document, layer_id, band)
        result.write(band, selecting.of_colors(pixels, colors, fuzziness))
    return result


def _bands(document: Document) -> Iterator[Rect]:
    for top in range(0, document.height, BAND):
        yield Rect(0, top, document.width, BAND).intersected(document.bounds)


def _pixels(document: Document, layer_id: str, rect: Rect) -> np.ndarray:
    if not layer_id:
        return document.composite(rect)
    layer = document.layer(layer_id)
    return layer.tiles.read(rect.moved(-layer.x, -layer.y))
