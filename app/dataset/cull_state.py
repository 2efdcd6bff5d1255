"""What culling looks at: measures of all pictures, thresholds, groups and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.dataset.cull_deck import Deck
from engine.dataset.cull import Plan, Sorting, apply
from engine.dataset.cull_groups import Group, find_groups, kinds
from engine.dataset.thresholds import CULL_KINDS, Kind, Thresholds

if TYPE_CHECKING:
    import asyncio
    from typing import Any

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from engine.dataset.cull import Mark
    from engine.dataset.duplicates import MatchKind
    from engine.dataset.picture import Changes, Picture
    from engine.dataset.survey import Survey

KEEP_PAUSE = 700
"""Milliseconds after a threshold was last moved before the project remembers it."""


class CullState(QObject):
    """``surveyed`` tells that pictures were compared, ``changed`` that something was decided or
    another kind is looked at, ``limits_changed`` that a threshold moved.
    """

    surveyed = Signal()
    changed = Signal()
    limits_changed = Signal()

    def __init__(self, state: DatasetState, operations: Operations) -> None:
        super().__init__()
        self.state, self.operations = state, operations
        self.session = state.session
        self.survey: Survey | None = None
        self.limits = Thresholds()
        self.kind: Kind = "duplicate"
        self.match: MatchKind | None = None
        self.order = "found"
        self.groups: list[Group] = []
        self.kind_counts: dict[Kind, int] = {}  # pictures, as beside the grid
        self.deck = Deck()
        self.sorting = Sorting([])
        self.active = False
        self._unkept = False
        self._keep = QTimer(self)
        self._keep.setSingleShot(True)
        self._keep.setInterval(KEEP_PAUSE)
        self._keep.timeout.connect(self.keep_limits)
        state.reloaded.connect(self._reloaded)
        self.session.project_changed.connect(self._project_changed)

    # Reading

    def open(self, kind: Kind) -> None:
        """Look at suggestions of ``kind``."""
        self.active = True
        if kind != self.kind:
            self.kind, self.match = kind, None
            self.sorting = Sorting([])
        self._read()

    def _read(self) -> None:
        self.survey = self.state.survey
        project = self.session.project
        if project is not None and not self._unkept:
            self.limits = Thresholds.of(project.file.thresholds)
        self._judge()
        self.surveyed.emit()
        self.changed.emit()

    def _judge(self) -> None:
        """Find groups, or the pictures to sort, by the limits of now."""
        if self.survey is None:
            return
        self.groups = find_groups(self.survey, self.limits)
        survey, limits = self.survey, self.limits
        self.kind_counts = {kind: int(survey.mask(kind, limits).sum()) for kind in CULL_KINDS}
        shown = [g for g in self.groups if self.match in (None, g.kind)]
        if self.order == "nearest":
            shown.sort(key=lambda group: group.distance)
        self.deck.take(self.groups, shown)
        if self.kind != "duplicate":
            self.sorting.take(self._flagged(self.kind))

    def _flagged(self, kind: Kind) -> list[int]:
        """Ids to look at, the most telling first."""
        assert self.survey is not None
        mask = self.survey.mask(kind, self.limits)
        values = self.survey.values(kind, self.limits)
        order = np.argsort(values if kind in ("blurred", "too-small") else -values, kind="stable")
        pictures = self.survey.pictures
        return [pictures[row].id for row in order.tolist() if mask[row]]

    # What is looked at

    @property
    def pictures(self) -> dict[int, Picture]:
        """All pictures by id."""
        return self.state.pictures

    def set_kind(self, kind: Kind) -> None:
        """Look at other suggestions; decisions about single pictures stay with their kind, so the
        caller asks first.
        """
        self.kind, self.match = kind, None
        self.sorting = Sorting([])
        self._judge()
        self.changed.emit()

    def set_match(self, match: MatchKind | None) -> None:
        """Look only at groups of one kind of match; None shows all."""
        self.match = match
        self._judge()
        self.changed.emit()

    def set_order(self, order: str) -> None:
        """``"found"`` or ``"nearest"`` first."""
        self.order = order
        self._judge()
        self.changed.emit()

    def match_counts(self) -> dict[MatchKind, int]:
        """How many groups there are of each kind of match."""
        return kinds(self.groups)

    def turn_of(self, left: Picture, right: Picture) -> int:
        """Which of the eight orientations of ``right`` looks like ``left``."""
        if self.survey is None:
            return 0
        pairs, ids = self.survey.pairs, self.survey.ids
        first, second = ids[pairs.first], ids[pairs.second]
        straight = np.flatnonzero((first == left.id) & (second == right.id))
        if len(straight):
            return int(pairs.turn[straight[0]])
        swapped = np.flatnonzero((first == right.id) & (second == left.id))
        if not len(swapped):
            return 0
        turn = int(pairs.turn[swapped[0]])
        return (4 - turn) % 4 if turn < 4 else turn  # a mirrored one is its own inverse

    # Deciding

    @property
    def decisions(self) -> int:
        """How many answers wait to be applied."""
        return self.deck.said if self.kind == "duplicate" else len(self.sorting.plan().flags)

    def mark(self, mark: Mark) -> None:
        """Decide about the single picture shown."""
        self.sorting.decide(mark)
        self.changed.emit()

    def back(self) -> bool:
        """Take the last decision back; False without one."""
        if self.kind == "duplicate":
            done = self.deck.back()
        else:
            before = self.sorting.current
            done = self.sorting.back() != before
        if done:
            self.changed.emit()
        return done

    def forget(self) -> None:
        """Drop every decision."""
        self.deck.forget()
        self.sorting = Sorting([])
        self._judge()
        self.changed.emit()

    def apply(self, *, rule: bool = False) -> asyncio.Task[Any]:
        """Write the decisions as one undo step; with ``rule`` it decides the groups left open."""
        single = self.kind != "duplicate"
        plan = self.sorting.plan() if single else self.deck.plan(rule=rule)
        return self.session.start(self._apply(plan))

    async def _apply(self, plan: Plan) -> None:
        library = self.session.library
        if library is None or not plan:
            return
        changes: Changes = await self.session.bridge.io(apply, plan, library)
        self.deck.forget()
        self.sorting = Sorting([])
        self.session.pictures_changed.emit(changes.ids)
        rejected = sum(mark == "rejected" for mark in plan.flags.values())
        self._tell(rejected, len(plan.captions), len(changes.skipped))

    def _tell(self, rejected: int, captions: int, skipped: int) -> None:
        undo = self._undo
        if skipped == 1:
            self.session.notify("1 caption could not be taken over.")
        elif skipped:
            self.session.notify("{n} captions could not be taken over.", n=skipped)
        if rejected == 1:
            self.session.notify(
                "Rejected 1 picture. The file stays on disk.", action="Undo", on_action=undo
            )
        elif rejected:
            self.session.notify(
                "Rejected {n} pictures. The files stay on disk.",
                action="Undo",
                on_action=undo,
                n=rejected,
            )
        else:
            self.session.notify("The decisions are kept.", action="Undo", on_action=undo)

    def _undo(self) -> None:
        self.operations.undo()

    # Thresholds

    def set_limits(self, limits: Thresholds) -> None:
        """Judge by other thresholds at once; the project remembers them a little later."""
        if limits != self.limits:
            self.limits, self._unkept = limits, True
            self._judge()
            self._keep.start()
            self.limits_changed.emit()
            self.changed.emit()

    def keep_limits(self) -> None:
        """Let the project remember the thresholds."""
        self._keep.stop()
        self.session.start(self._write_limits(self.limits))

    def close(self) -> None:
        """Nothing is looked at any more."""
        self.active = False
        if self._keep.isActive():
            self.keep_limits()

    async def _write_limits(self, limits: Thresholds) -> None:
        library = self.session.library
        if library is None:
            return
        changes = await self.session.bridge.io(library.set_thresholds, limits)
        self._unkept = limits != self.limits
        if changes:
            self.session.pictures_changed.emit(None)

    def _reloaded(self) -> None:
        if self.active:
            self._read()

    def _project_changed(self, _project: object) -> None:
        self._unkept = False
        self._keep.stop()
        self.survey, self.groups, self.active = None, [], False
        self.deck, self.sorting = Deck(), Sorting([])
        self.changed.emit()
