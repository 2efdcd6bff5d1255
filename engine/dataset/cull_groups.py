"""Groups of pictures that look the same, ordered by which one is worth keeping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.dataset.duplicates import MATCH_KINDS, MatchKind, match_kind
from engine.dataset.survey import Survey, components
from engine.dataset.tags import tags_of
from engine.dataset.thresholds import Thresholds
from engine.dataset.worth import by_worth, clear_ones, is_sharper

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.dataset.picture import Picture

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
        members = by_worth([survey.pictures[row] for row in rows])
        kind = "recolored" if recolored else _kind(members, turned[number])
        found.append(Group(number + 1, tuple(members), kind, widest[number]))
    return found


def kinds(groups: Iterable[Group]) -> dict[MatchKind, int]:
    """How many groups there are of each kind of match."""
    found = [group.kind for group in groups]
    return {kind: found.count(kind) for kind in MATCH_KINDS if kind in found}


def pick(group: Group, criterion: Criterion) -> int:
    """The id that stays by ``criterion``; among equals the first of the group. A copy that is
    reduced or lossy is no sharper for measuring so.
    """
    if criterion == "sharper":
        best, *others = clear_ones(group.pictures)
        for other in others:
            best = other if is_sharper(other, best) else best
        return best.id
    if criterion == "larger":
        return max(group.pictures, key=lambda p: p.width * p.height).id
    return max(group.pictures, key=lambda p: len(tags_of(p.caption))).id


def _kind(members: Sequence[Picture], turn: int) -> MatchKind:
    if turn:
        return "turned"
    found = [match_kind(members[0], other, 0) for other in members[1:]]
    return max(found, key=MATCH_KINDS.index)
