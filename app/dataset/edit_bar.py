"""The bar over the picture under edit: back, which one, tools, before and after, zoom."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.dataset.edit_strip import strip_button
from app.i18n import bind
from app.i18n.format import number, percent
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.segments import Segments
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from app.dataset.edit_view import EditView
    from app.dataset.edit_work import EditWork

longest_name = 240


class EditBar(QWidget):
    """``tool_chosen`` names a tool; ``step_asked`` is -1 or 1, for the picture before or after."""

    tool_chosen = Signal(str)
    step_asked = Signal(int)

    def __init__(self, work: EditWork, view: EditView) -> None:
        super().__init__()
        self.work = work
        self.view = view
        self.back = button("Back to grid", "arrow-left", "quiet")
        self.name = label(weight=600)
        self.position = label(tone="quiet")
        self._place = bind(self.position.setText, "")
        self.before = tool_button(
            "chevron-left", "Picture before", partial(self.step_asked.emit, -1), shortcut="PgUp"
        )
        self.after = tool_button(
            "chevron-right", "Picture after", partial(self.step_asked.emit, 1), shortcut="PgDown"
        )
        self.tools = {
            "crop": tool_button("crop", "Crop", checkable=True),
            "fill": tool_button("blend", "Alpha fill", checkable=True),
            "adjust": tool_button("sliders-horizontal", "Adjust", checkable=True),
            "background": tool_button("scissors", "Background", checkable=True),
            "mask": tool_button("brush", "Training mask", checkable=True),
        }
        self.modes = Segments([("before", "Before"), ("after", "After"), ("split", "Split")])
        self.modes.set_value("after")
        self.zoom = label(tone="label")
        self.strip_button = strip_button(work.state.session)
        self._build()
        for name, tool in self.tools.items():
            tool.clicked.connect(partial(self._choose, name))
        view.zoomed.connect(lambda scale: self.zoom.setText(percent(scale)))
        work.opened.connect(self._tell)
        work.state.shown_changed.connect(self._tell)
        bind(self.modes.setAccessibleName, "Show the picture")

    def _build(self) -> None:
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.back)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(self.name)
        row.addWidget(self.position)
        row.addWidget(self.before)
        row.addWidget(self.after)
        row.addStretch(1)
        tools = QHBoxLayout()
        tools.setSpacing(metrics.GAP_ICONS)
        for tool in self.tools.values():
            tools.addWidget(tool)
        row.addLayout(tools)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(self.modes)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(tool_button("zoom-out", "Zoom out", lambda: self._zoom(0.8)))
        row.addWidget(self.zoom)
        row.addWidget(tool_button("zoom-in", "Zoom in", lambda: self._zoom(1.25)))
        row.addWidget(tool_button("maximize", "Fit the picture", self.view.fit))
        row.addWidget(self.strip_button)

    def show_tool(self, name: str) -> None:
        """Press the button of the tool in hand."""
        for other, tool in self.tools.items():
            tool.setChecked(other == name)

    def _choose(self, name: str, *_: object) -> None:
        self.tool_chosen.emit(name)

    def _zoom(self, factor: float) -> None:
        self.view.zoom_to(self.view.scale * factor)

    def _tell(self) -> None:
        picture = self.work.picture
        if picture is None:
            return
        middle = Qt.TextElideMode.ElideMiddle
        name = self.name.fontMetrics().elidedText(picture.path.name, middle, longest_name)
        self.name.setText(name)
        shown = [item.id for item in self.work.state.shown]
        place = shown.index(picture.id) + 1 if picture.id in shown else 1
        self._place.say("{n} of {total}", n=number(place), total=number(len(shown)))
