"""Groups of pictures that look the same, ordered by which one is worth keeping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.dataset.duplicates import BLURRED, MATCH_KINDS, SMALLER, MatchKind, match_kind
from engine.dataset.suggestions import worth
from engine.dataset.survey import Survey, components
from engine.dataset.tags import tags_of
from engine.dataset.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.dataset.picture import Picture

SHARPER = 0.05
"""By how much one picture must be sharper than another for anybody to see it."""

Criterion = Literal["sharper", "larger", "captioned"]
CRITERIA: tuple[Criterion, ...] = ("sharper", "larger", "captioned")


@dataclass(frozen=True)
class Group:
    """Pictures that look the same, the one to keep by worth first. ``distance`` is the widest of
    their ``pairs``, ``kind`` what tells the others from the first: the most telling of them.
    """

    number: int
    pictures: tuple[Picture, ...]
    kind: MatchKind
    distance: int

    @property
    def ids(self) -> tuple[int, ...]:
        """Ids, the one to keep first."""
        return tuple(picture.id for picture in self.pictures)


def find_groups(
    survey: Survey, limits: Thresholds | None = None, *, recolored: bool = False
) -> list[Group]:
    """Near-duplicates among pictures that are not rejected, softer and smaller copies too;
    with ``recolored`` instead those that differ in color only, which are no copies.
    """
    pairs = survey.pairs
    edges = survey.edges(limits or Thresholds(), recolored=recolored)
    going = np.array([picture.flag == "rejected" for picture in survey.pictures], bool)
    edges = edges[~(going[pairs.first[edges]] | going[pairs.second[edges]])]
    first, second = pairs.first[edges], pairs.second[edges]
    turn, bits = pairs.turn[edges].tolist(), pairs.distance[edges].tolist()
    groups = components(len(survey.ids), first, second)
    place = {row: number for number, rows in enumerate(groups) for row in rows}
    widest, turned = [0] * len(groups), [0] * len(groups)
    for row, distance, quarters in zip(first.tolist(), bits, turn, strict=True):
        widest[place[row]] = max(widest[place[row]], distance)
        turned[place[row]] = turned[place[row]] or quarters
    found = []
    for number, rows in enumerate(groups):
        members = _by_worth([survey.pictures[row] for row in rows])
        kind = "recolored" if recolored else _kind(members, turned[number])
        found.append(Group(number + 1, tuple(members), kind, widest[number]))
    return found


def kinds(groups: Iterable[Group]) -> dict[MatchKind, int]:
    """How many groups there are of each kind of match."""
    found = [group.kind for group in groups]
    return {kind: found.count(kind) for kind in MATCH_KINDS if kind in found}


def pick(group: Group, criterion: Criterion) -> int:
    """The id that stays by ``criterion``; among equals the first of the group."""
    if criterion == "sharper":
        clear = _comparable(group.pictures)
        top = max(p.sharpness or 0.0 for p in clear)
        return next(p.id for p in clear if (p.sharpness or 0.0) > top - SHARPER)
    if criterion == "larger":
        return max(group.pictures, key=lambda p: p.width * p.height).id
    return max(group.pictures, key=lambda p: len(tags_of(p.caption))).id


def _comparable(pictures: Sequence[Picture]) -> list[Picture]:
    """Those whose sharpness can be compared: the large ones that are not blurred. A reduced copy
    always measures sharper.
    """
    clear = [p for p in pictures if _is_clear(p, pictures)]
    largest = max(max(p.width, p.height) for p in clear)
    return [p for p in clear if max(p.width, p.height) >= SMALLER * largest]


def _is_clear(picture: Picture, pictures: Iterable[Picture]) -> bool:
    """Whether a picture is not blurred beside its copies."""
    return (picture.sharpness or 0.0) >= BLURRED * max(p.sharpness or 0.0 for p in pictures)


def _by_worth(pictures: Sequence[Picture]) -> list[Picture]:
    """The one to keep first: what the user picked, then what is not blurred, then by worth."""

    def key(picture: Picture) -> tuple[Any, ...]:
        return picture.flag == "picked", _is_clear(picture, pictures), worth(picture)

    return sorted(pictures, key=key, reverse=True)


def _kind(members: Sequence[Picture], turn: int) -> MatchKind:
    if turn:
        return "turned"
    found = [match_kind(members[0], other, 0) for other in members[1:]]
    return max(found, key=MATCH_KINDS.index)
