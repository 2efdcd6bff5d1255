"""Sparse rasters: pixels in square tiles, of which only those that hold something exist.

Copies are cheap: they share tiles until one side writes. So the memory of a layer follows what is
painted and not its bounds, a filled area of any size costs one tile, a copy for another thread or
for the history costs a dictionary, and undo exchanges references instead of pixels.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from engine.canvas.raster import bounds
from engine.canvas.rect import EMPTY, Rect

TILE = 256
"""Side of a tile in pixels."""

HALF = TILE // 2

Key = tuple[int, int]
"""Column and row of a tile; tile (0, 0) has its top left pixel at (0, 0)."""

Array = np.ndarray
Changes = dict[Key, Array | None]
"""Tiles by place; None where there is none."""

_stamps = itertools.count(1)


class Tiles:
    """A raster of uint8 pixels on an endless plane.

    ``channels`` is 4 (straight RGBA, arrays [h, w, 4]) or 1 (a mask, arrays [h, w]). ``empty`` is
    the value of every channel where nothing was written. Not thread-safe; give another thread a
    :meth:`copy`.
    """

    __slots__ = ("_half", "_halved", "_owned", "_stamps", "_tiles", "channels", "empty")

    def __init__(self, channels: int = 4, empty: int = 0) -> None:
        self.channels = channels
        self.empty = empty
        self._tiles: dict[Key, Array] = {}
        self._owned: set[Key] = set()
        self._stamps: dict[Key, int] = {}
        self._half: Tiles | None = None
        self._halved: dict[Key, tuple[int, ...]] = {}

    @classmethod
    def from_array(cls, pixels: Array, x: int = 0, y: int = 0, empty: int = 0) -> Tiles:
        """The raster of ``pixels`` uint8 [h, w, 4] or [h, w] with their top left at (x, y)."""
        tiles = cls(1 if pixels.ndim == 2 else pixels.shape[2], empty)
        tiles.write(Rect(x, y, pixels.shape[1], pixels.shape[0]), pixels)
        return tiles

    # Reading

    def __len__(self) -> int:
        return len(self._tiles)

    def __iter__(self) -> Iterator[Key]:
        """The places of all tiles there are."""
        return iter(self._tiles)

    def get(self, key: Key) -> Array | None:
        """The tile at a place, not to be written to; None where there is none."""
        return self._tiles.get(key)

    def stamp(self, key: Key) -> int:
        """A number that changes whenever the tile does; 0 where there never was one."""
        return self._stamps.get(key, 0)

    @property
    def bytes(self) -> int:
        """Memory of the tiles; one that stands in several places counts once."""
        return sum({id(tile): tile.nbytes for tile in self._tiles.values()}.values())

    def touches(self, rect: Rect) -> bool:
        """Whether any tile lies in ``rect``."""
        if len(self._tiles) < 16:
            return any(not tile_rect(key).intersected(rect).empty for key in self._tiles)
        return any(key in self._tiles for key in keys_in(rect))

    def read(self, rect: Rect) -> Array:
        """A copy of the pixels of ``rect``."""
        result = self._blank(rect.height, rect.width)
        for key in keys_in(rect):
            tile = self._tiles.get(key)
            if tile is not None:
                inside, part = _parts(key, rect)
                result[inside] = tile[part]
        return result

    def view(self, rect: Rect) -> Array | None:
        """The pixels of ``rect``, without a copy where it lies in one tile; not to be written to.

        None where no tile is touched, that is, where all has the empty value.
        """
        first, last = (
            (rect.x // TILE, rect.y // TILE),
            ((rect.right - 1) // TILE, (rect.bottom - 1) // TILE),
        )
        if first == last:
            tile = self._tiles.get(first)
            if tile is None:
                return None
            top, left = rect.y % TILE, rect.x % TILE
            return tile[top : top + rect.height, left : left + rect.width]
        return self.read(rect) if self.touches(rect) else None

    def at_level(self, level: int, rect: Rect) -> Array | None:
        """As :meth:`view` of the raster shrunk ``level`` times by two; ``rect`` in its pixels.

        Shrunk tiles are made when they are asked for and kept until one that they show changes.
        """
        if level == 0:
            return self.view(rect)
        shrunk = self
        chain = [self]
        for _ in range(level):
            if shrunk._half is None:
                shrunk._half = Tiles(self.channels, self.empty)
            shrunk = shrunk._half
            chain.append(shrunk)
        for key in keys_in(rect):
            _refresh(chain, level, key)
        return shrunk.view(rect)

    def shrink_ahead(self) -> None:
        """Make the shrunk tiles of all levels, so that nobody waits for them later."""
        level, around = 0, EMPTY
        for key in self._tiles:
            around = around.united(tile_rect(key))
        while max(around.width, around.height) > TILE:
            level, left, top = level + 1, around.x >> 1, around.y >> 1
            around = Rect.edges(left, top, (around.right + 1) >> 1, (around.bottom + 1) >> 1)
            self.at_level(level, around)

    def bounds(self) -> Rect:
        """The smallest rectangle round all pixels that are not empty.

        For RGBA a pixel counts when its alpha is above 0. Tiles inside are not looked at.
        """
        around = EMPTY
        for key in self._tiles:
            around = around.united(tile_rect(key))
        result = EMPTY
        rim = around.grown(-TILE)
        for key, tile in self._tiles.items():
            place = tile_rect(key)
            if (
                result != EMPTY
                and place.intersected(rim) == place
                and place.united(result) == result
            ):
                continue
            result = result.united(self._content(tile).moved(place.x, place.y))
        return result

    def _content(self, tile: Array) -> Rect:
        return bounds(tile[..., 3] if self.channels == 4 else tile != self.empty)

    # Writing

    def writable(self, key: Key) -> Array:
        """The tile at a place to write to; made, or taken over from a copy that shares it."""
        tile = self._tiles.get(key)
        if tile is None or key not in self._owned:
            tile = self._blank(TILE, TILE) if tile is None else tile.copy()
            self._tiles[key] = tile
            self._owned.add(key)
        self._stamps[key] = next(_stamps)
        return tile

    def write(self, rect: Rect, pixels: Array) -> None:
        """Put ``pixels`` [h, w, ...] at ``rect``. Whole tiles of the empty value are not kept."""
        for key in keys_in(rect):
            inside, part = _parts(key, rect)
            source = pixels[inside]
            if source.shape[:2] == (TILE, TILE):
                self._put(key, None if self._is_empty(source) else source.copy())
            elif key in self._tiles or not self._is_empty(source):
                self.writable(key)[part] = source

    def fill(self, rect: Rect, value: tuple[int, ...]) -> None:
        """Give all pixels of ``rect`` one value per channel. Whole tiles share one array."""
        whole = self._blank(TILE, TILE)
        whole[:] = value if self.channels > 1 else value[0]
        kept = None if self._is_empty(whole) else whole
        for key in keys_in(rect):
            _, part = _parts(key, rect)
            if rect.intersected(tile_rect(key)) == tile_rect(key):
                self._put(key, kept, shared=True)
            elif key in self._tiles or kept is not None:
                self.writable(key)[part] = whole[0, 0]

    def trim(self, keys: Iterable[Key]) -> None:
        """Let go of those of the tiles at ``keys`` that hold nothing any more."""
        for key in list(keys):
            tile = self._tiles.get(key)
            if tile is not None and self._is_empty(tile):
                self._put(key, None)

    def _put(self, key: Key, tile: Array | None, *, shared: bool = False) -> None:
        if tile is None:
            self._tiles.pop(key, None)
            self._owned.discard(key)
        else:
            self._tiles[key] = tile
            self._owned.discard(key) if shared else self._owned.add(key)
        self._stamps[key] = next(_stamps)

    # Copies and differences

    def copy(self) -> Tiles:
        """The same raster; both share their tiles until one writes."""
        other = Tiles(self.channels, self.empty)
        other._tiles = dict(self._tiles)
        other._stamps = dict(self._stamps)
        self._owned.clear()
        return other

    def difference(self, before: Tiles) -> Changes:
        """The tiles of ``before`` that are others here, to be given to :meth:`exchange`."""
        keys = {key for key, tile in self._tiles.items() if before._tiles.get(key) is not tile}
        keys |= before._tiles.keys() - self._tiles.keys()
        return {key: before._tiles.get(key) for key in keys}

    def exchange(self, changes: Mapping[Key, Array | None]) -> Changes:
        """Put tiles in place; gives those that were there."""
        former = {key: self._tiles.get(key) for key in changes}
        for key, tile in changes.items():
            self._put(key, tile, shared=True)
        return former

    def _blank(self, height: int, width: int) -> Array:
        shape = (height, width) if self.channels == 1 else (height, width, self.channels)
        return np.full(shape, self.empty, np.uint8) if self.empty else np.zeros(shape, np.uint8)

    def _is_empty(self, pixels: Array) -> bool:
        if self.channels == 4:  # colors under full transparency are not kept by whole tiles
            return not pixels[..., 3].any()
        return bool((pixels == self.empty).all())


def _refresh(chain: list[Tiles], level: int, key: Key) -> None:
    """Let the tile at ``key`` of ``chain[level]`` show what the tiles under it hold now."""
    if level == 0:
        return
    source, target = chain[level - 1], chain[level]
    column, row = 2 * key[0], 2 * key[1]
    under = [(column + dx, row + dy) for dy in (0, 1) for dx in (0, 1)]
    for place in under:
        _refresh(chain, level - 1, place)
    stamps = tuple(source.stamp(place) for place in under)
    before = source._halved.get(key, (0, 0, 0, 0))
    if before == stamps:
        return
    source._halved[key] = stamps
    tiles = [source._tiles.get(place) for place in under]
    if tiles[0] is not None and all(tile is tiles[0] for tile in tiles) and _even(tiles[0]):
        target._put(key, tiles[0], shared=True)
    elif any(tile is not None for tile in tiles):
        shown = target.writable(key)
        for number, tile in enumerate(tiles):  # a stroke changes one of the four, most of the time
            if stamps[number] != before[number] or before == (0, 0, 0, 0):
                top, left = number // 2 * HALF, number % 2 * HALF
                part = shown[top : top + HALF, left : left + HALF]
                part[...] = source.empty if tile is None else halved(tile)
    else:
        target._put(key, None)


def _even(tile: Array) -> bool:
    """Whether a tile has one value all over."""
    return bool((tile == tile[0, 0]).all())


def halved(pixels: Array) -> Array:
    """Half the size of straight RGBA [h, w, 4] or a mask [h, w]; sides are even. Colors count by
    their alpha.
    """
    import cv2

    size = pixels.shape[1] // 2, pixels.shape[0] // 2
    if pixels.ndim == 2 or pixels[..., 3].min() == 255:
        return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    *colors, alpha = cv2.split(pixels)
    weight = alpha.astype(np.float32)
    area: Array = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    planes = []
    for color in colors:
        weighted = np.multiply(color, weight, dtype=np.float32)
        small: Array = cv2.resize(weighted, size, interpolation=cv2.INTER_AREA)
        small /= np.maximum(area, np.float32(1e-6))
        planes.append(np.rint(small).astype(np.uint8))
    return cv2.merge([*planes, np.rint(area).astype(np.uint8)])


def tile_rect(key: Key) -> Rect:
    """The pixels of a tile."""
    return Rect(key[0] * TILE, key[1] * TILE, TILE, TILE)


def keys_in(rect: Rect) -> Iterator[Key]:
    """The places of the tiles that ``rect`` touches, row by row."""
    if rect.empty:
        return
    for row in range(rect.y // TILE, (rect.bottom - 1) // TILE + 1):
        for column in range(rect.x // TILE, (rect.right - 1) // TILE + 1):
            yield column, row


def _parts(key: Key, rect: Rect) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where tile and ``rect`` overlap: slices into an array of ``rect``, and into the tile."""
    place = tile_rect(key)
    part = place.intersected(rect)
    return part.moved(-rect.x, -rect.y).slices, part.moved(-place.x, -place.y).slices
