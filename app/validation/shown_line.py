"""The line under the bar that tells what of the grid is left out, each thing with a cross."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.i18n import bind, signals, tr
from app.i18n.format import number
from app.theme import metrics
from app.validation.cell_measures import BY_NAME
from app.validation.labels import listed
from app.widgets.buttons import Button, button
from app.widgets.layouts import clear_layout
from app.widgets.tab_order import put_before
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.validation.model import GridState

HEIGHT = 34


class ShownLine(QWidget):
    """``changed`` tells that it has something to say now, or nothing any more."""

    changed = Signal()

    def __init__(self, state: GridState) -> None:
        super().__init__()
        self._state = state
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        # What does not fit is cut off, so that the line never makes the window wider.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.chips: list[Button] = []
        self.count = label(tone="label")
        self._count_text = bind(self.count.setText, "")
        self.all = button("Show all", kind="link", on=state.shown.show_all)
        self._row = QHBoxLayout()
        self._row.setSpacing(metrics.GAP_FIELDS)
        line = QHBoxLayout(self)
        line.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP_FIELDS)
        line.setSpacing(metrics.GAP)
        line.addLayout(self._row)
        line.addStretch(1)
        line.addWidget(self.count)
        line.addWidget(self.all)
        state.axes_changed.connect(self.follow)
        signals.changed.connect(self.follow)
        self.follow()

    @property
    def needed(self) -> bool:
        """Whether anything is left out."""
        return self._state.shown.narrowed

    def follow(self) -> None:
        """Name what is left out as it is now."""
        before = [chip.text() for chip in self.chips]
        wanted = list(self._wanted())
        if [words for words, _ in wanted] != before:
            clear_layout(self._row)
            self.chips = [self._chip(words, deed) for words, deed in wanted]
            put_before(self.all, self.chips)
        if self.needed:
            self._say_count()
        self.changed.emit()

    def _say_count(self) -> None:
        here, total = self._state.shown.count()
        if not total:
            self._count_text.say("No cell is drawn yet.")
        elif here or not self._state.shown.filtered:
            self._count_text.say("{done} of {total} cells", done=number(here), total=number(total))
        else:
            self._count_text.say("No cell is like that.")

    def _wanted(self) -> Iterator[tuple[str, Callable[[], object]]]:
        shown = self._state.shown
        for name, bound in shown.bounds.items():
            measure, value = tr(BY_NAME[name].label), f"{bound.value:g}"
            if bound.at_least:
                words = tr("{measure} at least {value}", measure=measure, value=value)
            else:
                words = tr("{measure} at most {value}", measure=measure, value=value)
            yield words, partial(shown.set_bound, name, None)
        if shown.only_starred:
            yield tr("Only starred"), partial(shown.set_only_starred, False)
        if shown.hide_rejected:
            yield tr("Hide rejected"), partial(shown.set_hide_rejected, False)
        hidden = []
        if shown.hidden_rows:
            rows = len(shown.hidden_rows)
            hidden.append(tr("{n} row hidden", "{n} rows hidden", n=rows))
        if shown.hidden_columns:
            columns = len(shown.hidden_columns)
            hidden.append(tr("{n} column hidden", "{n} columns hidden", n=columns))
        if hidden:
            yield listed(hidden), shown.show_hidden

    def _chip(self, words: str, deed: Callable[[], object]) -> Button:
        made = button("", "x", on=deed, dense=True)
        made.setText(words)
        bind(made.setToolTip, "No longer leave this out")
        self._row.addWidget(made)
        return made
