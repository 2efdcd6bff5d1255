"""The small dialogs of the canvas. They open without blocking and answer by signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import Choice, FieldRow, NumberField, row
from app.widgets.text import label
from engine.canvas.document import LARGEST_SIDE

if TYPE_CHECKING:
    from collections.abc import Callable

BACKGROUNDS = (("white", "White"), ("gray", "Middle gray"), ("none", "Transparent"))
_COLORS = {"white": (255, 255, 255), "gray": (128, 128, 128), "none": None}


class NewCanvasDialog(QDialog):
    """Size and background of a new canvas. ``chosen`` carries width, height and RGB or None."""

    chosen = Signal(int, int, object)

    def __init__(self, size: QSize, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "New canvas")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 16, 4, 16)
        column.setSpacing(metrics.GAP_FIELDS)
        self.width_field = NumberField(1, LARGEST_SIDE, 8, 0, unit="px")
        self.height_field = NumberField(1, LARGEST_SIDE, 8, 0, unit="px")
        self.width_field.set_value(size.width())
        self.height_field.set_value(size.height())
        between = label()
        between.setText("×")
        sides = row(self.width_field, between, self.height_field)
        self.background = Choice(BACKGROUNDS)
        column.addWidget(FieldRow("Size", sides))
        column.addWidget(FieldRow("Background", self.background))
        bind(self.width_field.setAccessibleName, "Width")
        bind(self.height_field.setAccessibleName, "Height")
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.create_button = button("Create", "plus", "primary", on=self._create)
        self.create_button.setDefault(True)
        foot.addWidget(self.create_button)
        column.addLayout(foot)
        self.setMinimumWidth(360)

    def _create(self) -> None:
        color = _COLORS[str(self.background.value)]
        self.chosen.emit(int(self.width_field.value), int(self.height_field.value), color)
        self.accept()


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
