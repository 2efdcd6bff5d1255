"""The over-fit check of the shown run: its grid, and copying, diversity and loss over the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from app.i18n import tr
from app.training.check_canvas import CheckCanvas
from app.training.small_curves import epoch_ticks, length
from app.widgets.axis import label_text
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series

if TYPE_CHECKING:
    from app.session import Session
    from app.training.story import Story

CHART_WIDTH = 300


class CheckPanel(QWidget):
    """``chosen`` carries the step of the row that was clicked."""

    chosen = Signal(int)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.canvas = CheckCanvas(session)
        self.canvas.chosen.connect(self.chosen)
        self.area = QScrollArea()
        self.area.setWidgetResizable(False)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.area.setWidget(self.canvas)
        self.area.verticalScrollBar().valueChanged.connect(self.canvas.scroll_to)
        self.area.viewport().setAutoFillBackground(False)
        self.canvas.setProperty("surface", "none")
        self.chart = LineChart("Copying and diversity", height=96, zooms=True)
        self.chart.set_head(lambda step: (tr("Step"), label_text(round(step))))
        self.chart.set_titled(False)
        self.chart.setMinimumWidth(CHART_WIDTH)
        self.chart.setMaximumWidth(2 * CHART_WIDTH)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.area, 3)
        row.addWidget(self.chart, 2)

    def show_story(self, story: Story) -> None:
        """Show the check of ``story``; a new last row scrolls into view when the last one was."""
        bar = self.area.verticalScrollBar()
        at_end, before = bar.value() >= bar.maximum(), len(self.canvas.rows)
        self.canvas.take(story)
        if at_end and len(self.canvas.rows) != before:
            bar.setValue(bar.maximum())
        self.chart.set_range((0.0, length(story)))
        self.chart.set_ticks(epoch_ticks(story, story.epochs, 6, story.steps_per_epoch))
        self.chart.set_now(story.step if story.live else None)
        self.chart.set_series(_lines(story))

    def choose(self, step: int | None) -> None:
        """Lift the rows of ``step``."""
        self.canvas.step = step
        self.canvas.update()


def _lines(story: Story) -> list[Series]:
    """Of several weights the largest: it shows first what goes wrong."""
    most = max((row.weight for row in story.checks), default=0.0)
    rows = [row for row in story.checks if row.copying is not None and row.weight in (0.0, most)]
    steps = [float(row.step) for row in rows]
    varied = [row for row in rows if row.diversity is not None]
    found = [Series("Copying", steps, [row.copying or 0.0 for row in rows], "chart3")]
    if varied:
        places = [float(row.step) for row in varied]
        found.append(Series("Diversity", places, [row.diversity or 0.0 for row in varied],
                            "chart2", "dash"))  # fmt: skip
    if len(story.held_out):
        held_out = story.held_out
        found.append(Series("Held-out loss", held_out.steps, held_out.values, "chart4", "dot"))
    if rows and rows[-1].threshold:
        line, ends = rows[-1].threshold, [0.0, length(story)]
        found.append(Series("Copy threshold", ends, [line, line], "chart3", "dot", 1.0, 0.8,
                            legend=False))  # fmt: skip
    return found
