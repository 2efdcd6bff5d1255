"""The charts of the shown run: its loss, with other runs beside it, and three small ones below."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import number, percent
from app.shell.menus import Menu
from app.theme import metrics
from app.training import curve_lines
from app.training.compared import Manner
from app.training.curve_lines import Choice, Losses
from app.widgets.axis import label_text, whole_step
from app.widgets.buttons import button
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.training.model import TrainState
    from app.training.story import Story

margin = 48
"""Left of the curves in pixels: the two that stand above each other begin at the same place."""
small_after_ms = 40
"""The small curves are drawn some frames after the large one, so that no frame pays for all."""
most_epochs = 10
"""Numbers under a curve."""

AXES = (("epochs", "Epochs"), ("steps", "Steps"))
SMOOTHINGS = (
    ("epoch", "Mean of an epoch"),
    ("few", "Mean of 20 steps"),
    ("many", "Mean of 100 steps"),
    ("none", "Not smoothed"),
)


class Curves(QWidget):
    """The loss, large; learning rates, gradient and held-out loss by noise beside each other."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.choice = Choice()
        self._step: int | None = None
        self._losses = Losses()
        self.loss = LineChart("Loss", height=200, left=margin)
        self.rate = LineChart("Learning rate", height=76, numbers=False, left=margin)
        self.gradient = LineChart("Gradient norm", height=76, numbers=False)
        self.bands = LineChart("Held-out by noise", height=76, numbers=False)
        self.options = button("", "chevron-down", "quiet", on=self._open_options, dense=True)
        self._axis_text = bind(self.options.setText, "Epochs")
        bind(self.options.setAccessibleName, "What the loss chart shows")
        self.loss.add_head(self.options)
        self.loss.set_head(self._place)
        for chart in (self.rate, self.gradient, self.bands):
            chart.set_head(lambda step: (tr("Step"), label_text(round(step))))
        self._build()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(small_after_ms)
        self._later.timeout.connect(self._refresh_small)
        state.compared.changed.connect(self._refresh_loss)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.PAD)
        column.addWidget(self.loss, 3)
        self.small = QWidget()
        row = QHBoxLayout(self.small)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for chart in (self.rate, self.gradient, self.bands):
            row.addWidget(chart, 1)
        column.addWidget(self.small, 1)

    def mark(self, step: int | None) -> None:
        """Lay a band over a chosen checkpoint."""
        self._step = step
        self._place_band()

    def refresh(self) -> None:
        """Draw every curve again."""
        self._refresh_loss()
        self._refresh_small()

    def grow(self) -> None:
        """Draw what came since: the loss now, the small curves a little later."""
        self._refresh_loss()
        self._later.start()

    # The loss

    def choose(self, **changes: Any) -> None:
        """Show the loss in another way."""
        self.choice = replace(self.choice, **changes)
        self._axis_text.say(dict(AXES)[self.choice.x_axis])
        self._refresh_loss()

    def _open_options(self) -> None:
        menu, choice = Menu(self.options), self.choice
        for value, words in AXES:
            change = partial(self.choose, x_axis=value)
            menu.add(words, change, ticked=choice.x_axis == value)
        menu.line().title("Smoothed")
        for value, words in SMOOTHINGS:
            change = partial(self.choose, smoothing=value)
            menu.add(words, change, ticked=choice.smoothing == value)
        menu.line()
        menu.add(
            "Trained pictures on the same noise",
            partial(self.choose, seen=not choice.seen),
            ticked=choice.seen,
        )
        other = "loss" if choice.others == "held_out" else "held_out"
        menu.add(
            "Held-out loss of other runs",
            partial(self.choose, others=other),
            ticked=choice.others == "held_out",
        )
        menu.below(self.options, right=True)

    def _beside(self) -> list[tuple[Story, Manner]]:
        state = self.state
        pairs = [(one, state.compared.manner(one)) for one in state.runs if one is not state.story]
        return [(story, manner) for story, manner in pairs if manner is not None]

    def _refresh_loss(self) -> None:
        story = self.state.story
        if story is None:
            return
        beside = self._beside()
        lines = self._losses.lines(story, self.choice, beside)
        waits = tr("Waiting for the first step") if story.live else tr("It ended before a step.")
        self.loss.set_waiting(waits)
        scale = curve_lines.unit(story, self.choice)
        longest = max(_length(one) / curve_lines.unit(one, self.choice) for one in
                      [story, *(other for other, _ in beside)])  # fmt: skip
        self.loss.set_range((0.0, longest), curve_lines.loss_range(lines))
        self.loss.set_now(story.step / scale if story.live else None)
        by_epoch = self.choice.x_axis == "epochs" and story.steps_per_epoch
        self.loss.set_ticks(_epoch_ticks(story, longest) if by_epoch else [])
        self.loss.set_x_name("Epoch" if by_epoch else "Step")
        self._place_band()
        self.loss.set_series(lines)

    def _place(self, x: float) -> tuple[str, str]:
        """What the read-out is about: a step, and where in the epochs it lies."""
        story = self.state.story
        if story is None or not story.steps_per_epoch:
            return tr("Step"), label_text(x)
        by_epoch = self.choice.x_axis == "epochs"
        step = x * story.steps_per_epoch if by_epoch else x
        epoch = x if by_epoch else x / story.steps_per_epoch
        return tr("Step {step}", step=number(round(step))), number(epoch, 1)

    def _place_band(self) -> None:
        story, step = self.state.story, self._step
        if story is None or not step:
            self.loss.set_chosen(None)
            return
        half = max(1.0, _length(story) / 80)
        scale = curve_lines.unit(story, self.choice)
        self.loss.set_chosen((step - half) / scale, (step + half) / scale)

    # The small ones

    def _refresh_small(self) -> None:
        story = self.state.story
        if story is None:
            return
        self._show_small()
        if not self.small.isVisibleTo(self):
            return
        self._draw(self.rate, story, curve_lines.rate_lines(story))
        norm = Series("Gradient norm", story.grad_norm.steps, story.grad_norm.values, "chart_raw",
                      width=1.0, legend=False)  # fmt: skip
        self._draw(self.gradient, story, [norm, *_limit(story)])
        self.gradient.set_note(_limit_note(story))
        bands = curve_lines.band_lines(story)
        self.bands.setVisible(bool(bands))
        self._draw(self.bands, story, bands)

    def _draw(self, chart: LineChart, story: Story, lines: list[Series]) -> None:
        top = max((float(np.max(one.ys)) for one in lines if len(one.ys)), default=0.0)
        from_zero = (0.0, 1.06 * top) if top > 0 and chart is not self.bands else None
        chart.set_range((0.0, _length(story)), from_zero)
        chart.set_ticks(_epoch_ticks(story, story.epochs, 6, story.steps_per_epoch))
        chart.set_now(story.step if story.live else None)
        chart.set_series(lines)

    def _show_small(self) -> None:
        story = self.state.story
        room = self.height() >= 300 and self.width() >= 480
        self.small.setVisible(room and story is not None and bool(story.step))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        hidden = self.small.isHidden()
        self._show_small()
        if hidden and not self.small.isHidden():
            self._later.start()


def _length(story: Story) -> float:
    return float(story.total_steps or story.step or 1)


def _limit(story: Story) -> list[Series]:
    """The gradient limit as a line, where gradients come near it."""
    limit = story.request.max_grad_norm if story.request is not None else 0.0
    values = story.grad_norm.values
    if not limit or not len(values) or float(values.max()) < limit / 2:
        return []
    ends = [0.0, _length(story)]
    return [Series("Limit", ends, [limit, limit], "chart3", "dash", 1.0, 0.8, legend=False)]


def _limit_note(story: Story) -> str:
    share = curve_lines.limited_share(story)
    if share is None or story.request is None:
        return ""
    limit = label_text(story.request.max_grad_norm)
    if not share:
        return tr("limit {limit}", limit=limit)
    return tr("limit {limit}, reached in {share}", limit=limit, share=percent(share))


def _epoch_ticks(
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
