"""The stage while there is no grid: what to do next for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.i18n import tr_error
from app.widgets.buttons import button
from app.widgets.fields import row
from app.widgets.states import EmptyState

if TYPE_CHECKING:
    from app.validation.setup import GridSetup


class NoGrid(EmptyState):
    """Draw, correct what is asked for, or train: only what leads on from here is offered."""

    start_asked = Signal()
    list_asked = Signal()
    train_asked = Signal()
    files_asked = Signal()

    def __init__(self, setup: GridSetup) -> None:
        start = button("Draw the grid", "play")
        choose = button("Show the list", "panel-left")
        train = button("Go to Train", "flame")
        files = button("Choose LoRA files…", "folder-open")
        super().__init__("grid-3x3", "No grid yet", "", row(start, choose, train, files))
        self._setup = setup
        self.start, self.choose, self.train, self.files = start, choose, train, files
        start.clicked.connect(lambda *_: self.start_asked.emit())
        choose.clicked.connect(lambda *_: self.list_asked.emit())
        train.clicked.connect(lambda *_: self.train_asked.emit())
        files.clicked.connect(lambda *_: self.files_asked.emit())

    def refresh(self) -> None:
        """Follow what is chosen in the left column."""
        setup, problem = self._setup, self._setup.problem()
        some = bool(setup.available)
        begun = setup.run is not None and not some
        self.start.setVisible(problem is None)
        self.choose.setVisible(some and problem is not None)
        for other in (self.train, self.files):
            other.setVisible(not some and not begun)
        if not some and not begun:
            words = "Train a style first, or compare LoRA files. They can be dropped here too."
            self.say("No grid yet", words)
        elif problem is not None:
            self.say("No grid yet", "{words}", words=lambda: tr_error(problem))
        else:
            self.say("No grid yet", "It shows which epoch learned the style, and how well.")
