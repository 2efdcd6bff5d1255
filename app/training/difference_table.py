"""A small table: settings that differ from an earlier run, each a way to its field."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.i18n import tr
from app.theme import fonts, metrics
from app.training.differences import Difference
from app.widgets.buttons import Button, button
from app.widgets.text import ElidedLabel

MOST = 24
"""Rows that a side column holds; runs that differ in more are compared over their whole width."""


class DifferenceTable(QWidget):
    """``chosen`` carries the name of the setting that was clicked."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[Button, ElidedLabel, ElidedLabel]] = []
        self._found: list[Difference] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(metrics.PAD - 8, metrics.GAP_FIELDS, metrics.PAD, 0)
        self._grid.setHorizontalSpacing(metrics.GAP)
        self._grid.setVerticalSpacing(0)
        for column, stretch in enumerate((4, 3, 3)):
            self._grid.setColumnStretch(column, stretch)
        self._heads = [ElidedLabel(size=11, tone="quiet") for _ in range(3)]
        for column, head in enumerate(self._heads):
            head.setAlignment(_LEFT if column == 0 else _RIGHT)
            self._grid.addWidget(head, 0, column)
        self._heads[0].setContentsMargins(8, 0, 0, 0)

    @property
    def links(self) -> list[Button]:
        """What takes the keys, from top to bottom."""
        return [row[0] for row in self._rows]

    def show_differences(self, name: str, found: list[Difference]) -> None:
        """Show ``found`` against the run ``name``."""
        self._found = found[:MOST]
        for head, words in zip(self._heads, (tr("Setting"), name, tr("Now")), strict=True):
            head.setText(words)
        while len(self._rows) < len(self._found):
            self._add_row()
        for place, row in enumerate(self._rows):
            shown = place < len(self._found)
            for widget in row:
                widget.setVisible(shown)
            if shown:
                self._fill(row, self._found[place])

    def _fill(self, row: tuple[Button, ElidedLabel, ElidedLabel], item: Difference) -> None:
        setting, before, now = row
        setting.setText(item.label)
        for words, text in zip((before, now), item.words, strict=True):
            words.setText(text)

    def _add_row(self) -> None:
        place = len(self._rows)
        setting = button("", kind="quiet", on=partial(self._choose, place), dense=True)
        setting.setProperty("align", "left")
        setting.setFixedHeight(metrics.CONTROL_DENSE)
        fonts.set_font(setting, 12)
        before, now = ElidedLabel(tone="quiet"), ElidedLabel()
        for column, widget in enumerate((setting, before, now)):
            self._grid.addWidget(widget, place + 1, column, _LEFT if column == 0 else _FILL)
        for words in (before, now):
            words.setAlignment(_RIGHT)
        self._rows.append((setting, before, now))

    def _choose(self, place: int) -> None:
        self.chosen.emit(self._found[place].name)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_FILL = Qt.AlignmentFlag(0)
