"""The candidates of the last repaint: queued, running, ready; one of them shown on the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QRect, Signal

if TYPE_CHECKING:
    import numpy as np
    from PySide6.QtGui import QImage

CandidateState = Literal["queued", "running", "ready", "failed"]


@dataclass
class Candidate:
    """One candidate. ``pixels`` is straight RGBA at ``rect`` of the document once it is ready.

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
        self.title: dict[str, object] = {}

    def begin(self, seeds: list[int], **title: object) -> None:
        """Replace what there is by one queued candidate per seed."""
        self.items = [Candidate(number, seed) for number, seed in enumerate(seeds, start=1)]
        self.shown = -1
        self.blink = False
        self.title = title
        self.reset.emit()
        self.shown_changed.emit()

    def clear(self) -> None:
        """No candidates."""
        self.begin([])

    @property
    def current(self) -> Candidate | None:
        """The candidate that is shown on the picture."""
        return self.items[self.shown] if 0 <= self.shown < len(self.items) else None

    @property
    def waiting(self) -> bool:
        """Whether some are still to come."""
        return any(item.state in ("queued", "running") for item in self.items)

    def progress(self, index: int, step: int, total: int, image: QImage | None) -> None:
        """Candidate ``index`` stands at ``step`` of ``total``; ``image`` is its rough preview."""
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
        """Candidate ``index`` is done; the first one that is ready is shown."""
        if not 0 <= index < len(self.items):
            return
        item = self.items[index]
        item.state, item.image, item.card = "ready", image, card
        item.pixels, item.rect, item.recipe = pixels, rect, recipe
        self.changed.emit(index)
        if self.current is None:
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
