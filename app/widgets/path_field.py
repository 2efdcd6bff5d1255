"""A field for the path of a file or a folder: typed, chosen in the system's dialog, or dropped."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog

from app.i18n import bind, tr
from app.theme import icons
from app.widgets.entries import TextField

_TITLES = {"file": "Choose a file", "folder": "Choose a folder"}


class PathField(TextField):
    """A text field with a button at its right end that opens a dialog, which blocks nothing."""

    def __init__(self, kind: Literal["file", "folder"]) -> None:
        super().__init__()
        self._kind = kind
        place = self.ActionPosition.TrailingPosition
        self.choose = self.addAction(icons.icon("folder-open", 14), place)
        bind(self.choose.setToolTip, _TITLES[kind])
        self.choose.triggered.connect(lambda *_: self.open_dialog())

    def open_dialog(self) -> QFileDialog:
        """Let the user choose; what is chosen is taken as if it were typed."""
        dialog = QFileDialog(self, tr(_TITLES[self._kind]), self.value)
        folder = self._kind == "folder"
        mode = QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFile
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._take)
        dialog.open()
        return dialog

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file from another program, else what a text field takes."""
        if _path_in(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """As when it came in."""
        if _path_in(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hold the path of what was dropped."""
        path = _path_in(event.mimeData())
        if path:
            event.acceptProposedAction()
            self._take(path)
        else:
            super().dropEvent(event)

    def _take(self, path: str) -> None:
        self.set_value(path)
        self.changed.emit(path)


def _path_in(data: QMimeData) -> str:
    """The path of the one local file in ``data``, else empty."""
    urls = data.urls()
    return urls[0].toLocalFile() if len(urls) == 1 else ""
