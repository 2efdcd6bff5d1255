"""The candidates strip under the canvas: cards, and what to do with the candidate shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.canvas.cards import CandidateCards
from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.text import ElidedLabel, hairline, label, restyle

if TYPE_CHECKING:
    from app.canvas.candidates import Candidates


class CandidateStrip(QWidget):
    """Header with the actions and a row of cards. Hidden while there are no candidates.

    Once one was accepted the others stay to choose from, until they are closed.
    """

    accepted = Signal()
    discarded = Signal()

    def __init__(self, candidates: Candidates) -> None:
        super().__init__()
        self._candidates = candidates
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.cards = CandidateCards(candidates)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline("column"))
        column.addLayout(self._header())
        column.addWidget(self.cards, 1)
        self.set_narrow(False)
        candidates.reset.connect(self.refresh)
        candidates.changed.connect(lambda _: self.refresh())
        candidates.shown_changed.connect(self.refresh)
        self.refresh()

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(metrics.PAD, 5, metrics.PAD, 5)
        row.setSpacing(6)
        self._detail = ElidedLabel(tone="quiet")
        self._detail_text = bind(self._detail.setText, "")
        self.discard = button("", "trash-2", "quiet", on=self.discarded.emit)
        self._discard_text = bind(self.discard.setText, "Discard")
        # The key acts while the canvas has the focus; here it is only shown.
        self.blink = button("Blink", "eye")
        self.blink.show_shortcut("B")
        self.blink.pressed.connect(lambda: self._candidates.set_blink(True))
        self.blink.released.connect(lambda: self._candidates.set_blink(False))
        bind(self.blink.setToolTip, "Hold to see the picture without the candidate")
        self.accept = button("Accept as layer", "check", "primary", on=self.accepted.emit)
        self.accept.show_shortcut("Return")
        row.addWidget(label("Candidates", weight=600))
        row.addSpacing(4)
        row.addWidget(self._detail, 1)
        for made in (self.discard, self.blink, self.accept):
            row.addWidget(made)
        return row

    def set_narrow(self, narrow: bool) -> None:
        """Smaller cards without words, for small windows."""
        self.cards.set_narrow(narrow)
        self.setFixedHeight(144 if narrow else 192)

    def refresh(self) -> None:
        """Follow the candidates."""
        candidates = self._candidates
        self.setVisible(bool(candidates.items))
        self.accept.setEnabled(candidates.ready_one is not None)
        self.blink.setEnabled(candidates.current is not None)
        self._discard_text.say("Close" if candidates.decided else "Discard")
        self.discard.set_icon("x" if candidates.decided else "trash-2")
        restyle(self.accept, "kind", "normal" if candidates.decided else "primary")
        batch = candidates.batch
        items = candidates.of(batch) if batch is not None else []
        self._detail_text.say(
            "{ready} of {total}, strength {strength}",
            ready=sum(item.state == "ready" for item in items),
            total=len(items),
            strength=f"{batch.strength if batch is not None else 0.0:.2f}",
        )
