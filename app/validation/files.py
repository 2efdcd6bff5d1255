"""Files in and out of Validate: LoRAs to compare, and the picture of the grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.i18n import tr
from engine.project.settings import data_dir
from engine.runtime.files import write_bytes
from engine.validation.legend import draw_grid
from engine.validation.manifest import open_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDropEvent
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.model import GridState
    from app.validation.reader import Reader
    from app.validation.setup import GridSetup

LORA_SUFFIX = ".safetensors"


class GridFiles:
    """Asks over ``page`` which file, then reads or writes it."""

    def __init__(
        self, page: QWidget, session: Session, state: GridState, setup: GridSetup, reader: Reader
    ) -> None:
        self._page, self._session = page, session
        self._state, self._setup, self._reader = state, setup, reader

    def ask_loras(self) -> None:
        """Ask for LoRA files to compare."""
        project = self._session.project
        folder = project.runs if project is not None else data_dir()
        pattern = f"LoRA (*{LORA_SUFFIX})"
        dialog = QFileDialog(self._page, tr("Choose LoRA files"), str(folder), pattern)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.take_loras)
        dialog.open()

    def take_loras(self, paths: Sequence[str]) -> None:
        """Compare these LoRA files, on a base model that takes them."""
        self._setup.choose_files(paths)
        self._session.start(self._reader.load_models())

    def ask_export(self) -> None:
        """Ask where to write the picture of the grid."""
        request = self._state.request
        if request is None:
            return
        project = self._session.project
        folder = project.exports if project is not None else data_dir()
        start = str(folder / f"{Path(request.folder).name}.png")
        dialog = QFileDialog(self._page, tr("Export grid"), start, "PNG (*.png)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.selectFile(start)
        dialog.fileSelected.connect(lambda path: self._session.start(self.export(Path(path))))
        dialog.open()

    async def export(self, path: Path) -> None:
        """Write the picture of the grid with its legend to ``path``."""
        request = self._state.request
        if request is None:
            return
        await self._session.bridge.io(_write_picture, Path(request.folder), path)
        self._session.notify("Exported {name}.", name=path.name)


def _write_picture(folder: Path, path: Path) -> None:
    drawn = draw_grid(open_grid(folder))
    if path != drawn:
        write_bytes(path, drawn.read_bytes())


def dropped_loras(event: QDropEvent) -> list[str]:
    """The LoRA files of a drop."""
    urls = event.mimeData().urls()
    return [url.toLocalFile() for url in urls if url.toLocalFile().endswith(LORA_SUFFIX)]
