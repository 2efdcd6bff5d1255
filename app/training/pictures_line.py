"""What is trained on, and the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import metrics
from app.training.category_choice import CategoryChoice
from app.widgets.buttons import tool_button

if TYPE_CHECKING:
    from app.training.next_run import NextRun


class PicturesLine(QWidget):
    """The choice of categories, which says how many pictures there are, and the way to Dataset."""

    def __init__(self, state: NextRun) -> None:
        super().__init__()
        self.choice = CategoryChoice(state)
        self.choice.changed.connect(state.choose_categories)
        go = tool_button("arrow-right", "Show in Dataset", lambda: state.session.go("dataset"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(metrics.GAP_ICONS)
        row.addWidget(self.choice, 1)
        row.addWidget(go)
        self.setFocusProxy(self.choice)
