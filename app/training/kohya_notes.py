"""What a file for kohya could not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import metrics
from app.training.reason_words import reason_words
from app.widgets.buttons import button
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.training.reasons import Reason


class ExportNotes(QDialog):
    """One line for each thing that the export says otherwise or leaves out. Not modal."""

    def __init__(self, path: Path, notes: Sequence[Reason], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        bind(self.setWindowTitle, "Export for kohya")
        title = label("What {name} cannot say", size=15, weight=600, name=path.name)
        self.lines = QPlainTextEdit("\n".join(reason_words(note) for note in notes))
        self.lines.setReadOnly(True)
        self.lines.setFixedHeight(min(240, 20 + 48 * len(notes)))  # three lines for a sentence
        bind(self.lines.setAccessibleName, "Notes about the export")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(metrics.GAP)
        column.addWidget(title)
        column.addWidget(self.lines)
        foot = QHBoxLayout()
        foot.addStretch(1)
        self.close_button = button("Close", kind="primary", on=self.accept)
        foot.addWidget(self.close_button)
        column.addLayout(foot)
        self.setMinimumWidth(480)
