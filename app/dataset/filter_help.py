"""The words of the filter language, with an example of each that a click writes."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.text import label
from engine.dataset.query_keys import KEYS, MARKS

JOINS = (
    ("-tag:watermark", "A minus leaves out; so does not."),
    ("(cat or dog) stars>=3", "Terms side by side must all fit; or and parentheses choose."),
    (r"tag:/^\d+girls?$/", "Between slashes stands a regular expression."),
)


class FilterHelp(QFrame):
    """``chosen`` carries the example that was clicked."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        inner = QWidget()
        inner.setProperty("surface", "none")
        self.grid = QGridLayout(inner)
        self.grid.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.PAD)
        self.grid.setHorizontalSpacing(16)
        self.grid.setVerticalSpacing(0)
        self.grid.setColumnStretch(1, 1)
        for key in KEYS:
            self._line(key.example, key.help)
        for mark in MARKS:
            self._line(mark.name if mark.alone else f"is:{mark.name}", mark.help)
        for example, words in JOINS:
            self._line(example, words)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.viewport().setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(scroll)
        self.resize(620, 460)

    def open_below(self, widget: QWidget) -> None:
        """Show it under ``widget``."""
        self.move(widget.mapToGlobal(QPoint(0, widget.height() + 2)))
        self.show()

    def _line(self, example: str, words: str) -> None:
        row = self.grid.rowCount()
        made = button("", kind="link")
        made.setText(example)
        made.clicked.connect(lambda *_: self._choose(example))
        told = label(tone="label", wrap=True)
        bind(told.setText, words)
        self.grid.addWidget(made, row, 0)
        self.grid.addWidget(told, row, 1)

    def _choose(self, example: str) -> None:
        self.hide()
        self.chosen.emit(example)
