"""Over the curves: how the run stands, pause and stop, and its live numbers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import duration, number, size
from app.shell.menus import Menu
from app.theme import metrics
from app.training.memory import used_by_process
from app.widgets.buttons import button, tool_button
from app.widgets.text import label, restyle, set_tone
from engine.training.controls import SAMPLE_NOW, SAVE_NOW, STOP_AFTER_EPOCH

if TYPE_CHECKING:
    from app.training.model import TrainState
    from app.training.story import Story


ASKED = (
    (SAVE_NOW, "Save a checkpoint now", "save", "A checkpoint is written after this step."),
    (SAMPLE_NOW, "Draw samples now", "images", "The samples are drawn after this step."),
    (STOP_AFTER_EPOCH, "Stop after this epoch", "flag", "The run stops at the end of this epoch."),
)
"""What can be asked of a run that goes on: its name, the entry, its icon, and the answer."""


class StateBar(QWidget):
    """Name, state, pause and stop; under it the thin line of progress."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.dot = label("●", size=11)
        self.name = label(weight=600)
        self.phase = label(tone="label")
        self.pause = button("Pause", "pause", on=self._pause)
        self._shown_paused = False
        self._pause_text = bind(self.pause.setText, "Pause")
        self.stop = button("Stop and save", "square", on=self._stop)
        self._stop_text = bind(self.stop.setText, "Stop and save")
        self.more = tool_button("ellipsis", "More for this run", self._open_more)
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
        row.addWidget(self.more)

    def refresh(self) -> None:
        """Say how the run stands."""
        story = self.state.story
        if story is None:
            return
        handle = self.state.live.handle_of(story)
        live = story.live and handle is not None
        self.name.setText(story.name)
        paused = handle is not None and handle.paused
        self.phase.setText(_phase(story, paused=paused))
        self.phase.setToolTip(story.message)
        tones = {"failed": "error", "interrupted": "warn", "cancelled": "quiet"}
        set_tone(self.dot, "accent" if story.live else tones.get(story.status, "ok"))
        for widget in (self.pause, self.stop, self.more):
            widget.setVisible(live)
        asked = handle is not None and handle.cancel_asked
        if paused != self._shown_paused:
            # Another icon lays the bar out again; this is asked twenty times a second.
            self._shown_paused = paused
            self._pause_text.say("Go on" if paused else "Pause")
            self.pause.set_icon("play" if paused else "pause")
        self._stop_text.say("Stopping…" if asked else "Stop and save")
        self.stop.setEnabled(not asked)
        self.pause.setEnabled(not asked)
        self.more.setEnabled(not asked)
        total = story.total_steps or 1
        self.progress.setVisible(story.live)
        self.progress.setValue(round(1000 * min(1.0, story.step / total)))
        restyle(self.progress, "state", "paused" if paused else "")

    def _pause(self) -> None:
        handle = self.state.live.handle_of(self.state.story)
        if handle is not None:
            if handle.paused:
                handle.resume()
            else:
                handle.pause()
        self.refresh()

    def _stop(self) -> None:
        handle = self.state.live.handle_of(self.state.story)
        if handle is not None:
            handle.cancel()
        self.refresh()

    def _open_more(self) -> None:
        menu = Menu(self)
        for control, words, icon, answer in ASKED:
            menu.add(words, partial(self._ask, control, answer), icon)
        menu.below(self.more, right=True)

    def _ask(self, control: str, answer: str) -> None:
        handle = self.state.live.handle_of(self.state.story)
        if handle is not None and handle.ask(control):
            self.state.session.notify(answer)


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
        handle = self.state.live.handle_of(story)
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


def _batch(story: Story) -> int:
    if story.request is None:
        return 1
    return story.request.train_batch_size * story.request.gradient_accumulation_steps


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _phase(story: Story, *, paused: bool) -> str:
    if paused:
        return tr("Paused at step {step}", step=number(story.step))
    if story.live:
        if not story.step:
            return tr("Getting ready")
        return tr("Epoch {epoch} of {total}", epoch=story.epoch, total=story.epochs)
    return tr(story.ending)
