"""What a curator should look at: blurred, copied, tiny, oddly shaped, unreadable, uncaptioned.

Measures are stored and thresholds are applied here, so that moving a slider costs no decoding.
Nothing is decided: a suggestion says what was found, a person rejects.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.picture import Picture

Kind = Literal["blurred", "duplicate", "too-small", "unusual-shape", "no-caption", "unreadable"]

_LOSSLESS = {".png", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True)
class Thresholds:
    """When something is worth a look.

    ``sharpness``: below it a picture may be blurred, if it is also below ``of_median`` times the
    median of its folder (a soft painting style is no blur). ``distance``: bits of 64 in which two
    hashes of one picture may differ; ``color``: how far their mean colors may lie apart, 0-255, so
    that a recolored variant is no copy. ``short_side``: pixels below which a picture is too small,
    None for half the median of its folder. ``ratio``: longer against shorter side, above.
    """

    sharpness: float = 0.15
    of_median: float = 0.5
    distance: int = 8
    color: int = 24
    short_side: int | None = None
    ratio: float = 1.8


@dataclass(frozen=True)
class Suggestion:
    """``value`` is the measure behind it. Of a ``group`` of copies one has ``keep`` set, and its
    own suggestion only says that it is the one to keep.
    """

    kind: Kind
    picture_id: int
    value: float
    text: str
    group: int | None = None
    keep: bool = False


def suggest(pictures: Sequence[Picture], thresholds: Thresholds | None = None) -> list[Suggestion]:
    """All suggestions, by kind. A blurred or tiny picture is not also called a copy."""
    limits = thresholds or Thresholds()
    readable = [picture for picture in pictures if not picture.problem]
    small, blurred = _too_small(readable, limits), _blurred(readable, limits)
    told = {item.picture_id for item in (*small, *blurred)}
    return [
        *[Suggestion("unreadable", p.id, 0.0, p.problem) for p in pictures if p.problem],
        *blurred,
        *_duplicates([picture for picture in readable if picture.id not in told], limits),
        *small,
        *_unusual(readable, limits),
        *[
            Suggestion("no-caption", p.id, 0.0, p.caption_problem or "It has no caption.")
            for p in readable
            if not p.caption.strip()
        ],
    ]


def _by_folder(pictures: Sequence[Picture]) -> list[list[Picture]]:
    groups: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        groups[picture.folder].append(picture)
    return list(groups.values())


def _blurred(pictures: Sequence[Picture], limits: Thresholds) -> list[Suggestion]:
    found = []
    for group in _by_folder(pictures):
        values = [(p, p.sharpness) for p in group if p.sharpness is not None]
        if not values:
            continue
        usual = median(value for _, value in values)
        limit = min(limits.sharpness, limits.of_median * usual)
        found += [
            Suggestion("blurred", p.id, value, f"Sharpness {value:.2f}.")
            for p, value in values
            if value < limit
        ]
    return found


def _too_small(pictures: Sequence[Picture], limits: Thresholds) -> list[Suggestion]:
    found = []
    for group in _by_folder(pictures):
        usual = median(min(p.width, p.height) for p in group)
        limit = usual / 2 if limits.short_side is None else limits.short_side
        found += [
            Suggestion(
                "too-small",
                p.id,
                float(min(p.width, p.height)),
                f"Only {p.width}×{p.height} pixels.",
            )
            for p in group
            if min(p.width, p.height) < limit
        ]
    return found


def _unusual(pictures: Sequence[Picture], limits: Thresholds) -> list[Suggestion]:
    ratios = [(p, max(p.width, p.height) / max(1, min(p.width, p.height))) for p in pictures]
    return [
        Suggestion("unusual-shape", p.id, ratio, f"{ratio:.1f} times as long as wide.")
        for p, ratio in ratios
        if ratio > limits.ratio
    ]


def _duplicates(pictures: Sequence[Picture], limits: Thresholds) -> list[Suggestion]:
    measured = [p for p in pictures if p.dhash is not None and p.mean_color is not None]
    found = []
    for number, group in enumerate(_groups(measured, limits), start=1):
        best = max(group, key=_worth)
        for picture in sorted(group, key=lambda p: (p is not best, p.id)):
            value = float(((picture.dhash or 0) ^ (best.dhash or 0)).bit_count())
            text = (
                "The best of its copies."
                if picture is best
                else f"A copy of {best.path.name}, {value:.0f} of 64 bits differ."
            )
            found.append(Suggestion("duplicate", picture.id, value, text, number, picture is best))
    return found


def _worth(picture: Picture) -> tuple[bool, int, bool, bool, float, int]:
    """What makes one of several copies the one to keep, most important first."""
    return (
        picture.flag == "picked",
        picture.width * picture.height,
        picture.path.suffix.lower() in _LOSSLESS,
        bool(picture.caption.strip()),
        round(picture.sharpness or 0.0, 2),
        -len(picture.name),
    )


def _groups(pictures: Sequence[Picture], limits: Thresholds) -> list[list[Picture]]:
    """Pictures connected by being alike, in the order of their first member."""
    leader = list(range(len(pictures)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for first, second in _pairs(pictures, limits):
        low, high = sorted((find(first), find(second)))
        leader[high] = low
    groups: dict[int, list[Picture]] = defaultdict(list)
    for index, picture in enumerate(pictures):
        groups[find(index)].append(picture)
    return [group for group in groups.values() if len(group) > 1]


def _pairs(pictures: Sequence[Picture], limits: Thresholds) -> list[tuple[int, int]]:
    """Index pairs of pictures that look the same; all are compared, 256 rows at a time."""
    hashes = np.array([p.dhash for p in pictures], np.uint64)
    packed = np.array([p.mean_color for p in pictures], np.int32)
    colors = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], -1).astype(np.int16)
    pairs = []
    for start in range(0, len(pictures), 256):
        block = hashes[start : start + 256, None] ^ hashes[None, start:]
        rows, columns = np.nonzero(np.bitwise_count(block) <= limits.distance)
        later = columns > rows
        rows, columns = rows[later] + start, columns[later] + start
        near = np.abs(colors[rows] - colors[columns]).max(-1, initial=0) <= limits.color
        pairs += list(zip(rows[near].tolist(), columns[near].tolist(), strict=True))
    return pairs
