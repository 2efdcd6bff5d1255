"""The verdict in curves over the epochs: style fit, diversity, copying, and the held-out loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import bind
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series
from app.widgets.panel import Panel, padded
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.model import GridState
    from engine.validation.evidence import Evidence, RowEvidence

# Room for "0.0625" beside the axis, so that the charts below each other align.
_MARGIN = 50.0


class EvidenceCharts(Panel):
    """At the weight of the pick; the band is the epoch that was picked."""

    def __init__(self, state: GridState) -> None:
        super().__init__("Verdict")
        self._state = state
        self.chart = LineChart("", x_name="Epoch", height=178, left=_MARGIN)
        self.chart.set_range(y=(0.0, 1.0))
        self.losses = LineChart("", x_name="Epoch", height=92, numbers=False, left=_MARGIN)
        self.losses.setFixedHeight(126)
        bind(self.chart.plot.setAccessibleName, "Verdict")
        bind(self.losses.plot.setAccessibleName, "Held-out loss")
        note = label("Dotted: between two training pictures.", size=11, tone="quiet", wrap=True)
        self.body.addWidget(padded(self.chart))
        self.body.addWidget(padded(note, top=2, bottom=8))
        self.body.addWidget(padded(self.losses))

    def refresh(self, evidence: Evidence) -> None:
        """Draw the curves of ``evidence``."""
        rows = self._rows(evidence)
        epochs = [float(self._epoch(row)) for row in rows]
        series = [
            Series(
                "Style fit", epochs, [row.style_fit or 0.0 for row in rows], "acc", marker="circle"
            ),
            Series(
                "Diversity",
                epochs,
                [row.diversity or 0.0 for row in rows],
                "chart2",
                "dash",
                marker="square",
            ),
            Series("Copying", epochs, [row.copying for row in rows], "chart3", marker="circle"),
            Series("", epochs, [evidence.between_training] * len(rows), "chart3", "dot", 1.0, 0.8),
        ]
        if any(row.style_fit is None for row in rows):
            series.pop(0)
        self.chart.set_series(series)
        self.chart.set_range(x=_ends(epochs), y=(0.0, 1.0))
        self.chart.set_ticks([(epoch, f"{epoch:g}") for epoch in epochs])
        self._show_losses(epochs)
        chosen = self._state.checkpoints.get(self._state.pick_checkpoint)
        for chart in (self.chart, self.losses):
            if chosen is None:
                chart.set_chosen(None)
            else:
                chart.set_chosen(chosen.epoch - 0.25, chosen.epoch + 0.25)

    def _show_losses(self, epochs: list[float]) -> None:
        known = [
            (float(item.epoch), item.held_out)
            for item in self._state.checkpoints.values()
            if item.held_out is not None and float(item.epoch) in epochs
        ]
        self.losses.setVisible(len(known) > 1)
        points = sorted((x, y) for x, y in known if y is not None)
        self.losses.set_series(
            [
                Series(
                    "Held-out loss",
                    [x for x, _ in points],
                    [y for _, y in points],
                    "chart4",
                    "dot",
                    marker="square",
                )
            ]
        )
        self.losses.set_range(x=_ends(epochs))
        self.losses.set_ticks([(epoch, f"{epoch:g}") for epoch in epochs])

    def _rows(self, evidence: Evidence) -> list[RowEvidence]:
        """The rows at the weight of the pick, by epoch."""
        weight = self._state.pick_weight
        rows = [row for row in evidence.rows if row.checkpoint and row.weight == weight]
        return sorted(rows, key=self._epoch)

    def _epoch(self, row: RowEvidence) -> int:
        known = self._state.checkpoints.get(row.checkpoint)
        if known is not None and known.epoch:
            return known.epoch
        return self._state.axes.checkpoints.index(row.checkpoint)


def _ends(values: Sequence[float]) -> tuple[float, float] | None:
    """First and last of ascending ``values``; None when they span nothing."""
    return (values[0], values[-1]) if len(values) > 1 else None
