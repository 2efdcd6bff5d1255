"""The count in the foot of the left column: what the draft amounts to, found off the UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError
from engine.validation.axes import expanded
from engine.validation.survey import Survey, dry_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import Session
    from app.validation.model import GridState
    from app.validation.setup import GridSetup
    from engine.validation.request import GridRequest

PAUSE_MS = 300
"""Without a key, before it is counted."""


class DryRun(QObject):
    """``survey`` is of the draft as it is; None while it is counted and where it cannot be."""

    changed = Signal()

    def __init__(self, session: Session, setup: GridSetup, state: GridState) -> None:
        super().__init__(setup)
        self._session, self._setup, self._state = session, setup, state
        self.survey: Survey | None = None
        self._asked: GridRequest | None = None
        self.pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self.pause.timeout.connect(lambda: session.start(self.count()))
        setup.changed.connect(self._draft_changed)

    @property
    def is_waiting(self) -> bool:
        """Whether it will be counted in a moment."""
        return self.pause.isActive()

    @property
    def all_there(self) -> bool:
        """Whether every picture of the draft was drawn, for this grid or another one."""
        return self.survey is not None and self.survey.distinct == self.survey.cached

    @property
    def is_drawn(self) -> bool:
        """Whether the draft is the grid that is shown, with all of its pictures there."""
        request = self._state.request
        return self.all_there and request is not None and self._setup.asks_for(request)

    @property
    def shows_another(self) -> bool:
        """Whether the grid that is shown is not the one of the draft."""
        request = self._state.request
        return request is not None and not self._setup.asks_for(request)

    def ask(self) -> None:
        """Count again soon: there are other cells now."""
        self._asked = None
        self.pause.start()

    def _draft_changed(self) -> None:
        if self._draft() == self._asked and not self._setup.unread():
            return
        self.survey = None
        self.pause.start()
        self.changed.emit()

    def _draft(self) -> GridRequest | None:
        try:
            return self._setup.built()
        except StylekilnError:
            return None

    async def count(self) -> None:
        """Look at folders that axes name, then at the whole draft."""
        self.pause.stop()
        unread = self._setup.unread()
        if unread:
            self._setup.learn_folders(await self._session.bridge.io(_pictures_at, unread))
        draft = self._asked = self._draft()
        if draft is None:
            self._setup.set_found(())
            return
        here = self._setup.placed(draft, self._session.project, data_dir())
        survey = await self._session.bridge.io(dry_run, here)
        if draft is self._asked:
            self.survey = survey
            self._setup.set_found(survey.problems)
            self.changed.emit()


def _pictures_at(places: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {place: _inside(place) for place in places}


def _inside(place: str) -> tuple[str, ...]:
    try:
        return tuple(map(str, expanded("picture", [place])))
    except StylekilnError:  # a folder without pictures, or one that may not be read
        return ()
