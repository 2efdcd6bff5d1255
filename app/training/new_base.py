"""A base model for the next run that is brought in without leaving the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.i18n import tr
from app.models.doors import Doors
from app.models.intake import Intake
from app.widgets.panel import padded
from app.widgets.states import ProgressRow

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.training.model import TrainState


class NewBase(QObject):
    """Opens the doors of the Models page over ``page``; what comes in is chosen. ``row`` tells how
    far the copy is, while there is one.
    """

    def __init__(self, state: TrainState, page: QWidget) -> None:
        super().__init__(page)
        self._state = state
        self._intake = Intake(state.session, self)
        self._doors = Doors(page, state.session, self._intake)
        self.progress = ProgressRow("", pausable=False)
        self.row = padded(self.progress)
        self.row.hide()
        self.progress.stopped.connect(self._intake.stop)
        self._intake.changed.connect(self._show_copying)
        self._intake.came.connect(lambda paths: state.session.start(self._choose(paths)))

    def ask(self) -> None:
        """Ask for a model file."""
        self._doors.ask_files()

    def _show_copying(self) -> None:
        copying = self._intake.copying
        self.row.setVisible(copying is not None)
        if copying is not None:
            part = copying.done / copying.total if copying.total else 0.0
            name = tr("Copying {name}", name=copying.name) if copying.name else ""
            self.progress.set_progress(part, name, self._intake.seconds_left())

    async def _choose(self, paths: list[Path]) -> None:
        await self._state.load_models()
        added = [str(path) for path in paths]
        found = [model.ref for model in self._state.models if model.ref in added]
        if found:
            self._state.choose_base(found[0])
        else:
            words = "{name} is no base model, so another one stays chosen."
            self._state.session.notify(words, name=paths[0].name)
