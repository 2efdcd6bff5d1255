"""The line over the table of an import that says what is still to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import tr
from app.theme import metrics
from app.training.differences import label_of
from app.training.kohya_rows import needs_choice
from app.training.kohya_words import shown_settings
from app.widgets.buttons import button
from app.widgets.panel import IconLabel
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.training.kohya_model import ReportRows
    from engine.training.kohya.report import Line


class ReportNote(QWidget):
    """The settings that need a fix, or the model that is to be chosen; else nothing."""

    def __init__(self, on: Callable[[], object]) -> None:
        super().__init__()
        self.line: Line | None = None
        self.icon = IconLabel("octagon-alert", 14, "err")
        self.words = label(wrap=True)
        self.show_button = button("Show", kind="link", on=on)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.icon)
        row.addWidget(self.words, 1)
        row.addWidget(self.show_button, 0, Qt.AlignmentFlag.AlignRight)

    def show_first(self, lines: Sequence[Line], rows: ReportRows) -> None:
        """Look again at what is to be done."""
        wrong = [line for line in lines if rows.problem(line)]
        self.line = next(iter(wrong), None)
        self.setVisible(bool(wrong))
        if len(wrong) == 1 and needs_choice(wrong[0]):
            self.words.setText(rows.problem(wrong[0]))
        elif wrong:
            self.words.setText(_fixes(wrong))


def _fixes(wrong: Sequence[Line]) -> str:
    names = [label_of((shown_settings(line) or ["base_model"])[0]) for line in wrong]
    return tr("{n} field needs a fix: {labels}.", "{n} fields need a fix: {labels}.",
              n=len(names), labels=tr(", ").join(names))  # fmt: skip
