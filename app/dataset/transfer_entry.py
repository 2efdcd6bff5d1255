"""In and out of the workspace: the sheets that export and import, and their reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.actions import Action
from app.dataset.transfer_export import ExportSheet
from app.dataset.transfer_import import ImportReport, ImportSheet
from app.dataset.transfer_intake import Intake, open_place
from app.i18n import tr, tr_error
from engine.dataset.problem import Problem
from engine.dataset.requests import ExportRequest, ExportResult, ImportDatasetRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.dataset.view import View


class TransferEntry(QObject):
    """Owned by the workspace, which hands it clicks; ``drops`` takes what falls on it."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.view = view
        self.session = view.session
        self.drops = Intake(view)
        self.report: ImportReport | None = None

    def actions(self) -> list[Action]:
        """What the palette offers."""

        def opened() -> bool:
            return self.session.project is not None

        def filled() -> bool:
            return bool(self.view.state.pictures)

        return [
            Action(
                "dataset.export",
                "Export pictures…",
                lambda: self._ask(self.ask_export),
                "folder-output",
                enabled=filled,
                where="dataset",
            ),
            Action(
                "dataset.import",
                "Import a dataset…",
                lambda: self._ask(self.ask_import),
                "file-input",
                enabled=opened,
                where="dataset",
            ),
        ]

    def _ask(self, sheet: Callable[[], object]) -> None:
        sheet()

    # Out

    def ask_export(self) -> ExportSheet | None:
        """Choose format and place of an export."""
        project = self.session.project
        if project is None:
            return None
        sheet = ExportSheet(project, self.view.state, self.view)
        sheet.chosen.connect(lambda request: self.session.start(self._export(request)))
        sheet.open()
        return sheet

    async def _export(self, request: ExportRequest) -> None:
        result = await self.session.bridge.run(request)
        folder = Path(result.folder)
        place = folder if folder.is_dir() else folder.parent
        one = result.count == 1
        self.session.notify(
            "Exported 1 picture to {folder}." if one else "Exported {n} pictures to {folder}.",
            action="Show the files",
            on_action=lambda: open_place(place),
            n=result.count,
            folder=result.folder,
        )
        left = len(result.skipped) + len(result.notes)
        if left:
            # Only said: who asked for the export is at other work by now.
            self.session.notify(
                "1 note about the export." if left == 1 else "{n} notes about the export.",
                action="Show",
                on_action=lambda: self._show_left(result),
                n=left,
            )

    def _show_left(self, result: ExportResult) -> None:
        self.report = ImportReport(
            "Export", [], _sentences(result.skipped, result.notes), self.view
        )
        self.report.open()

    # In

    def ask_import(self, source: Path | None = None) -> ImportSheet | None:
        """Choose a dataset of another tool to take over."""
        project = self.session.project
        if project is None:
            return None
        sheet = ImportSheet(project, source, self.view)
        sheet.chosen.connect(lambda request: self.session.start(self._import(request)))
        sheet.open()
        return sheet

    async def _import(self, request: ImportDatasetRequest) -> None:
        project = self.session.project
        result = await self.session.bridge.run(request)
        if project is None or Path(result.project) != project.root:
            self.session.open_folder(Path(result.project))  # a zip is a project of its own
        elif self.session.project is project:
            await self.session.bridge.io(_read_again, project)
            await self.session.rescan()
        facts = [
            tr("{n} picture in the project", "{n} pictures in the project", n=result.pictures),
            tr("{n} caption written", "{n} captions written", n=result.captions),
            tr("{n} folder added", "{n} folders added", n=len(result.folders)),
        ]
        left = _sentences(result.unmatched, result.unplaced)
        self.report = ImportReport("Import", facts, left, self.view)
        self.report.open()


def _sentences(*found: Iterable[str]) -> list[str]:
    """What an engine job said, in the language of the moment where it can be."""
    return [
        tr_error(one.as_error()) if isinstance(one, Problem) else tr(one)
        for some in found
        for one in some
    ]


def _read_again(project: Any) -> None:
    """The engine changed the project file from its own side."""
    fresh = type(project).open(project.root)
    project.file = fresh.file
