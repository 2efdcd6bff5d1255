"""The small dialogs of the canvas. They open without blocking and answer by signal."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import Choice, FieldRow, NumberField, TextField, row
from app.widgets.panel import padded
from app.widgets.text import label
from engine.canvas.core import LARGEST_SIDE

BAD = set('<>:"/\\|?*') | {chr(code) for code in range(32)}
BACKGROUNDS = (("white", "White"), ("gray", "Middle gray"), ("none", "Transparent"))
_COLORS = {"white": (255, 255, 255), "gray": (128, 128, 128), "none": None}


class NewCanvasDialog(QDialog):
    """Name, size and background of a new canvas.

    ``chosen`` carries width, height, RGB or None, and the name.
    """

    chosen = Signal(int, int, object, str)

    def __init__(self, size: QSize, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "New canvas")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 16, 4, 16)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(padded(label("New canvas", size=15, weight=600), bottom=8))
        self.name = TextField()
        self.name.set_value(name)
        self.name.selectAll()
        self.name.changed.connect(lambda _: self._allow())
        bind(self.name.setAccessibleName, "Name")
        column.addWidget(FieldRow("Name", self.name))
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

    def _allow(self) -> None:
        self.create_button.setEnabled(is_file_name(self.name.text()))

    def _create(self) -> None:
        color = _COLORS[str(self.background.value)]
        sides = int(self.width_field.value), int(self.height_field.value)
        self.chosen.emit(*sides, color, self.name.text().strip())
        self.accept()


class RenameDialog(QDialog):
    """Another name for the canvas that is open. ``chosen`` carries it."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "Rename the canvas")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 16, 4, 16)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(padded(label("Rename the canvas", size=15, weight=600), bottom=8))
        self.name = TextField()
        self.name.set_value(name)
        self.name.selectAll()
        bind(self.name.setAccessibleName, "Name")
        column.addWidget(FieldRow("Name", self.name))
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.rename_button = button("Rename", kind="primary", on=self._rename)
        self.rename_button.setDefault(True)
        foot.addWidget(self.rename_button)
        column.addLayout(foot)
        self.setMinimumWidth(360)
        self.name.changed.connect(
            lambda text: self.rename_button.setEnabled(is_file_name(str(text)))
        )

    def _rename(self) -> None:
        self.chosen.emit(self.name.text().strip())
        self.accept()


def is_file_name(text: str) -> bool:
    """Whether every system can store a file of this name."""
    name = text.strip()
    return bool(name) and len(name) <= 80 and not name.startswith(".") and not set(name) & BAD
