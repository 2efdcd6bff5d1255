"""The strip over the curves: what a run waits for, or that it had better stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import joined, tr
from app.i18n import signals as language_signals
from app.theme import metrics
from app.training import run_deeds
from app.training.telling import said, suggestion_text
from app.widgets.buttons import button, tool_button
from app.widgets.panel import IconLabel
from app.widgets.text import label

if TYPE_CHECKING:
    from app.training.model import TrainState
    from app.training.story import Story


class RunNotice(QWidget):
    """One sentence and its ways out; hidden while there is nothing to say.

    ``stop_asked`` asks to stop and save, ``chosen`` carries the step of a checkpoint to look at.
    """

    stop_asked = Signal()
    chosen = Signal(int)

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self._dismissed: set[tuple[str, int]] = set()
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.icon = IconLabel("triangle-alert", 14, "warn")
        self.text = label(wrap=True)
        self.go_on = button("Go on", "play", on=self._go_on, dense=True)
        self.stop = button("Stop and save", "square", on=self.stop_asked.emit, dense=True)
        self.use = button("", "brush", on=self._use, dense=True)
        self.shut = tool_button("x", "Close", self._dismiss, dense=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, metrics.PAD, 6)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.icon)
        row.addWidget(self.text, 1)
        for widget in (self.go_on, self.stop, self.use, self.shut):
            row.addWidget(widget)
        language_signals.changed.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        """Say what there is to say."""
        story = self.state.story
        waits = story is not None and story.live and story.waits is not None
        advice = story is not None and self._advises(story)
        self.setVisible(waits or advice)
        if story is None or not (waits or advice):
            return
        self.go_on.setVisible(waits)
        for widget in (self.stop, self.use, self.shut):
            widget.setVisible(advice and not waits)
        if story.waits is not None and waits:
            self.text.setText(said(story.waits))
            return
        assert story.suggestion is not None
        self.text.setText(_advice(story, story.suggestion))
        self.stop.setVisible(self.state.live.handle_of(story) is not None)
        best = story.best
        self.use.setVisible(best is not None)
        if best is not None:
            words = story.place(best.step, best.epoch)
            self.use.setText(tr("Use {place}", place=words[:1].lower() + words[1:]))

    def _advises(self, story: Story) -> bool:
        found = story.suggestion
        return found is not None and (str(story.folder), found["step"]) not in self._dismissed

    def _go_on(self) -> None:
        story = self.state.story
        handle = self.state.live.handle_of(story)
        if story is not None and handle is not None:
            handle.resume()
            story.waits = None
        self.refresh()

    def _use(self) -> None:
        story = self.state.story
        best = story.best if story is not None else None
        if best is not None:
            self.chosen.emit(best.step)
            run_deeds.use(self.state, best)

    def _dismiss(self) -> None:
        story = self.state.story
        if story is not None and story.suggestion is not None:
            self._dismissed.add((str(story.folder), story.suggestion["step"]))
        self.refresh()


def _advice(story: Story, suggestion: dict[str, Any]) -> str:
    """When it was suggested to stop, and what there is instead of a place that was not kept."""
    text, best = suggestion_text(suggestion), story.best
    if best is None or best.step == suggestion["best_step"]:
        return text
    place = story.place(best.step, best.epoch)
    return joined([text, tr("{place} is the best that was kept.", place=place)])
