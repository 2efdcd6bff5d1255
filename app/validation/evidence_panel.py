"""The right column of Validate: the recommendation, its chart, red flags and nearest pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, joined, signals, tr
from app.theme import metrics
from app.validation.evidence_charts import EvidenceCharts
from app.validation.flags import RedFlags, said
from app.validation.pair_grid import PairGrid
from app.validation.verdict_foot import VerdictFoot
from app.widgets.buttons import button
from app.widgets.panel import Column, IconLabel, Panel, padded
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from app.validation.approve_entry import Approvals
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache
    from engine.validation.pick import Pick

WIDTH, NARROW_WIDTH = 376, 320


class EvidencePanel(Column):
    """Follows the evidence. ``cell_asked`` carries a cell to show in the grid."""

    cell_asked = Signal(object)  # Position
    completion_asked = Signal()

    def __init__(
        self,
        state: GridState,
        evidence: EvidenceState,
        approvals: Approvals,
        thumbnails: ThumbnailCache,
    ) -> None:
        super().__init__(WIDTH, "right")
        self._state, self._evidence = state, evidence
        self._sections: dict[QWidget, QWidget] = {}
        self._build_verdict()
        self.charts = EvidenceCharts(state)
        self._add_section(self.charts)
        self.flags = RedFlags(state, evidence)
        self.flags.cell_asked.connect(self.cell_asked)
        self._add_section(self.flags)
        self._build_pairs(thumbnails)
        self.deeds = VerdictFoot(state, evidence, approvals)
        self.add_foot(self.deeds, 1)
        evidence.changed.connect(self.refresh)
        signals.changed.connect(self.refresh)
        self.refresh()

    def _build_verdict(self) -> None:
        panel = Panel("Evidence", collapsible=False)
        line = QHBoxLayout()
        line.setContentsMargins(metrics.PAD, 2, metrics.PAD, 0)
        line.setSpacing(metrics.GAP)
        self._mark = IconLabel("circle-check", 18, "ok")
        self.headline = label(size=15, weight=600, wrap=True)
        # Beside the first line of the headline: 20 px in English, 22 in Chinese.
        mark = QVBoxLayout()
        mark.setContentsMargins(0, 2, 0, 0)
        mark.addWidget(self._mark)
        mark.addStretch(1)
        line.addLayout(mark)
        line.addWidget(self.headline, 1)
        self.reasons = label(tone="label", wrap=True)
        panel.body.addLayout(line)
        panel.body.addWidget(padded(self.reasons, top=6))
        self.complete = button("Draw what is missing", "play", on=self.completion_asked.emit)
        self._complete = padded(self.complete, top=8)
        panel.body.addWidget(self._complete)
        self.add(panel)

    def _build_pairs(self, thumbnails: ThumbnailCache) -> None:
        self.pairs_panel = Panel("Nearest training picture")
        self.pairs = PairGrid(self._state, thumbnails)
        self.pairs.chosen.connect(self.cell_asked)
        self.pairs_panel.body.addWidget(padded(self.pairs))
        self._pairs_note = label(size=11, tone="quiet", wrap=True)
        self._pairs_text = bind(self._pairs_note.setText, "")
        self.pairs_panel.body.addWidget(padded(self._pairs_note, top=8))
        self._add_section(self.pairs_panel)

    def _add_section(self, widget: QWidget) -> None:
        """Put ``widget`` under a hairline that is hidden with it."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline("panel"))
        column.addWidget(widget)
        self._sections[widget] = box
        self.add(box, line=False)

    def set_narrow(self, narrow: bool) -> None:
        """One column of pairs in small windows."""
        self.pairs.set_columns(1 if narrow else 2)

    # Following

    def refresh(self) -> None:
        """Show the evidence, or what is missing for it."""
        found = self._evidence.evidence
        self._show_verdict()
        for part in (self.charts, self.flags, self.pairs_panel):
            self._sections[part].setVisible(found is not None)
        self._sections[self.charts].setVisible(self._state.pick_weight is not None)
        if found is not None:
            self.charts.refresh(found)
            self.flags.refresh()
            self._sections[self.flags].setVisible(self.flags.count > 0)
            self.pairs.set_pairs(self._evidence.pairs)
            self._pairs_text.say(
                "Left: generated. Right: the closest of {n} training pictures.",
                n=self._evidence.training_count,
            )

    def _show_verdict(self) -> None:
        picked = self._evidence.pick()
        missing = self._evidence.lacking() if picked is None else ()
        self._mark.setVisible(picked is not None or bool(missing))
        self._complete.setVisible(bool(missing))
        if picked is not None:
            self._show_pick(picked)
        elif missing:
            self._mark.set("info", "t2")
            self.headline.setText(tr("Not enough to judge"))
            self.reasons.setText(joined(said(sentence) for sentence in missing))
        elif self._evidence.measuring:
            self.headline.setText(tr("Measuring…"))
            self.reasons.setText(tr("Style, diversity and likeness to the training pictures."))
        else:
            self.headline.setText(tr("No evidence yet"))
            self.reasons.setText(
                tr(
                    "It is measured when the grid is drawn, against the "
                    "training pictures of this project."
                )
            )

    def _show_pick(self, picked: Pick) -> None:
        seen = self._evidence.only_seen()
        sure = picked.sound and picked.sure and not seen
        self._mark.set("circle-check" if sure else "triangle-alert", "ok" if sure else "warn")
        self.headline.setText(said(picked.headline).rstrip(".。"))
        reasons = [said(sentence) for sentence in picked.reasons]
        if seen:
            reasons.append(
                tr("Only what the training pictures show was drawn; add a prompt that is unseen.")
            )
        self.reasons.setText(joined(reasons))
