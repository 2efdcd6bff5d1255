"""Paint laid on a layer through a mask: fills, gradients and shapes.

The slow part works on copies, so that another thread can do it: :meth:`Document.covering` takes
them, :meth:`Covering.painted` works, :meth:`Document.put_covering` is one undo step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.canvas.brush import blend, brightness
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles, keys_in, tile_rect

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Plain:
    """One color all over, RGB 0..255."""

    color: RGB

    def at(self, rect: Rect) -> tuple[np.ndarray, np.ndarray]:
        """Color (broadcast to [h, w, 3]) and how much of it there is (0..1) in ``rect``."""
        return np.asarray(self.color, np.float32), np.ones((1, 1), np.float32)


@dataclass(frozen=True)
class Gradient:
    """From ``first`` at ``start`` to ``last`` at ``end`` (document points); None is transparent.

    A radial one runs around ``start`` and ends at the distance of ``end``. Colors are mixed as sRGB
    values; beyond both ends they stay. A gradient without length is its last color.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    first: RGB
    last: RGB | None
    radial: bool = False

    def at(self, rect: Rect) -> tuple[np.ndarray, np.ndarray]:
        """Color [h, w, 3] and how much of it there is [h, w] in document rectangle ``rect``."""
        share = self._share(rect)
        if self.last is None:
            return np.asarray(self.first, np.float32), 1.0 - share
        first, last = np.asarray(self.first, np.float32), np.asarray(self.last, np.float32)
        return first + (last - first) * share[..., None], np.ones((1, 1), np.float32)

    def _share(self, rect: Rect) -> np.ndarray:
        x = np.arange(rect.x, rect.right, dtype=np.float32) + np.float32(0.5 - self.start[0])
        y = np.arange(rect.y, rect.bottom, dtype=np.float32) + np.float32(0.5 - self.start[1])
        across, down = self.end[0] - self.start[0], self.end[1] - self.start[1]
        length = across**2 + down**2
        if not length:
            return np.ones((rect.height, rect.width), np.float32)
        if self.radial:
            share = np.sqrt((x[None, :] ** 2 + y[:, None] ** 2) / np.float32(length))
        else:
            share = (x[None, :] * across + y[:, None] * down) / np.float32(length)
        return np.clip(share, 0.0, 1.0).astype(np.float32)


Paint = Plain | Gradient


@dataclass(frozen=True)
class Covering:
    """A layer, or the mask of a node, as it is before paint is laid on it; ``x`` and ``y`` are its
    place. On a mask the brightness of the paint counts.
    """

    node_id: str
    before: Tiles
    x: int
    y: int
    on_mask: bool
    alpha_locked: bool
    selection: Tiles | None
    area: Rect

    def painted(self, mask: Tiles | None, paint: Paint, opacity: float = 1.0) -> Tiles:
        """The layer's raster with ``paint`` where ``mask`` (document pixels, 255 wholly) and the
        selection let it through; a mask of None is the whole document.
        """
        result = self.before.copy()
        around = self.area if mask is None else mask.bounds().intersected(self.area)
        for key in keys_in(around.moved(-self.x, -self.y)):
            part = tile_rect(key).intersected(self.area.moved(-self.x, -self.y))
            self._paint(result, part, mask, paint, opacity)
            result.trim([key])
        return result

    def _paint(
        self, result: Tiles, part: Rect, mask: Tiles | None, paint: Paint, opacity: float
    ) -> None:
        place = part.moved(self.x, self.y)
        alpha = np.full((part.height, part.width), opacity, np.float32)
        for one in (mask, self.selection):
            if one is not None:
                let = one.view(place)
                if let is None:
                    return
                alpha *= let / np.float32(255.0)
        whole = not self.alpha_locked and not self.on_mask and alpha.min() >= 1.0
        if whole and isinstance(paint, Plain):
            result.fill(part, (*paint.color, 255))
            return
        color, amount = paint.at(place)
        under = result.read(part)
        if self.on_mask:
            value = brightness(color)
            result.write(part, np.rint(under + (value - under) * (alpha * amount)).astype(np.uint8))
            return
        result.write(part, blend(under, alpha * amount, color, alpha_locked=self.alpha_locked))
