"""Over the curves: how the run stands, and what can be asked of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.i18n import bind, tr
from app.i18n.format import number
from app.shell.menus import Menu
from app.theme import metrics
from app.training import run_deeds
from app.widgets.buttons import button, tool_button
from app.widgets.text import label, restyle, set_tone
from engine.training.config import TrainRequest
from engine.training.controls import SAMPLE_NOW, SAVE_NOW, STOP_AFTER_EPOCH, STOP_AND_SAVE

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.training.model import TrainState
    from app.training.story import Story
    from engine.runtime.job import JobHandle

ANSWERS = {
    SAVE_NOW: "A checkpoint is written after this step.",
    SAMPLE_NOW: "The samples are drawn after this step.",
    STOP_AFTER_EPOCH: "The run stops at the end of this epoch.",
}
"""What is said when a run was asked for something that it does at its next step."""
NARROW = 780  # below this width what is asked for seldom is in the menu only
NAME_WIDTH, NAME_LEAST = 240, 60


class StateBar(QWidget):
    """Name, state, and the deeds of the moment; under it the thin line of progress."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.dot = label("●", size=11)
        self.name = label(weight=600)
        self.phase = label(tone="label")
        self.sample = button("Sample now", "images", on=partial(self.ask, SAMPLE_NOW))
        self.save = button("Save now", "save", on=partial(self.ask, SAVE_NOW))
        self.pause = button("Pause", "pause", on=self._pause)
        self._shown_paused = False
        self._pause_text = bind(self.pause.setText, "Pause")
        self.stop = button("Stop and save", "square", on=self._stop)
        self._stop_text = bind(self.stop.setText, "Stop and save")
        self.resume = button("Resume", "play", on=self.resume_run)
        bind(self.resume.setToolTip, "Goes on exactly where the run was cut off.")
        self._sample_tip = bind(self.sample.setToolTip, "")
        bind(self.save.setToolTip, "Writes a checkpoint with the weights of now.")
        self.more = tool_button("ellipsis", "More for this run", self._open_more)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(3)
        self.progress.setRange(0, 1000)
        self._stopping: JobHandle | None = None
        self._build()
        state.session.job_changed.connect(self._job_changed)
        state.session.job_finished.connect(self._job_changed)
        state.runs_changed.connect(self.refresh)

    def _build(self) -> None:
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        for words in (self.dot, self.name, self.phase):
            row.addWidget(words)
        row.addStretch(1)
        for deed in (self.sample, self.save, self.pause, self.stop, self.resume, self.more):
            row.addWidget(deed)

    def _handle(self) -> JobHandle | None:
        return self.state.live.handle_of(self.state.story)

    def _job_changed(self, handle: JobHandle) -> None:
        story = self.state.story
        coming = self.state.live.coming(story) if story is not None and not story.live else None
        if handle is self._handle() or handle is coming or handle.done():
            self.refresh()

    def refresh(self) -> None:
        """Say how the run stands."""
        story = self.state.story
        if story is None:
            return
        handle = self._handle()
        paused = handle is not None and handle.paused
        coming = None if story.live else self.state.live.coming(story)
        words = _phase(story, handle, paused=paused) if coming is None else _coming(coming)
        self.phase.setText(words)
        self.phase.setToolTip(story.message)
        self._show_name(story.name)
        tones = {"failed": "error", "interrupted": "warn", "cancelled": "quiet"}
        goes_on = story.live or coming is not None
        set_tone(self.dot, "accent" if goes_on else tones.get(story.status, "ok"))
        self._show_buttons(story, handle, paused=paused)
        total = story.total_steps or 1
        self.progress.setVisible(story.live)
        self.progress.setValue(round(1000 * min(1.0, story.step / total)))
        restyle(self.progress, "state", "paused" if paused else "")

    def _show_name(self, name: str) -> None:
        """As much of it as there is room for beside what the run does and can be asked for."""
        deeds = [self.pause, self.stop, self.more]
        if self.width() >= NARROW:
            deeds += [self.sample, self.save]
        taken = sum(one.sizeHint().width() + metrics.GAP for one in (*deeds, self.dot, self.phase))
        room = self.width() - 16 - metrics.PAD - 2 * metrics.GAP - taken
        measure, most = self.name.fontMetrics(), max(NAME_LEAST, min(NAME_WIDTH, room))
        self.name.setText(measure.elidedText(name, Qt.TextElideMode.ElideMiddle, most))
        self.name.setToolTip(name if self.name.text() != name else "")

    def _show_buttons(self, story: Story, handle: JobHandle | None, *, paused: bool) -> None:
        live = story.live and handle is not None
        offers = handle.request.controls if live and handle is not None else ()
        asked = self._is_stopping(handle)
        wide = self.width() >= NARROW
        self.sample.setVisible(SAMPLE_NOW in offers and wide)
        self.save.setVisible(SAVE_NOW in offers and wide)
        self.pause.setVisible(live)
        self.stop.setVisible(live)
        self.resume.setVisible(not live and run_deeds.resumable(self.state, story) is not None)
        if paused != self._shown_paused:
            # Another icon lays the bar out again; this is asked twenty times a second.
            self._shown_paused = paused
            self._pause_text.say("Go on" if paused else "Pause")
            self.pause.set_icon("play" if paused else "pause")
        self._stop_text.say("Stopping…" if asked else "Stop and save")
        for widget in (self.stop, self.pause, self.save):
            widget.setEnabled(not asked)
        prompts = story.request is not None and bool(story.request.sample_prompts)
        self.sample.setEnabled(not asked and prompts)
        tip = "Draws the sample prompts with the weights of now; the run is not disturbed."
        self._sample_tip.say(tip if prompts else "This run has no sample prompts.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()

    # What is asked for

    def ask(self, control: str) -> None:
        """Ask the run for one of its controls, and say what it will do."""
        handle = self._handle()
        if handle is not None and handle.ask(control):
            self.state.session.notify(ANSWERS[control])

    def _pause(self) -> None:
        handle = self._handle()
        if handle is not None:
            if handle.paused:
                handle.resume()
            else:
                handle.pause()
        self.refresh()

    def _stop(self) -> None:
        """With a checkpoint and a state, once there is something to keep; else at once."""
        handle = self._handle()
        if handle is not None:
            progress = handle.progress
            # While it gets ready it stands before its first step.
            if not (progress.step > 0 and handle.ask(STOP_AND_SAVE)):
                handle.cancel()
            self._stopping = handle
        self.refresh()

    def _stop_now(self) -> None:
        """Without waiting for the step, or the samples that are being drawn."""
        handle = self._handle()
        if handle is not None:
            handle.cancel()
        self.refresh()

    def _is_stopping(self, handle: JobHandle | None) -> bool:
        return handle is not None and (handle.cancel_asked or handle is self._stopping)

    def resume_run(self) -> None:
        """Let a run that was cut off go on."""
        story = self.state.story
        item = run_deeds.resumable(self.state, story) if story is not None else None
        if item is not None:
            self.state.resume(item)

    def _open_more(self) -> None:
        story, handle = self.state.story, self._handle()
        if story is None:
            return
        menu = Menu(self)
        if story.live and handle is not None:
            self._add_controls(menu, handle)
        run_deeds.add_to(menu, self.state, story)
        menu.below(self.more, right=True)

    def _add_controls(self, menu: Menu, handle: JobHandle) -> None:
        offers = () if self._is_stopping(handle) else handle.request.controls
        if self.width() < NARROW and offers:
            if self.sample.isEnabled():
                menu.add("Sample now", partial(self.ask, SAMPLE_NOW), "images")
            menu.add("Save now", partial(self.ask, SAVE_NOW), "save")
        if offers:
            menu.add("Stop after this epoch", partial(self.ask, STOP_AFTER_EPOCH), "flag")
        if not handle.cancel_asked:
            menu.add("Stop at once", self._stop_now, "circle-x")
        menu.line()


def _coming(handle: JobHandle) -> str:
    """Between the wish to go on and the first word of the run."""
    return tr("Waits in the queue" if handle.state == "queued" else "Getting ready")


def _phase(story: Story, handle: JobHandle | None, *, paused: bool) -> str:
    if paused and story.drawing and handle is not None and handle.state != "paused":
        return tr("Pauses when the samples are drawn")
    if paused:
        return tr("Paused at step {step}", step=number(story.step))
    if not story.live:
        return tr(story.ending)
    place = tr("Epoch {epoch} of {total}", epoch=story.epoch, total=story.epochs)
    if not story.step:
        place = tr("Getting ready")
    if handle is None:
        return tr("{place}, trained by another program", place=place)
    return _aside(handle) or place


def _aside(handle: JobHandle) -> str:
    """What is done before the first step and between two, with its count."""
    progress = handle.progress
    if progress.key in ("", TrainRequest.title_key):
        return ""
    return tr(progress.key, **progress.facts)
