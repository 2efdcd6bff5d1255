"""The candidates strip under the canvas: cards, and what to do with the candidate shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.canvas.candidate_words import version_of
from app.canvas.cards import CandidateCards
from app.i18n import bind
from app.keymap import KEYS
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.text import ElidedLabel, hairline, label, restyle

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.canvas.model import CanvasState


class CandidateStrip(QWidget):
    """Header with the actions and a row of cards. Hidden while there are no candidates.

    Once one was accepted the others stay to choose from, until they are closed.
    """

    accepted = Signal()
    discarded = Signal()
    best_asked = Signal(object)  # the Candidate whose LoRAs are to be used from now on

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._collage, self._compare = state.collage, state.compare
        candidates = self._candidates = state.candidates
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
        candidates.changed.connect(lambda _: self.refresh())
        for changed in (
            candidates.reset,
            candidates.shown_changed,
            self._collage.changed,
            self._compare.changed,
        ):
            changed.connect(self.refresh)
        self.refresh()

    def _header(self) -> QHBoxLayout:
        row = self._row = QHBoxLayout()
        row.setContentsMargins(metrics.PAD, 5, metrics.PAD, 5)
        row.setSpacing(6)
        self._detail = ElidedLabel(tone="quiet")
        self._detail_text = bind(self._detail.setText, "")
        self.discard = button("", "trash-2", "quiet", on=self._discard)
        self._discard_text = bind(self.discard.setText, "Discard")
        # The keys act while the canvas has the focus; here they are only shown.
        self.blink = button("", "eye")
        self._blink_text = bind(self.blink.setText, "Blink")
        self.blink.show_shortcut("B")
        self.blink.pressed.connect(lambda: self._candidates.set_blink(True))
        self.blink.released.connect(lambda: self._candidates.set_blink(False))
        bind(self.blink.setToolTip, "Hold to see the picture without the candidate")
        self.compare = button("", "columns-2", on=self._compare.toggle)
        self._compare_text = bind(self.compare.setText, "Compare")
        self.compare.setCheckable(True)
        bind(
            self.compare.setToolTip,
            "Both sides of a line: drag it. Up and Down choose what lies left of it",
        )
        self.collage = button("", "blend", on=self._toggle_collage)
        self._collage_text = bind(self.collage.setText, "Collage")
        bind(self.collage.setToolTip, "Paint with candidates: the best of each in one picture")
        self.best = button("", "badge-check", "quiet", on=self._take_best)
        self._best_text = bind(self.best.setText, "Use {version}", version="")
        bind(self.best.setToolTip, "Paint with this checkpoint and weight from now on")
        for made, name in (
            (self.blink, "Blink"),
            (self.compare, "Compare"),
            (self.collage, "Collage"),
        ):
            bind(made.setAccessibleName, name)  # also where there is no room for words
        self.accept = button("Accept as layer", "check", "primary", on=self.accepted.emit)
        self.accept.show_shortcut("Return")
        row.addWidget(label("Candidates", weight=600))
        row.addSpacing(4)
        row.addWidget(self._detail, 1)
        for made in (self.best, self.discard, self.blink, self.compare, self.collage, self.accept):
            row.addWidget(made)
        return row

    def _toggle_collage(self) -> None:
        if self._collage.active:
            self._collage.leave()
        else:
            self._collage.start()

    def _take_best(self) -> None:
        if self._candidates.ready_one is not None:
            self.best_asked.emit(self._candidates.ready_one)

    def _show_best(self, collaging: bool) -> None:
        """Where candidates are of several versions, the one that is shown can be decided for."""
        shown = self._candidates.ready_one
        version = version_of(shown, self._candidates.of(shown.batch)) if shown else ""
        self.best.setVisible(bool(version) and not collaging)
        self._best_text.update(
            version=lambda: version_of(shown, self._candidates.of(shown.batch)) if shown else ""
        )

    def _discard(self) -> None:
        if self._collage.active:
            self._collage.clear()
        else:
            self.discarded.emit()

    def set_narrow(self, narrow: bool) -> None:
        """Smaller cards without words, for small windows."""
        self.cards.set_narrow(narrow)
        self.setFixedHeight(144 if narrow else 192)

    def refresh(self) -> None:
        """Follow the candidates."""
        candidates, collaging = self._candidates, self._collage.active
        self.setVisible(bool(candidates.items) or collaging)
        parts = self._collage.parts if collaging else []
        self.cards.mark({part.layer.id: part.pattern for part in parts})
        self.accept.setEnabled(bool(parts) if collaging else candidates.ready_one is not None)
        self.blink.setEnabled(bool(parts) if collaging else candidates.current is not None)
        self.compare.setVisible(not collaging)
        self.compare.setEnabled(candidates.current is not None)
        self.compare.setChecked(self._compare.on)
        self.collage.setEnabled(collaging or self._collage.can_start)
        self._show_best(collaging)
        self._say_deeds(collaging)
        if collaging:
            self._detail_text.say("Choose one, then paint it in")
            return
        batch = candidates.batch
        items = candidates.of(batch) if batch is not None else []
        self._detail_text.say(
            "{ready} of {total}, strength {strength}",
            ready=sum(item.state == "ready" for item in items),
            total=len(items),
            strength=f"{batch.strength if batch is not None else 0.0:.2f}",
        )

    def _say_deeds(self, collaging: bool) -> None:
        """What the buttons do now; where there is no room those with icons go without words."""
        decided = self._candidates.decided and not collaging
        self._discard_text.say("Clear mask" if collaging else "Close" if decided else "Discard")
        self.discard.set_icon("x" if decided else "eraser" if collaging else "trash-2")
        self.discard.setEnabled(bool(self._collage.chosen_part) or not collaging)
        restyle(self.accept, "kind", "normal" if decided else "primary")
        self._fold(collaging)

    def _fold(self, collaging: bool) -> None:
        """Where there is no room, buttons with icons go without words, then without keys."""
        for words, keys in ((True, True), (False, True), (False, False)):
            self._blink_text.say("Blink" if words else "")
            self._compare_text.say("Compare" if words else "")
            if collaging:
                self._collage_text.say("Leave collage" if words else "Leave")
            else:
                self._collage_text.say("Collage" if words else "")
            leaving = "Esc" if collaging else KEYS.key("candidate.collage")
            comparing = KEYS.key("candidate.compare")
            shown = ((self.blink, "B"), (self.compare, comparing), (self.collage, leaving))
            for made, key in (*shown, (self.accept, "Return")):
                made.show_shortcut(key if keys else "")
            self._row.invalidate()
            if self._row.minimumSize().width() <= self.width():
                break

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words come and go with the room."""
        self._say_deeds(self._collage.active)
