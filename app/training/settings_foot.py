"""Under the settings: what needs a fix, and the buttons of Simple and of Advanced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import Binding, bind, tr
from app.theme import metrics
from app.widgets.buttons import Button, button
from app.widgets.panel import IconLabel
from app.widgets.text import label

_NAMED = 2


class FixLine(QWidget):
    """Names the fields that are wrong; ``show_asked`` carries the first."""

    show_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._first = ""
        self.words = label(wrap=True)
        self.show_it = button("Show", kind="link", on=lambda: self.show_asked.emit(self._first))
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(IconLabel("circle-alert", 14, "err"))
        row.addWidget(self.words, 1)
        row.addWidget(self.show_it)
        self.hide()

    def say(self, names: Sequence[str], labels: Sequence[str]) -> None:
        """Show the line for these settings, or nothing without any."""
        self._first = names[0] if names else ""
        listed = tr(", ").join(labels[:_NAMED])
        if len(labels) > _NAMED:
            listed += "…"
        self.words.setText(
            tr(
                "{n} field needs a fix: {labels}.",
                "{n} fields need a fix: {labels}.",
                n=len(labels),
                labels=listed,
            )
        )
        self.setVisible(bool(names))


def reset_button(on: Callable[[], object]) -> tuple[Button, Binding]:
    """The button that puts everything back, and its words, which tell of how many settings."""
    made = button("", "rotate-ccw", on=on)
    return made, bind(made.setText, "Reset {n} changed", n=0)
