"""Bars of the culling page: what is looked at and how, and the question when it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import bind
from app.i18n.format import percent
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.panel import IconLabel
from app.widgets.segments import Segments
from app.widgets.text import ElidedLabel, hairline, label

if TYPE_CHECKING:
    from collections.abc import Callable


class CullBar(QWidget):
    """Way back, title, modes of a pair, and zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "panel")
        self.setFixedHeight(metrics.TOOLBAR)
        self.back = button("Back to grid", "arrow-left", "quiet")
        self.title = label(weight=600)
        self.words = ElidedLabel(tone="quiet")
        self.modes = Segments(
            [("side", "Side by side"), ("blink", "Blink"), ("difference", "Difference")]
        )
        bind(self.modes.setAccessibleName, "How the pair is shown")
        self.link = tool_button("link", "Move both pictures together", checkable=True)
        self.link.setChecked(True)
        self.smaller = tool_button("zoom-out", "Zoom out")
        self.zoom = label(tone="label")
        self.larger = tool_button("zoom-in", "Zoom in")
        self.fit = tool_button("maximize", "Fit the picture")
        self.line = hairline("panel", vertical=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.back)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(self.title)
        row.addWidget(self.words, 1)
        for widget in (self.modes, self.line, self.link, self.smaller, self.zoom, self.larger):
            row.addWidget(widget)
        row.addWidget(self.fit)

    def show_zoom(self, scale: float) -> None:
        """Show the zoom of the panes."""
        self.zoom.setText(percent(scale))

    def set_pairs(self, pairs: bool) -> None:
        """Show what belongs to pairs, or hide it."""
        for widget in (self.modes, self.link, self.line):
            widget.setVisible(pairs)


class LeaveBar(QWidget):
    """Asks in place whether decisions are applied or forgotten; the page goes on underneath."""

    answered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "panel")
        self.setFixedHeight(metrics.TOOLBAR + 8)
        self.words = label(weight=500)
        self.apply = button("Apply", "check", "primary", on=self._tell("apply"))
        self.forget = button("Forget them", "x", on=self._tell("forget"))
        self.stay = button("Stay here", kind="quiet", on=self._tell("stay"))
        self.stay.show_shortcut("Escape")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(IconLabel("circle-question-mark", 16, "warn"))
        row.addWidget(self.words, 1)
        for made in (self.stay, self.forget, self.apply):
            row.addWidget(made)
        self.hide()

    def _tell(self, answer: str) -> Callable[[], None]:
        return lambda: self.answered.emit(answer)
