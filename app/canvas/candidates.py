"""The candidates: queued, running, ready, accepted; one of them shown on the picture.

They stay until one is accepted or all are discarded; another repaint adds to them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QRect, Signal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from PySide6.QtGui import QImage

# More than fit on the strip; beyond, the oldest go.
MOST = 24

CandidateState = Literal["queued", "running", "ready", "failed"]


@dataclass(eq=False)
class Candidate:
    """One candidate. ``pixels`` is straight RGBA at ``rect`` of the document once it is ready.

    ``layer`` is the layer it became, ``accepted`` whether the document has that layer now.
    ``image`` is the same for Qt, or a rough preview; ``card`` shows it on its surroundings.
    """

    number: int
    seed: int
    state: CandidateState = "queued"
    image: QImage | None = None
    card: QImage | None = None
    pixels: np.ndarray | None = None
    rect: QRect = field(default_factory=QRect)
    step: int = 0
    total: int = 0
    recipe: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    strength: float = 0.0
    layer: str = ""
    accepted: bool = False


class Candidates(QObject):
    """The strip's state. Only ready candidates can be shown or accepted."""

    changed = Signal(int)  # index
    reset = Signal()
    shown_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: list[Candidate] = []
        self.shown = -1
        self.blink = False
        self.revision = 0  # counts what a file of them would not hold yet
        self.borrowed = False  # someone else writes them to disk
        self._first = 0  # where those under way begin

    def begin(self, seeds: Sequence[int], strength: float = 0.0) -> list[Candidate]:
        """Add one queued candidate per seed; gives what had to go.

        A set of which one was accepted is decided on and makes room; of others the oldest beyond
        ``MOST`` go.
        """
        kept = [] if self.decided else [item for item in self.items if item.state == "ready"]
        gone = kept[: max(0, len(kept) + len(seeds) - MOST)]
        kept = kept[len(gone) :]
        last = max((item.number for item in kept), default=0)
        self._first = len(kept)
        added = [
            Candidate(number, seed, strength=strength)
            for number, seed in enumerate(seeds, start=last + 1)
        ]
        self._set([*kept, *added])
        return gone

    def put_back(self, gone: list[Candidate]) -> None:
        """Have ``gone`` (see :meth:`begin`) again, before the others."""
        current = self.current
        self._first += len(gone)
        self._set([*gone, *self.items], current)

    def restore(self, items: list[Candidate]) -> None:
        """Show what was kept of an earlier time."""
        self._first = len(items)
        self._set(items)

    def clear(self) -> None:
        """No candidates."""
        self.restore([])

    def _set(self, items: list[Candidate], shown: Candidate | None = None) -> None:
        self.items = items
        self.shown = items.index(shown) if shown in items else -1
        self.blink = self.borrowed = False
        self.revision += 1
        self.reset.emit()
        self.shown_changed.emit()

    @property
    def decided(self) -> bool:
        """Whether one of them has become a layer."""
        return any(item.accepted for item in self.items)

    def follow_layers(self, present: Collection[str]) -> None:
        """Mark those whose layer is among the document's (undo may take it away)."""
        for index, item in enumerate(self.items):
            accepted = item.layer in present
            if accepted != item.accepted:
                item.accepted = accepted
                self.changed.emit(index)

    def accept(self, layer: str) -> None:
        """The candidate shown is ``layer`` now; none is shown any more."""
        item = self.current
        if item is None:
            return
        item.layer, item.accepted = layer, True
        self.borrowed = False
        self.shown = -1
        self.revision += 1
        self.reset.emit()
        self.shown_changed.emit()

    @property
    def current(self) -> Candidate | None:
        """The candidate that is shown on the picture."""
        return self.items[self.shown] if 0 <= self.shown < len(self.items) else None

    @property
    def waiting(self) -> bool:
        """Whether some are still to come."""
        return any(item.state in ("queued", "running") for item in self.items)

    def progress(self, index: int, step: int, total: int, image: QImage | None) -> None:
        """Candidate ``index`` under way stands at ``step`` of ``total``, roughly as ``image``."""
        index += self._first
        if not 0 <= index < len(self.items):
            return
        item = self.items[index]
        if item.state == "ready":
            return
        item.state, item.step, item.total = "running", step, total
        if image is not None:
            item.image = image
        self.changed.emit(index)

    def ready(
        self,
        index: int,
        image: QImage,
        card: QImage,
        pixels: np.ndarray,
        rect: QRect,
        recipe: dict[str, Any],
    ) -> None:
        """Candidate ``index`` of those under way is done; the first that is ready is shown."""
        index += self._first
        if not 0 <= index < len(self.items):
            return
        item = self.items[index]
        item.state, item.image, item.card = "ready", image, card
        item.pixels, item.rect, item.recipe = pixels, rect, recipe
        self.revision += 1
        self.changed.emit(index)
        if self.current not in self.items[self._first :]:
            self.show(index)

    def stop(self, problem: str = "") -> None:
        """The job ended: those not ready are taken away, or stay with the ``problem``."""
        if problem:
            for index, item in enumerate(self.items):
                if item.state != "ready":
                    item.state, item.problem = "failed", problem
                    self.changed.emit(index)
            return
        shown = self.current
        self.items = [item for item in self.items if item.state == "ready"]
        self.shown = self.items.index(shown) if shown in self.items else -1
        self.reset.emit()

    def show(self, index: int) -> None:
        """Show candidate ``index`` on the picture, if it is ready."""
        if 0 <= index < len(self.items) and self.items[index].state == "ready":
            self.shown = index
            self.blink = False
            self.shown_changed.emit()

    def step(self, direction: int) -> None:
        """Show the next (1) or previous (-1) candidate that is ready."""
        ready = [i for i, item in enumerate(self.items) if item.state == "ready"]
        if not ready:
            return
        place = ready.index(self.shown) if self.shown in ready else -1 if direction > 0 else 0
        self.show(ready[(place + direction) % len(ready)])

    def set_blink(self, blink: bool) -> None:
        """While held, show the picture without the candidate."""
        if blink != self.blink and self.current is not None:
            self.blink = blink
            self.shown_changed.emit()
