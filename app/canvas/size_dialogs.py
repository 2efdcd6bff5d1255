"""The dialogs that give the document another size: of the picture, or of the canvas around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtWidgets import QButtonGroup, QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.canvas.transform_options import RESAMPLING_NAMES
from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Check, Choice, FieldRow, NumberField, row
from app.widgets.panel import padded
from app.widgets.text import label
from engine.canvas.core import LARGEST_SIDE

if TYPE_CHECKING:
    from collections.abc import Callable

# Where the picture stays, row by row, with the icon of each.
ANCHORS = (
    ("Top left", "Top", "Top right"),
    ("Left", "Middle", "Right"),
    ("Bottom left", "Bottom", "Bottom right"),
)
_ANCHOR_ICONS = (
    ("arrow-up-left", "arrow-up", "arrow-up-right"),
    ("arrow-left", "dot", "arrow-right"),
    ("arrow-down-left", "arrow-down", "arrow-down-right"),
)


class _SizeDialog(QDialog):
    """A title, two sides, and what is added between them and the foot."""

    def __init__(self, title: str, size: QSize, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.before = QSize(size)
        bind(self.setWindowTitle, title)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(4, 16, 4, 16)
        self.column.setSpacing(metrics.GAP_FIELDS)
        self.column.addWidget(padded(label(title, size=15, weight=600), bottom=8))
        self.width_field = self._side("Width", size.width())
        self.height_field = self._side("Height", size.height())
        between = label()
        between.setText("×")
        self.column.addWidget(FieldRow("Size", row(self.width_field, between, self.height_field)))
        self.setMinimumWidth(360)

    def _side(self, name: str, value: int) -> NumberField:
        made = NumberField(1, LARGEST_SIDE, 1, 0, unit="px")
        made.set_value(value)
        bind(made.setAccessibleName, name)
        return made

    def add_foot(self, text: str, on: Callable[[], object]) -> None:
        """Cancel, and the button that does it."""
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.resize_button = button(text, kind="primary", on=on)
        self.resize_button.setDefault(True)
        foot.addWidget(self.resize_button)
        self.column.addLayout(foot)

    @property
    def size_asked(self) -> QSize:
        """The sides as they are typed."""
        return QSize(int(self.width_field.value), int(self.height_field.value))


class ImageSizeDialog(_SizeDialog):
    """``chosen`` carries the size and how pixels are made."""

    chosen = Signal(QSize, str)

    def __init__(self, size: QSize, resampling: str, parent: QWidget) -> None:
        super().__init__("Image size", size, parent)
        self.keeps_ratio = Check("Keep the proportions", on=True)
        self.column.addWidget(FieldRow("", self.keeps_ratio))
        self.resampling = Choice(RESAMPLING_NAMES)
        self.resampling.set_value(resampling)
        self.column.addWidget(FieldRow("Pixels", self.resampling, "All layers are resized."))
        self.width_field.changed.connect(
            lambda value: self._follow(self.height_field, value, wide=True)
        )
        self.height_field.changed.connect(lambda value: self._follow(self.width_field, value))
        self.add_foot("Resize", self._choose)

    def _follow(self, other: NumberField, value: float, *, wide: bool = False) -> None:
        if self.keeps_ratio.value:
            ratio = self.before.width() / self.before.height()
            other.set_value(max(1, round(value / ratio if wide else value * ratio)))

    def _choose(self) -> None:
        self.chosen.emit(self.size_asked, self.resampling.value)
        self.accept()


class CanvasSizeDialog(_SizeDialog):
    """``chosen`` carries the part of the document that it becomes, which may reach beyond it."""

    chosen = Signal(QRect)

    def __init__(self, size: QSize, parent: QWidget) -> None:
        super().__init__("Canvas size", size, parent)
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        self.anchors = QButtonGroup(box)
        for line, names in enumerate(ANCHORS):
            for place, name in enumerate(names):
                made = tool_button(_ANCHOR_ICONS[line][place], name, checkable=True)
                self.anchors.addButton(made, 3 * line + place)
                grid.addWidget(made, line, place)
        grid.setColumnStretch(3, 1)
        self.anchors.button(4).setChecked(True)
        hint = "Where the picture stays. What lies beyond the canvas is kept."
        self.column.addWidget(FieldRow("Anchor", box, hint))
        self.add_foot("Resize", self._choose)

    def _choose(self) -> None:
        size, number = self.size_asked, self.anchors.checkedId()
        left = (self.before.width() - size.width()) * (number % 3) // 2
        top = (self.before.height() - size.height()) * (number // 3) // 2
        self.chosen.emit(QRect(left, top, size.width(), size.height()))
        self.accept()
