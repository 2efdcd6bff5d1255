"""What the panels of all tools share, and rows and sliders made from the settings of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import metrics
from app.widgets.fields import FieldRow, ValueSlider
from app.widgets.panel import Panel
from engine.runtime.schema import settings_of

if TYPE_CHECKING:
    from pydantic import BaseModel
    from PySide6.QtWidgets import QLayout

    from app.dataset.edit_view import EditView
    from app.dataset.edit_work import EditWork
    from engine.runtime.schema import Setting


class ToolPanel(Panel):
    """The panel of one tool. It follows the work while it is in hand."""

    hides: tuple[str, ...] = ()
    """Kinds of steps that are not baked while they are worked on."""

    def __init__(self, title_key: str, work: EditWork, view: EditView) -> None:
        super().__init__(title_key, collapsible=False)
        self.work = work
        self.view = view
        self.active = False
        self.box = QVBoxLayout()
        self.box.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        self.box.setSpacing(metrics.GAP_FIELDS)
        self.body.addLayout(self.box)
        work.opened.connect(self._another)
        work.changed.connect(self._follow)

    def set_active(self, active: bool) -> None:
        """Take the tool in hand, or put it away."""
        if active == self.active:
            return
        self.active = active
        self.setVisible(active)
        if active:
            self.enter()
            self.refresh()
        else:
            self.leave()

    def enter(self) -> None:
        """The tool was taken in hand."""

    def leave(self) -> None:
        """It was put away."""

    def another(self) -> None:
        """Another picture is edited."""

    def refresh(self) -> None:
        """The recipe is another one."""

    def _another(self) -> None:
        if self.active:
            self.another()
            self.refresh()

    def _follow(self) -> None:
        if self.active and self.work.picture is not None:
            self.refresh()


def side_by_side(*widgets: QWidget, stretch: int = -1) -> QLayout:
    """A row of widgets; the one at ``stretch`` takes what is left."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(metrics.GAP)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 1 if place == stretch else 0)
    if stretch < 0:
        row.addStretch(1)
    return row


def evenly(*widgets: QWidget) -> QLayout:
    """A row of widgets of one width that fills the column."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(metrics.GAP)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row


def setting_of(model: type[BaseModel], name: str) -> Setting:
    """One declared setting."""
    return next(item for item in settings_of(model) if item.name == name)


def slider_for(model: type[BaseModel], name: str) -> tuple[FieldRow, ValueSlider]:
    """A field row with a slider for a number of a step; a double-click gives its default."""
    item = setting_of(model, name)
    step = item.step or 1
    decimals = 0 if item.kind == "int" else 2 if step < 0.1 else 1
    slider = ValueSlider(item.minimum or 0, item.maximum or 0, step, decimals, unit=item.unit)
    slider.set_default(item.default)
    row = FieldRow(item.label, slider, padded=False)
    slider.setToolTip("")
    return row, slider
