"""Lists beside a verdict: what could be used instead, and each checkpoint with its word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import tr
from app.validation.labels import listed
from app.validation.verdict_words import WORD_MARKS, capital, said, word_at
from app.widgets.panel import Panel
from app.widgets.row_list import Row, RowList
from engine.validation.sentences import decimal

if TYPE_CHECKING:
    from app.validation.approve_entry import Approvals
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.validation.verdict_focus import VerdictFocus


_TOLD = 1  # differences that have room beside a name


class InsteadPanel(Panel):
    """Other rows that could be used, beside the one recommended; a click looks at one."""

    def __init__(self, evidence: EvidenceState, focus: VerdictFocus) -> None:
        super().__init__("Instead")
        self._evidence, self._focus = evidence, focus
        self.list = RowList()
        self.list.setAccessibleName(tr("Instead"))
        self.list.chosen.connect(self._look)
        self.body.addWidget(self.list)

    @property
    def count(self) -> int:
        """How many there are."""
        picked = self._evidence.pick()
        return len(picked.instead) if picked is not None else 0

    def refresh(self) -> None:
        """List them."""
        picked, names = self._evidence.pick(), self._evidence.names()
        rows = []
        for number, one in enumerate(picked.instead if picked is not None else ()):
            name = capital(names.get(one.checkpoint, ""))
            text = tr("{name} at {weight}", name=name, weight=f"{one.weight:g}")
            told = [said(sentence) for sentence in one.differs]
            note, tip = listed(told[:_TOLD]), listed(told)
            rows.append(
                Row(str(number), text, note=note, tip=tip, icon="circle-check", icon_tone="ok")
            )
        self.list.set_rows(rows)

    def _look(self, key: str) -> None:
        picked = self._evidence.pick()
        if picked is not None and key.isdigit() and int(key) < len(picked.instead):
            one = picked.instead[int(key)]
            self._focus.look_at(one.checkpoint, one.weight)


class EpochsPanel(Panel):
    """Each checkpoint with its one-word verdict, the base model in front; a click looks at one."""

    def __init__(
        self,
        state: GridState,
        evidence: EvidenceState,
        focus: VerdictFocus,
        approvals: Approvals,
    ) -> None:
        super().__init__("Checkpoints", count=True)
        self._state, self._evidence, self._focus = state, evidence, focus
        self._approvals = approvals
        approvals.changed.connect(self.refresh)
        self.list = RowList()
        self.list.setAccessibleName(tr("Checkpoints"))
        self.list.chosen.connect(self._look)
        self.body.addWidget(self.list)

    def refresh(self) -> None:
        """List them, and mark the one that is looked at."""
        verdict = self._evidence.verdict()
        if verdict is None:
            return
        self.set_count(len(verdict.words))
        rows = []
        if verdict.base is not None:
            icon, tint = WORD_MARKS["baseline"]
            diversity = verdict.base.row.diversity
            note = (
                tr("diversity {diversity}", diversity=decimal(diversity))
                if diversity is not None
                else ""
            )
            rows.append(Row("", tr("Base model"), note, icon=icon, icon_tone=tint))
        for path, word in verdict.words.items():
            icon, tint = WORD_MARKS[word]
            title, told = self._state.title_of(path), word_at(verdict, path)
            approved = self._approvals.of(path)
            if approved is not None:
                icon, tint = "badge-check", "acc"
                told = listed(
                    [told, tr("approved at {weight}", weight=f"{approved.approval.weight:g}")]
                )
            rows.append(Row(path, title, told, icon=icon, icon_tone=tint))
        self.list.set_rows(rows)
        self.list.set_current(self._focus.at[0])

    def _look(self, key: str) -> None:
        if key:
            self._focus.look_at(key)
