"""Layers and history below each other, or as two tabs where there is no room for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.canvas.history_panel import HistoryPanel
from app.canvas.layers_panel import LayersPanel
from app.theme import metrics

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

# From this height on both are shown.
ROOM_FOR_BOTH = 600


class LayersColumn(QWidget):
    """``layers`` and ``history``; the name of the other one stands in the header of each tab."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self.layers = LayersPanel(state)
        self.history = HistoryPanel(state)
        self._tabs: bool | None = None
        self._shows_history = False
        self._parts = QSplitter(Qt.Orientation.Vertical)
        self._parts.setChildrenCollapsible(False)
        self._parts.setHandleWidth(1)
        for panel in (self.layers, self.history):
            panel.setMinimumHeight(160)
            self._parts.addWidget(panel)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._parts)
        self.layers.other.clicked.connect(lambda *_: self.show_history(True))
        self.history.other.clicked.connect(lambda *_: self.show_history(False))
        self.layers.snapshot_asked.connect(self.history.take_snapshot)
        self._arrange()

    def show_history(self, shown: bool) -> None:
        """Choose the tab."""
        self._shows_history = shown
        self._tabs = None
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Both where there is room, else tabs."""
        self._arrange()

    def _arrange(self) -> None:
        tabs = self.height() < ROOM_FOR_BOTH
        if tabs == self._tabs:
            return
        self._tabs = tabs
        self.layers.other.setVisible(tabs)
        self.history.other.setVisible(tabs)
        # The name of the other tab stands where that of this one would.
        left = metrics.PAD - (8 if tabs else 0)
        self.history.header.row.setContentsMargins(left, 0, metrics.PAD, 0)
        self.layers.setVisible(not (tabs and self._shows_history))
        self.history.setVisible(not tabs or self._shows_history)
