"""The bar over the picture in full view: back, which one, its stars and flags, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import bind
from app.i18n.format import number, percent
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.stars import Stars
from app.widgets.text import ElidedLabel, hairline, label

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.widgets.image_view import ImageView
    from engine.dataset.library import Picture


class FullBar(QWidget):
    """Follows the current picture; what is given here is given to the selection."""

    def __init__(self, state: DatasetState, operations: Operations, view: ImageView) -> None:
        super().__init__()
        self.state, self.operations = state, operations
        self.back = button("Back to grid", "arrow-left", "quiet")
        self.name = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle, weight=600)
        self.position = label(tone="quiet")
        self._place = bind(self.position.setText, "")
        self.stars = Stars()
        self.pick = tool_button("flag", "Pick", lambda: self._flag("picked"), True, shortcut="P")
        self.reject = tool_button("x", "Reject", lambda: self._flag("rejected"), True, shortcut="X")
        self.hold = tool_button("lock", "Hold out", self._hold, True, shortcut="H")
        self.zoom = label(tone="label")
        self._smaller = tool_button("zoom-out", "Zoom out", lambda: view.zoom_to(view.scale * 0.8))
        self._larger = tool_button("zoom-in", "Zoom in", lambda: view.zoom_to(view.scale * 1.25))
        self._fit = tool_button("maximize", "Fit the picture", view.fit, shortcut="Z")
        self._build()
        self.stars.rated.connect(lambda stars: operations.rate(state.selected, stars))
        view.zoomed.connect(lambda scale: self.zoom.setText(percent(scale)))

    def _build(self) -> None:
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.back)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(self.name, 1)
        row.addWidget(self.position)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(self.stars)
        flags = QHBoxLayout()
        flags.setSpacing(metrics.GAP_ICONS)
        for flag in (self.pick, self.reject, self.hold):
            flags.addWidget(flag)
        row.addLayout(flags)
        row.addWidget(hairline("panel", vertical=True))
        for widget in (self._smaller, self.zoom, self._larger, self._fit):
            row.addWidget(widget)

    def tell(self, picture: Picture) -> None:
        """Say which picture it is and what was decided about it."""
        self.name.setText(picture.path.name)
        places = [item.id for item in self.state.shown]
        total = number(len(places))
        place = number(places.index(picture.id) + 1) if picture.id in places else "–"
        self._place.say("{n} of {total}", n=place, total=total)
        self.stars.set_value(picture.stars)
        self.pick.setChecked(picture.flag == "picked")
        self.reject.setChecked(picture.flag == "rejected")
        self.hold.setChecked(picture.held_out)

    def _flag(self, flag: str) -> None:
        self.operations.flag(self.state.selected, flag)

    def _hold(self) -> None:
        self.operations.hold_out(self.state.selected)
