"""The candidates: queued, running, ready, parked, accepted; one of them shown on the picture.

They come in requests, of which any number can be under way. They stay until one of their request
is accepted or they are discarded; another request adds to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRect, Signal

from app.canvas.candidate import Batch, Candidate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from PySide6.QtGui import QImage

# Beyond, the oldest go: as many as anyone looks through, and what of large ones memory holds.
MOST = 48
MOST_BYTES = 2**30


class Candidates(QObject):
    """The strip's state. What can be seen of a candidate can be shown; ready ones accepted."""

    changed = Signal(int)  # index
    reset = Signal()
    shown_changed = Signal()
    made_room = Signal(object)  # list of the oldest Candidates, which had to go

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: list[Candidate] = []
        self.shown = -1
        self.blink = False
        self.revision = 0  # counts what a file of them would not hold yet
        self.borrowed = False  # someone else writes them to disk

    def begin(
        self,
        seeds: Sequence[int],
        batch: Batch | None = None,
        recipes: Sequence[dict[str, Any]] = (),
    ) -> list[Candidate]:
        """Add one queued candidate per seed and give them; ``recipes`` are those of each.

        A ``batch`` that is here already grows. For another one, requests of which one was accepted
        are decided on and make room; of others the oldest beyond ``MOST`` go.
        """
        batch = batch or Batch()
        more = batch in self.batches
        kept = [item for item in self.items if more or not self._is_over(item)]
        over = max(_beyond(kept), len(kept) + len(seeds) - MOST, 0)
        gone, kept = kept[:over], kept[over:]
        if not more:
            batch.number = max((item.batch.number for item in kept), default=0) + 1
        last = max((item.number for item in kept), default=0)
        plans = recipes or [{}] * len(seeds)
        added = [
            Candidate(number, seed, batch=batch, recipe=dict(recipe))
            for number, (seed, recipe) in enumerate(zip(seeds, plans, strict=True), start=last + 1)
        ]
        self._set(_in_order([*kept, *added]), self.current)
        if gone:
            self.made_room.emit(gone)
        return added

    def _is_over(self, item: Candidate) -> bool:
        return item.state == "failed" or self.is_decided(item.batch)

    def move(self, way: QPoint) -> None:
        """The canvas has grown or was cropped: all lies elsewhere on it, by ``way``."""
        if way.isNull():
            return
        for item in self.items:
            item.rect = item.rect.translated(way)
        for batch in self.batches:
            batch.frame = batch.frame.translated(way)
        self.revision += 1
        self.shown_changed.emit()

    def put_back(self, gone: list[Candidate]) -> None:
        """Have ``gone`` again, in the order of their numbers."""
        self._set(_in_order([*gone, *self.items]), self.current)

    def restore(self, items: list[Candidate]) -> None:
        """Show what was kept of an earlier time."""
        self._set(items)

    def clear(self) -> None:
        """No candidates."""
        self._set([])

    def remove(self, gone: Collection[Candidate]) -> None:
        """Without these; the nearest that is ready is shown in place of the one that was."""
        place, shown = self.shown, self.current
        left = [item for item in self.items if item not in gone]
        if shown in gone:
            before = sum(item not in gone for item in self.items[:place])
            near = sorted(range(len(left)), key=lambda index: abs(index - before))
            shown = next((left[index] for index in near if left[index].state == "ready"), None)
        self._set(left, shown)

    def _set(self, items: list[Candidate], shown: Candidate | None = None) -> None:
        self.items = items
        self.shown = items.index(shown) if shown in items else -1
        self.blink = self.borrowed = False
        self.revision += 1
        self.reset.emit()
        self.shown_changed.emit()

    # Requests

    @property
    def batches(self) -> list[Batch]:
        """The requests that have candidates here, the oldest first."""
        found: list[Batch] = []
        for item in self.items:
            if item.batch not in found:
                found.append(item.batch)
        return found

    def of(self, batch: Batch) -> list[Candidate]:
        """The candidates of one request."""
        return [item for item in self.items if item.batch is batch]

    @property
    def batch(self) -> Batch | None:
        """The request of the candidate shown, else the latest."""
        if self.current is not None:
            return self.current.batch
        return self.items[-1].batch if self.items else None

    def is_decided(self, batch: Batch) -> bool:
        """Whether a candidate of a request has become a layer."""
        return any(item.accepted for item in self.of(batch))

    @property
    def decided(self) -> bool:
        """Whether all requests are decided on."""
        return bool(self.items) and all(self.is_decided(batch) for batch in self.batches)

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

    def note_layers(self, items: Sequence[Candidate], layer: str) -> None:
        """These candidates have gone into ``layer``."""
        for item in items:
            item.layer, item.accepted = layer, True
            self._tell(item)
        self.revision += 1

    def note_part(self, item: Candidate, layer: str) -> None:
        """``layer`` of a collage shows this candidate."""
        if item.part != layer:
            item.part = layer
            self.revision += 1
            self._tell(item)

    @property
    def current(self) -> Candidate | None:
        """The candidate that is shown on the picture."""
        return self.items[self.shown] if 0 <= self.shown < len(self.items) else None

    @property
    def ready_one(self) -> Candidate | None:
        """The candidate shown, when it is finished."""
        shown = self.current
        return shown if shown is not None and shown.state == "ready" else None

    @property
    def waiting(self) -> bool:
        """Whether some are still to come."""
        return any(item.state in ("queued", "running") for item in self.items)

    def parked_like(self, item: Candidate) -> list[Candidate]:
        """Those of the same request that were not painted before the canvas was closed."""
        return [one for one in self.of(item.batch) if one.state == "parked"]

    # Coming in

    def note_asked(self, batch: Batch, recipe: dict[str, Any]) -> None:
        """It is settled what is asked for, and where: from now on it can be asked for again."""
        batch.recipe = recipe
        self.revision += 1
        for item in self.of(batch)[:1]:
            self._tell(item)

    def _tell(self, item: Candidate) -> None:
        self.changed.emit(self.items.index(item))

    def progress(
        self, item: Candidate, step: int, total: int, image: QImage, card: QImage | None
    ) -> None:
        """A candidate stands at ``step`` of ``total``, and roughly looks like ``image``.

        The first that is seen of a request is shown on the picture.
        """
        if item not in self.items or item.state == "ready":
            return
        item.state, item.step, item.total = "running", step, total
        item.image, item.card, item.rect = image, card, item.batch.frame
        self._tell(item)
        if self.current is item:
            self.shown_changed.emit()
        elif not item.batch.seen:
            self.show(self.items.index(item))

    def ready(
        self,
        item: Candidate,
        image: QImage,
        card: QImage,
        pixels: np.ndarray,
        rect: QRect,
        recipe: dict[str, Any],
    ) -> None:
        """A candidate is done; the first of its request that is ready is shown."""
        if item not in self.items:
            return
        item.state, item.image, item.card = "ready", image, card
        item.pixels, item.rect, item.recipe = pixels, rect, recipe
        self.revision += 1
        self._tell(item)
        if self.current is item:
            self.shown_changed.emit()
        elif not item.batch.seen:
            self.show(self.items.index(item))

    def stop(self, items: Collection[Candidate], problem: str = "") -> None:
        """Their job ended: those not ready are taken away, or stay with the ``problem``."""
        late = [item for item in self.items if item in items and item.state != "ready"]
        self.revision += bool(late)
        if problem:
            for item in late:
                item.state, item.problem = "failed", problem
                self._tell(item)
            return
        shown = self.current
        self.items = [item for item in self.items if item not in late]
        self.shown = self.items.index(shown) if shown in self.items else -1
        self.reset.emit()
        self.shown_changed.emit()

    # Showing

    def show(self, index: int) -> None:
        """Show candidate ``index`` on the picture, if there is something to be seen of it."""
        if 0 <= index < len(self.items) and self.items[index].image is not None:
            self.shown = index
            self.items[index].batch.seen = True
            self.blink = False
            self.shown_changed.emit()

    def hide(self) -> None:
        """Show the picture without a candidate."""
        if self.shown >= 0:
            self.shown = -1
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
        """While held, show what the candidate is compared with."""
        if blink != self.blink:
            self.blink = blink
            self.shown_changed.emit()


def _beyond(items: Sequence[Candidate]) -> int:
    """How many of the oldest do not fit into memory with the others."""
    total = 0
    for place, item in enumerate(reversed(items)):
        total += 0 if item.pixels is None else 2 * item.pixels.nbytes  # once more for the screen
        if total > MOST_BYTES:
            return len(items) - place
    return 0


def _in_order(items: Sequence[Candidate]) -> list[Candidate]:
    """By request, and in it by number."""
    return sorted(items, key=lambda item: (item.batch.number, item.number))
