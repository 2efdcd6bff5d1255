"""Deciding between pictures: groups that look the same, side by side, and single pictures in turn.

Decisions are collected, changed and taken back without touching anything. Only :func:`apply` writes
them, as one step of the library's undo: marks, captions, and which pictures are no duplicates.
Files are never deleted here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.dataset.cull_groups import Criterion, Group, find_groups, pick
from engine.dataset.survey import Survey
from engine.dataset.tags import tags_of
from engine.dataset.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.dataset.library import Library
    from engine.dataset.picture import Changes, Picture

Choice = Literal["keep", "both", "not-duplicates", "skip"]
Mark = Literal["picked", "rejected", ""]


@dataclass(frozen=True)
class Decision:
    """What to do with a group. ``keep`` names the one picture that stays; the others go."""

    choice: Choice
    keep: int | None = None


@dataclass(frozen=True)
class Rule:
    """Which of a group stays, and whether one without a caption takes over another's."""

    criterion: Criterion = "sharper"
    take_caption: bool = True


@dataclass(frozen=True)
class Plan:
    """What decisions come to: marks and captions by id, and pairs told apart."""

    flags: Mapping[int, Mark] = field(default_factory=dict)
    captions: Mapping[int, str] = field(default_factory=dict)
    not_duplicates: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.flags or self.captions or self.not_duplicates)


class Review:
    """Decisions about ``groups``, one after the other; nothing is applied."""

    def __init__(self, groups: Sequence[Group], rule: Rule | None = None) -> None:
        self.groups = list(groups)
        self.rule = rule or Rule()
        self._decisions: dict[int, Decision] = {}
        self._steps: list[dict[int, Decision]] = []

    def decide(self, number: int, decision: Decision) -> None:
        """Decide about the group of this number; an earlier decision is replaced."""
        self._take({**self._decisions, number: decision})

    def decide_rest(self) -> int:
        """Let the rule decide about every group that is undecided; how many these were. What was
        skipped stays open.
        """
        rest = [group for group in self.groups if group.number not in self._decisions]
        if rest:
            chosen = {g.number: Decision("keep", pick(g, self.rule.criterion)) for g in rest}
            self._take({**self._decisions, **chosen})
        return len(rest)

    def back(self) -> bool:
        """Take the last decision back; False without one."""
        if not self._steps:
            return False
        self._decisions = self._steps.pop()
        return True

    def decision(self, number: int) -> Decision | None:
        """What was decided about a group."""
        return self._decisions.get(number)

    @property
    def left(self) -> list[Group]:
        """Groups without a decision; skipped ones come last."""
        open_ = [g for g in self.groups if g.number not in self._decisions]
        return open_ + [g for g in self.groups if self._choice(g) == "skip"]

    def counts(self) -> dict[str, int]:
        """Pictures ``kept`` and ``rejected``, and groups told ``not-duplicates`` and ``left``."""
        keep = [g for g in self.groups if self._choice(g) == "keep"]
        both = [g for g in self.groups if self._choice(g) == "both"]
        return {
            "kept": len(keep) + sum(len(group.ids) for group in both),
            "rejected": sum(len(group.ids) - 1 for group in keep),
            "not-duplicates": sum(self._choice(g) == "not-duplicates" for g in self.groups),
            "left": len(self.left),
        }

    def plan(self) -> Plan:
        """What the decisions come to. Of pictures kept side by side every pair is remembered as
        decided, so that they are not asked about again.
        """
        flags: dict[int, Mark] = {}
        captions: dict[int, str] = {}
        apart: list[tuple[int, int]] = []
        for group in self.groups:
            decision = self._decisions.get(group.number)
            if decision is None or decision.choice == "skip":
                continue
            if decision.choice == "keep":
                flags |= {key: "rejected" for key in group.ids if key != decision.keep}
                captions |= self._taken_over(group, decision.keep)
                continue
            ids = sorted(group.ids)
            apart += [(a, b) for n, a in enumerate(ids) for b in ids[n + 1 :]]
        return Plan(flags, captions, tuple(apart))

    def _taken_over(self, group: Group, keep: int | None) -> dict[int, str]:
        kept = next(picture for picture in group.pictures if picture.id == keep)
        if not self.rule.take_caption or kept.caption.strip() or kept.caption_problem:
            return {}
        best = max(group.pictures, key=lambda p: len(tags_of(p.caption)))
        return {kept.id: best.caption} if best.caption.strip() else {}

    def _choice(self, group: Group) -> Choice | None:
        decision = self._decisions.get(group.number)
        return decision.choice if decision else None

    def _take(self, decisions: dict[int, Decision]) -> None:
        self._steps.append(self._decisions)
        self._decisions = decisions


class Sorting:
    """Pictures one after the other: keep, reject or skip, and back; applied or forgotten at the
    end.
    """

    def __init__(self, ids: Sequence[int]) -> None:
        self._said: dict[int, Mark] = {}
        self.take(ids)

    def take(self, ids: Sequence[int]) -> None:
        """Ask about other ``ids``. Those that were decided come first and stay decided; what is
        not among them is not asked about, and decided as before when it comes back.
        """
        wanted = set(ids)
        self._done = [key for key in self._said if key in wanted]
        self.ids = [*self._done, *(key for key in ids if key not in self._said)]

    @property
    def current(self) -> int | None:
        """The picture to decide about; None at the end."""
        return self.ids[len(self._done)] if len(self._done) < len(self.ids) else None

    @property
    def marks(self) -> list[Mark]:
        """What was decided about the first of :attr:`ids`, in their order."""
        return [self._said[key] for key in self._done]

    def decide(self, mark: Mark) -> int | None:
        """``"picked"``, ``"rejected"``, or ``""`` to skip; the next picture."""
        if self.current is not None:
            self._said[self.current] = mark
            self._done.append(self.current)
        return self.current

    def back(self) -> int | None:
        """The picture before, undecided again."""
        if self._done:
            del self._said[self._done.pop()]
        return self.current

    def plan(self) -> Plan:
        """Marks of what was decided; skipped pictures keep theirs."""
        return Plan({key: self._said[key] for key in self._done if self._said[key]})


def apply(plan: Plan, library: Library) -> Changes:
    """Write ``plan`` as one step of ``library``'s undo; captions first, as they may fail."""
    from engine.dataset.picture import Changes

    done: list[Changes] = []
    with library.one_step("Cull pictures"):
        if plan.captions:
            done.append(library.set_captions(plan.captions))
        for mark in ("picked", "rejected"):
            ids = [key for key, value in plan.flags.items() if value == mark]
            if ids:
                done.append(library.set_flag(ids, mark))
        if plan.not_duplicates:
            done.append(library.tell_apart(plan.not_duplicates))
    changed = {key for change in done for key in change.changed}
    skipped = {key for change in done for key in change.skipped}
    return Changes(changed=tuple(sorted(changed)), skipped=tuple(sorted(skipped)))


def report(
    pictures: Iterable[Picture],
    limits: Thresholds | None = None,
    not_duplicates: Iterable[tuple[int, int]] = (),
) -> dict[str, Any]:
    """What culling finds as plain data: counts and files by kind, and groups with their facts."""
    from engine.dataset.cull_facts import facts

    limits = limits or Thresholds()
    survey = Survey([p for p in pictures if p.flag != "rejected"], set(not_duplicates))
    names = {picture.id: str(picture.path) for picture in survey.pictures}
    flagged = survey.would_flag(limits)
    groups = find_groups(survey, limits)
    return {
        "pictures": len(names),
        "thresholds": limits.model_dump(),
        "flagged": {kind: sorted(names[key] for key in ids) for kind, ids in flagged.items()},
        "groups": [
            {
                "kind": group.kind,
                "distance": group.distance,
                "keep": names[group.ids[0]],
                "pictures": [{"path": names[f.id], **f.plain()} for f in facts(group)],
            }
            for group in groups
        ],
    }
