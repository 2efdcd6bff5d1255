"""LoRA files and sketches that are brought into Validate: chosen in a dialog, or dropped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.i18n import tr
from engine.imaging.decode import PICTURE_SUFFIXES
from engine.project.settings import data_dir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDropEvent
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.plans import Plans
    from app.validation.reader import Reader
    from app.validation.setup import GridSetup

LORA_SUFFIX = ".safetensors"


class GridFiles:
    """Asks over ``page`` which files to compare."""

    def __init__(
        self, page: QWidget, session: Session, setup: GridSetup, reader: Reader, plans: Plans
    ) -> None:
        self._page, self._session = page, session
        self._setup, self._reader, self._plans = setup, reader, plans
        plans.folder_asked.connect(self.ask_sketches)

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

    def ask_sketches(self) -> QFileDialog:
        """Ask for a folder of sketches to draw on."""
        dialog = QFileDialog(self._page, tr("Choose a folder of sketches"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.take_sketches)
        dialog.open()
        return dialog

    def take_sketches(self, folder: str) -> None:
        """Draw on the pictures in ``folder``."""
        self._session.start(self._plans.on_sketches(folder))

    def take(self, event: QDropEvent) -> None:
        """Compare dropped LoRA files; else draw on dropped pictures, or on those of a folder."""
        loras, pictures = dropped_loras(event), dropped_pictures(event)
        if loras:
            self.take_loras(loras)
        elif len(pictures) == 1 and not Path(pictures[0]).suffix:
            self.take_sketches(pictures[0])
        elif pictures:
            self._setup.put("init_image", pictures)


def dropped_pictures(event: QDropEvent) -> list[str]:
    """The picture files and folders of a drop."""
    paths = (url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
    return [path for path in paths if Path(path).suffix.lower() in {"", *PICTURE_SUFFIXES}]


def dropped_loras(event: QDropEvent) -> list[str]:
    """The LoRA files of a drop."""
    urls = event.mimeData().urls()
    return [url.toLocalFile() for url in urls if url.toLocalFile().endswith(LORA_SUFFIX)]
