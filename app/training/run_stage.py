"""The middle: how the run stands, its live numbers, the curves, and samples by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import duration, number, size
from app.theme import metrics
from app.training.memory import used_by_process
from app.training.sample_strip import SampleStrip
from app.widgets.buttons import button
from app.widgets.chart import LineChart, Series
from app.widgets.states import EmptyState
from app.widgets.text import hairline, label, restyle, set_tone

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.training import story as stories
    from app.training.model import TrainState

redraw_ms = 250
"""Curves are drawn again at most this often while steps come in."""
narrow_stage = 640


class RunStage(QWidget):
    """What is on the stage is ``state.story``; without one it says how to begin."""

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
        self.empty = EmptyState(
            "flame",
            "No run yet",
            "Start one at the left. Checkpoints are kept on the way, to pick the best from.",
        )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(redraw_ms)
        self._timer.timeout.connect(self._grow)
        self._build()
        state.story_changed.connect(self.refresh)
        state.story_grew.connect(self._story_grew)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        self.setProperty("surface", "stage")
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
        if story is not None:
            self._show_samples(story)
            self._grow()

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
        self.curves.refresh()

    def _show_samples(self, story: stories.Story) -> None:
        self.samples.show_samples(story.samples)
        self.sample_area.setVisible(bool(story.samples))
        if story.samples:
            self._note.say("seed {seed}", seed=story.samples[0].seed)


class StateBar(QWidget):
    """Name, state, pause and stop; under it the thin line of progress."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.dot = label("●", size=11)
        self.name = label(weight=600)
        self.phase = label(tone="label")
        self.pause = button("Pause", "pause", on=self._pause)
        self._pause_text = bind(self.pause.setText, "Pause")
        self.stop = button("Stop and save", "square", on=self._stop)
        self._stop_text = bind(self.stop.setText, "Stop and save")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(3)
        self.progress.setRange(0, 1000)
        self._build()
        state.session.job_changed.connect(self.refresh)
        state.session.job_finished.connect(self.refresh)

    def _build(self) -> None:
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        for widget in (self.dot, self.name, self.phase):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.pause)
        row.addWidget(self.stop)

    def refresh(self) -> None:
        """Say how the run stands."""
        story = self.state.story
        if story is None:
            return
        handle = self.state.handle_of(story)
        live = story.live and handle is not None
        self.name.setText(story.name)
        paused = handle is not None and handle.paused
        self.phase.setText(_phase(story, paused=paused))
        self.phase.setToolTip(story.message)
        tones = {"failed": "error", "interrupted": "warn", "cancelled": "quiet"}
        set_tone(self.dot, "accent" if story.live else tones.get(story.status, "ok"))
        for widget in (self.pause, self.stop):
            widget.setVisible(live)
        asked = handle is not None and handle.cancel_asked
        self._pause_text.say("Go on" if paused else "Pause")
        self.pause.set_icon("play" if paused else "pause")
        self._stop_text.say("Stopping…" if asked else "Stop and save")
        self.stop.setEnabled(not asked)
        self.pause.setEnabled(not asked)
        total = story.total_steps or 1
        self.progress.setValue(round(1000 * min(1.0, story.step / total)))
        restyle(self.progress, "state", "paused" if paused or not story.live else "")

    def _pause(self) -> None:
        handle = self.state.handle_of(self.state.story)
        if handle is not None:
            if handle.paused:
                handle.resume()
            else:
                handle.pause()
        self.refresh()

    def _stop(self) -> None:
        handle = self.state.handle_of(self.state.story)
        if handle is not None:
            handle.cancel()
        self.refresh()


class LiveNumbers(QWidget):
    """Step, losses, speed, memory and time left, in large figures."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.values: dict[str, QLabel] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 8)
        row.setSpacing(metrics.PAD)
        self._names = {
            "step": "Step",
            "loss": "Loss, smoothed",
            "held_out": "Held-out loss",
            "speed": "Pictures per second",
            "memory": "Memory",
            "left": "Time left",
        }
        self._cells: dict[str, QWidget] = {}
        for key, name in self._names.items():
            row.addWidget(self._cell(key, name))
        row.addStretch(1)

    def _cell(self, key: str, name: str) -> QWidget:
        cell = QWidget()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(0)
        self.values[key] = label(size=17, weight=500)
        column.addWidget(self.values[key])
        column.addWidget(label(name, size=11, tone="quiet"))
        self._cells[key] = cell
        return cell

    def refresh(self) -> None:
        """Show the newest numbers."""
        story = self.state.story
        if story is None:
            return
        handle = self.state.handle_of(story)
        total = story.total_steps
        steps = f"{number(story.step)} / {number(total)}" if total else number(story.step)
        texts = {
            "step": steps,
            "loss": _loss(story.average.last),
            "held_out": _loss(story.held_out.last),
            "speed": "",
            "memory": "",
            "left": "",
        }
        if handle is not None and story.live:
            rate, left = handle.progress.rate, handle.progress.seconds_left
            batch = _batch(story)
            texts["speed"] = f"{rate * batch:.1f}" if rate else ""
            texts["memory"] = size(used_by_process())
            texts["left"] = duration(left) if left is not None else ""
        for key, text in texts.items():
            self.values[key].setText(text)
            self._cells[key].setVisible(bool(text))


class Curves(QWidget):
    """The loss, large; learning rate and gradient beside each other below it."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self._epoch: int | None = None
        self.loss = LineChart("Loss", height=200, y_text=lambda value: f"{value:.3g}")
        self.rate = LineChart(
            "Learning rate", height=76, y_text=lambda value: f"{value:.0e}", numbers=False
        )
        self.gradient = LineChart(
            "Gradient norm", height=76, y_text=lambda value: f"{value:.2g}", numbers=False
        )
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

    def set_epoch(self, epoch: int | None) -> None:
        """Lay a band over the chosen epoch."""
        self._epoch = epoch
        self.refresh()

    def refresh(self) -> None:
        """Draw every curve again."""
        story = self.state.story
        if story is None:
            return
        last = float(story.total_steps or story.step or 1)
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
        self.loss.set_series(series)
        rates = [Series("UNet", story.rate_unet.steps, story.rate_unet.values)]
        if any(story.rate_text.values):
            text = story.rate_text
            rates.append(Series("Text", text.steps, text.values, "chart2", "dash"))
        self.rate.set_series(rates)
        norms = story.grad_norm
        self.gradient.set_series([Series("Length", norms.steps, norms.values, "chart_raw")])
        for chart in (self.loss, self.rate, self.gradient):
            chart.set_range((0.0, last))
            chart.set_ticks(_epoch_ticks(story))
            chart.set_now(story.step if story.live else None)
        self._mark(story)

    def _mark(self, story: stories.Story) -> None:
        per_epoch = story.steps_per_epoch
        if not self._epoch or not per_epoch:
            self.loss.set_chosen(None)
            return
        step = self._epoch * per_epoch
        half = max(1.0, story.total_steps / 80)
        self.loss.set_chosen(step - half, step + half)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.small.setVisible(self.height() >= 300 and self.width() >= 480)


def _epoch_ticks(story: stories.Story) -> list[tuple[float, str]]:
    """Epoch numbers under the axis, at most about ten of them."""
    if not story.steps_per_epoch or not story.epochs:
        return []
    every = max(1, round(story.epochs / 10))
    return [
        (float(epoch * story.steps_per_epoch), str(epoch))
        for epoch in range(0, story.epochs + 1, every)
    ]


def _batch(story: stories.Story) -> int:
    if story.request is None:
        return 1
    return story.request.train_batch_size * story.request.gradient_accumulation_steps


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _phase(story: stories.Story, *, paused: bool) -> str:
    if paused:
        return tr("Paused at step {step}", step=number(story.step))
    if story.live:
        if not story.step:
            return tr("Getting ready")
        return tr("Epoch {epoch} of {total}", epoch=story.epoch, total=story.epochs)
    names = {
        "finished": "Finished",
        "cancelled": "Stopped and saved",
        "failed": "Failed",
        "interrupted": "Interrupted. Its checkpoints are kept.",
    }
    return tr(names.get(story.status, "Finished"))


def _inset(widget: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(16, 10, 16, 10)
    column.addWidget(widget)
    return box
