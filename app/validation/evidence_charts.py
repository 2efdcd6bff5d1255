"""The verdict in a small chart beside the grid: style fit, diversity, copying over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.validation.verdict_chart import VerdictChart
from app.validation.verdict_data import chart_data
from app.validation.verdict_legend import VerdictLegend
from app.widgets.panel import Panel, padded

if TYPE_CHECKING:
    from app.validation.model import GridState
    from app.validation.verdict_focus import VerdictFocus
    from engine.validation.judging import Verdict


class EvidenceCharts(Panel):
    """At the weight that is looked at; the band is the checkpoint."""

    def __init__(self, state: GridState, focus: VerdictFocus) -> None:
        super().__init__("Verdict")
        self._state, self._focus = state, focus
        self.legend = VerdictLegend()
        self.chart = VerdictChart(compact=True)
        self.chart.chosen.connect(focus.look_at)
        self.body.addWidget(padded(self.legend, bottom=4))
        self.body.addWidget(padded(self.chart))

    def refresh(self, verdict: Verdict) -> None:
        """Draw the curves of ``verdict``."""
        checkpoint, weight = self._focus.at
        data = chart_data(self._state, verdict, checkpoint)
        self.legend.show_data(data, losses=False)
        self.chart.show_data(data, weight, all_weights=False)
