"""Two samples of one prompt large and side by side: an early one, and the one in question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import metrics
from app.training.sample_canvas import read_picture
from app.widgets.buttons import button
from app.widgets.image_view import ImageView
from app.widgets.text import ElidedLabel, label

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from app.training.model import TrainState
    from app.training.story import Story
    from engine.training.runs import SamplePicture


class Pane(QWidget):
    """A picture and where in the run it was drawn; ``back`` and ``forth`` are its neighbors."""

    moved = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.view = ImageView(air=12)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.title = label(weight=500)
        self.back = button("Earlier", "chevron-left", "quiet", on=lambda: self.moved.emit(-1))
        self.forth = button("Later", "chevron-right", "quiet", on=lambda: self.moved.emit(1))
        line = QHBoxLayout()
        line.addWidget(self.back)
        line.addStretch(1)
        line.addWidget(self.title)
        line.addStretch(1)
        line.addWidget(self.forth)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view, 1)
        column.addLayout(line)


class SampleViewer(QWidget):
    """Left and Right move the right picture through the run, with Shift the left one; Up and Down
    change the prompt, Esc goes back. ``closed`` asks for the run again.
    """

    closed = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self._session = state.session
        self._story: Story | None = None
        self._prompt = ""
        self.steps = [0, 0]
        self.panes = (Pane(), Pane())
        self.prompt = ElidedLabel(weight=500)
        self.back = button("Back to the run", "arrow-left", on=self.closed.emit)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        head = QHBoxLayout()
        head.setContentsMargins(16, metrics.GAP, metrics.PAD, metrics.GAP)
        head.setSpacing(metrics.PAD)
        head.addWidget(self.prompt, 1)
        head.addWidget(self.back)
        both = QHBoxLayout()
        both.setContentsMargins(16, 0, 16, metrics.GAP)
        both.setSpacing(2)
        for at, pane in enumerate(self.panes):
            pane.moved.connect(lambda by, at=at: self.move_by(at, by))
            both.addWidget(pane, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addLayout(both, 1)

    def open(self, story: Story, step: int, prompt: str) -> None:
        """Show the sample of ``prompt`` at ``step``, and the first one on the left."""
        self._story, self._prompt = story, prompt
        samples = self._samples()
        known = [sample.step for sample in samples]
        if known:
            self.steps = [known[0], step if step in known else known[-1]]
            self._show()

    def move_by(self, pane: int, by: int) -> None:
        """Show the next picture of the run in ``pane``, 0 or 1."""
        known = [sample.step for sample in self._samples()]
        if self.steps[pane] in known:
            at = min(max(0, known.index(self.steps[pane]) + by), len(known) - 1)
            self.steps[pane] = known[at]
            self._show()

    def _move_prompt(self, by: int) -> None:
        story = self._story
        prompts = list(dict.fromkeys(one.prompt for one in story.samples)) if story else []
        if self._prompt in prompts:
            there = min(max(0, prompts.index(self._prompt) + by), len(prompts) - 1)
            self._prompt = prompts[there]
            self._show()

    def _samples(self) -> list[SamplePicture]:
        """The samples of the prompt, in the order of the run."""
        samples = self._story.samples if self._story is not None else []
        mine = {one.step: one for one in samples if one.prompt == self._prompt}
        return [mine[step] for step in sorted(mine)]

    def _show(self) -> None:
        story, samples = self._story, self._samples()
        if story is None:
            return
        self.prompt.setText(self._prompt)
        known = [sample.step for sample in samples]
        for pane, step in zip(self.panes, self.steps, strict=True):
            found = next((sample for sample in samples if sample.step == step), None)
            pane.back.setEnabled(bool(known) and step > known[0])
            pane.forth.setEnabled(bool(known) and step < known[-1])
            pane.title.setText(story.place(step, found.epoch) if found is not None else "")
            if found is not None:
                self._session.start(self._load(pane, step, found.path))

    async def _load(self, pane: Pane, step: int, path: Path) -> None:
        image = await self._session.bridge.io(read_picture, path)
        if step == self.steps[self.panes.index(pane)]:
            pane.view.set_image(image)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        left = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.closed.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.move_by(0 if left else 1, 1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move_prompt(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)
