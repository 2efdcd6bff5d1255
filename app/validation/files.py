"""LoRA files that are brought into Validate: chosen in a dialog, or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.i18n import tr
from engine.project.settings import data_dir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDropEvent
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.reader import Reader
    from app.validation.setup import GridSetup

LORA_SUFFIX = ".safetensors"


class GridFiles:
    """Asks over ``page`` which files to compare."""

    def __init__(self, page: QWidget, session: Session, setup: GridSetup, reader: Reader) -> None:
        self._page, self._session = page, session
        self._setup, self._reader = setup, reader

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


def dropped_loras(event: QDropEvent) -> list[str]:
    """The LoRA files of a drop."""
    urls = event.mimeData().urls()
    return [url.toLocalFile() for url in urls if url.toLocalFile().endswith(LORA_SUFFIX)]
