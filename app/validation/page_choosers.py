"""Which value of each axis that turns pages is shown, such as the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import signals, tr
from app.theme import metrics
from app.validation.labels import axis_title, value_words
from app.widgets.fields import Choice, Segments
from app.widgets.layouts import clear_layout
from app.widgets.text import label

if TYPE_CHECKING:
    from app.validation.model import GridState
    from app.validation.table import Axis

ALL = "all"
_SEGMENTS = 4  # values up to which all stand side by side, with All behind them


class PageChoosers(QWidget):
    """One chooser for each of these axes; ``All`` lays an axis along the rows."""

    def __init__(self, state: GridState) -> None:
        super().__init__()
        self._state = state
        self._shown: tuple[Axis, ...] = ()
        self.choosers: dict[str, Segments | Choice] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(metrics.GAP)
        signals.changed.connect(self._say_again)

    def _say_again(self) -> None:
        """In the words of another language."""
        self._shown = ()
        self.refresh()

    def refresh(self) -> None:
        """Offer what the grid has, and show what is chosen of it."""
        axes = self._state.places.paged
        if axes != self._shown:
            self._shown = axes
            self._make(axes)
        for axis in axes:
            value = self._state.shown.pages.get(axis.name)
            self.choosers[axis.name].set_value(ALL if value is None else value)

    def _make(self, axes: tuple[Axis, ...]) -> None:
        clear_layout(self._row)
        self.choosers = {}
        for axis in axes:
            made = self._chooser(axis)
            self.choosers[axis.name] = made
            made.setAccessibleName(axis_title(axis.name))
            made.changed.connect(lambda value, name=axis.name: self._turn(name, value))
            words = label(tone="label")
            words.setText(axis_title(axis.name))
            self._row.addWidget(words)
            self._row.addWidget(made)

    def _chooser(self, axis: Axis) -> Segments | Choice:
        plain = axis.name == "seed"
        options: list[tuple[object, str]] = [
            (value, str(value) if plain else value_words(self._state, axis.name, value))
            for value in axis.values
        ]
        short = all(len(words) <= 4 for _, words in options)
        if len(options) <= _SEGMENTS and short:
            return Segments([*options, (ALL, "All")])
        made = Choice([*options, (ALL, tr("All"))], plain=True)
        made.setFixedWidth(84)
        return made

    def _turn(self, name: str, value: Any) -> None:
        self._state.shown.turn(name, None if value == ALL else value)
