"""What mends the chosen row of an import's report at one click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import metrics
from app.training.kohya_rows import needs_choice
from app.training.problems import LABELS, remedies
from app.training.setting_edits import edit
from app.widgets.buttons import button
from engine.training.optimizer_rules import RULES

if TYPE_CHECKING:
    from app.training.model import TrainState
    from engine.training.kohya.report import Line


class FixButtons(QWidget):
    """One under the other. ``add_asked`` wants a model to be brought in."""

    add_asked = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self._state = state
        self._line: Line | None = None
        self.add = button("Add a model file…", "plus", on=self.add_asked.emit)
        self.other = button("", "replace", on=self._use_other)
        self._other_text = bind(self.other.setText, "")
        self.remedy = button("", "replace", on=self._mend)
        self._remedy_text = bind(self.remedy.setText, "")
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        column.setSpacing(metrics.GAP_FIELDS)
        for one in (self.add, self.other, self.remedy):
            column.addWidget(one, 0, Qt.AlignmentFlag.AlignLeft)

    def show_line(self, line: Line | None, problem: str) -> None:
        """Offer what mends the ``problem`` of ``line``."""
        self._line = line if problem else None
        self.add.setVisible(self._line is not None and needs_choice(self._line))
        self.other.setVisible(bool(self._instead))
        self._other_text.say("Use {optimizer}", optimizer=self._instead)
        self.remedy.setVisible(bool(self._cure))
        self._remedy_text.say(next((LABELS[name] for name in self._cure), ""))
        self.setVisible(any(not one.isHidden() for one in (self.add, self.other, self.remedy)))

    @property
    def _instead(self) -> str:
        """The optimizer that does the same as one that this computer lacks."""
        if self._line is None or "optimizer_type" not in self._line.settings:
            return ""
        rule = RULES.get(str(self._state.values["optimizer_type"]))
        return rule.instead if rule is not None else ""

    @property
    def _cure(self) -> dict[str, object]:
        """The settings that mend it."""
        names = self._line.settings if self._line is not None else ()
        known = remedies(self._state.problem)
        return next((known[name] for name in names if name in known), {})

    def _use_other(self) -> None:
        edit(self._state, "optimizer_type", self._instead)

    def _mend(self) -> None:
        self._state.change(**self._cure)
