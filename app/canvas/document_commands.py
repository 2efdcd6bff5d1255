"""What a user does with the canvas as a file: new, open, place, rename, save, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from app.canvas import dialogs
from app.canvas.files import free_name
from app.i18n import tr
from app.widgets import file_dialogs
from engine.canvas.export import FORMATS, Format
from engine.canvas.incoming import FOREIGN_SUFFIXES
from engine.canvas.storage import SUFFIX
from engine.imaging.decode import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.canvas.keeper import Keeper
    from app.canvas.model import CanvasState
    from app.session import Session

PICTURES = "*" + " *".join(sorted(PICTURE_SUFFIXES))
DOCUMENTS = "*" + " *".join(sorted(FOREIGN_SUFFIXES))
FIRST_SIDE = 512


class DocumentCommands:
    """Asks over ``page`` for what a command needs, then has the keeper do it."""

    def __init__(self, page: QWidget, session: Session, state: CanvasState, keeper: Keeper) -> None:
        self._page, self._session, self._state, self._keeper = page, session, state, keeper

    def new(self) -> None:
        """Ask for the size of a new canvas."""
        first = QSize(FIRST_SIDE, FIRST_SIDE)
        size = self._state.size if self._state.document is not None else first
        name = free_name(self._keeper.folder, "canvas").stem
        self.dialog = dialogs.NewCanvasDialog(size, name, self._page)
        self.dialog.chosen.connect(self._create)
        self.dialog.open()

    def _create(
        self, width: int, height: int, background: tuple[int, int, int] | None, name: str
    ) -> None:
        layer = tr("Background") if background is not None else tr("Layer {n}", n=1)
        self._session.start(self._keeper.create(width, height, background, layer, name))

    def rename(self) -> None:
        """Ask for another name of the canvas."""
        if self._state.path is not None:
            self.renaming = dialogs.RenameDialog(self._state.path.stem, self._page)
            self.renaming.chosen.connect(
                lambda name: self._session.start(self._keeper.rename(name))
            )
            self.renaming.open()

    def open_file(self) -> None:
        """Ask for a canvas or a picture to open."""
        pattern = f"{tr('Canvas and pictures')} (*{SUFFIX} {DOCUMENTS} {PICTURES})"
        file_dialogs.ask_open(
            self._page,
            "Open canvas",
            str(self._keeper.folder),
            pattern,
            lambda path: self._session.start(self._keeper.open(Path(path))),
        )

    def place_picture(self) -> None:
        """Ask for a picture to put on a layer."""
        file_dialogs.ask_open(
            self._page,
            "Place a picture",
            str(self._keeper.folder),
            f"{tr('Pictures and documents')} ({PICTURES} {DOCUMENTS})",
            lambda path: self._session.start(self._keeper.add_picture(Path(path), None)),
        )

    def save(self) -> None:
        """Write the document to its file, and say which that is."""
        self._session.start(self._save())

    async def _save(self, path: Path | None = None) -> None:
        await self._keeper.save(path)
        saved, project = self._state.path, self._session.project
        if saved is None:
            return
        if project is not None and saved.parent == project.canvas:
            self._session.notify("Saved {name} in this project.", name=saved.stem)
        else:
            self._session.notify("Saved {name} in {folder}.", name=saved.stem, folder=saved.parent)

    def save_as(self) -> None:
        """Ask for another file and write the document there."""
        start = str(self._state.path or self._keeper.folder / f"canvas{SUFFIX}")
        file_dialogs.ask_save(
            self._page,
            "Save canvas as",
            start,
            f"{tr('Canvas')} (*{SUFFIX})",
            SUFFIX[1:],
            lambda path: self._session.start(self._save(Path(path))),
        )

    def export(self) -> None:
        """Ask for a file and write the picture there, in the format that its suffix says."""
        stem = self._state.path.stem if self._state.path is not None else "canvas"
        project = self._session.project
        folder = project.exports if project is not None else self._keeper.folder
        named = {_pattern(one): one for one in FORMATS}

        def choose(text: str) -> None:
            suffix = named[text].suffixes[0]
            typed = dialog.selectedFiles()
            dialog.setDefaultSuffix(suffix[1:])
            dialog.selectFile(f"{Path(typed[0]).stem if typed else stem}{suffix}")

        dialog = self.exporting = file_dialogs.ask_save(
            self._page,
            "Export picture",
            str(folder / f"{stem}{FORMATS[0].suffixes[0]}"),
            ";;".join(named),
            FORMATS[0].suffixes[0][1:],
            lambda path: self._session.start(self._keeper.export(Path(path))),
        )
        dialog.filterSelected.connect(choose)


def _pattern(one: Format) -> str:
    """How the dialog names a format, with what it keeps."""
    return f"{tr(one.label)} (*{' *'.join(one.suffixes)})"
