"""A caption that another program changed meanwhile: both texts in place, and three ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.caption_chips import merged
from app.i18n import bind, tr
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.panel import IconLabel
from app.widgets.text import ElidedLabel, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.operations import Conflict


class ConflictBox(QWidget):
    """Shows the first of the conflicts it is given; the answer is for all of them.

    ``answered`` carries the conflicts and ``"mine"``, ``"theirs"`` or ``"merge"``.
    """

    answered = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self._conflicts: list[Conflict] = []
        self._title = label(weight=500, wrap=True)
        self._title_text = bind(self._title.setText, "")
        self.mine = ElidedLabel(size=11, tone="label")
        self.theirs = ElidedLabel(size=11, tone="label")
        self.keep = button("Keep mine", dense=True, on=lambda: self._answer("mine"))
        self.take = button("Take theirs", dense=True, on=lambda: self._answer("theirs"))
        self.merge = button("Merge", dense=True, on=lambda: self._answer("merge"))
        head = QHBoxLayout()
        head.setSpacing(metrics.GAP)
        head.addWidget(IconLabel("triangle-alert", 14, "warn"))
        head.addWidget(self._title, 1)
        row = QHBoxLayout()
        row.setSpacing(metrics.GAP_FIELDS)
        for one in (self.keep, self.take, self.merge):
            row.addWidget(one)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.mine)
        column.addWidget(self.theirs)
        column.addLayout(row)
        self.hide()

    def show_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        """Show ``conflicts``; none hides the box."""
        self._conflicts = list(conflicts)
        self.setVisible(bool(conflicts))
        if not conflicts:
            return
        self._title_text.say(
            "Changed on disk meanwhile. Which text stays?",
            "{n} captions were changed on disk meanwhile. Which texts stay?",
            n=len(conflicts),
        )
        first = conflicts[0]
        self.mine.setText(tr("Mine: {text}", text=_line(first.mine)))
        self.theirs.setText(tr("On disk: {text}", text=_line(first.theirs)))
        self.mine.setToolTip(first.mine)
        self.theirs.setToolTip(first.theirs)
        self.merge.setToolTip(tr("Becomes: {text}", text=merged(first)))

    def _answer(self, how: str) -> None:
        if self._conflicts:
            self.answered.emit(list(self._conflicts), how)


def _line(text: str) -> str:
    return " / ".join(text.split("\n")) or "–"
