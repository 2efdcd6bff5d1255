"""Brush and eraser: dabs along a path, blended once per stroke so that overlaps do not add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.canvas.composite import squares
from engine.canvas.layer import Layer
from engine.canvas.rect import EMPTY, Rect
from engine.imaging.dabs import Trail, coverage, reach

TILE = 128
LEAST_PRESSURE = 0.05


@dataclass(frozen=True)
class Brush:
    """A round tip. ``radius`` in pixels; ``hardness`` 0 (soft) to 1; ``color`` RGB 0..255.

    ``opacity`` is the most that one stroke covers. With ``erase`` the stroke takes alpha away.
    Pressure 0..1 of the pen acts on the size, on the opacity, or on both.
    """

    radius: float = 30.0
    hardness: float = 0.8
    color: tuple[int, int, int] = (0, 0, 0)
    opacity: float = 1.0
    erase: bool = False
    pressure_size: bool = True
    pressure_opacity: bool = False


class Stroke:
    """A stroke under way on one layer. Touches only tiles that the path crosses.

    The layer's pixels are changed in place; :attr:`before` keeps what the touched tiles were.
    ``clip`` is a selection mask of the document's size, or None.
    """

    def __init__(self, layer: Layer, brush: Brush, clip: np.ndarray | None = None) -> None:
        self.layer = layer
        self.brush = brush
        self.before: dict[Rect, np.ndarray] = {}
        self._clip = clip
        self._coverage = np.zeros(layer.pixels.shape[:2], np.uint8)
        self._frame = Rect(0, 0, layer.pixels.shape[1], layer.pixels.shape[0])
        self._trail = Trail(self._radius)

    def to(self, x: float, y: float, pressure: float = 1.0) -> Rect:
        """Draw on to document point (x, y); gives the document rectangle that changed."""
        point = (x - self.layer.x, y - self.layer.y, min(1.0, max(0.0, pressure)))
        touched: dict[Rect, Rect] = {}
        for dab in self._trail.to(point):
            rect = self._cover(*dab)
            for tile in squares(rect, TILE):
                part = tile.intersected(rect)
                touched[tile] = touched.get(tile, EMPTY).united(part)
        dirty = EMPTY
        for tile, part in touched.items():
            self._blend(tile.intersected(self._frame), part)
            dirty = dirty.united(part)
        if touched:
            self.layer.touch()
        return dirty.moved(self.layer.x, self.layer.y)

    def patches(self) -> list[tuple[Rect, np.ndarray]]:
        """What the touched tiles were before the stroke."""
        return list(self.before.items())

    def _radius(self, pressure: float) -> float:
        scale = max(LEAST_PRESSURE, pressure) if self.brush.pressure_size else 1.0
        return self.brush.radius * scale

    def _cover(self, x: float, y: float, pressure: float) -> Rect:
        """Raise the coverage under one dab; gives the rectangle in layer pixels."""
        radius = self._radius(pressure)
        rect = Rect.edges(*reach(x, y, radius)).intersected(self._frame)
        if rect.empty:
            return rect
        strength = pressure if self.brush.pressure_opacity else 1.0
        dab = coverage(rect, x, y, radius, self.brush.hardness)
        covered = self._coverage[rect.slices]
        np.maximum(covered, np.rint(dab * (255.0 * strength)).astype(np.uint8), out=covered)
        return rect

    def _blend(self, tile: Rect, part: Rect) -> None:
        kept = self.before.get(tile)
        if kept is None:
            kept = self.before[tile] = self.layer.pixels[tile.slices].copy()
        original = kept[part.moved(-tile.x, -tile.y).slices]
        alpha = self._coverage[part.slices].astype(np.float32) * (self.brush.opacity / 255.0)
        if self._clip is not None:
            alpha *= _clip_part(self._clip, part.moved(self.layer.x, self.layer.y))
        color = None if self.brush.erase else self.brush.color
        self.layer.pixels[part.slices] = blend(original, alpha, color)


def blend(
    original: np.ndarray, alpha: np.ndarray, color: tuple[int, int, int] | None
) -> np.ndarray:
    """``color`` over straight RGBA uint8 ``original`` with ``alpha`` 0..1 [h, w]; None erases.

    Pixels where ``alpha`` is 0 come back byte for byte.
    """
    alpha = alpha[..., None]
    old_alpha = original[..., 3:4].astype(np.float32) / 255.0
    result = original.copy()
    if color is None:
        new_alpha = old_alpha * (1.0 - alpha)
    else:
        kept = old_alpha * (1.0 - alpha)
        new_alpha = alpha + kept
        mixed = (alpha * np.asarray(color, np.float32) + kept * original[..., :3]) / np.maximum(
            new_alpha, 1e-6
        )
        result[..., :3] = np.where(alpha > 0, np.rint(np.minimum(mixed, 255.0)), original[..., :3])
    result[..., 3:4] = np.rint(new_alpha * 255.0)
    return result


def stroke(
    layer: Layer,
    points: Iterable[tuple[float, float, float]],
    brush: Brush,
    clip: np.ndarray | None = None,
) -> Rect:
    """Draw a whole path of (x, y, pressure) on ``layer``; gives the document rectangle changed."""
    drawn = Stroke(layer, brush, clip)
    dirty = EMPTY
    for x, y, pressure in points:
        dirty = dirty.united(drawn.to(x, y, pressure))
    return dirty


def _clip_part(clip: np.ndarray, rect: Rect) -> np.ndarray:
    """The selection 0..1 in document rectangle ``rect``; 0 outside the document."""
    result = np.zeros((rect.height, rect.width), np.float32)
    inside = rect.intersected(Rect(0, 0, clip.shape[1], clip.shape[0]))
    if not inside.empty:
        result[inside.moved(-rect.x, -rect.y).slices] = clip[inside.slices] / np.float32(255.0)
    return result
