"""Layers over each other: exact source-over of straight-alpha pixels.

All layers are accumulated in float32 premultiplied by alpha and rounded to bytes once, at the end.
So a lone layer comes back byte for byte, a transparent pixel changes nothing under it, and any
rectangle equals the same part of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from engine.canvas.rect import Rect

Array = np.ndarray


class Placed(Protocol):
    """What compositing needs to know of a layer."""

    pixels: Array
    x: int
    y: int
    opacity: float
    visible: bool
    revision: int

    @property
    def bounds(self) -> Rect:
        """Where the pixels lie in the document."""
        ...


def composite(layers: Iterable[Placed], rect: Rect) -> Array:
    """Straight RGBA uint8 [height, width, 4] of ``rect``, bottom layer first."""
    return rounded(accumulate(layers, rect))


def accumulate(layers: Iterable[Placed], rect: Rect, below: Array | None = None) -> Array:
    """Premultiplied float32 [height, width, 4], color 0..255 and alpha 0..1, over ``below``."""
    empty = (rect.height, rect.width, 4)
    result = np.zeros(empty, np.float32) if below is None else below.copy()
    for layer in layers:
        if layer.visible and layer.opacity > 0:
            _lay(result, layer, rect)
    return result


def rounded(premultiplied: Array) -> Array:
    """Straight uint8 RGBA of an accumulated picture; fully transparent pixels are all zero."""
    alpha = premultiplied[..., 3:4]
    color = premultiplied[..., :3]
    if float(alpha.min(initial=1.0)) < 1.0:
        color = color / np.maximum(alpha, 1e-6)
    result = np.empty(premultiplied.shape, np.uint8)
    np.rint(np.minimum(color, 255.0), out=result[..., :3], casting="unsafe")
    np.rint(alpha * 255.0, out=result[..., 3:4], casting="unsafe")
    result[result[..., 3] == 0] = 0
    return result


def _lay(result: Array, layer: Placed, rect: Rect) -> None:
    part = rect.intersected(layer.bounds)
    if part.empty:
        return
    source = layer.pixels[part.moved(-layer.x, -layer.y).slices]
    target = result[part.moved(-rect.x, -rect.y).slices]
    alpha_bytes = source[..., 3:4]
    if not alpha_bytes.any():
        return
    if layer.opacity >= 1.0 and alpha_bytes.min() == 255:
        target[..., :3] = source[..., :3]
        target[..., 3] = 1.0
        return
    alpha = alpha_bytes.astype(np.float32) * np.float32(layer.opacity / 255.0)
    target *= 1.0 - alpha
    target[..., :3] += source[..., :3] * alpha
    target[..., 3:4] += alpha


class Compositor:
    """Keeps what lies under the active layer, so that a stroke blends only what is above.

    The kept picture is filled where it is asked for, in squares of :attr:`tile` pixels, and dropped
    when any layer under the active one has changed. Squares that show one layer alone, most of
    them in a usual document, are copied and not blended. At most :attr:`most` squares are kept.
    """

    tile = 256
    most = 128

    def __init__(self) -> None:
        self._key: tuple[int, ...] = ()
        self._tiles: dict[tuple[int, int], Array] = {}

    def composite(self, layers: Sequence[Placed], active: int, rect: Rect) -> Array:
        """As :func:`composite`; ``active`` is the index of the layer that is being painted on."""
        key = tuple(layer.revision for layer in layers[:active])
        if key != self._key:
            self._key, self._tiles = key, {}
        result = np.empty((rect.height, rect.width, 4), np.uint8)
        for square in squares(rect, self.tile):
            part = square.intersected(rect)
            target = result[part.moved(-rect.x, -rect.y).slices]
            if _copied(target, layers, part):
                continue
            below = self._below(layers[:active], square)
            view = below[part.moved(-square.x, -square.y).slices]
            target[:] = rounded(accumulate(layers[active:], part, view))
        return result

    def _below(self, layers: Sequence[Placed], square: Rect) -> Array:
        kept = self._tiles.get((square.x, square.y))
        if kept is None:
            kept = accumulate(layers, square)
            if len(self._tiles) >= self.most:
                self._tiles.pop(next(iter(self._tiles)))
            self._tiles[square.x, square.y] = kept
        return kept


def _copied(target: Array, layers: Sequence[Placed], rect: Rect) -> bool:
    """Fill ``target`` as :func:`composite` would, where one opaque layer or none is to be seen."""
    seen: Placed | None = None
    for layer in reversed(layers):
        part = rect.intersected(layer.bounds)
        if not layer.visible or layer.opacity <= 0 or part.empty:
            continue
        alpha = layer.pixels[part.moved(-layer.x, -layer.y).slices][..., 3]
        if not alpha.any():
            continue
        if seen is not None or layer.opacity < 1.0:
            return False
        seen = layer
        if part == rect and alpha.min() == 255:
            break
    target[:] = 0
    if seen is not None:
        part = rect.intersected(seen.bounds)
        source = seen.pixels[part.moved(-seen.x, -seen.y).slices]
        target[part.moved(-rect.x, -rect.y).slices] = np.where(source[..., 3:4] > 0, source, 0)
    return True


def squares(rect: Rect, size: int) -> Iterable[Rect]:
    """The squares of side ``size`` of a grid from the origin that ``rect`` touches."""
    for y in range(rect.y // size * size, rect.bottom, size):
        for x in range(rect.x // size * size, rect.right, size):
            yield Rect(x, y, size, size)
