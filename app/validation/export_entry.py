"""Exports of Validate: asked for, done beside the engine, and told when they are there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.validation.export_sheet import ExportSheet
from engine.project.settings import data_dir
from engine.runtime.files import exists

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from engine.validation.export.request import ExportGridRequest


class Exports(QObject):
    """Opens its sheets over ``page``. The queue shows how far an export is, and stops it."""

    def __init__(
        self, page: QWidget, session: Session, state: GridState, evidence: EvidenceState
    ) -> None:
        super().__init__(page)
        self._page, self._session = page, session
        self._state, self._evidence = state, evidence
        self.sheet: ExportSheet | None = None

    def ask_grid(self) -> None:
        """Choose format and place of an export of the grid shown."""
        if next(iter(self._state.finished()), None) is None:
            return
        project = self._session.project
        folder = project.exports if project is not None else data_dir()
        sheet = ExportSheet(folder, self._state, self._evidence.evidence, self._page)
        sheet.chosen.connect(lambda request: self._session.start(self._leave(sheet, request)))
        sheet.open()
        self.sheet = sheet

    async def _leave(self, sheet: ExportSheet, request: ExportGridRequest) -> None:
        there = await self._session.bridge.io(exists, Path(request.path))
        if there and not sheet.is_agreed(request.path):
            sheet.ask_again(request.path)
            return
        sheet.accept()
        await self.export(request)

    async def export(self, request: ExportGridRequest) -> None:
        """Do the work of ``request``, and offer to show the file."""
        written = await asyncio.wrap_future(self._session.bridge.submit_beside(request))
        path: Path = written.paths[0]
        self._session.notify(
            "Exported {name}.",
            action="Show the files",
            on_action=lambda: open_place(path.parent),
            name=path.name,
        )
        if written.missing:
            self._session.notify(
                "1 cell is not drawn and is shown empty.",
                "{n} cells are not drawn and are shown empty.",
                n=written.missing,
                warns=True,
            )


def open_place(folder: Path) -> None:
    """Show a folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
