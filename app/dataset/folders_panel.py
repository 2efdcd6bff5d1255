"""The folders of a project: what lies in each, how often it is learned, and whether it is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog

from app.dataset.counts import Scope
from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.shell.menus import Menu
from app.widgets.row_list import Row, RowList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from engine.project.project import SourceFolder

most_repeats = 1000


class FoldersList(RowList):
    """One row a folder; its menu has what can be done with it."""

    def __init__(self, state: DatasetState, operations: Operations) -> None:
        super().__init__()
        self.dataset = state
        self.operations = operations
        self._missing: frozenset[str] = frozenset()
        self._looking = False
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.chosen.connect(self._choose)
        bind(self.setAccessibleName, "Folders")
        state.reloaded.connect(self._look)
        state.shown_changed.connect(self._mark)
        language_signals.changed.connect(self.refresh)
        self._look()

    def _look(self) -> None:
        self.refresh()
        if self._folders() and not self._looking:
            self._looking = True
            self.dataset.session.start(self._find_missing())

    async def _find_missing(self) -> None:
        folders = [folder.path for folder in self._folders()]
        try:
            found = await self.dataset.session.bridge.io(_missing, folders)
        finally:
            self._looking = False
        if found != self._missing:
            self._missing = found
            self.refresh()

    def refresh(self) -> None:
        """Count again."""
        held = self.dataset.snapshot.folders
        self.set_rows(
            [_row(f, held.get(f.path, 0), missing=f.path in self._missing) for f in self._folders()]
        )
        self._mark()

    def folder(self, path: str) -> SourceFolder | None:
        """The folder at ``path``, None when it is not one of the project's any more."""
        return next((folder for folder in self._folders() if folder.path == path), None)

    def _folders(self) -> Sequence[SourceFolder]:
        project = self.dataset.session.project
        return project.file.folders if project is not None else ()

    def _choose(self, path: str) -> None:
        ids = frozenset(p.id for p in self.dataset.pictures.values() if p.folder == path)
        self.dataset.set_scope(Scope("ids", path, ids))

    def _mark(self) -> None:
        scope = self.dataset.scope
        self.set_current(scope.value if scope.kind == "ids" else "")

    # What a user can do

    def _open_menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if index.isValid():
            row = self.rows.items[index.row()]
            self.menu_of(row.key).at(self.viewport().mapToGlobal(at))

    def menu_of(self, path: str) -> Menu:
        """What can be done with the folder at ``path``."""
        folder = self.folder(path)
        regular = folder is not None and folder.regularization
        menu = Menu(self)
        menu.add("Show in folder", lambda: _show(path), "folder-open")
        menu.add("Repeats…", lambda: self._ask_repeats(path), "layers-2")
        menu.add(
            "Regularization pictures",
            lambda: self.change(path, regularization=not regular),
            ticked=regular,
        )
        menu.line().add("Remove from the project", lambda: self.remove(path), "folder-x")
        return menu

    def change(self, path: str, **values: object) -> None:
        """Change what the project says about a folder."""
        folders = [
            folder.model_copy(update=values) if folder.path == path else folder
            for folder in self._folders()
        ]
        self.operations.change(lambda library: library.set_folders(folders))

    def remove(self, path: str) -> None:
        """Take a folder out of the project; its files stay."""
        kept = [folder for folder in self._folders() if folder.path != path]
        self.operations.change(
            lambda library: library.set_folders(kept),
            "Removed {name} from the project. The files stay on disk.",
            name=os.path.basename(path) or path,
        )

    def _ask_repeats(self, path: str) -> None:
        folder = self.folder(path)
        if folder is None:
            return
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setWindowTitle(tr("Repeats"))
        dialog.setLabelText(tr("How often each picture of the folder is learned in an epoch"))
        dialog.setIntRange(1, most_repeats)
        dialog.setIntValue(folder.repeats)
        dialog.intValueSelected.connect(lambda value: self.change(path, repeats=value))
        dialog.open()


def _row(folder: SourceFolder, count: int, *, missing: bool) -> Row:
    notes = [f"×{folder.repeats}"] if folder.repeats > 1 else []
    if folder.regularization:
        notes.append(tr("reg"))
    name = os.path.basename(folder.path.rstrip("/\\")) or folder.path
    tip = folder.path
    if missing:
        tip = tr("{path} is not there now. Its pictures are kept as they were.", path=folder.path)
    return Row(
        folder.path,
        name,
        number(count),
        note=" ".join(notes),
        icon="folder-x" if missing else "hard-drive",
        icon_tone="warn" if missing else "t2",
        tip=tip,
    )


def _missing(folders: Sequence[str]) -> frozenset[str]:
    return frozenset(path for path in folders if not os.path.isdir(path))


def _show(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
