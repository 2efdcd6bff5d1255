"""The right column of Validate: the recommendation, then what it rests on beside the grid, or what
it is judged by beside the page of the verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import bind, signals
from app.validation.evidence_charts import EvidenceCharts
from app.validation.flags import RedFlags
from app.validation.pair_grid import PairGrid
from app.validation.threshold_panel import ThresholdPanel
from app.validation.verdict_foot import VerdictFoot
from app.validation.verdict_lists import EpochsPanel, InsteadPanel
from app.validation.verdict_recommendation import Recommendation
from app.widgets.fields import Choice
from app.widgets.panel import Column, Panel, padded
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from app.validation.approve_entry import Approvals
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.validation.verdict_focus import VerdictFocus
    from app.widgets.thumbnails import ThumbnailCache

WIDTH, NARROW_WIDTH = 376, 320
ORDERS = [
    ("alike", "Most alike"),
    ("unlike", "Least alike"),
    ("grid", "As in the grid"),
]


class EvidencePanel(Column):
    """Follows the evidence. ``cell_asked`` carries a cell to show in the grid."""

    cell_asked = Signal(object)  # Position
    completion_asked = Signal()
    measuring_asked = Signal()
    more_asked = Signal()

    def __init__(
        self,
        state: GridState,
        evidence: EvidenceState,
        focus: VerdictFocus,
        approvals: Approvals,
        thumbnails: ThumbnailCache,
    ) -> None:
        super().__init__(WIDTH, "right")
        self._state, self._evidence = state, evidence
        self._on_verdict = False
        self._sections: dict[QWidget, QWidget] = {}
        self.verdict = Recommendation(evidence, approvals)
        self.verdict.completion_asked.connect(self.completion_asked)
        self.verdict.measuring_asked.connect(self.measuring_asked)
        self.verdict.more_asked.connect(self.more_asked)
        self.add(self.verdict)
        self.charts = EvidenceCharts(state, focus)
        self._add_section(self.charts)
        self.flags = RedFlags(evidence)
        self.flags.cell_asked.connect(self.cell_asked)
        self.flags.seeds_asked.connect(state.show_seeds)
        self._add_section(self.flags)
        self._build_pairs(thumbnails)
        self.instead = InsteadPanel(evidence, focus)
        self._add_section(self.instead)
        self.epochs = EpochsPanel(state, evidence, focus, approvals)
        self._add_section(self.epochs)
        self.limits = ThresholdPanel(evidence, focus)
        self._add_section(self.limits)
        self.deeds = VerdictFoot(state, evidence, approvals)
        self.add_foot(self.deeds, 1)
        self.deeds.needed.connect(self.show_foot)
        self.show_foot(self.deeds.is_needed)
        evidence.changed.connect(self.refresh)
        focus.changed.connect(self.refresh)
        signals.changed.connect(self.refresh)
        self.refresh()

    def _build_pairs(self, thumbnails: ThumbnailCache) -> None:
        self.pairs_panel = Panel("Nearest training picture")
        self.order = Choice(ORDERS)
        bind(self.order.setAccessibleName, "Order of the pairs")
        self.order.setFixedWidth(112)  # beside its title in the narrow column too
        self.order.changed.connect(lambda _: self._show_pairs())
        self.pairs_panel.add_action(self.order)
        self.pairs = PairGrid(self._state, thumbnails, self._evidence.training)
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
        """One column of pairs in small windows, and limits without intervals."""
        self.pairs.set_columns(1 if narrow else 2)
        self.limits.set_narrow(narrow)

    def set_on_verdict(self, there: bool) -> None:
        """Whether the page of the verdict is on the stage, and not the grid."""
        if there != self._on_verdict:
            self._on_verdict = there
            self.verdict.set_title("Recommendation" if there else "Evidence")
            self.scroll_to_top()
            self.refresh()

    # Following

    def refresh(self) -> None:
        """Show the evidence, or what is missing for it."""
        verdict = self._evidence.verdict()
        there, beside = verdict is not None, not self._on_verdict
        self.verdict.refresh()
        self.flags.refresh()
        self.instead.refresh()
        shown = {
            self.charts: there and beside and bool(verdict and verdict.rows),
            self.flags: there and beside and self.flags.count > 0,
            self.pairs_panel: bool(verdict and verdict.evidence.is_compared) and beside,
            self.instead: there and self._on_verdict and self.instead.count > 0,
            self.epochs: there and self._on_verdict,
            self.limits: there and self._on_verdict,
        }
        for part, visible in shown.items():
            self._sections[part].setVisible(visible)
        if verdict is not None:
            self.charts.refresh(verdict)
            self.epochs.refresh()
            self.limits.refresh()
            self._show_pairs()

    def _show_pairs(self) -> None:
        self.pairs.set_pairs(self._evidence.pairs(str(self.order.value)))
        self._pairs_text.say(
            "Left: generated. Right: the closest of {n} training pictures.",
            n=self._evidence.training_count,
        )
