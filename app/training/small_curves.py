"""The small charts of the shown run: learning rates, gradient, and held-out loss by noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import tr
from app.i18n.format import percent
from app.training import curve_lines
from app.widgets.axis import label_text, whole_step
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series

if TYPE_CHECKING:
    from app.training.chart_choice import Tab
    from app.training.story import Story

margin = 48
"""Left of the curves in pixels: the two that stand above each other begin at the same place."""
most_epochs = 10
"""Numbers under a curve."""


class SmallCurves(QWidget):
    """Beside each other, or one of them alone."""

    def __init__(self) -> None:
        super().__init__()
        self.rate = LineChart("Learning rate", height=76, numbers=False, left=margin, zooms=True)
        self.gradient = LineChart("Gradient norm", height=76, numbers=False, zooms=True)
        self.bands = LineChart("Held-out by noise", height=76, numbers=False, zooms=True)
        self.charts: dict[Tab, LineChart] = {
            "rate": self.rate,
            "gradient": self.gradient,
            "bands": self.bands,
        }
        self._alone: Tab | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for chart in self.charts.values():
            chart.set_head(lambda step: (tr("Step"), label_text(round(step))))
            row.addWidget(chart, 1)

    def arrange(self, alone: Tab | None) -> None:
        """Show only ``alone``, or with None all that have something to show."""
        self._alone = alone
        for tab, chart in self.charts.items():
            chart.set_titled(alone is None)
            some = chart is not self.bands or bool(chart.plot.series)
            chart.setVisible(some if alone is None else tab == alone)

    def refresh(self, story: Story) -> None:
        """Draw what is known of ``story``, in the charts that are seen."""
        bands = curve_lines.band_lines(story)
        if self._alone is None:
            self.bands.setVisible(bool(bands))
        self._draw(self.bands, story, bands)
        if not self.rate.isHidden():
            self._draw(self.rate, story, curve_lines.rate_lines(story))
        if not self.gradient.isHidden():
            norm = Series("Gradient norm", story.grad_norm.steps, story.grad_norm.values,
                          "chart_raw", width=1.0, legend=False)  # fmt: skip
            self._draw(self.gradient, story, [norm, *_limit(story)])
            self.gradient.set_note(_limit_note(story))

    def _draw(self, chart: LineChart, story: Story, lines: list[Series]) -> None:
        top = max((float(np.max(one.ys)) for one in lines if len(one.ys)), default=0.0)
        from_zero = (0.0, 1.06 * top) if top > 0 and chart is not self.bands else None
        chart.set_range((0.0, length(story)), from_zero)
        most = most_epochs if self._alone else 6
        chart.set_ticks(epoch_ticks(story, story.epochs, most, story.steps_per_epoch))
        chart.set_now(story.step if story.live else None)
        waits = tr("Nothing was measured yet.") if story.live else tr("Nothing was measured.")
        chart.set_waiting(waits)
        chart.set_series(lines)


def length(story: Story) -> float:
    """The steps that are planned."""
    return float(story.total_steps or story.step or 1)


def epoch_ticks(
    story: Story, epochs: float, most: int = most_epochs, scale: int = 1
) -> list[tuple[float, str]]:
    """Epoch numbers under the axis: those that are saved, or round ones where none are."""
    if not story.steps_per_epoch or not story.epochs:
        return []
    every = story.request.save_every_n_epochs if story.request is not None else 0
    if not 0 < every < story.epochs:
        every = 1
    every *= whole_step(epochs / every / most)
    return [(float(epoch * scale), str(epoch)) for epoch in range(0, int(epochs) + 1, every)]


def _limit(story: Story) -> list[Series]:
    """The gradient limit as a line, where gradients come near it."""
    limit = story.request.max_grad_norm if story.request is not None else 0.0
    values = story.grad_norm.values
    if not limit or not len(values) or float(values.max()) < limit / 2:
        return []
    ends = [0.0, length(story)]
    return [Series("Limit", ends, [limit, limit], "chart3", "dash", 1.0, 0.8, legend=False)]


def _limit_note(story: Story) -> str:
    share = curve_lines.limited_share(story)
    if share is None or story.request is None:
        return ""
    limit = label_text(story.request.max_grad_norm)
    if not share:
        return tr("limit {limit}", limit=limit)
    return tr("limit {limit}, reached in {share}", limit=limit, share=percent(share))
