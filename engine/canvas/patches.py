"""Fill a hole of a picture with pieces of what surrounds it. No model, no learning.

The hole is made to consist of patches that are found outside of it, from coarse to fine (Wexler,
Shechtman and Irani 2007, "Space-Time Completion of Video"); near patches are found by sharing good
finds between neighbors and by random tries (Barnes et al. 2009, "PatchMatch").
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Array = np.ndarray
RADIUS = 2
SIDE = 2 * RADIUS + 1
# How much of the surroundings is looked at, in sizes of the hole, and at least in pixels.
AROUND, LEAST_AROUND = 1.0, 48
# Finer than with so many pixels to fill, finds are only carried over, not searched anew.
MOST_SEARCHED = 60000
# Finer than with so many pixels to look at, not even their patches are laid out in memory.
MOST_LAID_OUT = 1 << 19
ROUNDS = 5
SEED = 20070301


class Level(NamedTuple):
    """A picture float32 [h, w, c] and its hole bool [h, w], at one size of a pyramid."""

    pixels: Array
    hole: Array


def patched(picture: Array, hole: Array) -> Array:
    """``picture`` (uint8 [h, w, c]) with ``hole`` (bool [h, w]) filled; the rest is as it was.

    The same input gives the same result. Where the surroundings are too small to hold a patch, the
    hole gets the nearest of their colors.
    """
    if not hole.any() or hole.all():
        return picture
    part = _window(hole)
    result = picture.copy()
    inside = hole[part]
    filled = _fill(picture[part].astype(np.float32), inside)
    result[part][inside] = np.rint(np.clip(filled[inside], 0, 255)).astype(np.uint8)
    return result


def _window(hole: Array) -> tuple[slice, slice]:
    """The part of the picture that is looked at."""
    spans = []
    for axis, length in ((1, hole.shape[0]), (0, hole.shape[1])):
        found = np.flatnonzero(hole.any(axis=axis))
        first, last = int(found[0]), int(found[-1]) + 1
        margin = max(LEAST_AROUND, round(AROUND * (last - first)))
        spans.append(slice(max(0, first - margin), min(length, last + margin)))
    return spans[0], spans[1]


def _fill(pixels: Array, hole: Array) -> Array:
    levels = _pyramid(pixels, hole)
    random = np.random.default_rng(SEED)
    found: Array | None = None
    guess = _nearest(*levels[-1])
    for number in range(len(levels) - 1, -1, -1):
        level = levels[number]
        if number < len(levels) - 1:
            guess = _enlarged(guess, level)
        search = _Search(guess, level.hole, random)
        if not search.possible:
            guess, found = _nearest(*level), None
            continue
        found = search.start(found, levels[number + 1] if number < len(levels) - 1 else None)
        if level.hole.size > MOST_LAID_OUT:
            guess = search.copied(found)
            continue
        fine = np.count_nonzero(level.hole) > MOST_SEARCHED
        for _ in range(1 if fine else ROUNDS):
            found = search.better(found, tries=not fine)
            search.vote(found)
        guess = search.pixels
        if number == 0:
            return search.copied(found)
    return guess


def _pyramid(pixels: Array, hole: Array) -> list[Level]:
    """Halved until the hole is a few pixels thick; colors of the hole take no part."""
    import cv2

    levels = [Level(pixels, hole)]
    while min(levels[-1].hole.shape) >= 8 * SIDE:
        last = levels[-1]
        away = cv2.distanceTransform(last.hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
        if float(away.max()) <= SIDE:
            break
        size = (last.hole.shape[1] // 2, last.hole.shape[0] // 2)
        there = (~last.hole).astype(np.float32)
        weight = cv2.resize(there, size, interpolation=cv2.INTER_AREA)
        color = cv2.resize(last.pixels * there[..., None], size, interpolation=cv2.INTER_AREA)
        color = color.reshape(*color.shape[:2], -1) / np.maximum(weight, 1e-4)[..., None]
        levels.append(Level(color.astype(np.float32), weight < 0.5))
    return levels


def _nearest(pixels: Array, hole: Array) -> Array:
    """The hole in the color of the nearest pixel around it."""
    import cv2

    _, labels = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colors = np.zeros((int(labels.max()) + 1, pixels.shape[2]), np.float32)
    colors[labels[~hole]] = pixels[~hole]
    return np.where(hole[..., None], colors[labels], pixels)


def _enlarged(guess: Array, level: Level) -> Array:
    """The coarser result in the hole, the picture around it."""
    import cv2

    height, width = level.hole.shape
    large = cv2.resize(guess, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(level.hole[..., None], large.reshape(height, width, -1), level.pixels)


class _Search:
    """At one level: for each patch that touches the hole, the place of one that does not.

    Places are numbers row * width + column of a patch's middle.
    """

    def __init__(self, pixels: Array, hole: Array, random: np.random.Generator) -> None:
        import cv2

        self.pixels = np.ascontiguousarray(pixels)
        self._hole, self._random = hole, random
        self._height, self._width = hole.shape
        kernel = np.ones((SIDE, SIDE), np.uint8)
        near = cv2.dilate(hole.astype(np.uint8), kernel).astype(bool)
        inner = np.zeros(hole.shape, bool)
        inner[RADIUS : self._height - RADIUS, RADIUS : self._width - RADIUS] = True
        self._usable = (~near & inner).ravel()
        self._sources = np.flatnonzero(self._usable)
        self._targets = np.flatnonzero(near.ravel())
        self._rank = np.full(hole.size, -1, np.int64)
        self._rank[self._targets] = np.arange(len(self._targets))
        self.possible = len(self._sources) > 0
        self._patches = np.empty(0, np.float32)
        self._cost = np.empty(0, np.float32)

    def start(self, found: Array | None, coarser: Level | None) -> Array:
        """Places to begin with: those of the coarser level, else any."""
        picked = self._random.choice(self._sources, len(self._targets))
        if found is None or coarser is None:
            return picked
        rows, columns = np.divmod(self._targets, self._width)
        height, width = coarser.hole.shape
        up = np.minimum(rows // 2, height - 1) * width + np.minimum(columns // 2, width - 1)
        table = np.full(coarser.hole.size, -1, np.int64)
        table[self._coarse_targets(coarser)] = found
        from_above = table[up]
        row, column = np.divmod(np.maximum(from_above, 0), width)
        row, column = 2 * row + rows % 2, 2 * column + columns % 2
        fits = (from_above >= 0) & (row < self._height) & (column < self._width)
        place = np.where(fits, row * self._width + column, picked)
        return np.where(self._usable[place], place, picked)

    @staticmethod
    def _coarse_targets(coarser: Level) -> Array:
        import cv2

        near = cv2.dilate(coarser.hole.astype(np.uint8), np.ones((SIDE, SIDE), np.uint8))
        return np.flatnonzero(near.ravel())

    def better(self, found: Array, *, tries: bool) -> Array:
        """Nearer patches, from what neighbors have found and from random tries around it."""
        self._patches = _unfolded(self.pixels)
        self._cost = self._distance(found)
        for _ in range(2):
            for step in (1, self._width, -1, -self._width):
                found = self._try(found, self._of_neighbor(found, step))
            if tries:
                reach = max(self._height, self._width) // 2
                while reach >= 1:
                    found = self._try(found, self._around(found, reach))
                    reach //= 3
        return found

    def vote(self, found: Array) -> None:
        """Each pixel of the hole becomes the mean of what the patches over it want there."""
        middle = float(np.median(self._cost)) + 1.0
        weight = np.exp(-self._cost / (2 * middle)).astype(np.float32) + 1e-6
        flat = self.pixels.reshape(-1, self.pixels.shape[2])
        total = np.zeros_like(flat)
        share = np.zeros(len(flat), np.float32)
        rows, columns = np.divmod(self._targets, self._width)
        for down in range(-RADIUS, RADIUS + 1):
            for right in range(-RADIUS, RADIUS + 1):
                row, column = rows + down, columns + right
                inside = (row >= 0) & (row < self._height) & (column >= 0) & (column < self._width)
                at = row[inside] * self._width + column[inside]
                shift = down * self._width + right
                wanted = flat[found[inside] + shift]
                total[at] += wanted * weight[inside, None]
                share[at] += weight[inside]
        hole = self._hole.ravel() & (share > 0)
        flat = flat.copy()
        flat[hole] = total[hole] / share[hole, None]
        self.pixels = flat.reshape(self.pixels.shape)

    def copied(self, found: Array) -> Array:
        """Each pixel of the hole from the middle of its patch: means have lost the grain."""
        flat = self.pixels.reshape(-1, self.pixels.shape[2]).copy()
        inside = self._hole.ravel()[self._targets]
        flat[self._targets[inside]] = flat[found[inside]]
        return flat.reshape(self.pixels.shape)

    def _of_neighbor(self, found: Array, step: int) -> Array:
        neighbor = self._targets - step
        known = (neighbor >= 0) & (neighbor < len(self._rank))
        rank = np.where(known, self._rank[np.clip(neighbor, 0, len(self._rank) - 1)], -1)
        return np.where(rank >= 0, found[np.maximum(rank, 0)] + step, found)

    def _around(self, found: Array, reach: int) -> Array:
        row, column = np.divmod(found, self._width)
        moves = self._random.integers(-reach, reach + 1, (2, len(found)))
        row = np.clip(row + moves[0], 0, self._height - 1)
        column = np.clip(column + moves[1], 0, self._width - 1)
        return row * self._width + column

    def _try(self, found: Array, other: Array) -> Array:
        """``other`` where it is a patch outside of the hole and nearer."""
        other = np.clip(other, 0, len(self._usable) - 1)
        asked = np.flatnonzero(self._usable[other] & (other != found))
        cost = self._distance(other[asked], asked)
        nearer = cost < self._cost[asked]
        result = found.copy()
        result[asked[nearer]] = other[asked[nearer]]
        self._cost[asked[nearer]] = cost[nearer]
        return result

    def _distance(self, places: Array, which: Array | None = None) -> Array:
        targets = self._targets if which is None else self._targets[which]
        away = self._patches[targets] - self._patches[places]
        return np.einsum("ij,ij->i", away, away) / away.shape[1]


def _unfolded(pixels: Array) -> Array:
    """The patch around each pixel as a row, [h * w, SIDE * SIDE * c] float32."""
    edged = np.pad(pixels, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(edged, (SIDE, SIDE), axis=(0, 1))
    return np.ascontiguousarray(windows).reshape(pixels.shape[0] * pixels.shape[1], -1)
