"""What a transform can be told: place, size and angle in numbers, what handles do, how pixels are
made.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import bind
from app.widgets.buttons import tool_button
from app.widgets.fields import Choice, NumberField
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.model import CanvasState
    from app.canvas.transform_box import Box

FARTHEST = 100_000
WAYS = (
    ("scale", "Scale"),
    ("skew", "Skew"),
    ("distort", "Distort"),
    ("perspective", "Perspective"),
)
RESAMPLING_NAMES = (
    ("nearest", "Nearest (pixel art)"),
    ("linear", "Linear"),
    ("bicubic", "Bicubic"),
    ("area", "Area (shrinking)"),
)


class TransformOptions(QWidget):
    """Fields that follow the box and change it, and buttons that turn, mirror, keep or give up."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.angle = NumberField(-360, 360, 1, None, unit="°")
        self.left = self._number("X", "Left edge", -FARTHEST, self._to_x)
        self.top = self._number("Y", "Upper edge", -FARTHEST, self._to_y)
        self.width_field = self._number("W", "Width", 1, lambda box, to: box.sized(width=to))
        self.height_field = self._number("H", "Height", 1, lambda box, to: box.sized(height=to))
        self._add_field("∠", "Angle", self.angle, lambda box, to: box.at_angle(to))
        self.way = Choice(WAYS)
        self.way.changed.connect(lambda way: state.set_transforming(way=way))
        bind(self.way.setAccessibleName, "What the handles do")
        bind(self.way.setToolTip, "What the handles do; Ctrl distorts")
        self.resampling = Choice(RESAMPLING_NAMES)
        self.resampling.changed.connect(lambda how: state.set_transforming(resampling=how))
        bind(self.resampling.setAccessibleName, "How pixels are made")
        bind(self.resampling.setToolTip, "How pixels are made")
        for choice, width in ((self.way, 100), (self.resampling, 108)):
            choice.setFixedWidth(width)
            row.addWidget(choice)
        self._add_buttons()
        state.transform_changed.connect(self._follow)
        self._follow()

    def _add_buttons(self) -> None:
        turns: tuple[tuple[str, str, Callable[[Box], Box]], ...] = (
            ("rotate-ccw", "Turn left", lambda box: box.quarter(-1)),
            ("rotate-cw", "Turn right", lambda box: box.quarter(1)),
            ("flip-vertical-2", "Mirror left and right", lambda box: box.flipped(across=True)),
            ("flip-horizontal-2", "Mirror top and bottom", lambda box: box.flipped(across=False)),
        )
        self.turns = []
        for icon, text, change in turns:
            made = tool_button(icon, text, partial(self._change, change))
            self.turns.append(made)
            self._row.addWidget(made)
        self.keep = tool_button("check", "Keep", self._state.keep_transform, shortcut="Return")
        self.give_up = tool_button("x", "Give up", self._state.end_transform, shortcut="Esc")
        self._row.addSpacing(4)
        self._row.addWidget(self.keep)
        self._row.addWidget(self.give_up)

    def _number(
        self, mark: str, name: str, least: int, change: Callable[[Box, float], Box]
    ) -> NumberField:
        made = NumberField(least, FARTHEST, 1, None)
        self._add_field(mark, name, made, change)
        return made

    def _add_field(
        self, mark: str, name: str, field: NumberField, change: Callable[[Box, float], Box]
    ) -> None:
        letter = label(tone="label")
        letter.setText(mark)
        field.setFixedWidth(58 if field is self.angle else 54)
        bind(field.setAccessibleName, name)
        bind(field.setToolTip, name)
        field.changed.connect(lambda value: self._change(lambda box: change(box, float(value))))
        self._row.addWidget(letter)
        self._row.addWidget(field)

    def _change(self, change: Callable[[Box], Box]) -> None:
        if self._state.transform is not None:
            self._state.set_box(change(self._state.transform.box))

    @staticmethod
    def _to_x(box: Box, to: float) -> Box:
        return box.moved(to - box.place[0], 0)

    @staticmethod
    def _to_y(box: Box, to: float) -> Box:
        return box.moved(0, to - box.place[1])

    def _follow(self) -> None:
        under_way, settings = self._state.transform, self._state.transforming
        self.way.set_value(settings.way)
        self.resampling.set_value(settings.resampling)
        alive = under_way is not None and not under_way.keeping
        fields = (self.left, self.top, self.width_field, self.height_field, self.angle)
        widgets: list[QWidget] = [*fields, *self.turns, self.keep]
        for widget in widgets:
            widget.setEnabled(alive)
        if under_way is not None:
            box = under_way.box
            for field, value in zip(fields, (*box.place, *box.size, box.angle), strict=True):
                field.set_value(round(value, 1) + 0.0)
