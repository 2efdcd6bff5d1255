"""What becomes of files that fall on the grid or on a column of the board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from shiboken6 import isValid

from app.dataset.transfer_ask import AskCopy
from app.dataset.transfer_drop import Drop, open_dropped, opened_by, read, readable, tell_left
from app.i18n import tr
from engine.dataset.folders import find_names
from engine.dataset.formats.adopt import Adopted, adopt
from engine.project.project import SourceFolder

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Sequence

    from PySide6.QtGui import QDropEvent

    from app.dataset.view import View
    from app.widgets.states import DropOverlay
    from engine.dataset.formats.adopt import Blob


class Intake(QObject):
    """Says what a drop will do, and does it: the same for the grid and for every column.

    Folders stay where they are unless Ctrl is held. Pictures that lie in a folder of the project
    are in it already. Others are copied when Ctrl is held; else the user is asked. Only what comes
    out of a browser, which lies nowhere, is always copied.
    """

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.view = view
        self.session = view.session
        self._counted: dict[tuple[Path, ...], int | None] = {}
        self._offered: tuple[Drop, str, bool, DropOverlay] | None = None

    @property
    def category(self) -> str:
        """The category the grid shows, empty when it shows no single one."""
        scope = self.view.state.scope
        named = scope.kind == "category" and any(
            picture.category == scope.value for picture in self.view.state.pictures.values()
        )
        return scope.value if named else ""

    # What a drop would do

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
        return self._offer_loose(drop, place, copied=_copies(event))

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

    def _offer_loose(self, drop: Drop, place: str, *, copied: bool) -> str:
        facts: dict[str, Any] = {"n": len(drop.loose), "name": place}
        _, strange = self._sorted(drop.pictures)
        if not strange:
            return tr("Add {n} picture to {name}", "Add {n} pictures to {name}", **facts)
        if copied:
            return tr("Copy {n} picture into {name}", "Copy {n} pictures into {name}", **facts)
        return tr(
            "Add {n} picture to {name}. Hold Ctrl to copy it into the project",
            "Add {n} pictures to {name}. Hold Ctrl to copy them into the project",
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

    def _sorted(self, pictures: Iterable[Path]) -> tuple[list[Path], list[Path]]:
        """Those that lie in a folder of the project, and the others."""
        project = self.session.project
        roots = [Path(folder.path) for folder in project.file.folders] if project else []
        inside: list[Path] = []
        outside: list[Path] = []
        for path in pictures:
            (inside if any(map(path.is_relative_to, roots)) else outside).append(path)
        return inside, outside

    # What it does

    def take(self, event: QDropEvent, category: str | None = None) -> asyncio.Task[Any] | None:
        """Do what :meth:`offer` said."""
        drop = read(event.mimeData())
        if not drop or event.source() is not None:
            return None
        self._counted = {}
        for path in drop.tags:
            self.view.captions.add_list(path)
        if self.session.project is None:
            return self.session.start(open_dropped(self.session, drop))
        tell_left(self.session, drop.left)
        if drop.dataset is not None:
            self.view.transfer.ask_import(drop.dataset)
            return None
        wanted = (self.category or None) if category is None else category
        linked = category or ""  # what is shown says nothing about folders that stay elsewhere
        return self.session.start(self._take(drop, _copies(event), wanted, linked))

    async def _take(self, drop: Drop, copied: bool, category: str | None, linked: str) -> None:
        if drop.folders and not copied:
            await self.view.operations.add_folders(list(drop.folders), linked)
            if linked:
                await self._sort_in(drop.folders, linked)
        known, strange = self._sorted(drop.pictures)
        if known:
            await self._take_known(known, category)
        if strange and not copied:
            await self._ask(strange, category or "")
            strange = []
        wanted: list[Path | Blob] = [*(drop.folders if copied else ()), *strange, *drop.blobs]
        if wanted:
            await self._copy(wanted, category or "")

    async def _take_known(self, files: Sequence[Path], category: str | None) -> None:
        """They lie in a folder of the project: nothing is copied, at most they are sorted in, or
        out of every category when that is the empty one.
        """
        held = {picture.path for picture in self.view.state.pictures.values()}
        if not held.issuperset(files):
            await self.session.rescan()  # saved there a moment ago
        if category is None or not await self._sort_in(files, category, told=True):
            self.session.notify(
                "{n} picture was in the project already.",
                "{n} pictures were in the project already.",
                n=len(files),
            )

    async def _ask(self, dropped: Sequence[Path], category: str) -> None:
        files, problem = await self.session.bridge.io(readable, dropped)
        if problem is not None:
            self.session.show_error(problem)
        if not files:
            return
        ask = AskCopy(files, self.view)
        ask.copied.connect(lambda: self.session.start(self._copy(files, category)))
        ask.linked.connect(lambda: self.session.start(self._link(files, category)))
        ask.open()

    async def _link(self, files: Sequence[Path], category: str) -> None:
        folders = list(dict.fromkeys(path.parent for path in files))
        await self.view.operations.add_folders(folders)
        if category:
            await self._sort_in(files, category)

    async def _copy(self, files: Sequence[Path | Blob], category: str) -> None:
        project = self.session.project
        if project is None:
            return
        # The folder of a category keeps its copies together; loose ones lie beside each other.
        found = await self.session.bridge.io(adopt, files, project, category)
        await self.session.rescan()
        if category and found.files:
            await self._sort_in(found.files, category)
        self._tell(found)

    async def _sort_in(self, paths: Iterable[Path], category: str, *, told: bool = False) -> bool:
        """Put the pictures that lie at or below ``paths`` into ``category``; whether any was not
        there before. It is ``told`` where nothing else is.
        """
        library = self.session.library
        if library is None:
            return False
        pictures = await self.session.bridge.io(library.pictures)
        wanted = set(paths)
        found = [
            p
            for p in pictures
            if p.category != category and not wanted.isdisjoint((p.path, *p.path.parents))
        ]
        if found and told:
            await self.view.operations.categorize(found, category)
        elif found:
            ids = [picture.id for picture in found]
            await self.view.operations.change(lambda library: library.set_category(ids, category))
        return bool(found)

    def _tell(self, found: Adopted) -> None:
        if found.problems:
            self.session.show_error(found.problems[0].as_error())
        if found.files:
            folder = found.files[0].parent
            self.session.notify(
                "Copied {n} picture into the project.",
                "Copied {n} pictures into the project.",
                n=len(found.files),
                action="Show the files",
                on_action=lambda: open_place(folder),
            )
        elif found.known:
            self.session.notify(
                "{n} picture was in the project already.",
                "{n} pictures were in the project already.",
                n=len(found.known),
            )


def open_place(folder: Path) -> None:
    """Show a folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _copies(event: QDropEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


def _names(paths: Iterable[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _pictures_in(folders: tuple[Path, ...]) -> int:
    return sum(1 for folder in folders for _ in find_names(SourceFolder(path=str(folder))))
