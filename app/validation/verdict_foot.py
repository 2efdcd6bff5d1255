"""The foot of the evidence: hand on its report, approve what it speaks for, paint with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.theme import icons, metrics
from app.widgets.buttons import button
from app.widgets.text import restyle

if TYPE_CHECKING:
    from app.validation.approve_entry import Approvals
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState


REPORTS = (("html", "Report as a page (HTML)…"), ("pdf", "Report to print (PDF)…"))


class VerdictFoot(QWidget):
    """Approving is the next step of a verdict, painting that of an approved one. ``report_asked``
    carries the format.
    """

    report_asked = Signal(str)
    canvas_asked = Signal()
    needed = Signal(bool)

    def __init__(self, state: GridState, evidence: EvidenceState, approvals: Approvals) -> None:
        super().__init__()
        self._state, self._evidence, self._approvals = state, evidence, approvals
        self._leads = True
        self.report = button("Report", "file-text", on=self._offer_report)
        self.approve = button("", "badge-check", on=self._approve)
        self._text = bind(self.approve.setText, "Approve…")
        self.canvas = button("", "brush", on=self.canvas_asked.emit)
        self._painting = bind(self.canvas.setText, "Paint with it")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.GAP)
        self._team = QWidget()
        line = QHBoxLayout(self._team)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(metrics.GAP)
        line.addWidget(self.report)
        line.addWidget(self.approve, 1)
        column.addWidget(self._team)
        column.addWidget(self.canvas)
        approvals.changed.connect(self.refresh)
        evidence.changed.connect(self.refresh)
        state.choice_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    @property
    def is_approved(self) -> bool:
        """Whether what the evidence speaks for is in the team's library."""
        return self._approvals.of(self._state.pick_checkpoint) is not None

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do."""
        return not self._team.isHidden() or not self.canvas.isHidden()

    def lead(self, leads: bool) -> None:
        """Whether the next step is here and not in another column."""
        self._leads = leads
        self.refresh()

    def refresh(self) -> None:
        """Follow the verdict and the library."""
        state = self._state
        decided, approved = state.pick_checkpoint != "", self.is_approved
        self._team.setVisible(self._evidence.evidence is not None)
        self.report.setEnabled(self._evidence.verdict() is not None)
        self.approve.setEnabled(decided)
        known = state.checkpoints.get(state.pick_checkpoint)
        if approved:
            self._text.say("Withdraw approval")
        elif known is not None and known.epoch:
            self._text.say("Approve epoch {n}", n=known.epoch)
        else:
            self._text.say("Approve…")
        self.approve.set_icon("undo-2" if approved else "badge-check")
        lora = self._approvals.to_use
        usable = lora is not None
        if lora is not None:
            name, weight = self._evidence.names().get(lora[0], ""), f"{lora[1]:g}"
            self._painting.say("Paint with {name} at {weight}", name=name, weight=weight)
        else:
            self._painting.say("Paint with it")
        self.canvas.setEnabled(usable)
        # Alone and with nothing to open it would only ask why.
        self.canvas.setVisible(usable or self._evidence.evidence is not None)
        self.needed.emit(self.is_needed)
        leads = self._leads and decided
        restyle(self.approve, "kind", "primary" if leads and not approved else "normal")
        restyle(self.canvas, "kind", "primary" if leads and approved else "normal")

    def _offer_report(self) -> None:
        menu = self.menu = QMenu(self)
        for kind, words in REPORTS:
            entry = menu.addAction(icons.icon("file-text", 14), tr(words))
            entry.triggered.connect(partial(self.report_asked.emit, kind))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.report.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def _approve(self) -> None:
        if self.is_approved:
            self._approvals.withdraw(self._state.pick_checkpoint)
        else:
            self._approvals.ask()
