"""Which checkpoints of the grid shown are approved; approving, and taking that back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from app.models.withdrawal import withdraw
from app.validation.approve_sheet import ApproveSheet
from app.validation.rest_of_run import files_of_run, trash_rest
from app.validation.verdict_words import capital
from engine.models.approvals import Approved, approved_of
from engine.project.settings import library_folder

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.validation.rest_of_run import RunFiles
    from engine.validation.approve import ApproveRequest
    from engine.validation.judging import Verdict


class Approvals(QObject):
    """``changed`` tells that another checkpoint is approved, or one no longer."""

    changed = Signal()

    def __init__(
        self, page: QWidget, session: Session, state: GridState, evidence: EvidenceState
    ) -> None:
        super().__init__(page)
        self._page, self._session = page, session
        self._state, self._evidence = state, evidence
        self.known: dict[str, Approved] = {}
        self.sheet: ApproveSheet | None = None
        self._files: RunFiles | None = None
        evidence.changed.connect(self._follow)
        session.settings_changed.connect(self._settings_changed)

    def of(self, checkpoint: str) -> Approved | None:
        """The entry of ``checkpoint`` in the team's library."""
        return self.known.get(checkpoint)

    @property
    def to_use(self) -> tuple[str, float] | None:
        """Checkpoint and weight to paint with: what is approved, the pick before others and then
        the newest, else the pick.
        """
        state = self._state
        drawn = self._evidence.names()
        known = {path: one for path, one in self.known.items() if path in drawn}
        best = max(
            known,
            key=lambda path: (path == state.pick_checkpoint, known[path].approval.when),
            default="",
        )
        if best:
            return best, known[best].approval.weight
        if state.pick_checkpoint and state.pick_weight is not None:
            return state.pick_checkpoint, state.pick_weight
        return None

    def _settings_changed(self, _: object) -> None:
        self._follow()

    def _follow(self) -> None:
        if self._evidence.evidence is not None:
            self._session.start(self.read())

    async def read(self) -> None:
        """Look into the library for the checkpoints of the grid shown."""
        request = self._state.request
        paths = [path for path in request.checkpoints if path] if request is not None else []
        library = library_folder(self._session.settings)
        known = await self._session.bridge.io(approved_of, library, paths)
        if known != self.known:
            self.known = known
            self.changed.emit()

    def ask(self) -> None:
        """Approve a checkpoint, first of all the one that the evidence speaks for."""
        verdict, request = self._evidence.verdict(), self._state.request
        if verdict is None or not verdict.rows or request is None:
            return
        library = library_folder(self._session.settings)
        sheet = ApproveSheet(verdict, Path(request.folder), library, self._page)
        sheet.chosen.connect(lambda asked, tidy: self._choose(sheet, asked, tidy=tidy))
        sheet.library_chosen.connect(
            lambda folder: self._session.change_settings(team_library=folder)
        )
        sheet.open()
        self.sheet = sheet
        self._session.start(self._offer_tidying(sheet, verdict))

    async def _offer_tidying(self, sheet: ApproveSheet, verdict: Verdict) -> None:
        first = next(iter(verdict.words))
        files = await self._session.bridge.io(files_of_run, first)
        if sheet is self.sheet and isValid(sheet):
            self._files = files
            sheet.offer_tidying(files)

    def _choose(self, sheet: ApproveSheet, request: ApproveRequest, *, tidy: bool) -> None:
        kept = (*sheet.kept, *sheet.untold) if tidy else ()
        self._session.start(self._approve(request, kept))

    async def _approve(self, request: ApproveRequest, kept: tuple[str, ...]) -> None:
        approved: Approved = await asyncio.wrap_future(self._session.bridge.submit_beside(request))
        self._session.notify(
            "{name} is approved for the team.",
            action="Show",
            on_action=lambda: self._session.go("models", path=str(approved.path)),
            name=capital(request.name),
        )
        await self.read()
        if kept and self._files is not None:
            await trash_rest(self._session, self._files, kept)

    def withdraw(self, checkpoint: str) -> None:
        """Take an approval back; the toast brings it again."""
        approved = self.known.get(checkpoint)
        if approved is not None:
            self._session.start(withdraw(self._session, approved, self._changed))

    def _changed(self) -> None:
        self._session.start(self.read())
