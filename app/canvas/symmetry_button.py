"""The button of the axes along which brushes are mirrored."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from app.i18n import tr
from app.widgets.buttons import tool_button
from engine.canvas.symmetry import Symmetry

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

# Name, and whether there is an upright and a level axis.
AXES = (
    ("No symmetry", False, False),
    ("Left and right", True, False),
    ("Top and bottom", False, True),
    ("Both", True, True),
)


class SymmetryButton(QWidget):
    """Opens the choice; marked while something is mirrored. Axes start in the middle."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.button = tool_button("square-split-horizontal", "Symmetry", self.open, checkable=True)
        row.addWidget(self.button)
        state.symmetry_changed.connect(self._follow)
        self._follow()

    def open(self) -> None:
        """Offer the axes."""
        self._follow()
        now = self._state.symmetry
        present = (now is not None and now.x is not None, now is not None and now.y is not None)
        self.menu = QMenu(self)
        for name, across, down in AXES:
            entry = self.menu.addAction(tr(name))
            entry.setCheckable(True)
            entry.setChecked(present == (across, down))
            entry.triggered.connect(partial(self._choose, across, down))
        self.menu.aboutToHide.connect(self.menu.deleteLater)
        self.menu.popup(self.button.mapToGlobal(QPoint(0, self.button.height() + 2)))

    def _choose(self, across: bool, down: bool, _checked: bool = False) -> None:
        if not across and not down:
            self._state.set_symmetry(None)
            return
        now = self._state.symmetry or Symmetry()
        x, y = self._state.size.width() / 2, self._state.size.height() / 2
        x, y = now.x if now.x is not None else x, now.y if now.y is not None else y
        self._state.set_symmetry(Symmetry(x if across else None, y if down else None))

    def _follow(self) -> None:
        self.button.setChecked(self._state.symmetry is not None)
