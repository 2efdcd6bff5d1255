"""What the pictures of the open project are compared by, kept with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.validation.keeping import Keeping
from engine.validation import measured_by

if TYPE_CHECKING:
    from app.session import Session


class ExtractorChoice:
    """``path`` is the model that was chosen; empty for what is built in."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._folder: Path | None = None
        self.path = ""
        self._keeping: Keeping[str] = Keeping(session, self._write)

    async def follow(self) -> None:
        """Another project is open: read what was chosen there, and tell if it is gone."""
        project = self._session.project
        folder = self._folder = project.root if project is not None else None
        self.path = self._keeping.waiting(folder) or ""
        if folder is None or self.path:
            return
        found, wrong = await self._session.bridge.io(measured_by.load, folder)
        if folder != self._folder:
            return  # another project is open by now
        self.path = found
        if wrong is not None:
            self._session.notify(wrong.template, warns=True, name=wrong.facts["name"])

    def choose(self, path: str) -> None:
        """Compare by the model at ``path`` from now on."""
        self.path = path
        self._keeping.keep(self._folder, path)

    async def _write(self, folder: Path, path: str) -> None:
        await self._session.bridge.io(measured_by.save, folder, path)
