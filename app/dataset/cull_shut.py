"""The left column of culling where the window is narrow: 40 px of kinds with their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.cull_column import KIND_ICONS, kind_name
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.widgets.buttons import count_button, tool_button
from app.widgets.text import hairline
from engine.dataset.thresholds import CULL_KINDS

if TYPE_CHECKING:
    from app.dataset.cull_state import CullState
    from engine.dataset.thresholds import Kind

WIDTH = 40


class CullStrip(QWidget):
    """``kind_chosen`` asks for another kind of suggestion; ``open_button`` shows the column."""

    kind_chosen = Signal(str)

    def __init__(self, cull: CullState) -> None:
        super().__init__()
        self.cull = cull
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH + 1)
        self.open_button = tool_button("panel-left", "Show the list", checkable=True)
        self.buttons = {kind: count_button(KIND_ICONS[kind]) for kind in CULL_KINDS}
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        column = QVBoxLayout()
        outer.addLayout(column, 1)
        outer.addWidget(hairline("column", vertical=True))
        column.setContentsMargins(2, 7, 2, 7)
        column.setSpacing(4)
        column.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(hairline("panel"))
        for kind, made in self.buttons.items():
            made.setCheckable(True)
            made.clicked.connect(lambda *_, kind=kind: self._choose(kind))
            column.addWidget(made)
        column.addStretch(1)
        for signal in (cull.changed, cull.surveyed, language_signals.changed):
            signal.connect(self.refresh)

    def _choose(self, kind: Kind) -> None:
        self.kind_chosen.emit(kind)
        self.refresh()

    def refresh(self) -> None:
        """Count again."""
        for kind, made in self.buttons.items():
            count = number(self.cull.kind_counts.get(kind, 0))
            made.setText(count)
            made.setToolTip(f"{kind_name(kind)}: {count}")
            made.setAccessibleName(kind_name(kind))
            made.setChecked(kind == self.cull.kind)
