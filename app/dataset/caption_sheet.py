"""A sheet of the Dataset workspace: it takes the place of the grid and leaves the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind
from app.i18n.format import number
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.panel import Column
from app.widgets.segments import Segments
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.widgets.form import SchemaForm
    from engine.dataset.library import Picture

WIDTH = 332


class Sheet(QWidget):
    """A titled page: ``column`` with settings and a foot at the left, ``side`` at the right."""

    closed = Signal()

    def __init__(self, title_key: str) -> None:
        super().__init__()
        self.setProperty("surface", "stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.column = Column(WIDTH, "left")
        self.side = QVBoxLayout()
        self.side.setContentsMargins(0, 0, 0, 0)
        self.side.setSpacing(0)
        self.back = tool_button("arrow-left", "Back to the pictures", self.closed.emit)
        head = QWidget()
        head.setProperty("surface", "panel")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(head)
        row.setContentsMargins(metrics.GAP, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.back)
        row.addWidget(label(title_key, weight=600))
        row.addStretch(1)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.column)
        body.addLayout(self.side, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(head)
        outer.addWidget(hairline("chrome"))
        outer.addLayout(body, 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class ScopeRow(QWidget):
    """Which pictures: the selected ones, those the filter shows, or all, with their number."""

    changed = Signal()

    def __init__(self, state: DatasetState) -> None:
        super().__init__()
        self.state = state
        self.choice = Segments([("selected", "Selected"), ("shown", "Shown"), ("all", "All")])
        self.count = label(size=11, tone="quiet")
        self._text = bind(self.count.setText, "")
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 4, metrics.PAD, metrics.GAP)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.choice)
        row.addWidget(self.count)
        row.addStretch(1)
        bind(self.choice.setAccessibleName, "Which pictures")
        self.choice.changed.connect(lambda _: self._tell())
        state.selection_changed.connect(self._tell)
        state.shown_changed.connect(self._tell)
        self.refresh()

    def set_value(self, value: str) -> None:
        """Choose without telling."""
        self.choice.set_value(value)
        self.refresh()

    def set_usual(self) -> None:
        """The selection where there is one, else what is shown."""
        self.set_value("selected" if self.state.selected else "shown")

    def pictures(self) -> list[Picture]:
        """The pictures of the choice."""
        value = self.choice.value
        if value == "selected":
            return self.state.selected
        return list(self.state.shown) if value == "shown" else list(self.state.pictures.values())

    def refresh(self) -> None:
        """Count again."""
        n = len(self.pictures())
        self._text.say("{n} picture", "{n} pictures", n=number(n))

    def _tell(self) -> None:
        self.refresh()
        self.changed.emit()


def widen(form: SchemaForm) -> None:
    """Give the labels of ``form`` two lines where one is not enough: this column is narrow."""
    for row in form.rows.values():
        row.label.setWordWrap(True)
