"""Red flags: what speaks against a checkpoint, in sentences, each with a way to its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import joined, tr
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.layouts import clear_layout
from app.widgets.panel import IconLabel, Panel
from app.widgets.text import label
from engine.validation.overfit_rules import GRAVITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from engine.validation.overfit_rules import Flag
    from engine.validation.sentences import Sentence


class RedFlags(Panel):
    """``cell_asked`` carries the cell that a flag is about."""

    cell_asked = Signal(object)  # Position

    def __init__(self, state: GridState, evidence: EvidenceState) -> None:
        super().__init__("Red flags", count=True)
        self._state, self._evidence = state, evidence
        self.count = 0
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.body.addLayout(self._rows)

    def refresh(self) -> None:
        """List the flags of the evidence that is there now."""
        clear_layout(self._rows)
        picked = self._evidence.pick()
        weights = len([weight for weight in self._state.axes.weights if weight])
        flags = telling(picked.flags, weights) if picked is not None else []
        self.count = len(flags)
        self.set_count(self.count)
        for flag in flags:
            self._rows.addWidget(self._flag_row(flag))

    def _flag_row(self, flag: Flag) -> QWidget:
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(metrics.PAD, 2, metrics.PAD, 3)
        line.setSpacing(metrics.GAP)
        serious = flag.kind in ("copies", "overfit")
        mark = IconLabel(
            "octagon-alert" if serious else "triangle-alert", 16, "err" if serious else "warn"
        )
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        head, detail = label(wrap=True), label(size=11, tone="quiet", wrap=True)
        head.setText(_capital(said(flag.headline)))
        detail.setText(
            joined(said(one) for one in (flag.detail, *(s.sentence for s in flag.signs)))
        )
        words.addWidget(head)
        words.addWidget(detail)
        line.addLayout(words, 1)
        show = button("Show", kind="link", on=lambda: self._show_flag(flag))
        line.addWidget(show, 0, Qt.AlignmentFlag.AlignTop)
        return box

    def _show_flag(self, flag: Flag) -> None:
        key = self._state.find(checkpoint=flag.checkpoint, weight=flag.weight)
        if key is not None:
            self.cell_asked.emit(key)


def telling(flags: Sequence[Flag], weights: int) -> list[Flag]:
    """One flag for each kind and checkpoint, at its highest weight; the gravest kinds first.

    That a checkpoint has not learned the style is told only if that is so at all ``weights``: at
    a low weight it is to be expected.
    """
    found: dict[tuple[str, str], list[Flag]] = {}
    for flag in sorted(flags, key=lambda flag: flag.weight):
        found.setdefault((flag.kind, flag.checkpoint), []).append(flag)
    shown = [
        group[-1]
        for (kind, _), group in found.items()
        if kind != "unlearned" or len(group) == weights
    ]
    return sorted(shown, key=lambda flag: GRAVITY.index(flag.kind))


def said(sentence: Sentence) -> str:
    """A sentence of the engine in the language of the moment."""
    return tr(sentence.template, **dict(sentence.facts))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
