"""Size and hardness of a brush as rows of a panel; its keys move them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.dataset.edit_brush import SIZES
from app.widgets.fields import FieldRow, ValueSlider

if TYPE_CHECKING:
    from app.dataset.edit_brush import Brush


class BrushRows(QWidget):
    """Two sliders."""

    def __init__(self, brush: Brush) -> None:
        super().__init__()
        self._brush = brush
        self.size_ = ValueSlider(*SIZES, 1, unit="px")
        self.hardness = ValueSlider(0, 100, 1, unit="%")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(FieldRow("Brush size", self.size_, padded=False))
        column.addWidget(FieldRow("Hardness", self.hardness, padded=False))
        self.show_brush()
        self.size_.changed.connect(self._take)
        self.hardness.changed.connect(self._take)

    def show_brush(self) -> None:
        """Show what the brush is now."""
        self.size_.set_value(round(self._brush.radius))
        self.hardness.set_value(round(self._brush.hardness * 100))

    def _take(self, _: float) -> None:
        self._brush.radius = self.size_.value
        self._brush.hardness = self.hardness.value / 100
