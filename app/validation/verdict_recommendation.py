"""The recommendation in words: what to use and why, what is missing, or how far measuring is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind, joined, tr, tr_error
from app.theme import metrics
from app.validation.labels import listed
from app.validation.verdict_words import said
from app.widgets.buttons import button, tool_button
from app.widgets.panel import IconLabel, Panel, padded
from app.widgets.text import label
from engine.validation.features_embedded import EmbeddedExtractor
from engine.validation.pick import FEW

if TYPE_CHECKING:
    from app.validation.approve_entry import Approvals
    from app.validation.evidence import EvidenceState
    from engine.validation.pick import Pick


_EMBEDDED = (
    "Pictures are compared by their edges in directions and their colors in places, in many "
    "crops, mirrored and slightly turned. It compares shapes, not meaning: a copy on a busy "
    "ground, one smaller than 70 % of the picture, turned by more than 15 degrees or drawn anew is "
    "not found."
)


_MODELS = (
    "Pictures are compared by a network of yours. It finds copies that are drawn anew or stand on "
    "a busy ground. DINOv2 and CLIP know photographs and are unsure about pixel art."
)


class Recommendation(Panel):
    """``completion_asked`` wants what is missing drawn, ``more_asked`` more seeds, and
    ``measuring_asked`` the grid measured.
    """

    completion_asked = Signal()
    more_asked = Signal()
    measuring_asked = Signal()
    menu_asked = Signal()

    def __init__(self, evidence: EvidenceState, approvals: Approvals) -> None:
        super().__init__("Evidence", collapsible=False)
        self._evidence, self._approvals = evidence, approvals
        approvals.changed.connect(self.refresh)
        self.menu_button = tool_button("ellipsis", "How it is measured", self.menu_asked.emit)
        self.add_action(self.menu_button)
        line = QHBoxLayout()
        line.setContentsMargins(metrics.PAD, 2, metrics.PAD, 0)
        line.setSpacing(metrics.GAP)
        self.mark = IconLabel("circle-check", 18, "ok")
        self.headline = label(size=15, weight=600, wrap=True)
        # Beside the first line of the headline: 20 px in English, 22 in Chinese.
        mark = QVBoxLayout()
        mark.setContentsMargins(0, 2, 0, 0)
        mark.addWidget(self.mark)
        mark.addStretch(1)
        line.addLayout(mark)
        line.addWidget(self.headline, 1)
        self.reasons = label(tone="label", wrap=True)
        self.notes = label(size=11, tone="quiet", wrap=True)
        self.body.addLayout(line)
        self.approved = label(tone="label", wrap=True)
        self._approved = self._beside(IconLabel("badge-check", 16, "acc"), self.approved)
        self.body.addWidget(self._approved)
        self.body.addWidget(padded(self.reasons, top=6))
        self.few = label(tone="label", wrap=True)
        self.more = button("Draw 4 more seeds", "plus", on=self.more_asked.emit)
        self._few = self._beside(IconLabel("info", 16, "warn"), self.few, self.more)
        self.body.addWidget(self._few)
        self._notes = padded(self.notes, top=6)
        self.body.addWidget(self._notes)
        self.measured_by = label(size=11, tone="quiet", wrap=True)
        self._measured_by = padded(self.measured_by, top=6)
        self.body.addWidget(self._measured_by)
        self._build_progress()
        self.complete = button("", "play", on=self.completion_asked.emit)
        self._completing = bind(self.complete.setText, "Draw what is missing")
        self.again = button("Measure", "play", on=self.measuring_asked.emit)
        self._complete, self._again = padded(self.complete, top=8), padded(self.again, top=8)
        self.body.addWidget(self._complete)
        self.body.addWidget(self._again)

    def _beside(self, mark: IconLabel, words: QWidget, deed: QWidget | None = None) -> QWidget:
        """``words`` under the headline with a mark of their own, and what can be done below."""
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(metrics.PAD, 6, metrics.PAD, 0)
        line.setSpacing(metrics.GAP)
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(words)
        if deed is not None:
            column.addWidget(deed, 0, Qt.AlignmentFlag.AlignLeft)
        line.addLayout(column, 1)
        return box

    def _build_progress(self) -> None:
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.cancel = button("Cancel", "x", on=self._evidence.cancel)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self._progress = padded(box, top=8)
        self.body.addWidget(self._progress)
        self._evidence.progressed.connect(self._show_progress)

    def refresh(self) -> None:
        """Show the verdict, what is missing for it, or why there is none."""
        evidence = self._evidence
        picked, missing = evidence.pick(), evidence.lacking()
        lacks = (*missing, *evidence.unjudged())
        verdict = evidence.verdict()
        measuring = evidence.measuring
        self._progress.setVisible(measuring)
        self._complete.setVisible(picked is None and bool(missing) and not measuring)
        failed = evidence.problem is not None or evidence.cancelled
        self._again.setVisible(verdict is None and failed and not measuring)
        unfinished = verdict is not None and verdict.evidence.undrawn is not None
        self._completing.say("Draw the rest" if unfinished else "Draw what is missing")
        notes = [said(note) for note in verdict.notes] if verdict is not None else []
        if left_out := evidence.left_out():
            notes.append(tr("Not in this grid: {names}.", names=listed(left_out)))
        self.notes.setText(joined(notes))
        self._notes.setVisible(bool(notes))
        self._measured_by.setVisible(verdict is not None)
        self._show_what_measured(verdict.evidence.extractor if verdict is not None else "")
        self._few.setVisible(picked is not None and picked.few)
        self._show_approved(picked)
        self.mark.setVisible(picked is not None or bool(lacks) or evidence.problem is not None)
        if measuring and verdict is None:
            self.mark.hide()
            self._show_progress()
        elif picked is not None:
            self._show_pick(picked)
        elif lacks:
            undrawn = verdict.evidence.undrawn if verdict is not None else None
            title = "Not drawn to the end" if undrawn is not None else "Not enough to judge"
            self._say("info", "t2", tr(title), joined(said(one) for one in lacks))
        elif evidence.problem is not None:
            self._say("info", "t2", tr("No evidence yet"), tr_error(evidence.problem))
        elif evidence.cancelled:
            self._say("info", "t2", tr("Not measured"), tr("What was measured so far is kept."))
        else:
            words = tr(
                "It is measured when the grid is drawn, against the "
                "training pictures of this project."
            )
            self._say("info", "t2", tr("No evidence yet"), words)

    def _show_approved(self, picked: Pick | None) -> None:
        """What of this grid the team uses already, and with which weight."""
        names = self._evidence.names()
        told = [
            tr("{name} at {weight}", name=name, weight=f"{found.approval.weight:g}")
            for path, name in sorted(names.items())
            if (found := self._approvals.of(path)) is not None
        ]
        self._approved.setVisible(bool(told) and picked is not None)
        self.approved.setText(tr("Approved for the team: {names}.", names=listed(told)))

    def _show_what_measured(self, extractor: str) -> None:
        if extractor.startswith(EmbeddedExtractor.name):
            self.measured_by.setText(tr("Measured by edges and colors; no download is needed."))
            self.measured_by.setToolTip(tr(_EMBEDDED))
        else:
            self.measured_by.setText(tr("Measured by {name}.", name=extractor))
            self.measured_by.setToolTip(tr(_MODELS))

    def _say(self, icon: str, tint: str, headline: str, reasons: str) -> None:
        self.mark.set(icon, tint)
        self.headline.setText(headline)
        self.reasons.setText(reasons)

    def _show_progress(self) -> None:
        done, total = self._evidence.progress
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        if self._evidence.verdict() is not None:
            return
        if total:
            self.headline.setText(tr("Measuring {n} of {total}", n=done, total=total))
        else:
            self.headline.setText(tr("Measuring…"))
        self.reasons.setText(tr("Style, diversity and likeness to the training pictures."))

    def _show_pick(self, picked: Pick) -> None:
        seen = self._evidence.only_seen()
        sure = picked.sound and picked.sure and not seen
        icon, tint = ("circle-check", "ok") if sure else ("triangle-alert", "warn")
        few = FEW if picked.few else ""
        reasons = [said(one) for one in picked.reasons if one.template != few]
        self.few.setText(joined(said(one) for one in picked.reasons if one.template == few))
        if seen:
            reasons.append(
                tr("Only what the training pictures show was drawn; add a prompt that is unseen.")
            )
        self._say(icon, tint, said(picked.headline).rstrip(".。"), joined(reasons))
