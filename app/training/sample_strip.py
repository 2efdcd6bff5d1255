"""Sample pictures of a run: one row a prompt, one column a place in the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea

from app.training.sample_canvas import SampleCanvas, gap, header_height, smallest

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.session import Session
    from app.training.story import Story


class SampleStrip(QScrollArea):
    """The strip. ``chosen`` carries the step of the column that was clicked or moved to by key,
    ``opened`` step and prompt of a picture that is to be seen large.
    """

    chosen = Signal(int)
    opened = Signal(int, str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setWidgetResizable(False)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas = SampleCanvas(session)
        self.canvas.chosen.connect(self.chosen)
        self.canvas.opened.connect(self.opened)
        self.setWidget(self.canvas)
        self.viewport().setAutoFillBackground(False)
        self.canvas.setAutoFillBackground(False)
        self.canvas.setProperty("surface", "none")

    def show_story(self, story: Story) -> None:
        """Show the samples of ``story``, and those that are being drawn; a new last column scrolls
        into view when the last one was in view.
        """
        bar = self.horizontalScrollBar()
        at_end = bar.value() >= bar.maximum()
        before = self.canvas.columns, self.canvas.prompts
        self.canvas.take(story)
        if (self.canvas.columns, self.canvas.prompts) != before:
            self._fit()
            if at_end:
                bar.setValue(bar.maximum())

    def choose(self, step: int | None) -> None:
        """Outline the column of ``step``."""
        self.canvas.step = step
        self.canvas.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.canvas.fit(self.viewport().size())
        rows = min(3, len(self.canvas.prompts))
        self.setMinimumHeight(rows * (smallest + gap) + header_height)
