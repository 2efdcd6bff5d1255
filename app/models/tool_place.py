"""Where a tool writes: a name in a folder, the model folder unless another is chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog

from app.i18n import tr
from app.widgets.buttons import tool_button
from app.widgets.fields import FieldRow, TextField, row
from engine.project.settings import data_dir


class PlaceRow(FieldRow):
    """The new file by name; its ending stands below. It follows what is proposed until somebody
    types another name.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.name = TextField()
        self.browse = tool_button("folder-open", "Choose where to save")
        super().__init__("New file", row(self.name, self.browse, spacing=4))
        self.folder = data_dir() / "models"
        self._suffix = ".safetensors"
        self.is_typed = False
        self.name.changed.connect(self._type)
        self.browse.clicked.connect(lambda: self.ask())
        self._say_folder()

    @property
    def path(self) -> Path | None:
        """The file or folder to write; None without a name."""
        name = self.name.value.strip()
        if not name:
            return None
        place = self.folder / name
        if self._suffix and place.suffix.lower() != self._suffix:
            place = place.with_name(f"{place.name}{self._suffix}")
        return place

    def propose(self, stem: str, suffix: str) -> None:
        """Show another name, unless one was typed; ``suffix`` is empty for a folder."""
        self._suffix = suffix
        if not self.is_typed:
            self.name.set_value(stem)
            self.name.setCursorPosition(0)  # a long name is read from its beginning
            self.name.setToolTip(f"{stem}{suffix}")
        self._say_folder()

    def take(self, path: Path) -> None:
        """Write to ``path``."""
        self.folder, self.is_typed = path.parent, True
        known = bool(self._suffix) and path.suffix.lower() == self._suffix
        self.name.set_value(path.stem if known else path.name)
        self.name.setToolTip(path.name)
        self._say_folder()
        self.set_error("")
        self.changed.emit()

    def ask(self) -> None:
        """Ask where, in the system's dialog."""
        start = str(self.path or self.folder)
        dialog = QFileDialog(self, tr("Choose where to save"), start)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        # It is asked here what becomes of a file that is there: it stays.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._suffix:
            dialog.setNameFilter(f"*{self._suffix}")
            dialog.setDefaultSuffix(self._suffix.removeprefix("."))
        dialog.selectFile(start)
        dialog.fileSelected.connect(lambda path: self.take(Path(path)))
        dialog.open()

    def _type(self, text: str) -> None:
        self.is_typed = bool(text.strip())
        self.name.setToolTip("")
        self.set_error("")
        self.changed.emit()

    def _say_folder(self) -> None:
        key = "A {suffix} file in {folder}" if self._suffix else "In {folder}"
        self.set_hint(key, folder=self.folder, suffix=self._suffix)
