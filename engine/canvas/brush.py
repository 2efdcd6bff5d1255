"""Brush and eraser: dabs along a path, blended once per stroke so that overlaps do not add up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.canvas.layer import Layer, Mask, Node
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.symmetry import NO_SYMMETRY, Symmetry
from engine.canvas.tiles import TILE, Tiles, keys_in, tile_rect
from engine.imaging.dabs import SPACING, UPRIGHT, Lean, Trail, coverage, reach

LEAST_PRESSURE = 0.05
# Degrees by which any hand lets a pen lean.
LEAST_TILT = 15.0
BRUSH_LABEL = "Brush stroke"
ERASE_LABEL = "Erase"


@dataclass(frozen=True)
class Brush:
    """A round tip. ``radius`` in pixels; ``hardness`` 0 (soft) to 1; ``color`` RGB 0..255.

    ``opacity`` is the most that one stroke covers; ``flow`` 0..1 is what each dab of it adds, 1
    covers at once. ``spacing`` is from dab to dab in diameters. With ``erase`` the stroke takes
    alpha away. Pressure 0..1 of the pen acts on the size, on the opacity, or on both; with
    ``tilts`` a pen that leans makes the tip longer. All is mirrored by ``symmetry``.
    """

    radius: float = 30.0
    hardness: float = 0.8
    color: tuple[int, int, int] = (0, 0, 0)
    opacity: float = 1.0
    flow: float = 1.0
    spacing: float = SPACING / 2
    erase: bool = False
    pressure_size: bool = True
    pressure_opacity: bool = False
    tilts: bool = False
    symmetry: Symmetry = NO_SYMMETRY


class Stroke:
    """A stroke under way on a layer, or on the mask of a node. Touches only tiles on its path.

    The tiles of ``on`` are written in place; :attr:`before` is the raster before the stroke.
    ``clip`` is a selection, or None; ``within`` is the document rectangle that can be painted. On
    a mask the brightness of the color counts, and the eraser hides.
    """

    def __init__(
        self, node: Node, on: Layer | Mask, brush: Brush, within: Rect, clip: Tiles | None = None
    ) -> None:
        self.node = node
        self.on = on
        self.brush = brush
        self.before = on.tiles.copy()
        self.touched: set[tuple[int, int]] = set()
        self._clip = clip
        self._coverage = Tiles(1)
        self._frame = within.moved(-on.x, -on.y)
        images = len(brush.symmetry.images(0.0, 0.0))
        self._trails = [Trail(self._radius, 2 * brush.spacing) for _ in range(images)]
        self._lean = UPRIGHT

    @property
    def what(self) -> str:
        """The name of the step."""
        return ERASE_LABEL if self.brush.erase else BRUSH_LABEL

    def lean(self, x: float, y: float) -> None:
        """The pen leans by so many degrees to the right and down, from -90 to 90 each."""
        away = min(90.0, math.hypot(x, y))
        if self.brush.tilts and away > LEAST_TILT:
            self._lean = Lean(1.0 + 2.0 * away / 90.0, math.atan2(y, x))
        else:
            self._lean = UPRIGHT

    def to(self, x: float, y: float, pressure: float = 1.0) -> Rect:
        """Draw on to document point (x, y); gives the document rectangle that changed."""
        pressure = min(1.0, max(0.0, pressure))
        changed: dict[tuple[int, int], Rect] = {}
        for trail, (across, down) in zip(
            self._trails, self.brush.symmetry.images(x, y), strict=True
        ):
            for dab in trail.to((across - self.on.x, down - self.on.y, pressure)):
                rect = self._cover(*dab)
                for key in keys_in(rect):
                    part = tile_rect(key).intersected(rect)
                    changed[key] = changed.get(key, EMPTY).united(part)
        dirty = EMPTY
        for key, part in changed.items():
            self._blend(key, part)
            dirty = dirty.united(part)
        if changed:
            self.touched |= changed.keys()
            self.node.touch()
        return dirty.moved(self.on.x, self.on.y)

    def _radius(self, pressure: float) -> float:
        scale = max(LEAST_PRESSURE, pressure) if self.brush.pressure_size else 1.0
        return self.brush.radius * scale

    def _cover(self, x: float, y: float, pressure: float) -> Rect:
        """Raise the coverage under one dab; gives the rectangle in layer pixels."""
        radius = self._radius(pressure)
        rect = Rect.edges(*reach(x, y, radius * self._lean.stretch)).intersected(self._frame)
        if rect.empty:
            return rect
        strength = pressure if self.brush.pressure_opacity else 1.0
        dab = coverage(rect, x, y, radius, self.brush.hardness, self._lean) * np.float32(strength)
        for key in keys_in(rect):
            part = tile_rect(key).intersected(rect)
            under = self._coverage.writable(key)[_inside(part)]
            added = dab[part.moved(-rect.x, -rect.y).slices]
            if self.brush.flow < 1:
                rest = np.float32(255) - under
                added = under + np.ceil(rest * added * np.float32(self.brush.flow))
                under[:] = added.astype(np.uint8)
            else:
                np.maximum(under, np.rint(added * 255).astype(np.uint8), out=under)
        return rect

    def alpha(self, key: tuple[int, int], part: Rect) -> np.ndarray:
        """What the stroke covers of ``part`` of a tile so far, float32 0..1, in the selection."""
        covered = self._coverage.get(key)
        assert covered is not None
        alpha = covered[_inside(part)] * np.float32(self.brush.opacity / 255.0)
        if self._clip is not None:
            alpha *= self._clip.read(part.moved(self.on.x, self.on.y)) / np.float32(255.0)
        return alpha

    def _blend(self, key: tuple[int, int], part: Rect) -> None:
        target = self.on.tiles.writable(key)[_inside(part)]
        kept = self.before.get(key)
        original = np.full_like(target, self.before.empty) if kept is None else kept[_inside(part)]
        alpha = self.alpha(key, part)
        color = None if self.brush.erase else self.brush.color
        if isinstance(self.on, Mask):
            value = brightness(np.asarray(color or (0, 0, 0)))  # the eraser hides
            target[:] = np.rint(original + (value - original) * alpha)
        else:
            target[:] = blend(original, alpha, color, alpha_locked=self.on.alpha_locked)


def _inside(part: Rect) -> tuple[slice, slice]:
    """Slices of the tile that ``part`` lies in."""
    top, left = part.y % TILE, part.x % TILE
    return slice(top, top + part.height), slice(left, left + part.width)


def brightness(color: np.ndarray) -> np.ndarray:
    """What colors [..., 3] show as values of a mask, float32."""
    weights = np.array((0.3, 0.59, 0.11), np.float32)
    return (np.asarray(color, np.float32) * weights).sum(axis=-1)


def blend(
    original: np.ndarray,
    alpha: np.ndarray,
    color: np.ndarray | tuple[int, int, int] | None,
    *,
    alpha_locked: bool = False,
) -> np.ndarray:
    """``color`` (one or [h, w, 3]) over straight RGBA uint8 with ``alpha`` 0..1; None erases.

    Pixels where ``alpha`` is 0 come back byte for byte. With ``alpha_locked`` colors change where
    there is something, and what is transparent stays as it is.
    """
    alpha = alpha[..., None]
    result = original.copy()
    if alpha_locked:
        if color is not None:
            tint = np.asarray(color, np.float32)
            mixed = original[..., :3] + (tint - original[..., :3]) * alpha
            result[..., :3] = np.where(original[..., 3:] > 0, np.rint(mixed), original[..., :3])
        return result
    if color is not None and original[..., 3].min() == 255:  # the paper of most paintings
        mixed = alpha * np.asarray(color, np.float32) + (1.0 - alpha) * original[..., :3]
        result[..., :3] = np.where(alpha > 0, np.rint(np.minimum(mixed, 255.0)), original[..., :3])
        return result
    old_alpha = original[..., 3:4].astype(np.float32) / 255.0
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
    within: Rect,
    clip: Tiles | None = None,
) -> Rect:
    """Draw a whole path of (x, y, pressure) on ``layer``; gives the document rectangle changed."""
    drawn = Stroke(layer, layer, brush, within, clip)
    dirty = EMPTY
    for x, y, pressure in points:
        dirty = dirty.united(drawn.to(x, y, pressure))
    return dirty
