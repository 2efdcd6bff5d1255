"""Adjustments of a layer, or of a mask, inside the selection: tones, colors, blur, sharpness.

The slow part works on a :class:`engine.canvas.covering.Covering`, in another thread; a view shows
what would come by putting :class:`Previewed` in the place of the layer's raster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol, cast

import numpy as np

from engine.canvas.covering import Covering
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles, keys_in, tile_rect
from engine.imaging import curves, softness, tone

Channel = Literal["all", "red", "green", "blue"]
CHANNELS: tuple[Channel, ...] = ("all", "red", "green", "blue")
Array = np.ndarray
# What a blur looks at around it is read once for so many pixels.
_BLOCK = 1024


class Adjustment(Protocol):
    """``what`` names the step. ``reach`` is how many pixels away it looks at full size."""

    @property
    def what(self) -> str: ...
    @property
    def reach(self) -> int: ...
    def apply(self, pixels: Array) -> Array:
        """Straight RGBA uint8 [h, w, 4] adjusted."""
        ...

    def shrunk(self, level: int) -> Adjustment:
        """The same for a picture shrunk ``level`` times by two."""
        ...


class _Pointwise:
    """What looks at each pixel alone."""

    what = ""
    reach = 0

    def shrunk(self, level: int) -> Adjustment:
        return cast("Adjustment", self)


@dataclass(frozen=True)
class Levels(_Pointwise):
    """``black`` and ``white`` become ``low`` and ``high`` (0..255); ``gamma`` lifts the middle."""

    channel: Channel = "all"
    black: int = 0
    white: int = 255
    gamma: float = 1.0
    low: int = 0
    high: int = 255
    what = "Levels"

    def apply(self, pixels: Array) -> Array:
        """Through one table."""
        made = tone.levels_table(self.black, self.white, self.gamma, self.low, self.high)
        return _looked_up(pixels, {self.channel: made})


@dataclass(frozen=True)
class Curves(_Pointwise):
    """Points (x, y) 0..255 of the curve for all channels, and of those for each."""

    all: curves.Points = curves.STRAIGHT
    red: curves.Points = curves.STRAIGHT
    green: curves.Points = curves.STRAIGHT
    blue: curves.Points = curves.STRAIGHT
    what = "Curves"

    def apply(self, pixels: Array) -> Array:
        """Each channel through its own curve and then the one for all."""
        named: dict[Channel, Array] = {
            name: curves.table(getattr(self, name)) for name in ("red", "green", "blue", "all")
        }
        return _looked_up(pixels, named)


@dataclass(frozen=True)
class HueSaturation(_Pointwise):
    """Hue -180..180 degrees, saturation and lightness -100..100."""

    hue: int = 0
    saturation: int = 0
    lightness: int = 0
    colorized: bool = False
    what = "Hue and saturation"

    def apply(self, pixels: Array) -> Array:
        """In HLS."""
        return tone.hue(pixels, self.hue, self.saturation, self.lightness, colorized=self.colorized)


@dataclass(frozen=True)
class BrightnessContrast(_Pointwise):
    """Both -100..100."""

    brightness: int = 0
    contrast: int = 0
    what = "Brightness and contrast"

    def apply(self, pixels: Array) -> Array:
        """Contrast turns about the middle gray."""
        return tone.light(pixels, self.brightness, self.contrast)


@dataclass(frozen=True)
class Blur:
    """A Gaussian blur with a deviation of ``radius`` pixels."""

    radius: float = 4.0
    what = "Blur"

    @property
    def reach(self) -> int:
        """Three deviations."""
        return softness.reach(self.radius)

    def apply(self, pixels: Array) -> Array:
        """Colors by their alpha."""
        return softness.blurred(pixels, self.radius)

    def shrunk(self, level: int) -> Blur:
        """With a smaller radius."""
        return replace(self, radius=self.radius / 2**level)


@dataclass(frozen=True)
class Sharpen:
    """An unsharp mask: ``amount`` in percent, ``radius`` in pixels, ``threshold`` 0..255."""

    amount: int = 100
    radius: float = 1.5
    threshold: int = 0
    what = "Sharpen"

    @property
    def reach(self) -> int:
        """Three deviations."""
        return softness.reach(self.radius)

    def apply(self, pixels: Array) -> Array:
        """Alpha stays."""
        return softness.unsharp(pixels, self.amount / 100, self.radius, self.threshold)

    def shrunk(self, level: int) -> Sharpen:
        """With a smaller radius."""
        return replace(self, radius=self.radius / 2**level)


def adjusted(
    covering: Covering, adjustment: Adjustment, breathe: Callable[[], object] = lambda: None
) -> Tiles:
    """The raster of ``covering`` adjusted where the selection lets it.

    ``breathe`` is called between blocks and may raise to stop.
    """
    result = covering.before.copy()
    shown = Previewed(covering, adjustment)
    area = covering.area.moved(-covering.x, -covering.y)
    for block in _blocks(area, adjustment.reach):
        if not shown.touches(block):
            continue
        breathe()
        made = shown.at_level(0, block)
        if made is not None:
            result.write(block, made)
            result.trim(keys_in(block))
    return result


def histogram(covering: Covering, channel: Channel) -> Array:
    """How often each of 256 values is seen in a small copy of the raster: float64, at most 1."""
    area = covering.area.moved(-covering.x, -covering.y)
    level = 0
    while max(area.width, area.height) >> level > 512:
        level += 1
    pixels = covering.before.at_level(level, _shrunk(area, level))
    if pixels is None:
        return np.zeros(256)
    rgba = _as_rgba(pixels)
    planes = (0, 1, 2) if channel == "all" else (CHANNELS.index(channel) - 1,)
    seen = rgba[..., 3].ravel() / 255
    counts = sum(np.bincount(rgba[..., p].ravel(), seen, 256) for p in planes)
    most = np.max(counts)
    return np.asarray(counts / most if most else counts)


class Previewed(Tiles):
    """A raster as it would be once adjusted, made where it is looked at. Only for reading."""

    __slots__ = ("_adjustment", "_covering")

    def __init__(self, covering: Covering, adjustment: Adjustment) -> None:
        super().__init__(covering.before.channels, covering.before.empty)
        self._covering, self._adjustment = covering, adjustment

    def touches(self, rect: Rect) -> bool:
        """Whether anything may be seen in ``rect``."""
        before = self._covering.before
        return before.empty > 0 or before.touches(rect.grown(self._adjustment.reach))

    def at_level(self, level: int, rect: Rect) -> Array | None:
        """The adjusted pixels of ``rect`` (shrunk pixels)."""
        covering, adjustment = self._covering, self._adjustment.shrunk(level)
        around = rect.grown(adjustment.reach)
        seen = covering.before.at_level(level, around)
        inside = rect.moved(-around.x, -around.y).slices
        share = self._share(level, rect)
        if share is None or (seen is None and not covering.before.empty):
            return None if seen is None else seen[inside]
        if seen is None:
            seen = np.full((around.height, around.width), covering.before.empty, np.uint8)
        rgba = _as_rgba(seen)
        made = adjustment.apply(rgba)[inside]
        if covering.alpha_locked:
            made = np.dstack([made[..., :3], rgba[inside][..., 3]])
        result = _mixed(rgba[inside], made, share)
        return result if self.channels == 4 else np.ascontiguousarray(result[..., 0])

    def _share(self, level: int, rect: Rect) -> Array | None:
        """How far ``rect`` is adjusted, 0..1; None for not at all."""
        covering = self._covering
        if covering.selection is None:
            return np.ones((1, 1), np.float32)
        place = rect.moved(covering.x >> level, covering.y >> level)
        let = covering.selection.at_level(level, place)
        return None if let is None else let * np.float32(1 / 255)


def _mixed(old: Array, new: Array, share: Array) -> Array:
    """From ``old`` to ``new`` by ``share``; where that is 0 or 1 byte for byte."""
    if share.min() >= 1:
        return new
    part = share[..., None]
    if (old[..., 3] == new[..., 3]).all():
        mixed = np.rint(old + (new.astype(np.float32) - old) * part).astype(np.uint8)
    else:
        first, second = softness.premultiplied(old), softness.premultiplied(new)
        mixed = softness.straight(first + (second - first) * part)
    return np.where(part <= 0, old, np.where(part >= 1, new, mixed))


def _looked_up(pixels: Array, tables: dict[Channel, Array]) -> Array:
    result = pixels.copy()
    for place, name in enumerate(("red", "green", "blue")):
        plane = result[..., place]
        if name in tables:
            plane[...] = tables[cast("Channel", name)][plane]
        if "all" in tables:
            plane[...] = tables["all"][plane]
    return result


def _as_rgba(pixels: Array) -> Array:
    if pixels.ndim == 3:
        return pixels
    return np.dstack([pixels, pixels, pixels, np.full_like(pixels, 255)])


def _blocks(area: Rect, reach: int) -> list[Rect]:
    """Squares that cover ``area``: whole tiles, or more of them where much is read around each."""
    side = 256 if reach < 64 else _BLOCK
    if side == 256:
        return [tile_rect(key).intersected(area) for key in keys_in(area)]
    rows = range(area.y // side * side, area.bottom, side)
    columns = range(area.x // side * side, area.right, side)
    return [Rect(x, y, side, side).intersected(area) for y in rows for x in columns]


def _shrunk(rect: Rect, level: int) -> Rect:
    return Rect.edges(
        rect.x >> level, rect.y >> level, -(-rect.right >> level), -(-rect.bottom >> level)
    )
