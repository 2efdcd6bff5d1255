"""The team's verdict on a model, as the inspector and the table tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.i18n import joined, sentence, tr
from app.i18n import signals as language_signals
from app.i18n.format import day
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.layouts import clear_layout
from app.widgets.panel import Panel, note

if TYPE_CHECKING:
    from engine.models.approvals import Approval

MEASURES = (
    ("style_fit", "Style fit"),
    ("diversity", "Diversity"),
    ("copying", "Copying"),
    ("held_out_loss", "Held-out loss"),
)


def approved_words(approval: Approval | None) -> str:
    """The line of the table; empty for what is not approved."""
    if approval is None:
        return ""
    return tr("Approved, weight {weight}", weight=f"{approval.weight:g}")


class ApprovalPanel(Panel):
    """Hidden for what is not approved. ``withdrawn`` asks to take it back."""

    withdrawn = Signal()

    def __init__(self) -> None:
        super().__init__("Approved for the team")
        self._approval: Approval | None = None
        self.said: list[str] = []
        self.withdraw = button("Withdraw approval", "undo-2", on=self.withdrawn.emit)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        self.body.addLayout(self._lines)
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, 4)
        foot.addWidget(self.withdraw)
        foot.addStretch(1)
        self.body.addLayout(foot)
        language_signals.changed.connect(self._fill)

    def show_approval(self, approval: Approval | None) -> None:
        """Tell the verdict of the model chosen."""
        self._approval = approval
        self.setVisible(approval is not None)
        self._fill()

    def _fill(self) -> None:
        clear_layout(self._lines)
        self.said = []
        approval = self._approval
        if approval is None:
            return
        sentences = [sentence(tr(one.template, **one.facts)) for one in approval.said]
        told = tr(
            "{name} at weight {weight}, {day}.",
            name=approval.name,
            day=lambda: day(approval.when),
            weight=f"{approval.weight:g}",
        )
        self._say(told, "badge-check", "ok")
        for words in (joined(sentences), self._measured(approval), approval.note):
            if words:
                self._say(words)

    def _say(self, words: str, icon: str = "", tone: str = "label") -> None:
        box, _ = note("{words}", icon, tone, words=words)
        self._lines.addWidget(box)
        self.said.append(words)

    def _measured(self, approval: Approval) -> str:
        known = approval.measures
        told = [
            f"{tr(words)} {value:.4f}" if key == "held_out_loss" else f"{tr(words)} {value:.2f}"
            for key, words in MEASURES
            if (value := known.get(key)) is not None
        ]
        return tr(", ").join(told)
