"""What stands under the Repaint button: what is missing before it makes sense, and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import metrics
from app.widgets.buttons import Button, button
from app.widgets.text import label

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint

# Looking at the pixels waits until a drag or a stroke rests.
LOOK_MS = 200


class RepaintHints(QWidget):
    """No region: which tool draws one, or all of the canvas. Nothing there: a higher strength."""

    def __init__(self, repaint: Repaint, state: CanvasState) -> None:
        super().__init__()
        self._repaint, self._state = repaint, state
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, 6, metrics.PAD, 0)
        column.setSpacing(6)
        self.tool = button("Selection tool", "square-dashed", "link", on=self._take_tool)
        self.whole = button("Repaint the whole canvas", kind="link", on=repaint.start_whole)
        self.no_region = _hint(
            "Draw a region with the selection tool first.", self.tool, self.whole
        )
        self.raise_strength = button("Raise the strength", kind="link", on=self._raise)
        self.nothing = _hint(
            "Nothing is painted here yet: raise the strength to 0.9 or more.", self.raise_strength
        )
        column.addWidget(self.no_region)
        column.addWidget(self.nothing)
        self._timer = QTimer(self, interval=LOOK_MS, singleShot=True)
        self._timer.timeout.connect(self.look)
        state.opened.connect(self.refresh)
        state.selection_changed.connect(self.refresh)
        state.pixels_changed.connect(lambda _: self._timer.start())
        repaint.settings_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Follow region and settings; the picture is looked at a little later."""
        opened = self._state.document is not None
        self.no_region.setVisible(opened and not self._repaint.has_region)
        if not opened or not self._weak:
            self.nothing.hide()
        else:
            self._timer.start()
        self._settle()

    def look(self) -> None:
        """Look whether the region shows anything that a repaint could start from."""
        opened = self._state.document is not None
        self.nothing.setVisible(opened and self._weak and self._state.is_flat())
        self._settle()

    def _settle(self) -> None:
        self.setVisible(not (self.no_region.isHidden() and self.nothing.isHidden()))

    @property
    def _weak(self) -> bool:
        return self._repaint.settings.strength < self._repaint.settings.from_nothing

    def _take_tool(self) -> None:
        self._state.set_tool("select")

    def _raise(self) -> None:
        self._repaint.change(strength=self._repaint.settings.from_nothing)


def _hint(words: str, *remedies: Button) -> QWidget:
    """A wrapped sentence over its remedies."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addWidget(label(words, size=11, tone="warn", wrap=True))
    row = QHBoxLayout()
    row.setSpacing(metrics.PAD)
    for one in remedies:
        row.addWidget(one, 0, Qt.AlignmentFlag.AlignLeft)
    row.addStretch(1)
    column.addLayout(row)
    return box
