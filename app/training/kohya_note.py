"""The line over the table of an import that says what is still to be done."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import joined, tr
from app.theme import metrics
from app.training.differences import label_of
from app.training.kohya_rows import needs_choice
from app.training.kohya_words import shown_settings, why_text
from app.widgets.buttons import button
from app.widgets.panel import IconLabel
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.training.kohya_model import ReportRows
    from engine.training.kohya.report import Line


class ReportNote(QWidget):
    """The first setting that needs a fix, else the model that is to be chosen, else nothing."""

    def __init__(self, on: Callable[[], object]) -> None:
        super().__init__()
        self.line: Line | None = None
        self._base: object = None
        self.icon = IconLabel("octagon-alert", 14, "err")
        self.words = label(wrap=True)
        self.show_button = button("Show", kind="link", on=on)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.icon)
        row.addWidget(self.words, 1)
        row.addWidget(self.show_button, 0, Qt.AlignmentFlag.AlignRight)

    def begin(self, base: object) -> None:
        """Another import was read, with ``base`` as the model that stayed chosen."""
        self._base = base

    def show_first(self, lines: Sequence[Line], rows: ReportRows) -> None:
        """Look again at what is to be done."""
        wrong = [line for line in lines if rows.problem(line)]
        kept = rows.state.values.get("base_model") == self._base
        missing = [line for line in lines if kept and needs_choice(line)]
        self.line = next(iter(wrong or missing), None)
        self.setVisible(self.line is not None)
        if wrong:
            self.icon.set("octagon-alert", "err")
            self.words.setText(_fixes(wrong))
        elif missing:
            self.icon.set("triangle-alert", "warn")
            name = PureWindowsPath(str(missing[0].value)).name
            asked = tr("The file trains on {name}.", name=name)
            self.words.setText(joined((asked, why_text(missing[0]))))


def _fixes(wrong: Sequence[Line]) -> str:
    names = [label_of(shown_settings(line)[0]) for line in wrong]
    return tr("{n} field needs a fix: {labels}.", "{n} fields need a fix: {labels}.",
              n=len(names), labels=", ".join(names))  # fmt: skip
