"""The middle: how the run stands, its live numbers, the curves, and samples by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.theme import metrics
from app.training.sample_strip import SampleStrip
from app.training.state_bar import LiveNumbers, StateBar
from app.widgets.axis import whole_step
from app.widgets.buttons import button
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series
from app.widgets.states import EmptyState
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.training.model import TrainState
    from app.training.story import Story

redraw_ms = 250
"""Curves are drawn again at most this often while steps come in."""

margin = 48
"""Left of the curves in pixels: the two that stand above each other begin at the same place."""
small_after_ms = 40
"""The small curves are drawn some frames after the large one, so that no frame pays for all."""

most_epochs = 10
"""Numbers under a curve."""


class RunStage(QWidget):
    """What is on the stage is ``state.story``; without one it says how to begin.

    ``start_asked`` asks for the first run, or for what it needs.
    """

    start_asked = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.bar = StateBar(state)
        self.numbers = LiveNumbers(state)
        self.curves = Curves(state)
        self.samples = SampleStrip(state.session)
        self.sample_title = label("Samples", weight=600)
        self.sample_note = label(tone="quiet")
        self._note = bind(self.sample_note.setText, "")
        self.begin = button("Start training", on=self.start_asked.emit)
        self._begin_text = bind(self.begin.setText, "Start training")
        self.empty = EmptyState(
            "flame",
            "No run yet",
            "",
            self.begin,
        )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(redraw_ms)
        self._timer.timeout.connect(self._grow)
        self._build()
        state.story_changed.connect(self.refresh)
        state.story_grew.connect(self._story_grew)
        state.plan_changed.connect(self._show_begin)
        state.session.job_added.connect(self._show_begin)
        state.session.job_finished.connect(self._show_begin)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        self.setProperty("surface", "stage")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.bar, self.bar.progress, self.numbers, hairline("stage")):
            column.addWidget(widget)
        column.addWidget(_inset(self.curves), 3)
        column.addWidget(hairline("stage"))
        self.sample_area = QWidget()
        box = QVBoxLayout(self.sample_area)
        box.setContentsMargins(16, 10, 16, 8)
        box.setSpacing(2)
        title = QHBoxLayout()
        title.setSpacing(metrics.PAD)
        title.addWidget(self.sample_title)
        title.addWidget(self.sample_note)
        title.addStretch(1)
        box.addLayout(title)
        box.addWidget(self.samples, 1)
        column.addWidget(self.sample_area, 2)
        self.pages = QStackedWidget()
        self.pages.addWidget(shown)
        self.pages.addWidget(self.empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.pages)

    def refresh(self) -> None:
        """Show the story from its beginning."""
        story = self.state.story
        self.pages.setCurrentIndex(0 if story is not None else 1)
        self._show_begin()
        if story is not None:
            self._show_samples(story)
            self.numbers.refresh()
            self.bar.refresh()
            self.curves.refresh()

    def _show_begin(self, _: object = None) -> None:
        state = self.state
        pictures = state.can_start or state.problem is not None
        self._begin_text.say("Start training" if pictures else "Go to Dataset")
        self.begin.set_icon("play" if pictures else "arrow-right")
        self.begin.setEnabled(state.problem is None)
        self.begin.setVisible(state.live.next_job() is None)
        if state.live.next_job() is not None:
            self.empty.say("No run yet", "The run waits in the queue.")
        elif pictures:
            self.empty.say("No run yet", "Checkpoints are kept on the way, to pick the best from.")
        else:
            words = "There is no picture to train on. Add a folder in Dataset."
            self.empty.say("No run yet", words)

    def set_epoch(self, epoch: int | None) -> None:
        """Mark the chosen epoch in curves and samples."""
        self.samples.set_epoch(epoch)
        self.curves.set_epoch(epoch)

    def _story_grew(self, kind: str) -> None:
        story = self.state.story
        if kind == "train.sample" and story is not None:
            self._show_samples(story)
        if not self._timer.isActive():
            self._timer.start()

    def _grow(self) -> None:
        self.numbers.refresh()
        self.bar.refresh()
        self.curves.grow()

    def _show_samples(self, story: Story) -> None:
        self.samples.show_samples(story.samples)
        self.sample_area.setVisible(bool(story.samples))
        if story.samples:
            self._note.say("seed {seed}", seed=story.samples[0].seed)


class Curves(QWidget):
    """The loss, large; learning rate and gradient beside each other below it."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self._epoch: int | None = None
        self.loss = LineChart("Loss", height=200, left=margin)
        self.rate = LineChart("Learning rate", height=76, numbers=False, left=margin)
        self.gradient = LineChart("Gradient norm", height=76, numbers=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.PAD)
        column.addWidget(self.loss, 3)
        self.small = QWidget()
        row = QHBoxLayout(self.small)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(24)
        row.addWidget(self.rate, 1)
        row.addWidget(self.gradient, 1)
        column.addWidget(self.small, 1)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(small_after_ms)
        self._later.timeout.connect(self._refresh_small)

    def set_epoch(self, epoch: int | None) -> None:
        """Lay a band over the chosen epoch."""
        self._epoch = epoch
        self.refresh()

    def refresh(self) -> None:
        """Draw every curve again."""
        self._refresh_loss()
        self._refresh_small()

    def grow(self) -> None:
        """Draw what came since: the loss now, the small curves a little later."""
        self._refresh_loss()
        self._later.start()

    def _refresh_loss(self) -> None:
        story = self.state.story
        if story is None:
            return
        series = [
            Series(
                "Each step", story.loss.steps, story.loss.values, "chart_raw", "solid", 1.0, 0.55
            ),
            Series("Smoothed", story.average.steps, story.average.values),
        ]
        if story.held_out.steps:
            points = story.held_out
            series.append(
                Series("Held-out", points.steps, points.values, "chart2", "dash", marker="square")
            )
        waits = tr("Waiting for the first step") if story.live else tr("It ended before a step.")
        self.loss.set_waiting(waits)
        self.loss.set_series(series)
        self._span(self.loss, story)
        self._mark(story)

    def _refresh_small(self) -> None:
        story = self.state.story
        if story is None:
            return
        self.small.setVisible(self._has_room() and bool(story.step))
        rates = [Series("UNet", story.rate_unet.steps, story.rate_unet.values)]
        if any(story.rate_text.values):
            text = story.rate_text
            rates.append(Series("Text", text.steps, text.values, "chart2", "dash"))
        self.rate.set_series(rates)
        norms = story.grad_norm
        raw = Series("Gradient norm", norms.steps, norms.values, "chart_raw", "solid", 1.0)
        self.gradient.set_series([raw])
        for chart in (self.rate, self.gradient):
            self._span(chart, story)

    def _span(self, chart: LineChart, story: Story) -> None:
        """The horizontal axis: the whole run, and what is still to come."""
        chart.set_range((0.0, float(story.total_steps or story.step or 1)))
        chart.set_ticks(_epoch_ticks(story))
        chart.set_now(story.step if story.live else None)

    def _mark(self, story: Story) -> None:
        per_epoch = story.steps_per_epoch
        if not self._epoch or not per_epoch:
            self.loss.set_chosen(None)
            return
        step = self._epoch * per_epoch
        half = max(1.0, story.total_steps / 80)
        self.loss.set_chosen(step - half, step + half)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        story = self.state.story
        self.small.setVisible(self._has_room() and story is not None and bool(story.step))

    def _has_room(self) -> bool:
        return self.height() >= 300 and self.width() >= 480


def _epoch_ticks(story: Story) -> list[tuple[float, str]]:
    """Epoch numbers under the axis: those that are saved, or round ones where none are."""
    if not story.steps_per_epoch or not story.epochs:
        return []
    every = story.request.save_every_n_epochs if story.request is not None else 0
    if not 0 < every < story.epochs:
        every = 1
    every *= whole_step(story.epochs / every / most_epochs)
    return [
        (float(epoch * story.steps_per_epoch), str(epoch))
        for epoch in range(0, story.epochs + 1, every)
    ]


def _inset(widget: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(16, 10, 16, 10)
    column.addWidget(widget)
    return box
