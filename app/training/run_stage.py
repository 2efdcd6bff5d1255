"""The middle: how the run stands, its live numbers, the curves, and samples by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.theme import metrics
from app.training.check_notice import CheckNotice, open_check
from app.training.check_panel import CheckPanel
from app.training.compare_page import ComparePage
from app.training.curves import Curves
from app.training.live_numbers import LiveNumbers
from app.training.notice import RunNotice
from app.training.sample_strip import SampleStrip
from app.training.sample_viewer import SampleViewer
from app.training.sample_words import check_words, sample_words
from app.training.state_bar import StateBar
from app.widgets.buttons import button, tool_button
from app.widgets.clear import keep_clear
from app.widgets.segments import Segments
from app.widgets.states import EmptyState
from app.widgets.text import hairline, label
from engine.training.asides import CELL, CHECKED

if TYPE_CHECKING:
    from app.training.model import TrainState
    from app.training.story import Story

redraw_ms = 250
"""Curves are drawn again at most this often while steps come in."""


class RunStage(QWidget):
    """What is on the stage is ``state.story``; without one it says how to begin.

    ``start_asked`` asks for the first run, or for what it needs; ``chosen`` carries the step of a
    sample that was clicked, ``prompts_asked`` asks for the field of the sample prompts.
    """

    start_asked = Signal()
    chosen = Signal(int)
    prompts_asked = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.bar = StateBar(state)
        self.numbers = LiveNumbers(state)
        self.notice = RunNotice(state)
        self.warning = CheckNotice(state)
        self.curves = Curves(state)
        self.samples = SampleStrip(state.session)
        self.check = CheckPanel(state.session)
        self.which = Segments([("samples", "Samples"), ("check", "Over-fit check")])
        self.viewer = SampleViewer(state)
        self.compare = ComparePage(state)
        self.sample_note = label(tone="quiet")
        self.begin = button("Start training", on=self.start_asked.emit)
        self._begin_text = bind(self.begin.setText, "Start training")
        self.empty = EmptyState("flame", "No run yet", "", self.begin)
        self._marked: Story | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(redraw_ms)
        self._timer.timeout.connect(self._grow)
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        self.setProperty("surface", "stage")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.shown = QWidget()
        column = QVBoxLayout(self.shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.bar, self.bar.progress, self.numbers, hairline("stage"), self.notice,
                       self.warning):  # fmt: skip
            column.addWidget(widget)
        column.addWidget(_inset(self.curves), 3)
        column.addWidget(hairline("stage"))
        column.addWidget(self._sample_area(), 2)
        self.pages = QStackedWidget()
        for page in (self.shown, self.empty, self.viewer, self.compare):
            self.pages.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.pages)

    def _sample_area(self) -> QWidget:
        self.sample_area = QWidget()
        box = QVBoxLayout(self.sample_area)
        box.setContentsMargins(16, 10, 16, 8)
        box.setSpacing(2)
        title = QHBoxLayout()
        title.setSpacing(metrics.GAP)
        self.only = label("Samples", weight=600)
        title.addWidget(self.only)
        title.addWidget(self.which)
        title.addWidget(self.sample_note)
        title.addStretch(1)
        self.look = tool_button("columns-2", "Compare two samples", self._look, dense=True)
        self.edit = tool_button(
            "pencil", "Change the sample prompts", self.prompts_asked.emit, dense=True
        )
        self.validate = button(
            "Open in Validate", "grid-3x3", on=lambda: open_check(self.state, self.state.story),
            dense=True,
        )  # fmt: skip
        title.addWidget(self.look)
        title.addWidget(self.edit)
        title.addWidget(self.validate)
        box.addLayout(title)
        box.addWidget(self.samples, 1)
        box.addWidget(self.check, 1)
        keep_clear(self.samples)
        return self.sample_area

    def _connect(self) -> None:
        state = self.state
        state.story_changed.connect(self.refresh)
        state.story_grew.connect(self._story_grew)
        state.plan_changed.connect(self._show_begin)
        state.session.job_added.connect(self._show_begin)
        state.session.job_finished.connect(self._show_begin)
        state.session.job_changed.connect(self._job_changed)
        language_signals.changed.connect(self._fill)
        self.samples.chosen.connect(self.chosen)
        self.samples.opened.connect(self.open_sample)
        self.notice.stop_asked.connect(self.bar.stop.click)
        self.notice.chosen.connect(self.chosen)
        self.warning.stop_asked.connect(self.bar.stop.click)
        self.warning.end_asked.connect(self.bar.ask)
        self.check.chosen.connect(self.chosen)
        self.which.changed.connect(self._show_which)
        for page in (self.viewer, self.compare):
            page.closed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the story from its beginning."""
        story = self.state.story
        if story is not self._marked:
            self._marked = story
            self.mark(None)
        self.pages.setCurrentWidget(self.shown if story is not None else self.empty)
        self._fill()

    def _fill(self) -> None:
        story = self.state.story
        self._show_begin()
        if story is not None:
            self._show_samples(story)
            self.numbers.refresh()
            self.bar.refresh()
            self.notice.refresh()
            self.warning.refresh()
            self.curves.refresh()

    def _show_begin(self, _: object = None) -> None:
        state = self.state
        pictures = state.can_start or state.problem is not None
        self._begin_text.say("Start training" if pictures else "Go to Dataset")
        self.begin.set_icon("play" if pictures else "arrow-right")
        self.begin.setEnabled(state.problem is None)
        job = state.live.next_job()
        self.begin.setVisible(job is None)
        if job is not None and job.state != "queued":
            self.empty.say("Getting ready", job.progress.key, **job.progress.facts)
        elif job is not None:
            self.empty.say("No run yet", "The run waits in the queue.")
        elif pictures:
            self.empty.say("No run yet", "Checkpoints are kept on the way, to pick the best from.")
        else:
            words = "There is no picture to train on. Add a folder in Dataset."
            self.empty.say("No run yet", words)

    def _job_changed(self, handle: object) -> None:
        """Before the first word of a run there is only what its job says; then it tells its pace,
        in the same moment as to the status line.
        """
        if self.pages.currentWidget() is self.empty:
            self._show_begin()
        elif handle is self.state.live.handle_of(self.state.story):
            self.numbers.keep_pace()

    def mark(self, step: int | None) -> None:
        """Mark the checkpoint of ``step`` in curves and samples."""
        self.samples.choose(step)
        self.check.choose(step)
        self.curves.mark(step)

    def open_sample(self, step: int, prompt: str) -> None:
        """Show a sample large, beside the first one of its prompt."""
        if self.state.story is not None:
            self.viewer.open(self.state.story, step, prompt)
            self.pages.setCurrentWidget(self.viewer)
            self.viewer.setFocus()

    def _look(self) -> None:
        canvas = self.samples.canvas
        step = canvas.step if canvas.step in canvas.columns else canvas.columns[-1]
        self.open_sample(step, canvas.prompts[0])

    def open_compare(self) -> None:
        """Show what differs between the settings of runs."""
        self.compare.refresh()
        self.pages.setCurrentWidget(self.compare)
        self.compare.scope.setFocus()  # so that Esc leads back

    def _story_grew(self, kind: str) -> None:
        story = self.state.story
        if story is None:
            return
        if kind in ("train.sample", "train.preview", CHECKED, CELL):
            self._show_samples(story)
        elif kind in ("train.waiting", "train.suggestion"):
            self.notice.refresh()
        if kind == CHECKED:
            self.warning.refresh()
        if kind not in ("train.preview", CELL) and not self._timer.isActive():
            self._timer.start()

    def _grow(self) -> None:
        self.numbers.refresh()
        self.bar.refresh()
        self.notice.refresh()
        if self.pages.currentWidget() is self.shown:
            self.curves.grow()

    def _show_samples(self, story: Story) -> None:
        self.samples.show_story(story)
        self.look.setEnabled(bool(story.samples))
        if story.checks:
            self.check.show_story(story)
        self._show_which()

    def _show_which(self, _: object = None) -> None:
        """Samples, or the check where there is one."""
        story = self.state.story
        if story is None:
            return
        some, checks = bool(story.samples or story.drawing), bool(story.checks)
        checking = checks and (self.which.value == "check" or not some)
        self.sample_area.setVisible(some or checks)
        self.only.setText(tr("Over-fit check" if checking else "Samples"))
        self.only.setVisible(not (some and checks))
        self.which.setVisible(some and checks)
        for widget in (self.samples, self.look, self.edit):
            widget.setVisible(not checking)
        self.check.setVisible(checking)
        self.validate.setVisible(checking)
        self.sample_note.setText(check_words(story) if checking else sample_words(story))


def _inset(widget: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(16, 10, 16, 10)
    column.addWidget(widget)
    return box
