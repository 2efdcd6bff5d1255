"""Before you start: what the next run will do, and what stands in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import joined, tr
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.theme import metrics
from app.training import draft
from app.training.pace import about
from app.training.problems import named
from app.widgets.panel import IconLabel, Panel
from app.widgets.text import label

if TYPE_CHECKING:
    from app.training.model import TrainState


class BeforePanel(Panel):
    """Before you start: pictures, buckets, steps, and what stands in the way."""

    def __init__(self, state: TrainState) -> None:
        super().__init__("Before you start")
        self.state = state
        self.facts = [label(tone="label", wrap=True) for _ in range(4)]
        self.problem = label(tone="error", wrap=True)
        self._bare, self.bare = _warning()
        self._blind, self.blind = _warning()
        box = QVBoxLayout()
        box.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        box.setSpacing(6)
        for line in (*self.facts, self.problem, self._bare, self._blind):
            box.addWidget(line)
        self.body.addLayout(box)
        state.plan_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say it again."""
        plan, problem = self.state.plan, self.state.problem
        self.problem.setVisible(problem is not None)
        self.problem.setText(named(problem) if problem is not None else "")
        texts = ["", "", "", ""]
        if plan is not None:
            texts = [*_sentences(plan, self.state.values), self._duration()]
        for line, text in zip(self.facts, texts, strict=True):
            line.setText(text)
            line.setVisible(bool(text))
        bare = len(plan.outlook.bare) if plan is not None else 0
        self._bare.setVisible(bare > 0)
        self.bare.setText(
            tr("{n} picture has no caption.", "{n} pictures have no caption.", n=bare)
        )
        self._blind.setVisible(plan is not None and plan.steps > 0 and not plan.outlook.held_out)
        self.blind.setText(
            tr("Nothing is held out, so over-fitting cannot be measured. Hold some out in Dataset.")
        )

    def _duration(self) -> str:
        seconds = self.state.expected_seconds
        if seconds is None or not self.state.can_start:
            return ""
        return tr("About {time} on this computer.", time=about(seconds))


def _warning() -> tuple[QWidget, QLabel]:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(metrics.GAP)
    row.addWidget(IconLabel("triangle-alert", 14, "warn"), 0, Qt.AlignmentFlag.AlignTop)
    words = label(tone="label", wrap=True)
    row.addWidget(words, 1)
    return line, words


def _sentences(plan: draft.Plan, values: dict[str, Any]) -> list[str]:
    if not plan.steps:
        return [tr("There is no picture to train on. Add a folder in Dataset."), "", ""]
    first = tr(
        "{n} picture in {buckets}.",
        "{n} pictures in {buckets}.",
        n=number(plan.outlook.train),
        buckets=tr("{n} bucket", "{n} buckets", n=len(plan.outlook.buckets)),
    )
    if plan.outlook.held_out:
        held = number(plan.outlook.held_out)
        first = joined((first, tr("{n} held out for validation.", n=held)))
    second = tr(
        "{each} steps per epoch, {all} in all.",
        each=number(plan.steps_per_epoch),
        all=number(plan.steps),
    )
    every = int(values["save_every_n_epochs"])
    count = -(-plan.epochs // every) if every else 1
    third = tr("{n} checkpoint will be kept.", "{n} checkpoints will be kept.", n=count)
    return [first, second, third]
