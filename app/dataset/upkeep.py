"""What is tidied up behind the user's back when a project has been opened."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from app.session import Session
    from engine.dataset.library import Library

log = logging.getLogger(__name__)

STEP_ASIDE = 3.0
"""Seconds that it waits at most for a user who is at work."""


class Upkeep:
    """Removes the masks and pictures of fills that nothing names any more."""

    def __init__(self, session: Session) -> None:
        self.session = session
        session.project_changed.connect(self._begin)
        if session.project is not None:
            self._begin(session.project)

    def _begin(self, project: object) -> None:
        library = self.session.library
        if project is not None and library is not None:
            self.session.start(self._tidy(library))

    async def _tidy(self, library: Library) -> None:
        await self.session.calm.rest(STEP_ASIDE)
        if self.session.library is library:
            await self.session.bridge.io(_collect, library)


def _collect(library: Library) -> None:
    try:
        removed = library.collect_masks()
    except StylekilnError as error:  # nobody asked for it; the next start tries again
        log.info("masks were not collected: %s", error)
    else:
        log.debug("%d masks that nothing names were removed", removed)
