"""The foot of the stage: which document is open, how large it is, and whether it is saved."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n.format import day, dimensions
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.text import ElidedLabel, label

if TYPE_CHECKING:
    from app.canvas.keeper import Keeper
    from app.canvas.model import CanvasState

UNSAVED_MARK = "•"


class DocumentLine(QWidget):
    """Name with a mark while there are unsaved changes, size, and when it was saved."""

    menu_asked = Signal()

    def __init__(self, state: CanvasState, keeper: Keeper) -> None:
        super().__init__()
        self._state, self._keeper = state, keeper
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.STATUS)
        self.name = ElidedLabel(size=11, mode=Qt.TextElideMode.ElideMiddle)
        self.documents = tool_button(
            "chevron-down", "Canvases of this project", self.menu_asked.emit, dense=True
        )
        self.documents.setFixedHeight(metrics.STATUS - 4)
        self.selection = label(size=11, tone="quiet")
        self._selection_text = bind(self.selection.setText, "")
        self.size_label = label(size=11, tone="quiet")
        self.saved = label(size=11, tone="label")
        self._saved_text = bind(self.saved.setText, "")
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.documents)
        row.addWidget(self.name, 1)
        row.addWidget(self.selection)
        row.addWidget(self.size_label)
        row.addWidget(self.saved)
        for signal in (state.opened, state.modified_changed, keeper.saved):
            signal.connect(self.refresh)
        state.size_changed.connect(lambda _: self.refresh())
        state.selection_changed.connect(self._show_selection)
        self.refresh()
        self._show_selection()

    def add(self, widget: QWidget) -> None:
        """Put a widget before the facts of the document."""
        self._row.insertWidget(2, widget)

    def _show_selection(self) -> None:
        selected = self._state.selected
        if selected is None:
            self._selection_text.say("")
            return
        self._selection_text.say(
            "Selected {size} at {x}, {y}",
            size=dimensions(selected.width(), selected.height()),
            x=selected.x(),
            y=selected.y(),
        )

    def refresh(self) -> None:
        """Follow the document."""
        state = self._state
        self.setVisible(state.document is not None)
        name = state.path.stem if state.path is not None else ""
        self.name.setText(f"{name} {UNSAVED_MARK}" if state.modified else name)
        self.size_label.setText(dimensions(state.size.width(), state.size.height()))
        if state.modified:
            self._saved_text.say("Unsaved")
            self.saved.setToolTip(tr("A copy is kept. Save writes it to the file."))
        else:
            self._saved_text.say("Saved {time}", time=partial(moment, self._keeper.saved_time))
            self.saved.setToolTip(str(state.path))


def moment(written: float) -> str:
    """A time of today as 14:52, an earlier one as its day."""
    then = time.localtime(written)
    if then[:3] == time.localtime()[:3]:
        return time.strftime("%H:%M", then)
    return day(written)
