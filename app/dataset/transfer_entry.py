"""In and out of the workspace: drops, the sheets that export and import, and their reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from shiboken6 import isValid

from app.actions import Action
from app.dataset.transfer_drop import Drop, opened_by, read, tell_left
from app.dataset.transfer_export import ExportSheet
from app.dataset.transfer_import import ImportReport, ImportSheet
from app.i18n import tr, tr_error
from engine.dataset.folders import find_names
from engine.dataset.formats.adopt import Adopted, adopt
from engine.dataset.problem import Problem
from engine.dataset.requests import ExportRequest, ExportResult, ImportDatasetRequest
from engine.project.project import SourceFolder

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from PySide6.QtGui import QDropEvent

    from app.dataset.view import View
    from app.widgets.states import DropOverlay


class TransferEntry(QObject):
    """Owned by the workspace, which hands it drops and clicks."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.view = view
        self.session = view.session
        self.report: ImportReport | None = None
        self._counted: dict[tuple[Path, ...], int | None] = {}
        self._offered: tuple[Drop, str, bool, DropOverlay] | None = None

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

    # Drops

    @property
    def category(self) -> str:
        """The category the grid shows, empty when it shows no single one."""
        scope = self.view.state.scope
        named = scope.kind == "category" and any(
            picture.category == scope.value for picture in self.view.state.pictures.values()
        )
        return scope.value if named else ""

    def offer(
        self, event: QDropEvent, category: str | None = None, overlay: DropOverlay | None = None
    ) -> str:
        """What a drop here would do, in words; empty when it cannot be taken. On the board it goes
        to ``category``, and ``overlay`` is told when more is known.
        """
        drop = read(event.mimeData())
        project = self.session.project
        if not drop or event.source() is not None:
            return ""
        if drop.tags and not drop.all:
            return tr("Complete tags from {name}", name=_names(drop.tags))
        if project is None:
            folder = opened_by(drop)
            return tr("Open {name}", name=folder.name) if folder is not None else ""
        if drop.dataset is not None:
            return tr("Import {name}", name=drop.dataset.name)
        if drop.folders:
            place = category or project.file.name
            self._offered = (drop, place, _copies(event), overlay or self.view.overlay)
            return self._offer_folders(drop, place, copied=_copies(event))
        place = (self.category if category is None else category) or project.file.name
        count = len(drop.loose)
        return tr("Add {n} picture to {name}", "Add {n} pictures to {name}", n=count, name=place)

    def _offer_folders(self, drop: Drop, place: str, *, copied: bool) -> str:
        facts: dict[str, Any] = {"name": _names(drop.folders), "project": place}
        count = self._count(drop.folders)
        if copied and count is None:
            return tr("Copy {name} into {project}", **facts)
        if copied:
            one = "Copy {name} with {n} picture into {project}"
            return tr(one, "Copy {name} with {n} pictures into {project}", n=count, **facts)
        if count is None:
            return tr("Add {name} to {project}. Hold Ctrl to copy it into the project", **facts)
        return tr(
            "Add {name} with {n} picture to {project}. Hold Ctrl to copy it into the project",
            "Add {name} with {n} pictures to {project}. Hold Ctrl to copy it into the project",
            n=count,
            **facts,
        )

    def _count(self, folders: tuple[Path, ...]) -> int | None:
        """The pictures in ``folders``; None while they are counted."""
        if folders not in self._counted:
            self._counted = {folders: None}
            self.session.start(self._look_into(folders))
        return self._counted[folders]

    async def _look_into(self, folders: tuple[Path, ...]) -> None:
        found = await self.session.bridge.io(_pictures_in, folders)
        if folders in self._counted:
            self._counted[folders] = found
        if self._offered is not None:
            drop, place, copied, overlay = self._offered
            if drop.folders == folders and isValid(overlay) and overlay.isVisible():
                overlay.offer(self._offer_folders(drop, place, copied=copied))

    def take(self, event: QDropEvent, category: str | None = None) -> asyncio.Task[Any] | None:
        """Do what :meth:`offer` said."""
        drop = read(event.mimeData())
        if not drop or event.source() is not None:
            return None
        self._counted = {}
        tell_left(self.session, drop.left)
        for path in drop.tags:
            self.view.captions.add_list(path)
        if self.session.project is None:
            folder = opened_by(drop)
            return self.session.open_folder(folder) if folder is not None else None
        if drop.dataset is not None:
            self.ask_import(drop.dataset)
            return None
        wanted = self.category if category is None else category
        linked = category or ""  # what is shown says nothing about folders that stay elsewhere
        return self.session.start(self._take(drop, _copies(event), wanted, linked))

    async def _take(self, drop: Drop, copied: bool, category: str, linked: str) -> None:
        project = self.session.project
        if project is None:
            return
        folders, loose = list(drop.folders), drop.all if copied else drop.loose
        if folders and not copied:
            await self.view.operations.add_folders(folders, linked)
            if linked:
                await self._sort_in(folders, linked)
        if not loose:
            return
        before = project.file.folders
        # The folder of a category keeps its copies together; loose ones lie beside each other.
        found = await self.session.bridge.io(adopt, loose, project, category)
        await self.session.rescan()
        if category and found.files:
            await self._sort_in(found.files, category)
        self._tell(found, new=project.file.folders != before)

    async def _sort_in(self, paths: Iterable[Path], category: str) -> None:
        """Put the pictures that lie at or below ``paths`` into ``category``."""
        library = self.session.library
        if library is None:
            return
        pictures = await self.session.bridge.io(library.pictures)
        wanted = set(paths)
        ids = [
            p.id
            for p in pictures
            if p.category != category and not wanted.isdisjoint((p.path, *p.path.parents))
        ]
        if ids:
            await self.view.operations.change(lambda library: library.set_category(ids, category))

    def _tell(self, found: Adopted, *, new: bool) -> None:
        if found.problems:
            self.session.show_error(found.problems[0].as_error())
        if found.files:
            folder = found.files[0].parent
            self.session.notify(
                "Copied {n} picture into the project.",
                "Copied {n} pictures into the project.",
                n=len(found.files),
                action="Show the files",
                on_action=lambda: _open(folder),
            )
        elif found.known:
            self.session.notify(
                "{n} picture was in the project already.",
                "{n} pictures were in the project already.",
                n=len(found.known),
            )

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
            on_action=lambda: _open(place),
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


def _copies(event: QDropEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


def _names(paths: Iterable[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _pictures_in(folders: tuple[Path, ...]) -> int:
    return sum(1 for folder in folders for _ in find_names(SourceFolder(path=str(folder))))


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _read_again(project: Any) -> None:
    """The engine changed the project file from its own side."""
    fresh = type(project).open(project.root)
    project.file = fresh.file
