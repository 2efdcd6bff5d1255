"""The system's dialogs for one file to open or to save. They do not block."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.i18n import tr


def ask_open(
    parent: QWidget, title: str, folder: str, pattern: str, take: Callable[[str], object]
) -> QFileDialog:
    """Let the user choose a file to open."""
    dialog = QFileDialog(parent, tr(title), folder, pattern)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _opened(dialog, take)


def ask_save(
    parent: QWidget,
    title: str,
    start: str,
    pattern: str,
    suffix: str,
    take: Callable[[str], object],
) -> QFileDialog:
    """Let the user choose where to save; ``suffix`` is added where it is missing."""
    dialog = QFileDialog(parent, tr(title), start, pattern)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(start)
    return _opened(dialog, take)


def _opened(dialog: QFileDialog, take: Callable[[str], object]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(take)
    dialog.open()
    return dialog
