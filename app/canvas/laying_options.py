"""What shapes and gradients can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import bind
from app.widgets.fields import NumberField, Segments
from app.widgets.text import label

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

WIDEST = 500


class ShapeOptions(QWidget):
    """Filled or stroked, and how wide strokes and lines are."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self.filled = Segments(((True, "Filled"), (False, "Outline")))
        self.filled.changed.connect(lambda value: state.set_laying(filled=bool(value)))
        self.width_field = NumberField(1, WIDEST, 1, 0, unit="px")
        self.width_field.setFixedWidth(76)
        self.width_field.changed.connect(lambda value: state.set_laying(width=int(value)))
        bind(self.width_field.setAccessibleName, "Width")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(7)
        self._width_label = label("Width", tone="label")
        for widget in (self.filled, self._width_label, self.width_field):
            row.addWidget(widget)
        state.laying_changed.connect(self._follow)
        state.tool_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        laying, is_line = self._state.laying, self._state.tool == "line"
        self.filled.set_value(laying.filled)
        self.width_field.set_value(laying.width)
        self.filled.setVisible(not is_line)
        for widget in (self._width_label, self.width_field):
            widget.setVisible(is_line or not laying.filled)


class GradientOptions(QWidget):
    """Its shape, and what it runs to."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self.shape = Segments(((False, "Linear"), (True, "Radial")))
        self.shape.changed.connect(lambda value: state.set_laying(radial=bool(value)))
        self.end = Segments(((False, "Background"), (True, "Transparent")))
        self.end.changed.connect(lambda value: state.set_laying(transparent=bool(value)))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(7)
        row.addWidget(self.shape)
        row.addWidget(self.end)
        state.laying_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.shape.set_value(self._state.laying.radial)
        self.end.set_value(self._state.laying.transparent)


class OpacityOption(QWidget):
    """How much of the paint is laid."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self.field = NumberField(1, 100, 1, 0, unit="%")
        self.field.setFixedWidth(76)
        self.field.changed.connect(lambda value: state.set_laying(opacity=value / 100))
        bind(self.field.setAccessibleName, "Opacity")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(7)
        row.addWidget(label("Opacity", tone="label"))
        row.addWidget(self.field)
        state.laying_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.field.set_value(self._state.laying.opacity * 100)
