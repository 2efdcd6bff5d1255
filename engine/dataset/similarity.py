"""How alike pictures look: vectors from descriptors, neighbors, an order, and what stands out.

A vector holds where light and color lie, the palette, the texture and the outline; no model is
asked. Distances are comparable within one library only roughly, so they are judged by rank and by
robust deviations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.dataset.column_readers import kin
from engine.dataset.picture import column
from engine.imaging.descriptor import SIDE, cells, halved, in_parts, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.picture import Picture

LEAST = 5
"""Pictures a category needs to have a middle."""
_PRIOR = 8  # pictures of the whole library whose spread is added to that of a category
# A picture at the median distance has the value 0.25, one this many robust deviations beyond it
# 0.62. The usual cut is 3.5 (Iglewicz and Hoaglin 1993); distances have a longer tail.
_USUAL, _FAR, _CUT = 0.25, 0.62, 4.5
_LEAF = 48  # pictures that are chained one by one
_SAMPLE = 512  # pictures that tell the main direction of many


class Similarity:
    """Vectors of ``pictures``; those without a descriptor are left out of everything."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        descriptors = column(pictures, "descriptor")
        measured = [p for p, found in zip(pictures, descriptors, strict=True) if found]
        records, known = unpack(list(filter(None, descriptors)))
        described = [p for p, ok in zip(measured, known.tolist(), strict=True) if ok]
        self.ids = [picture.id for picture in described]
        self._vectors = vectors(records[known])
        self._kin = kin(described)
        self._rows = {key: row for row, key in enumerate(self.ids)}

    def neighbors(self, picture_id: int, k: int) -> list[tuple[int, float]]:
        """The ``k`` pictures most like one, nearest first, with their distance; empty for a
        picture that is not measured.
        """
        row = self._rows.get(picture_id)
        if row is None:
            return []
        away = np.linalg.norm(self._vectors - self._vectors[row], axis=1)
        nearest = [n for n in np.argsort(away, kind="stable").tolist() if n != row][:k]
        return [(self.ids[n], float(away[n])) for n in nearest]

    def order(self) -> list[int]:
        """All ids so that like pictures follow each other."""
        rows: list[int] = []
        last: np.ndarray | None = None
        for leaf in _leaves(self._vectors, np.arange(len(self.ids))):
            chain = _chained(self._vectors, leaf, last)
            rows += chain
            last = self._vectors[chain[-1]]
        return [self.ids[row] for row in rows]

    def outliers(self) -> dict[int, float]:
        """By id, 0 to 1: how far a picture is from the middle of its category, against how far
        its pictures usually are. 0.25 is usual. 0 in a category of fewer than five.
        """
        groups: dict[str, list[int]] = {}
        for row, name in enumerate(self._kin):
            groups.setdefault(name, []).append(row)
        large = [np.array(rows) for rows in groups.values() if len(rows) >= LEAST]
        values = np.zeros(len(self.ids))
        if large:
            away = [_from_middle(self._vectors[rows]) for rows in large]
            usual, spread = _spread(np.concatenate(away))
            for rows, distances in zip(large, away, strict=True):
                values[rows] = _values(distances, usual, spread)
        return dict(zip(self.ids, values.tolist(), strict=True))


def order_by_similarity(pictures: Sequence[Picture]) -> list[int]:
    """Ids so that like pictures follow each other; what is not measured comes last, as given."""
    found = Similarity(pictures).order()
    placed = set(found)
    return found + [picture.id for picture in pictures if picture.id not in placed]


def vectors(records: np.ndarray) -> np.ndarray:
    """float32 ``[n, d]`` from records of :data:`engine.imaging.descriptor.LAYOUT`."""
    return in_parts(_vectors, records)


def _vectors(records: np.ndarray) -> np.ndarray:
    layout = cells(records)
    flat = layout.reshape(len(records), SIDE * SIDE, 4)
    parts = [
        halved(layout).reshape(len(records), SIDE * SIDE) / np.float32(SIDE / 2),
        _palette(flat),
        _texture(records),
        _outline(records, flat[..., 3]),
    ]
    return np.concatenate(parts, 1).astype(np.float32)


def _palette(flat: np.ndarray) -> np.ndarray:
    """Mean and deviation of the visible lightness and colors, and mean chroma."""
    seen = np.maximum(flat[..., 3], np.float32(1 / 64))
    total = seen.sum(1)
    sums = [flat[..., channel].sum(1) / total for channel in range(3)]
    squares = [(np.square(flat[..., channel]) / seen).sum(1) / total for channel in range(3)]
    spread = [np.sqrt(np.maximum(q - np.square(m), 0)) for q, m in zip(squares, sums, strict=True)]
    chroma = np.hypot(flat[..., 1], flat[..., 2]).sum(1) / total
    return np.stack([*sums, *spread, chroma], 1) * np.float32(0.6)  # colors vary most


def _texture(records: np.ndarray) -> np.ndarray:
    noise = np.log2(records["noise"] / 256 + 0.5)
    contrast = np.log2(records["contrast"] / 256 + 4)
    return np.stack([noise, contrast], 1) / 1.6


def _outline(records: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    width, height = np.maximum(records["content"], 1).T.astype(np.float32)
    clear = records["transparent"] > 0.01 * 0xFFFF
    return np.stack([np.log2(width / height) / 2, alpha.mean(1), clear * 1.0], 1)


def _from_middle(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - np.median(points, axis=0), axis=1)


def _spread(distances: np.ndarray) -> tuple[float, float]:
    """The median and a robust deviation that is never nothing."""
    usual = float(np.median(distances))
    spread = 1.4826 * float(np.median(np.abs(distances - usual)))
    return usual, max(spread, 0.08 * usual, 1e-6)


def _values(distances: np.ndarray, usual: float, spread: float) -> np.ndarray:
    count = len(distances)
    own = _spread(distances)
    center = (count * own[0] + _PRIOR * usual) / (count + _PRIOR)
    width = (count * own[1] + _PRIOR * spread) / (count + _PRIOR)
    low, high = (np.log(value / (1 - value)) for value in (_USUAL, _FAR))
    steps = np.clip((distances - center) / width, -50, 50)
    return 1 / (1 + np.exp(-(low + (high - low) * steps / _CUT)))


def _leaves(points: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """``rows`` cut in two again and again across the main direction of what is left, at the
    widest gap near the middle; neighbors in the list touch.
    """
    done, waiting = [], [rows] if len(rows) else []
    while waiting:
        part = waiting.pop()
        if len(part) <= _LEAF:
            done.append(part)
            continue
        along = _projected(points[part])
        part, along = part[(order := np.argsort(along, kind="stable"))], along[order]
        quarter = len(part) // 4
        gaps = np.diff(along[quarter : len(part) - quarter])
        cut = quarter + 1 + int(np.argmax(gaps))
        waiting += [part[cut:], part[:cut]]
    return done


def _projected(points: np.ndarray) -> np.ndarray:
    """Each point's place along the direction in which a sample of them differs most."""
    sample = points[:: max(1, len(points) // _SAMPLE)]
    centered = sample - sample.mean(0)
    _, directions = np.linalg.eigh(centered.T @ centered)
    main = directions[:, -1]
    return points @ (main if main[np.abs(main).argmax()] > 0 else -main)


def _chained(points: np.ndarray, rows: np.ndarray, last: np.ndarray | None) -> list[int]:
    """``rows`` one after the other, each the nearest of what is left."""
    own = points[rows]
    away = np.linalg.norm(own[:, None] - own[None], axis=-1)
    start = own[0] if last is None else last
    at = int(np.linalg.norm(own - start, axis=1).argmin())
    chain, left = [at], np.ones(len(rows), bool)
    left[at] = False
    while len(chain) < len(rows):
        at = int(np.where(left, away[at], np.inf).argmin())
        left[at] = False
        chain.append(at)
    return rows[chain].tolist()
