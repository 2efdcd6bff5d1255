"""Which checkpoints of the run shown are approved for the team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.models.approvals import approved_of
from engine.project.settings import library_folder

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.training.model import TrainState
    from engine.models.approvals import Approved


class ApprovedCheckpoints(QObject):
    """``changed`` tells that other checkpoints are approved. Whoever shows them asks for ``read``
    when it comes into sight, as approving happens elsewhere.
    """

    changed = Signal()

    def __init__(self, page: QWidget, state: TrainState) -> None:
        super().__init__(page)
        self._state = state
        self.known: dict[str, Approved] = {}
        state.story_changed.connect(self.read)
        state.session.settings_changed.connect(lambda _: self.read())

    def read(self) -> None:
        """Look into the team's library for the checkpoints of the run shown."""
        self._state.session.start(self._read())

    async def _read(self) -> None:
        story, session = self._state.story, self._state.session
        paths = [str(item.path) for item in story.checkpoints] if story is not None else []
        library = library_folder(session.settings)
        known = await session.bridge.io(approved_of, library, paths)
        if story is self._state.story and known != self.known:
            self.known = known
            self.changed.emit()
