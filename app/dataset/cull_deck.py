"""Groups of look-alikes as pairs: one keeper against each of the others, until none is left.

A group of two is one pair. Of a larger group the keeper is compared with one other after the
other; who wins a pair is the keeper of the next. Nothing is applied here: :meth:`Deck.plan` says
what the decisions come to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from engine.dataset.cull import Decision, Review, Rule
from engine.dataset.cull_groups import pick

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.dataset.cull import Plan
    from engine.dataset.cull_groups import Group
    from engine.dataset.picture import Picture

Answer = Literal["left", "right", "both", "not-duplicates", "skip"]
Key = frozenset[int]


@dataclass(frozen=True)
class Answered:
    """What was said about a pair of ids."""

    left: int
    right: int
    answer: Answer


@dataclass(frozen=True)
class Pair:
    """The keeper at the ``left`` against another; ``number`` of ``total`` pairs of its group."""

    group: Group
    left: Picture
    right: Picture
    number: int
    total: int


class Deck:
    """Answers about groups by the ids in them, so that they outlive moved thresholds."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._all: list[Group] = []
        self.rule = Rule()
        self.current: Group | None = None
        self._answers: dict[Key, tuple[Answered, ...]] = {}
        self._before: list[tuple[dict[Key, tuple[Answered, ...]], Key]] = []

    def take(self, groups: Sequence[Group], shown: Sequence[Group]) -> None:
        """Ask about those ``shown`` of other ``groups``; answers about all that are still there
        stay.
        """
        self.groups, self._all = list(shown), list(groups)
        keys = {key_of(group) for group in groups}
        self._answers = {key: said for key, said in self._answers.items() if key in keys}
        kept = [(answers, key) for answers, key in self._before if key in keys]
        self._before = [
            ({k: v for k, v in answers.items() if k in keys}, key) for answers, key in kept
        ]
        key = key_of(self.current) if self.current else None
        same = [group for group in shown if key_of(group) == key]
        self.current = same[0] if same else self._next()

    def forget(self) -> None:
        """Drop every answer."""
        self._answers, self._before = {}, []
        self.current = self._next()

    def go(self, group: Group) -> None:
        """Ask about ``group``, also when it was decided."""
        self.current = group

    @property
    def pair(self) -> Pair | None:
        """What to decide now; a decided group shows its last pair."""
        return self.pair_of(self.current) if self.current is not None else None

    def pair_of(self, group: Group) -> Pair:
        """The pair of ``group`` that comes next, or its last one."""
        said = self._answers.get(key_of(group), ())
        total = len(group.ids) - 1
        if len(said) >= total or (said and said[-1].answer == "skip"):
            last = said[-1]
            return Pair(group, _of(group, last.left), _of(group, last.right), len(said), total)
        keeper, rest = self._left_over(group)
        return Pair(group, keeper, rest[0], len(said) + 1, total)

    def answers(self, group: Group) -> tuple[Answered, ...]:
        """What was said about ``group``."""
        return self._answers.get(key_of(group), ())

    def is_decided(self, group: Group) -> bool:
        """Whether every pair of ``group`` has an answer other than to skip it."""
        said = self.answers(group)
        return len(said) >= len(group.ids) - 1 and said[-1].answer != "skip"

    def is_skipped(self, group: Group) -> bool:
        """Whether ``group`` was put off."""
        said = self.answers(group)
        return bool(said) and said[-1].answer == "skip"

    def answer(self, answer: Answer) -> None:
        """Say ``answer`` about :attr:`pair` and go on to the next open one. A decided or skipped
        group is decided anew.
        """
        pair = self.pair
        if pair is None:
            return
        group, key = pair.group, key_of(pair.group)
        self._before.append((dict(self._answers), key))
        said = self.answers(group)
        if self.is_decided(group) or self.is_skipped(group):
            said = said[:-1]
        self._answers[key] = (*said, Answered(pair.left.id, pair.right.id, answer))
        if answer == "skip" or self.is_decided(group):
            self.current = self._next(group)

    def back(self) -> bool:
        """Take the last answer back and show its pair; False without one."""
        if not self._before:
            return False
        self._answers, key = self._before.pop()
        same = (group for group in self.groups if key_of(group) == key)
        self.current = next(same, self.current)
        return True

    @property
    def open(self) -> list[Group]:
        """Groups that wait for an answer; skipped ones wait for another time."""
        return [g for g in self.groups if not self.is_decided(g) and not self.is_skipped(g)]

    @property
    def said(self) -> int:
        """How many groups have an answer that would change something."""
        return sum(any(one.answer != "skip" for one in self.answers(g)) for g in self._all)

    def counts(self) -> dict[str, int]:
        """Pictures ``kept``, ``rejected`` and told ``not-duplicates``; ``decided`` groups."""
        gone = self._review(rule=False).plan().flags.keys()
        said = [one for group in self._all for one in self.answers(group)]
        kept, apart = (
            {key for one in said if one.answer in answers for key in (one.left, one.right)} - gone
            for answers in (("left", "right", "both"), ("not-duplicates",))
        )
        return {
            "kept": len(kept),
            "rejected": len(gone),
            "not-duplicates": len(apart - kept),
            "decided": sum(self.is_decided(group) for group in self.groups),
        }

    def plan(self, *, rule: bool) -> Plan:
        """What the answers come to; with ``rule`` it decides what is open."""
        return self._review(rule=rule).plan()

    def _review(self, *, rule: bool) -> Review:
        """The answers as decisions about whole groups, which is what the engine plans with."""
        parts: list[tuple[Group, Decision]] = []
        waiting = {key_of(group) for group in self.open} if rule else set()
        for group in self._all:
            said = [one for one in self.answers(group) if one.answer != "skip"]
            for one in said:
                if one.answer in ("both", "not-duplicates"):
                    pair = _part(group, (one.left, one.right))
                    parts.append((pair, Decision("both")))
            if not said and key_of(group) not in waiting:
                continue
            open_ = key_of(group) in waiting
            keeper, rest = self._left_over(group)
            gone = [one.right if one.answer == "left" else one.left for one in said if _won(one)]
            going = [*gone, *(p.id for p in rest)] if open_ else gone
            if open_ and rest:
                keep = pick(_part(group, (keeper.id, *(p.id for p in rest))), self.rule.criterion)
                members = _part(group, (keep, keeper.id, *going))
                parts.append((members, Decision("keep", keep)))
            elif going:
                parts.append((_part(group, (keeper.id, *going)), Decision("keep", keeper.id)))
        numbered = [(replace(g, number=n), d) for n, (g, d) in enumerate(parts)]
        review = Review([group for group, _ in numbered], self.rule)
        for group, decision in numbered:
            review.decide(group.number, decision)
        return review

    def _left_over(self, group: Group) -> tuple[Picture, list[Picture]]:
        """The keeper of ``group`` by now, and those nothing was said about."""
        said = [one for one in self.answers(group) if one.answer != "skip"]
        keeper = said[0].left if said else pick(group, self.rule.criterion)
        seen = {keeper}
        for one in said:
            seen |= {one.left, one.right}
            keeper = one.right if one.answer == "right" else one.left
        rest = [picture for picture in group.pictures if picture.id not in seen]
        return _of(group, keeper), rest

    def _next(self, after: Group | None = None) -> Group | None:
        """The first open group after one, round the end."""
        place = self.groups.index(after) + 1 if after in self.groups else 0
        order = self.groups[place:] + self.groups[:place]
        waiting = {group.number for group in self.open}
        return next((group for group in order if group.number in waiting), None)


def key_of(group: Group) -> Key:
    """What tells a group from others, however groups are numbered."""
    return frozenset(group.ids)


def _won(one: Answered) -> bool:
    return one.answer in ("left", "right")


def _of(group: Group, key: int) -> Picture:
    return next(picture for picture in group.pictures if picture.id == key)


def _part(group: Group, ids: Iterable[int]) -> Group:
    wanted = list(dict.fromkeys(ids))
    return replace(group, pictures=tuple(_of(group, key) for key in wanted))
