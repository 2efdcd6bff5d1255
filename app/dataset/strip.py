"""The left column when the window is narrow: 40 px of icons with their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.dataset import counts
from app.dataset.counts import Scope
from app.dataset.sources import flag_rows, suggestion_icons, suggestion_name
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.widgets.buttons import count_button, tool_button
from app.widgets.text import hairline

if TYPE_CHECKING:
    from app.dataset.model import DatasetState

width = 40


class SourcesStrip(QWidget):
    """Flags and suggestions as buttons; ``opened`` asks for the whole column."""

    opened = Signal()

    def __init__(self, state: DatasetState) -> None:
        super().__init__()
        self.state = state
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(width)
        self.open_button = tool_button("panel-left", "Show the list", self.opened.emit)
        self.buttons: dict[Scope, QToolButton] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 7, 1, 7)
        self._column.setSpacing(4)
        self._column.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addWidget(hairline("panel"))
        self._column.addStretch(1)
        state.reloaded.connect(self.refresh)
        state.shown_changed.connect(self._mark)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Count again."""
        rows = flag_rows(self.state.snapshot.flags)
        wanted = [(Scope(row.key), row.icon, row.text, row.count) for row in rows]  # type: ignore[arg-type]
        found = counts.suggestion_counts(self.state.suggestions)
        for kind, icon in suggestion_icons.items():
            if kind in found:
                scope = Scope("suggestion", kind)
                wanted.append((scope, icon, suggestion_name(kind), number(found[kind])))
        for scope in self.buttons.keys() - {item[0] for item in wanted}:
            self.buttons.pop(scope).deleteLater()
        for place, (scope, icon, name, count) in enumerate(wanted):
            made = self.buttons.get(scope) or self._add(scope, icon, place)
            made.setText(count)
            made.setToolTip(f"{name}: {count}")
            made.setAccessibleName(name)
        self._mark()

    def _add(self, scope: Scope, icon: str, place: int) -> QToolButton:
        made = count_button(icon)
        made.setCheckable(True)
        made.clicked.connect(lambda: self.state.set_scope(scope))
        made.clicked.connect(self._mark)
        self._column.insertWidget(2 + place, made)
        self.buttons[scope] = made
        return made

    def _mark(self) -> None:
        for scope, made in self.buttons.items():
            made.setChecked(scope == self.state.scope)
