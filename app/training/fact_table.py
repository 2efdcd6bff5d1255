"""Rows of a name and a value."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.theme import metrics
from app.widgets.text import ElidedLabel, set_tone


class FactTable(QWidget):
    """Rows of a name and a value; with ``left`` the first column has that width."""

    def __init__(self, *, left: int = 0) -> None:
        super().__init__()
        self._left = left
        self._rows: list[tuple[ElidedLabel, ElidedLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        self._grid.setHorizontalSpacing(metrics.GAP)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        if left:
            self._grid.setColumnMinimumWidth(0, left)
        else:
            self._grid.setColumnStretch(0, 1)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What is shown."""
        return [(name.text(), value.text()) for name, value in self._rows if not name.isHidden()]

    def set_facts(self, facts: list[tuple[str, str]], warned: Collection[int] = ()) -> None:
        """Show ``facts``; labels are kept and filled anew. ``warned`` rows are warnings."""
        while len(self._rows) < len(facts):
            self._add_row()
        for place, (name, value) in enumerate(self._rows):
            shown = place < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(facts[place][0])
                value.setText(facts[place][1])
                set_tone(value, "warn" if place in warned else "label" if self._left else "")

    def _add_row(self) -> None:
        size = 11 if self._left else 12
        name = ElidedLabel(size=size, tone="quiet" if self._left else "label")
        value = ElidedLabel(size=size, tone="label" if self._left else "")
        if not self._left:
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = len(self._rows)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(value, row, 1)
        self._rows.append((name, value))
