"""Exports of Validate: asked for, done beside the engine, and told when they are there."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.i18n import language
from app.validation.export_sheet import ExportSheet
from app.widgets.file_dialogs import ask_save
from engine.project.settings import data_dir
from engine.runtime.files import exists
from engine.validation.export.report_request import ApprovedRow, ReportRequest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.approve_entry import Approvals
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from engine.validation.export.request import ExportGridRequest


class Exports(QObject):
    """Opens its sheets over ``page``. The queue shows how far an export is, and stops it."""

    def __init__(
        self,
        page: QWidget,
        session: Session,
        state: GridState,
        evidence: EvidenceState,
        approvals: Approvals,
    ) -> None:
        super().__init__(page)
        self._page, self._session = page, session
        self._state, self._evidence = state, evidence
        self._approvals = approvals
        self.sheet: ExportSheet | None = None

    def ask_grid(self) -> None:
        """Choose format and place of an export of the grid shown."""
        if next(iter(self._state.finished()), None) is None:
            return
        project = self._session.project
        folder = project.exports if project is not None else data_dir()
        sheet = ExportSheet(folder, self._state, self._evidence.evidence, self._page)
        sheet.chosen.connect(lambda request: self._session.start(self._leave(sheet, request)))
        sheet.finished.connect(self._forget)
        sheet.open()
        self.sheet = sheet

    def _forget(self) -> None:
        self.sheet = None

    async def _leave(self, sheet: ExportSheet, request: ExportGridRequest) -> None:
        there = await self._session.bridge.io(exists, Path(request.path))
        if sheet is not self.sheet:
            return  # it was closed meanwhile, or clicked twice
        if there and not sheet.is_agreed(request.path):
            sheet.ask_again(request.path)
            return
        sheet.accept()
        verdict = self._evidence.verdict()
        if verdict is not None:
            request = request.model_copy(update={"limits": verdict.limits})
        await self.export(request)

    async def export(self, request: ExportGridRequest | ReportRequest) -> None:
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

    def ask_report(self, kind: str) -> None:
        """Ask where to write the report of the verdict: an ``html`` page, or a ``pdf``."""
        request = self._state.request
        if request is None or self._evidence.verdict() is None:
            return
        project = self._session.project
        folder = project.exports if project is not None else data_dir()
        start = str(folder / f"{Path(request.folder).name}-report.{kind}")
        pattern = f"{kind.upper()} (*.{kind})"
        take = partial(self.write_report, kind)
        ask_save(self._page, "Report", start, pattern, kind, take)

    def write_report(self, kind: str, path: str) -> None:
        """Write the report of the verdict to ``path``."""
        verdict, request = self._evidence.verdict(), self._state.request
        if verdict is None or request is None:
            return
        known = self._state.checkpoints
        held_out = verdict.evidence.held_out_similarities
        asked = ReportRequest(
            grid=request.folder,
            path=path,
            format="pdf" if kind == "pdf" else "html",
            evidence=verdict.evidence,
            limits=verdict.limits,
            names=dict(verdict.names),
            epochs={one: item.epoch for one, item in known.items()},
            training=self._evidence.training_count,
            held_out=len(held_out),
            dismissed=self._evidence.choices.now.dismissed,
            approved=self._approved(),
            run=self._run_name(),
            left_out=tuple(self._evidence.left_out()),
            language=cast("Literal['en', 'zh_CN']", language()),
        )
        self._session.start(self.export(asked))

    def _approved(self) -> ApprovedRow | None:
        """What of the grid shown the team approved."""
        used = self._approvals.to_use
        found = self._approvals.of(used[0]) if used is not None else None
        if used is None or found is None:
            return None
        return ApprovedRow(checkpoint=used[0], weight=used[1], note=found.approval.note)

    def _run_name(self) -> str:
        """What the run of the first checkpoint is called: its folder."""
        request = self._state.request
        first = next(filter(None, request.checkpoints), "") if request is not None else ""
        folder = Path(first).parent
        return "" if not first else folder.parent.name if folder.name == "checkpoints" else ""


def open_place(folder: Path) -> None:
    """Show a folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
