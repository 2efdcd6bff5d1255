"""What a crop can be told: its ratio, place and size in numbers; keep or begin again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import bind
from app.widgets.buttons import button
from app.widgets.fields import Choice, NumberField
from app.widgets.text import label
from engine.canvas.core import LARGEST_SIDE

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

RATIOS = (
    (0.0, "Any ratio"),
    (-1.0, "As it is"),
    (1.0, "1 : 1"),
    (4 / 3, "4 : 3"),
    (3 / 4, "3 : 4"),
    (3 / 2, "3 : 2"),
    (2 / 3, "2 : 3"),
    (16 / 9, "16 : 9"),
    (9 / 16, "9 : 16"),
)


class CropOptions(QWidget):
    """Follows the frame of the crop and changes it."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.ratio = Choice(RATIOS)
        self.ratio.setFixedWidth(104)
        bind(self.ratio.setAccessibleName, "Ratio")
        self.ratio.changed.connect(lambda value: state.set_cropping(ratio=value))
        row.addWidget(self.ratio)
        row.addSpacing(6)
        self.left = self._number("X", "Left edge", -LARGEST_SIDE)
        self.top = self._number("Y", "Upper edge", -LARGEST_SIDE)
        self.width_field = self._number("W", "Width", 1)
        self.height_field = self._number("H", "Height", 1)
        row.addSpacing(6)
        self.crop = button("Crop", "check", kind="primary", on=state.keep_crop)
        self.reset = button("Reset", kind="quiet", on=self._reset)
        row.addWidget(self.crop)
        row.addWidget(self.reset)
        state.crop_changed.connect(self._follow)
        self._follow()

    def _number(self, mark: str, name: str, least: int) -> NumberField:
        made = NumberField(least, LARGEST_SIDE, 1, 0)
        made.setFixedWidth(58)
        letter = label(tone="label")
        letter.setText(mark)
        bind(made.setAccessibleName, name)
        bind(made.setToolTip, name)
        made.changed.connect(lambda _: self._take(made))
        self._row.addWidget(letter)
        self._row.addWidget(made)
        return made

    def _take(self, field: NumberField) -> None:
        width, height = int(self.width_field.value), int(self.height_field.value)
        ratio = self._state.crop_ratio
        if ratio and field is self.width_field:
            height = max(1, round(width / ratio))
        elif ratio and field is self.height_field:
            width = max(1, round(height * ratio))
        self._state.set_crop(QRect(int(self.left.value), int(self.top.value), width, height))

    def _reset(self) -> None:
        self._state.set_crop(QRect(QPoint(0, 0), self._state.size))

    def _follow(self) -> None:
        self.ratio.set_value(self._state.cropping.ratio)
        rect = self._state.crop
        if rect is not None:
            fields = (self.left, self.top, self.width_field, self.height_field)
            sides = rect.x(), rect.y(), rect.width(), rect.height()
            for field, value in zip(fields, sides, strict=True):
                field.set_value(value)
