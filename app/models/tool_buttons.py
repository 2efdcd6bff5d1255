"""The buttons of the tools, two in a row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.i18n import tr_error
from app.models.tools import TOOLS, offered, refusal
from app.theme import metrics
from app.widgets.buttons import Button, button
from app.widgets.panel import Panel
from engine.models.inspect import ModelInfo


class ToolsPanel(Panel):
    """``asked`` carries the tool whose button was clicked. What cannot work says why on hover."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("Tools")
        self.buttons: dict[str, Button] = {}
        box = QWidget()
        for tool in TOOLS:
            made = button(tool.name, tool.icon, on=partial(self.asked.emit, tool))
            made.setParent(box)
            made.setProperty("align", "left")
            self.buttons[tool.id] = made
        self._grid = QGridLayout(box)
        self._grid.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self.body.addWidget(box)

    def show_models(self, chosen: Sequence[ModelInfo]) -> None:
        """Offer what makes sense for ``chosen``."""
        shown = offered(chosen)
        for tool in TOOLS:
            made = self.buttons[tool.id]
            self._grid.removeWidget(made)
            made.setVisible(tool in shown)
        for place, tool in enumerate(shown):
            made = self.buttons[tool.id]
            error = refusal(tool, chosen)
            made.setEnabled(error is None)
            made.setToolTip(tr_error(error) if error is not None else "")
            self._grid.addWidget(made, place // 2, place % 2)
        self.setVisible(bool(shown))
