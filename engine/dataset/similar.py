"""Tags that may be meant by another: the same in another spelling, its plural, or a typing slip.

Distances are those of Damerau and Levenshtein with each place edited once: a letter too many, too
few, another one, or two neighbors swapped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.dataset.tag_words import folded_all
from engine.dataset.tags import alike

if TYPE_CHECKING:
    from collections.abc import Mapping

Reason = Literal["spelling", "plural", "slip"]
_ORDER: dict[Reason, int] = {"spelling": 0, "plural": 1, "slip": 2}
_DIGITS = re.compile(r"\d+")
_SHORT, _LONG = 4, 9
"""Letters from which one slip, and two, still leave a tag to be told from others."""


@dataclass(frozen=True)
class Similar:
    """A tag of the dataset that another one is close to, and in how many captions it is."""

    tag: str
    count: int
    reason: Reason
    distance: int


def similar(tag: str, counts: Mapping[str, int], limit: int = 5) -> list[Similar]:
    """Tags of ``counts`` that ``tag`` may be meant as, likeliest first: another spelling of it,
    then plurals, then slips of one or two letters; the more frequent first. Other digits are
    another tag, and so is a short one with another letter.
    """
    wanted = _Wanted(alike(tag))
    found = []
    for (other, count), key in zip(counts.items(), folded_all(counts), strict=True):
        judged = wanted.compare(key) if other != tag else None
        if judged is not None:
            found.append(Similar(other, count, *judged))
    found.sort(key=lambda item: (_ORDER[item.reason], item.distance, -item.count, item.tag))
    return found[:limit]


class _Wanted:
    """A tag that others are compared with. Of its three parts, two slips leave one whole."""

    def __init__(self, key: str) -> None:
        self.key, self.digits, self.stem = key, _DIGITS.findall(key), _singular(key)
        self.most = 0 if len(key) < _SHORT else 1 if len(key) < _LONG else 2
        third = max(1, len(key) // 3)
        self.solid, self.letters = key.replace(" ", ""), sorted(key)
        self.parts = (key[:third], key[third : 2 * third], key[2 * third :])

    def compare(self, other: str) -> tuple[Reason, int] | None:
        """How ``other`` is close, and by how many letters."""
        longer = len(other) - len(self.key)
        if other == self.key:
            return "spelling", 0
        if not -3 < longer < 4:
            return None
        if other.replace(" ", "") == self.solid:
            return "spelling", 1
        # A swap may damage two parts at once, but then the letters are the same.
        if not any(part in other for part in self.parts) and (
            longer or sorted(other) != self.letters
        ):
            return None
        if self.digits != _DIGITS.findall(other):
            return None
        if _singular(other) == self.stem:
            return "plural", 1
        if not self.most or abs(longer) > self.most or len(other) < _SHORT:
            return None
        slips = distance(self.key, other, self.most)
        return None if slips is None else ("slip", slips)


def distance(one: str, other: str, most: int) -> int | None:
    """Slips between two texts, or None when they are more than ``most``."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for n, letter in enumerate(one, 1):
        older, before, row = before, row, [n]
        for m, sign in enumerate(other, 1):
            best = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (letter != sign))
            if n > 1 and m > 1 and letter == other[m - 2] and one[n - 2] == sign:
                best = min(best, older[m - 2] + 1)
            row.append(best)
        if min(row) > most and min(before) > most:
            return None
    return row[-1] if row[-1] <= most else None


def _singular(key: str) -> str:
    """``key`` with its last word in the singular, roughly; the same for both numbers."""
    if key.endswith("ies") and len(key) > 4:
        return key[:-3] + "y"
    if key.endswith(("shes", "ches", "xes", "sses", "zes")):
        return key[:-2]
    if key.endswith("s") and not key.endswith("ss") and len(key) > 3:
        return key[:-1]
    return key
