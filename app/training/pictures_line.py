"""What is trained on, in a line, and the way to it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.dataset.counts import category_name, is_used
from app.i18n import tr
from app.i18n.format import number
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.text import ElidedLabel

if TYPE_CHECKING:
    from app.training.next_run import NextRun
    from engine.dataset.library import Picture


MOST = 12
"""Categories that the tooltip names."""


class PicturesLine(QWidget):
    """How many pictures and categories; the tooltip has each category with its pictures."""

    def __init__(self, state: NextRun) -> None:
        super().__init__()
        self._state = state
        self._counted: list[Picture] = []
        self._categories: Counter[str] = Counter()
        self.words = ElidedLabel()
        go = tool_button("arrow-right", "Show in Dataset", lambda: state.session.go("dataset"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.words, 1)
        row.addWidget(go)

    def text(self) -> str:
        """The line."""
        return self.words.text()

    def refresh(self) -> None:
        """Say it again; pictures are counted once."""
        if self._counted is not self._state.pictures:
            self._counted = self._state.pictures
            used = (picture.category for picture in self._counted if is_used(picture))
            self._categories = Counter(used)
        categories = self._categories
        words = tr("{n} picture", "{n} pictures", n=number(categories.total()))
        named = len(categories.keys() - {""})
        if named:
            words += ", " + tr("{n} category", "{n} categories", n=named)
        self.words.setText(words)
        lines = [f"{category_name(name)}  {number(n)}" for name, n in categories.most_common(MOST)]
        self.setToolTip("\n".join(lines) if named else "")
