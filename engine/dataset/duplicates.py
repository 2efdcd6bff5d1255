"""Pictures that look the same: copies, softer and smaller ones, turned, mirrored and recolored.

Hashes of all pictures are compared with all others, a few hundred rows at a time. What was turned
is found by thumbnails averaged over the eight orientations, which turning does not change; hashes
of the orientations then say which it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.dataset.picture import column
from engine.dataset.thresholds import MAX_DISTANCE
from engine.dataset.worth import BLURRED, RESAMPLED, is_outdone
from engine.imaging.descriptor import SIDE, cells, halved, in_parts, orientations, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.dataset.picture import Picture

MatchKind = Literal["same", "softer", "smaller", "turned", "recolored"]
MATCH_KINDS: tuple[MatchKind, ...] = ("same", "softer", "smaller", "turned", "recolored")

_ROWS, _COLUMNS = 64, 2048  # compared at once: results stay in the processor's cache
_LINKS = 8
MOST = 32
"""Pictures with which one is paired at most; a group of more hangs together through others."""
_TURNED = 0.1  # RMS by which thumbnails of one picture, averaged over orientations, may differ
_ALIKE = 0.2  # the same for the thumbnails themselves, turned into place; others are beyond 0.3
_FAR_COLOR = 48  # beyond it means tell enough, and thumbnails are not looked at
SMALLER = 0.9
"""The ratio of sides below which a copy is a smaller one."""


@dataclass(frozen=True)
class Pairs:
    """Rows of pictures that look the same within :data:`MAX_DISTANCE`, ``first < second``.

    ``distance`` in bits; ``turn``: which of the eight orientations of ``second`` is ``first``;
    ``color``: how far their colors lie apart, 0-255. ``nearest``: for every picture the bits to
    the most like other one, whatever its color, 64 without one.
    """

    first: np.ndarray
    second: np.ndarray
    distance: np.ndarray
    turn: np.ndarray
    color: np.ndarray
    nearest: np.ndarray


def find_pairs(pictures: Sequence[Picture], breathe: Callable[[], object] | None = None) -> Pairs:
    """Pairs of ``pictures`` that look the same, of many the most alike. Of many identical pictures
    each is paired with the next few only. ``breathe`` is called now and then and may raise.
    """
    looks = zip(column(pictures, "dhash"), column(pictures, "mean_color"), strict=True)
    rows = [n for n, (dhash, mean) in enumerate(looks) if dhash is not None and mean is not None]
    measured = [pictures[n] for n in rows]
    hashes = np.array(column(measured, "dhash"), np.uint64)
    packed = np.array(column(measured, "mean_color"), np.int64)
    colors = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], -1).astype(np.int16)
    records, known = unpack(column(measured, "descriptor"))
    only, leader = _different(hashes, packed)
    one, copy = _identical(leader)
    low, high, bits, nearest = _near(hashes[only], breathe)
    low, high = only[low], only[high]
    turned = _turned(records, known, only, breathe)
    first = np.concatenate([low, one, turned[0]])
    second = np.concatenate([high, copy, turned[1]])
    distance = np.concatenate([bits, np.zeros(len(one), np.uint8), turned[2]])
    turn = np.concatenate([np.zeros(len(low) + len(one), np.uint8), turned[3]])
    first, second, distance, turn = _once(first, second, distance, turn)
    found = nearest[leader]
    found[one] = found[copy] = 0
    every = np.full(len(pictures), 64, np.uint8)
    every[rows] = found
    places = np.array(rows, np.int64)
    return Pairs(
        places[first],
        places[second],
        distance,
        turn,
        _color_steps(first, second, turn, colors, in_parts(_coarse, records), known),
        every,
    )


def match_kind(first: Picture, second: Picture, turn: int) -> MatchKind:
    """What tells two copies apart most: a turn, then sharpness at a common size, then size."""
    if turn:
        return "turned"
    a, b = sorted((first, second), key=lambda p: max(p.width, p.height))
    smaller = max(a.width, a.height) < SMALLER * max(b.width, b.height)
    if is_outdone(b, a, BLURRED if smaller else RESAMPLED):
        return "softer"
    if smaller:
        return "smaller"
    return "softer" if is_outdone(a, b, RESAMPLED) else "same"


def _different(hashes: np.ndarray, packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each combination of hash and color, and each row's place among them."""
    both = np.empty(len(hashes), [("hash", np.uint64), ("color", np.int64)])
    both["hash"], both["color"] = hashes, packed
    _, only, leader = np.unique(both, return_index=True, return_inverse=True)
    order = np.argsort(only)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return only[order], place[leader]


def _identical(leader: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row with the next few of the same leader: enough to stay connected when some go."""
    order = np.argsort(leader, kind="stable")
    firsts, seconds = _empty(np.int64), _empty(np.int64)
    for step in range(1, _LINKS + 1):
        one, other = order[:-step], order[step:]
        same = leader[one] == leader[other]
        firsts.append(one[same])
        seconds.append(other[same])
    return np.concatenate(firsts), np.concatenate(seconds)


def _tiles(count: int, breathe: Callable[[], object] | None) -> Iterator[tuple[slice, slice]]:
    """Parts of the upper triangle of all pairs of ``count`` rows, the diagonal included."""
    for top in range(0, count, _ROWS):
        if breathe is not None and top % 1024 == 0:
            breathe()
        for left in range(top, count, _COLUMNS):
            yield slice(top, top + _ROWS), slice(left, left + _COLUMNS)


def _near(
    hashes: np.ndarray, breathe: Callable[[], object] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of near hashes, their bits, and each hash's bits to the nearest."""
    count = len(hashes)
    nearest = np.full(count, 64, np.uint8)
    lows, highs, bits = _empty(np.int64), _empty(np.int64), _empty(np.uint8)
    for rows, columns in _tiles(count, breathe):
        differ = np.bitwise_count(hashes[rows, None] ^ hashes[None, columns])
        if rows.start == columns.start:
            differ[np.tri(*differ.shape) > 0] = 64
        np.minimum(nearest[rows], differ.min(1), out=nearest[rows])
        np.minimum(nearest[columns], differ.min(0), out=nearest[columns])
        at = _few(differ, differ <= MAX_DISTANCE)
        if len(at):
            low, high = np.divmod(at, differ.shape[1])
            lows.append(low + rows.start)
            highs.append(high + columns.start)
            bits.append(differ.ravel()[at])
    low, high, differ = np.concatenate(lows), np.concatenate(highs), np.concatenate(bits)
    kept = _fewest(low, differ)
    return low[kept], high[kept], differ[kept], nearest


def _few(far: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Places, in the flat table, of what is ``near`` in it; of a row with many only those that
    are least ``far``. A film has a thousand pictures like each of its pictures, and all pairs of
    20,000 would not fit into memory.
    """
    crowded = np.flatnonzero(np.count_nonzero(near, axis=1) > MOST)
    if len(crowded):
        far = np.where(near[crowded], far[crowded], np.inf)
        order = np.argpartition(far, MOST, axis=1)[:, :MOST]
        near[crowded] = False
        near[crowded[:, None], order] = True
    return np.flatnonzero(near)


def _fewest(low: np.ndarray, far: np.ndarray) -> np.ndarray:
    """The same over the whole of each row: which pairs stay, in their order."""
    order = np.lexsort((far, low))
    rows = low[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return np.sort(order[place < MOST])


def _turned(
    records: np.ndarray,
    known: np.ndarray,
    only: np.ndarray,
    breathe: Callable[[], object] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of rows of which one is the other turned or mirrored, their bits and the turn."""
    rows = only[known[only]]
    folded = in_parts(_folded, records[rows])
    low, high = _close(folded - folded.mean(0) if len(folded) else folded, breathe)
    differ = np.bitwise_count(records["hashes"][rows[low], :1] ^ records["hashes"][rows[high]])
    turn = differ.argmin(1)
    bits = differ[np.arange(len(turn)), turn]
    kept = np.flatnonzero((turn > 0) & (bits <= MAX_DISTANCE))
    alike = _alike(records, rows[low[kept]], rows[high[kept]], turn[kept])
    kept = kept[alike]
    return rows[low[kept]], rows[high[kept]], bits[kept], turn[kept].astype(np.uint8)


def _close(
    points: np.ndarray, breathe: Callable[[], object] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows of ``points`` nearer than :data:`_TURNED`."""
    half = np.square(points).sum(1, keepdims=True) / 2
    ones = np.ones_like(half)
    # The product of these is minus half the squared distance: one multiplication, one comparison.
    left = np.concatenate([points, -half, -ones], 1)
    right = np.ascontiguousarray(np.concatenate([points, ones, half], 1).T)
    lows, highs = _empty(np.int64), _empty(np.int64)
    for rows, columns in _tiles(len(points), breathe):
        far = -(left[rows] @ right[:, columns])
        at = _few(far, far < _TURNED**2 / 2)
        low, high = np.divmod(at, min(columns.stop, len(points)) - columns.start)
        low, high = low + rows.start, high + columns.start
        lows.append(low[high > low])
        highs.append(high[high > low])
    return np.concatenate(lows), np.concatenate(highs)


def _coarse(records: np.ndarray) -> np.ndarray:
    return halved(halved(cells(records)))


def _folded(records: np.ndarray) -> np.ndarray:
    """``[n, d]`` that is the same for all orientations; distances are RMS over the cells."""
    layout = cells(records)
    small = np.moveaxis(halved(layout), 0, 2)
    mean = sum(orientations(small), np.zeros_like(small)) / np.float32(8)
    side = SIDE // 4
    row, column = np.triu_indices(side)
    weight = np.where(row == column, 4, 8) / (4 * side * side * 4)
    chosen = mean[row, column] * np.sqrt(weight, dtype=np.float32)[:, None, None]
    return np.moveaxis(chosen, 1, 0).reshape(len(layout), chosen.shape[0] * chosen.shape[2])


def _alike(records: np.ndarray, low: np.ndarray, high: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Whether thumbnails match once the second is turned into place."""
    fits = np.zeros(len(low), bool)
    for number in range(1, 8):
        at = np.flatnonzero(turn == number)
        second = orientations(np.moveaxis(cells(records[high[at]]), 0, -1))[number]
        apart = np.square(cells(records[low[at]]) - np.moveaxis(second, -1, 0)).mean((1, 2, 3))
        fits[at] = apart < _ALIKE**2
    return fits


def _once(
    first: np.ndarray, second: np.ndarray, distance: np.ndarray, turn: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of a pair that is alike as it is and turned, only the nearer finding."""
    keys = first * (int(second.max(initial=0)) + 1) + second
    twice = np.flatnonzero(np.isin(keys, keys[turn > 0]))
    order = twice[np.lexsort((turn[twice], distance[twice], keys[twice]))]
    worse = order[1:][keys[order[1:]] == keys[order[:-1]]]
    kept = np.delete(np.arange(len(keys)), worse)
    return first[kept], second[kept], distance[kept], turn[kept]


def _color_steps(
    first: np.ndarray,
    second: np.ndarray,
    turn: np.ndarray,
    colors: np.ndarray,
    layout: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """How far apart the colors of each pair are, uint8: of their means, or of their thumbnails
    place by place, whichever says more.
    """
    steps = np.abs(colors[first] - colors[second]).max(-1, initial=0)
    both = np.flatnonzero((steps <= _FAR_COLOR) & known[first] & known[second] & (turn == 0))
    for start in range(0, len(both), 1 << 16):
        at = both[start : start + (1 << 16)]
        one, other = layout[first[at]], layout[second[at]]
        apart = one[..., 1:3] - other[..., 1:3]
        seen = np.minimum(one[..., 3], other[..., 3]).sum((1, 2))
        chroma = np.sqrt(np.square(apart).sum(-1)).sum((1, 2)) / np.maximum(seen, 0.1)
        steps[at] = np.maximum(steps[at], 100 * chroma)
    return np.minimum(steps, 255).astype(np.uint8)


def _empty(kind: type) -> list[np.ndarray]:
    return [np.empty(0, kind)]
