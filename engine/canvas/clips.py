"""What is copied of a document: a picture with soft edges, and where it lay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.canvas.document import Document
from engine.canvas.raster import bounds
from engine.canvas.rect import Rect
from engine.imaging.decode import encode_png


class Clip(NamedTuple):
    """Straight RGBA uint8 [h, w, 4] whose top left lay at (x, y) of its document."""

    pixels: np.ndarray
    x: int
    y: int

    def png(self) -> bytes:
        """The picture as a PNG file with its transparency."""
        return encode_png(self.pixels)


def clip_of(document: Document, layer_id: str) -> Clip | None:
    """What the selection has of a layer, all of it without one; None where that is nothing."""
    layer = document.layer(layer_id)
    area = layer.bounds
    if document.selection is not None:
        area = area.intersected(document.selection_bounds)
    return None if area.empty else _clip(document, layer.pixels(area), area)


def merged_clip(document: Document) -> Clip | None:
    """What the selection has of the picture as it is seen; None where that is nothing."""
    area = document.bounds
    if document.selection is not None:
        area = area.intersected(document.selection_bounds)
    return None if area.empty else _clip(document, document.composite(area), area)


def _clip(document: Document, pixels: np.ndarray, area: Rect) -> Clip | None:
    if document.selection is not None:
        chosen = document.selection.read(area).astype(np.uint16)
        alpha = (pixels[..., 3] * chosen + 127) // 255
        pixels = np.dstack([pixels[..., :3], alpha.astype(np.uint8)])
    seen = bounds(pixels[..., 3])
    if seen.empty:
        return None
    return Clip(np.ascontiguousarray(pixels[seen.slices]), area.x + seen.x, area.y + seen.y)
