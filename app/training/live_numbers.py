"""The numbers of a run in large figures: step, losses, speed, memory, time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import bind
from app.i18n.format import duration, number, size
from app.theme import metrics
from app.training import memory
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.i18n import Binding
    from app.training.model import TrainState
    from app.training.story import Story
    from engine.runtime.job import JobHandle

NAMES = {
    "step": "Step",
    "loss": "Loss, smoothed",
    "held_out": "Held-out loss",
    "speed": "Pictures per second",
    "memory": "Memory",
    "left": "Time left",
}
LEAST_NEEDED = ("speed", "memory", "held_out")
"""What is left out first where there is no room for all."""
SIDE = 16
MEMORY_SECONDS = 1.0
"""Memory is looked at this often: asking a graphics card takes its time."""


class LiveNumbers(QWidget):
    """One cell each; those that say nothing of this run are not there."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.values: dict[str, QLabel] = {}
        self.names: dict[str, Binding] = {}
        self._cells: dict[str, QWidget] = {}
        self._looked = 0.0
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SIDE, 10, SIDE, 8)
        self._row.setSpacing(metrics.PAD)
        for key, name in NAMES.items():
            self._add_cell(key, name)
        self._row.addStretch(1)

    def _add_cell(self, key: str, name: str) -> None:
        cell = QWidget()
        across = QHBoxLayout(cell)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(metrics.PAD)
        if self._cells:
            across.addWidget(hairline("stage", vertical=True))
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, metrics.PAD, 0)
        column.setSpacing(0)
        self.values[key] = label(size=17, weight=500)
        words = label(size=11, tone="quiet")
        self.names[key] = bind(words.setText, name)
        column.addWidget(self.values[key])
        column.addWidget(words)
        across.addLayout(column)
        self._cells[key] = cell
        self._row.addWidget(cell)

    def refresh(self) -> None:
        """Show the newest numbers."""
        story = self.state.story
        if story is None:
            return
        handle = self.state.live.handle_of(story)
        total = story.total_steps
        texts = {
            "step": f"{number(story.step)} / {number(total)}" if total else number(story.step),
            "loss": _loss(story.average.last),
            "held_out": _loss(story.held_out.last),
            "memory": self._memory(story) if story.live and handle is not None else "",
            **_pace(story, handle if story.live else None),
        }
        self._name_memory(story)
        for key, text in texts.items():
            self.values[key].setText(text)
        self._fit()

    def keep_pace(self) -> None:
        """Show how fast it is and how long it takes, between two refreshes."""
        story = self.state.story
        if story is None:
            return
        before = {key for key, value in self.values.items() if value.text()}
        for key, text in _pace(story, self.state.live.handle_of(story)).items():
            self.values[key].setText(text)
        if before != {key for key, value in self.values.items() if value.text()}:
            self._fit()

    def _fit(self) -> None:
        """Show what says something, and of that as much as there is room for."""
        shown = [key for key in NAMES if self.values[key].text()]
        widths = {key: self._cells[key].sizeHint().width() + metrics.PAD for key in shown}
        room = self.width() - 2 * SIDE
        for key in LEAST_NEEDED:
            if key in shown and sum(widths[one] for one in shown) > room:
                shown.remove(key)
        for key, cell in self._cells.items():
            cell.setVisible(key in shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _memory(self, story: Story) -> str:
        now = time.monotonic()
        if now - self._looked < MEMORY_SECONDS and self.values["memory"].text():
            return self.values["memory"].text()
        self._looked = now
        used = memory.used()
        story.memory_peak = max(story.memory_peak, used)
        return size(used)

    def _name_memory(self, story: Story) -> None:
        if not story.memory_peak:
            return
        words = "VRAM, peak {size}" if memory.on_card() else "Program, peak {size}"
        self.names["memory"].say(words, size=size(story.memory_peak))


def _pace(story: Story, handle: JobHandle | None) -> dict[str, str]:
    return {"speed": _speed(story, handle), "left": _left(handle) if handle is not None else ""}


def _speed(story: Story, handle: JobHandle | None) -> str:
    """Pictures a second: of a run that is over, over its whole length."""
    if handle is not None:
        rate = handle.progress.rate
    else:
        rate = story.step / story.seconds if story.seconds > 0 else None
    return f"{rate * _batch(story):.1f}" if rate and story.step else ""


def _left(handle: JobHandle) -> str:
    left = handle.progress.seconds_left
    return duration(left) if left is not None else ""


def _batch(story: Story) -> int:
    """Pictures of a step."""
    if story.request is None:
        return 1
    return story.request.train_batch_size * story.request.gradient_accumulation_steps


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
