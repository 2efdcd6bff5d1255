"""What the selection tools can be told: how what is drawn is joined, and how its edge changes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app.canvas.tool import Tool
from app.canvas.tool_keys import tool_key
from app.i18n import bind
from app.widgets.buttons import Button, button, tool_button
from app.widgets.fields import Check, NumberField
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.canvas.model import CanvasState
    from engine.canvas.selecting import Joining

FARTHEST = 500
JOININGS: tuple[tuple[Joining, str, str], ...] = (
    ("replace", "square-dashed", "New selection"),
    ("add", "squares-unite", "Add to the selection (Shift)"),
    ("subtract", "squares-subtract", "Take away from the selection (Alt)"),
    ("intersect", "squares-intersect", "Keep what both share (Shift Alt)"),
)


def line_of(*widgets: QWidget, spacing: int = 7) -> QWidget:
    """Widgets side by side."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    for widget in widgets:
        row.addWidget(widget)
    return box


class Variants(QWidget):
    """The tools that share one place in the tools column; the one in hand is marked."""

    def __init__(self, state: CanvasState, tools: Sequence[Tool]) -> None:
        super().__init__()
        self._state = state
        self.buttons = {
            tool.name: _choice(
                tool.icon,
                tool.text,
                partial(state.set_tool, tool.name),
                partial(tool_key, tool.name),
            )
            for tool in tools
        }
        _side_by_side(self, list(self.buttons.values()))
        state.tool_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        if self._state.tool in self.buttons:
            self.buttons[self._state.tool].setChecked(True)


class Joinings(QWidget):
    """Four buttons: what happens to the selection that is there."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self.buttons = {
            how: _choice(icon, text, partial(state.set_joining, how))
            for how, icon, text in JOININGS
        }
        _side_by_side(self, list(self.buttons.values()))
        state.selecting_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.buttons[self._state.joining].setChecked(True)


class EdgeOptions(QWidget):
    """A number of pixels, and three buttons that let the selection grow, shrink or fade by it."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self.distance = NumberField(1, FARTHEST, 1, 0, unit="px")
        self.distance.setFixedWidth(76)
        self.distance.set_value(8)
        bind(self.distance.setAccessibleName, "Distance")
        bind(self.distance.setToolTip, "How far the selection grows, shrinks or fades")
        self.grow = self._button("Grow", lambda by: state.grow_selection(by))
        self.shrink = self._button("Shrink", lambda by: state.grow_selection(-by))
        self.feather = self._button("Feather", lambda by: state.feather_selection(by))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.distance, self.grow, self.shrink, self.feather):
            row.addWidget(widget)
        state.selection_changed.connect(self._follow)
        self._follow()

    def _button(self, key: str, act: Callable[[int], object]) -> Button:
        return button(key, kind="quiet", dense=True, on=lambda: act(int(self.distance.value)))

    def _follow(self) -> None:
        for one in (self.grow, self.shrink, self.feather):
            one.setEnabled(self._state.selection is not None)


class WandOptions(QWidget):
    """How alike colors must be, and where they are looked for."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self.tolerance = NumberField(0, 255, 1, 0)
        self.tolerance.setFixedWidth(64)
        self.tolerance.changed.connect(lambda value: state.set_wand(tolerance=int(value)))
        bind(self.tolerance.setAccessibleName, "Tolerance")
        self.contiguous = Check("Contiguous")
        self.contiguous.changed.connect(lambda on: state.set_wand(contiguous=bool(on)))
        self.all_layers = Check("All layers")
        self.all_layers.changed.connect(lambda on: state.set_wand(all_layers=bool(on)))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(7)
        row.addWidget(label("Tolerance", tone="label"))
        for widget in (self.tolerance, self.contiguous, self.all_layers):
            row.addWidget(widget)
        state.selecting_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.tolerance.set_value(self._state.wand.tolerance)
        self.contiguous.set_value(self._state.wand.contiguous)
        self.all_layers.set_value(self._state.wand.all_layers)


def _choice(
    icon: str, text: str, on: Callable[[], object], key: str | Callable[[], str] = ""
) -> QToolButton:
    return tool_button(icon, text, on, checkable=True, shortcut=key)


def _side_by_side(box: QWidget, buttons: Sequence[QToolButton]) -> None:
    group = QButtonGroup(box)
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(2)
    for one in buttons:
        group.addButton(one)
        row.addWidget(one)
