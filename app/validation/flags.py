"""Red flags in the column: what speaks against a checkpoint, each with a way to its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import metrics
from app.validation.verdict_words import capital, said
from app.widgets.buttons import button
from app.widgets.layouts import clear_layout
from app.widgets.panel import IconLabel, Panel
from app.widgets.text import label

if TYPE_CHECKING:
    from app.validation.evidence import EvidenceState
    from engine.validation.overfit_rules import Flag

SERIOUS = ("copies", "overfit")


class RedFlags(Panel):
    """``cell_asked`` carries the cell that tells most of a flag."""

    cell_asked = Signal(object)  # Position

    def __init__(self, evidence: EvidenceState) -> None:
        super().__init__("Red flags", count=True)
        self._evidence = evidence
        self.count = 0
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.body.addLayout(self._rows)

    def refresh(self) -> None:
        """List the flags of the evidence that is there now."""
        clear_layout(self._rows)
        flags = self._evidence.flags()
        self.count = len(flags)
        self.set_count(self.count)
        for flag in flags:
            self._rows.addWidget(self._flag_row(flag))

    def _flag_row(self, flag: Flag) -> QWidget:
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(metrics.PAD, 2, metrics.PAD, 3)
        line.setSpacing(metrics.GAP)
        line.addWidget(flag_mark(flag), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(flag_words(flag), 1)
        show = button("Show", kind="link", on=lambda: self._show_flag(flag))
        line.addWidget(show, 0, Qt.AlignmentFlag.AlignTop)
        return box

    def _show_flag(self, flag: Flag) -> None:
        pairs = self._evidence.pairs_of(flag.cells)
        if pairs:
            self.cell_asked.emit(pairs[0].key)


def flag_mark(flag: Flag) -> IconLabel:
    """The icon of how grave a flag is."""
    serious = flag.kind in SERIOUS
    icon, tint = ("octagon-alert", "err") if serious else ("triangle-alert", "warn")
    return IconLabel(icon, 16, tint)


def flag_words(flag: Flag, *, struck: bool = False) -> QVBoxLayout:
    """Headline, detail, and the signs of a suspicion, below each other."""
    words = QVBoxLayout()
    words.setSpacing(0)
    head = label(wrap=True, weight=400 if struck else 500, tone="quiet" if struck else "")
    head.setText(capital(said(flag.headline)))
    if struck:
        font = head.font()
        font.setStrikeOut(True)
        head.setFont(font)
    details = [capital(said(one)) for one in flag.details]
    words.addWidget(head)
    for one in details:
        detail = label(size=11, tone="quiet", wrap=True)
        detail.setText(one)
        words.addWidget(detail)
    return words
