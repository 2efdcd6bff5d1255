"""Judging the pictures behind the user: it takes seconds of many, in which edits are shown."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from app.dataset import snapshot as snapshots
from engine.runtime.errors import JobCancelled

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.dataset.snapshot import Snapshot

STEP_ASIDE = 10.0
"""Seconds that judging 20,000 pictures waits at most for a user who is at work: who scrolls through
them does not rest for a third of a second.
"""


class Judging:
    """Judges the snapshot of ``state``; what came of it waits until the state takes it."""

    def __init__(self, state: DatasetState) -> None:
        self.state = state
        self._wanted = self._working = False
        self._found: tuple[Snapshot, Snapshot] | None = None

    @property
    def is_done(self) -> bool:
        """Whether something waits to be taken."""
        return self._found is not None

    def forget(self) -> None:
        """Another project: what was found is of the one before."""
        self._found = None

    def want(self) -> None:
        """Judge what is there, as soon as the user rests."""
        self._wanted = True
        if not self._working:
            self._working = True
            self.state.session.start(self._work())

    def take(self) -> Snapshot | None:
        """The snapshot with its suggestions; None where it has changed meanwhile. Then the state
        keeps the survey, with which it is judged again in a moment.
        """
        if self._found is None:
            return None
        (before, found), self._found = self._found, None
        if before is self.state.snapshot:
            return found
        self.state.snapshot = replace(self.state.snapshot, survey=found.survey)
        self.want()
        return None

    async def _work(self) -> None:
        try:
            while self._wanted:
                await self.state.session.calm.rest(STEP_ASIDE)
                self._wanted = False
                await self._judge()
        finally:
            self._working = False

    async def _judge(self) -> None:
        state, session = self.state, self.state.session
        version, before, library = state.version, state.snapshot, session.library
        if library is None:
            return
        breathe = partial(session.calm.wait, STEP_ASIDE)
        try:
            found = await session.bridge.behind(snapshots.judge, library, before, breathe)
        except JobCancelled:
            if version == state.version:  # else the project was left meanwhile
                raise
            return
        if version == state.version:
            self._found = (before, found)
            await state.reload()
