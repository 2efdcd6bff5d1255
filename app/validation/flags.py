"""Red flags in the column: what speaks against a checkpoint, each with a way to its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind
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
MOST = 2
"""Checkpoints that are told of while there are more than one beyond them."""
_INDENT = metrics.PAD + 16 + metrics.GAP


class RedFlags(Panel):
    """What there is against each checkpoint in one row; of many checkpoints the gravest few, until
    all are asked for. ``cell_asked`` carries the cell that tells most of a flag, ``seeds_asked``
    wants all seeds beside each other, where they are too much alike.
    """

    cell_asked = Signal(object)  # Position
    seeds_asked = Signal()

    def __init__(self, evidence: EvidenceState) -> None:
        super().__init__("Red flags", count=True)
        self._evidence = evidence
        self.count = 0
        self._all = False
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.body.addLayout(self._rows)
        self.more = button("", kind="link", on=self._show_all)
        self._more_text = bind(self.more.setText, "")
        self._more = QWidget()
        row = QHBoxLayout(self._more)
        row.setContentsMargins(_INDENT, 2, metrics.PAD, 0)
        row.addWidget(self.more)
        row.addStretch(1)
        self.body.addWidget(self._more)

    def refresh(self) -> None:
        """List the flags of the evidence that is there now."""
        clear_layout(self._rows)
        flags = self._evidence.flags()
        self.count = len(flags)
        self.set_count(self.count)
        groups: dict[str, list[Flag]] = {}
        for flag in flags:
            groups.setdefault(flag.checkpoint, []).append(flag)
        shown = list(groups.values())
        few = shown if self._all or len(shown) <= MOST + 1 else shown[:MOST]
        for group in few:
            self._rows.addWidget(self._group(group))
        left = len(shown) - len(few)
        self._more.setVisible(left > 0)
        self._more_text.say("{n} more checkpoint", "{n} more checkpoints", n=left)

    def _show_all(self) -> None:
        self._all = True
        self.refresh()

    def _group(self, flags: list[Flag]) -> QWidget:
        """The gravest flag of a checkpoint in full, then the headlines of the others."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(metrics.PAD, 2, metrics.PAD, 3)
        column.setSpacing(2)
        line = self._line(flags[0], flag_words(flags[0]))
        line.insertWidget(0, flag_mark(flags[0]), 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(line)
        for flag in flags[1:]:
            words = label(size=11, tone="label", wrap=True)
            words.setText(capital(said(flag.headline)))
            words.setToolTip("\n".join(capital(said(one)) for one in flag.details))
            alone = QVBoxLayout()
            alone.addWidget(words)
            line = self._line(flag, alone)
            line.setContentsMargins(_INDENT - metrics.PAD, 0, 0, 0)
            column.addLayout(line)
        return box

    def _line(self, flag: Flag, words: QVBoxLayout) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(metrics.GAP)
        line.addLayout(words, 1)
        show = button("Show", kind="link", on=lambda: self._show_flag(flag))
        line.addWidget(show, 0, Qt.AlignmentFlag.AlignTop)
        return line

    def _show_flag(self, flag: Flag) -> None:
        places = self._evidence.places_of(flag)
        if flag.kind == "variety":
            self.seeds_asked.emit()
        if places:
            self.cell_asked.emit(places[0])


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
