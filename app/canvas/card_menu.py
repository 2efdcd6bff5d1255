"""What can be done with one candidate: the menu of its card, and keys of the strip."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from app.canvas.candidate_keys import toggle_collage
from app.canvas.candidate_words import uses_of
from app.i18n import tr
from app.keymap import KEYS
from app.theme import icons

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.again import Again
    from app.canvas.candidate import Candidate
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint
    from app.canvas.strip import CandidateStrip
    from app.session import Session

# Shares of another seed's noise that a variation takes.
VARIATIONS = (0.1, 0.2, 0.35)


class CardMenu:
    """Built anew each time it is opened. In the strip Delete discards one, K keeps only one; what
    the canvas does by keys goes here too.
    """

    def __init__(
        self,
        session: Session,
        state: CanvasState,
        repainting: Repaint,
        again: Again,
        strip: CandidateStrip,
    ) -> None:
        self._session, self._state, self._strip = session, state, strip
        self._repainting, self._again = repainting, again
        strip.cards.menu_asked.connect(self.open)
        strip.cards.parked_asked.connect(self._paint_parked)
        strip.best_asked.connect(again.use_loras)
        self.bind_keys()

    def bind_keys(self) -> None:
        """Let the cards listen to the keys of the moment."""
        state, strip = self._state, self._strip
        keys: dict[str, Callable[[], object]] = {
            "Return": strip.accepted.emit,
            "Enter": strip.accepted.emit,
            "Num+Enter": strip.accepted.emit,
            "Del": self._on_shown(self.discard),
            "Backspace": self._on_shown(self.discard),
            "K": self._on_shown(self.keep_only),
            KEYS.key("candidate.collage"): partial(toggle_collage, state),
            KEYS.key("candidate.compare"): state.compare.toggle,
            KEYS.key("candidate.other_previous"): partial(state.compare.step_other, -1),
            KEYS.key("candidate.other_next"): partial(state.compare.step_other, 1),
            KEYS.key("candidate.previous"): partial(state.candidates.step, -1),
            KEYS.key("candidate.next"): partial(state.candidates.step, 1),
        }
        strip.cards.keys = {key: act for key, act in keys.items() if key}

    def _on_shown(self, act: Callable[[Candidate], None]) -> Callable[[], None]:
        def run() -> None:
            shown = self._state.candidates.ready_one
            if shown is not None:
                act(shown)

        return run

    def open(self, item: Candidate, at: QPoint) -> None:
        """Offer what can be done with a candidate."""
        menu = self.menu = QMenu(self._strip)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ready = item.state == "ready"
        if item.state == "failed":
            retry = partial(self._repainting.retry, [item])
            self._add("rotate-cw", tr("Try again"), retry, self._repainting.can_start)
        if item.state == "parked":
            able = self._repainting.can_start
            all_of_them = partial(self._paint_parked, item)
            self._add("play", tr("Paint all that wait"), all_of_them, able)
            self._add("play", tr("Paint this one"), partial(self._repainting.retry, [item]), able)
        self._add("check", tr("Accept as layer"), partial(self._accept, item), ready)
        self._add("dices", tr("More with other seeds"), self._more(item), ready)
        nearby = menu.addMenu(icons.icon("shuffle", 14), tr("Variations of this one"))
        nearby.setEnabled(ready and self._repainting.can_start)
        for share in VARIATIONS:
            act = partial(self._repainting.variations, item, share)
            nearby.addAction(tr("{share} % different", share=round(share * 100)), act)
        menu.addSeparator()
        self._add("history", tr("Take up its settings"), self._take_up(item), ready)
        uses = bool(uses_of(item.recipe))
        self._add("badge-check", tr("Use its LoRA from now on"), self._use(item), uses)
        menu.addSeparator()
        self._add("pin", tr("Keep only this one"), partial(self.keep_only, item), ready)
        self._add("trash-2", tr("Discard this one"), partial(self.discard, item), True)
        menu.popup(at)

    def _add(self, icon: str, text: str, act: Callable[[], object], enabled: bool) -> None:
        entry = self.menu.addAction(icons.icon(icon, 14), text)
        entry.setEnabled(enabled)
        entry.triggered.connect(lambda *_: act())

    def _more(self, item: Candidate) -> Callable[[], None]:
        return partial(self._repainting.more, item.batch, [item])

    def _take_up(self, item: Candidate) -> Callable[[], None]:
        return partial(self._again.from_candidate, item)

    def _use(self, item: Candidate) -> Callable[[], None]:
        return partial(self._again.use_loras, item)

    def _paint_parked(self, item: Candidate) -> None:
        self._repainting.retry(self._state.candidates.parked_like(item))

    def _accept(self, item: Candidate) -> None:
        candidates = self._state.candidates
        candidates.show(candidates.items.index(item))
        self._strip.accepted.emit()

    def discard(self, item: Candidate) -> None:
        """Take one candidate away."""
        self.remove([item])

    def keep_only(self, item: Candidate) -> None:
        """Take all others of its request away."""
        self.remove([one for one in self._state.candidates.of(item.batch) if one is not item])

    def remove(self, gone: list[Candidate]) -> None:
        """Take candidates away; those that were done can be had again."""
        candidates = self._state.candidates
        candidates.remove(gone)
        kept = [one for one in gone if one.state == "ready"]
        if kept:
            self._session.notify(
                "Discarded 1 candidate.",
                "Discarded {n} candidates.",
                action="Undo",
                on_action=lambda: candidates.put_back(kept),
                n=len(kept),
            )
