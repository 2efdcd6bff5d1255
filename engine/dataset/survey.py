"""What thresholds would flag, live: measures of all pictures as columns, judged in milliseconds.

A survey is made once, off the window's thread; moving a slider then asks :meth:`Survey.would_flag`
and :meth:`Survey.histogram`, which decode nothing and compare no pictures. Each kind is judged on
its own here; :func:`engine.dataset.suggestions.suggest` tells each picture once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.dataset.column_readers import kin
from engine.dataset.duplicates import Pairs, find_pairs
from engine.dataset.picture import column
from engine.dataset.similarity import Similarity
from engine.dataset.thresholds import CULL_KINDS, MAX_DISTANCE, Kind, Thresholds
from engine.imaging.descriptor import HIDDEN_COLOR, flags_of, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from engine.dataset.picture import Picture

_RANGES: dict[Kind, tuple[float, float]] = {
    "duplicate": (0, 24),
    "blurred": (0, 1),
    "unusual-shape": (1, 4),
    "different": (0, 1),
}


@dataclass(frozen=True)
class Histogram:
    """``counts`` and how many of these are ``flagged``, between ``edges``; what lies beyond the
    last edge is in the last bin.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    flagged: tuple[int, ...]


class Survey:
    """Measures of the readable ones among ``pictures``; ``not_duplicates`` are pairs of ids that
    a person told apart. ``breathe`` is called now and then while pictures are compared.
    """

    def __init__(
        self,
        pictures: Iterable[Picture],
        not_duplicates: Collection[tuple[int, int]] = (),
        breathe: Callable[[], object] | None = None,
        *,
        before: Survey | None = None,
    ) -> None:
        every = list(pictures)
        problems = column(every, "problem")
        self.pictures = [p for p, problem in zip(every, problems, strict=True) if not problem]
        ids = column(self.pictures, "id")
        self.ids = np.array(ids, np.int64)
        looks = (column(self.pictures, name) for name in ("dhash", "mean_color", "descriptor"))
        self._looks = dict(zip(ids, zip(*looks, strict=True), strict=True))
        kept = before.pairs_of(self) if before is not None else None
        self.pairs = find_pairs(self.pictures, breathe) if kept is None else kept
        self._kin = kin(self.pictures)
        alike = before is not None and (self._kin, self._looks) == before.seen
        self._different = before.different if before and alike else self._outliers()
        flags = column(self.pictures, "flag")
        self._open = np.array([flag != "picked" for flag in flags], bool)
        self._apart = _among(self.ids, self.pairs, not_duplicates)
        self._made: dict[str, Any] = {}

    def following(
        self,
        pictures: Iterable[Picture],
        not_duplicates: Collection[tuple[int, int]] = (),
        breathe: Callable[[], object] | None = None,
    ) -> Survey:
        """The survey after captions or marks changed or pictures went: nothing is compared anew
        unless a picture came or looks otherwise.
        """
        return Survey(pictures, not_duplicates, breathe, before=self)

    @property
    def seen(self) -> tuple[list[str], dict[int, tuple[Any, ...]]]:
        """What outliers depend on."""
        return self._kin, self._looks

    @property
    def different(self) -> np.ndarray:
        """float64, 0 to 1, NaN for what is not measured."""
        return self._different

    def pairs_of(self, other: Survey) -> Pairs | None:
        """The pairs of the pictures of ``other``, if all of them were compared here."""
        looks = self._looks
        if any(looks.get(key, ()) != look for key, look in other._looks.items()):
            return None
        places = np.full(len(self.ids), -1, np.int64)
        rows = {key: row for row, key in enumerate(self.ids.tolist())}
        own = np.array([rows[key] for key in other.ids.tolist()], np.int64)
        places[own] = np.arange(len(own))
        first, second = places[self.pairs.first], places[self.pairs.second]
        stay = (first >= 0) & (second >= 0)
        return Pairs(
            first[stay],
            second[stay],
            self.pairs.distance[stay],
            self.pairs.turn[stay],
            self.pairs.color[stay],
            self.pairs.nearest[own],
        )

    # Judging

    def would_flag(self, limits: Thresholds) -> dict[Kind, set[int]]:
        """Ids by kind of :data:`CULL_KINDS`, each kind judged on its own."""
        return {kind: set(self.ids[self.mask(kind, limits)].tolist()) for kind in CULL_KINDS}

    def mask(self, kind: Kind, limits: Thresholds) -> np.ndarray:
        """bool, one a picture: whether ``limits`` flag it. What was picked is decided, and flagged
        only beside its copies.
        """
        if kind == "duplicate":
            rows = self.edges(limits)
            found = np.zeros(len(self.ids), bool)
            found[self.pairs.first[rows]] = found[self.pairs.second[rows]] = True
            return found
        if kind == "hidden-color":
            return self._once("hidden", self._hidden)
        values, limit = self.values(kind, limits), self.limits(kind, limits)
        below = kind in ("blurred", "too-small")
        return (values < limit if below else values > limit) & self._open

    def edges(self, limits: Thresholds, *, recolored: bool = False) -> np.ndarray:
        """Which of :attr:`pairs` are copies; or, with ``recolored``, the same in other colors."""
        near = (self.pairs.distance <= limits.distance) & ~self._apart
        return np.flatnonzero(near & ((self.pairs.color > limits.color) == recolored))

    def limits(self, kind: Kind, limits: Thresholds) -> np.ndarray | float:
        """The limit of ``kind`` for every picture, or one for all."""
        if kind == "blurred":
            return np.minimum(limits.sharpness, limits.of_median * self._usual("blurred"))
        if kind == "too-small":
            own = limits.short_side
            return self._once("half", self._half) if own is None else float(own)
        only = {"unusual-shape": limits.ratio, "different": limits.different}
        return only.get(kind, float(limits.distance))

    def limit(self, kind: Kind, limits: Thresholds) -> float:
        """Where a slider stands: the highest limit any picture is held to."""
        return float(np.max(self.limits(kind, limits), initial=0.0))

    # Measures

    def bits_between(self, picture: Picture, other: Picture) -> float:
        """In how many bits two pictures differ, turned into place where one is turned."""
        records, known = unpack([picture.descriptor, other.descriptor])
        plain = ((picture.dhash or 0) ^ (other.dhash or 0)).bit_count()
        if not known.all():
            return float(plain)
        turned = np.bitwise_count(np.uint64(picture.dhash or 0) ^ records["hashes"][1, 1:])
        return float(min(plain, int(turned.min())))

    def measure_of(self, kind: Kind, picture_id: int, limits: Thresholds) -> float | None:
        """What ``kind`` is judged by; None for a picture that is not measured or not known."""
        row = self._once("rows", lambda: {key: n for n, key in enumerate(self.ids.tolist())})
        if picture_id not in row:
            return None
        value = float(self.values(kind, limits)[row[picture_id]])
        return None if np.isnan(value) else value

    def histogram(self, kind: Kind, bins: int, limits: Thresholds) -> Histogram:
        """How the measures of one of :data:`CULL_KINDS` are spread."""
        values = self.values(kind, limits)
        low, high = _RANGES.get(kind, (0.0, 1.0))
        if kind == "too-small":
            high = max(64.0, float(np.nanmax(values, initial=64.0)))
        edges = np.linspace(low, high, bins + 1)
        flagged = self.mask(kind, limits)
        known = ~np.isnan(values)
        spread = [
            np.histogram(np.clip(values[some & known], low, high), edges)[0].tolist()
            for some in (known, flagged)
        ]
        return Histogram(tuple(edges.tolist()), tuple(spread[0]), tuple(spread[1]))

    def values(self, kind: Kind, limits: Thresholds) -> np.ndarray:
        """float64, one a picture, NaN where it is unknown. Of a copy it is the bits to the nearest
        one within reach, else those to any picture.
        """
        if kind == "duplicate":
            return self._once(f"duplicate {limits.color}", lambda: self._bits(limits.color))
        if kind == "different":
            return self._different
        return self._once(kind, lambda: self._column(kind))

    def _bits(self, color: int) -> np.ndarray:
        like = np.flatnonzero((self.pairs.color <= color) & ~self._apart)
        bits = np.maximum(self.pairs.nearest, MAX_DISTANCE + 1).astype(np.float64)
        for rows in (self.pairs.first[like], self.pairs.second[like]):
            np.minimum.at(bits, rows, self.pairs.distance[like])
        return bits

    def _column(self, kind: Kind) -> np.ndarray:
        if kind == "blurred":
            return np.array(column(self.pictures, "sharpness"), np.float64)
        sides = np.array(
            [column(self.pictures, name) for name in ("width", "height")], np.float64
        ).T
        sides = np.where(sides.min(1, keepdims=True) > 0, sides, np.nan)
        return sides.min(1) if kind == "too-small" else sides.max(1) / sides.min(1)

    def _usual(self, kind: Kind) -> np.ndarray:
        """For every picture the median of its folder."""
        return self._once(f"usual {kind}", lambda: self._medians(self._column(kind)))

    def _half(self) -> float:
        """Half the usual shorter side in whole pixels: what is shown is what is held to."""
        sides = self._column("too-small")
        known = sides[~np.isnan(sides)]
        return float(round(np.median(known) / 2)) if len(known) else 0.0

    def _medians(self, values: np.ndarray) -> np.ndarray:
        names = column(self.pictures, "folder")
        folders = {name: n for n, name in enumerate(set(names))}
        rows = np.array([folders[name] for name in names], np.int64)
        usual = np.full(len(values), np.nan)
        for number in range(len(folders)):
            own = (rows == number) & ~np.isnan(values)
            if own.any():
                usual[rows == number] = np.median(values[own])
        return usual

    def _outliers(self) -> np.ndarray:
        found = Similarity(self.pictures).outliers()
        return np.array([found.get(key, np.nan) for key in self.ids.tolist()], np.float64)

    def _hidden(self) -> np.ndarray:
        return (flags_of(column(self.pictures, "descriptor")) & HIDDEN_COLOR) > 0

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


def components(count: int, first: np.ndarray, second: np.ndarray) -> list[list[int]]:
    """Rows connected by edges, in groups of two or more, by their first member."""
    labels = np.arange(count)
    while True:
        low = np.minimum(labels[first], labels[second])
        merged = labels.copy()
        np.minimum.at(merged, labels[first], low)
        np.minimum.at(merged, labels[second], low)
        merged = merged[merged]
        if np.array_equal(merged, labels):
            break
        labels = merged
    members: dict[int, list[int]] = {}
    touched = np.unique(np.concatenate([first, second])).tolist()
    for row, label in zip(touched, labels[touched].tolist(), strict=True):
        members.setdefault(label, []).append(row)
    return list(members.values())


def _among(ids: np.ndarray, pairs: Pairs, told: Collection[Sequence[int]]) -> np.ndarray:
    """Which of ``pairs`` are among pairs of ids, in either order."""
    if not told:
        return np.zeros(len(pairs.first), bool)
    wide = np.array([sorted(pair) for pair in told], np.int64)
    a, b = ids[pairs.first], ids[pairs.second]
    keys = np.minimum(a, b) << 32 | np.maximum(a, b)
    return np.isin(keys, wide[:, 0] << 32 | wide[:, 1])
