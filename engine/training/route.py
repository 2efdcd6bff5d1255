"""The way through a run: which batches make which update, from any place of it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.training.batches import Shelf
from engine.training.config import TrainRequest
from engine.training.pictures import PictureSet, shelf_of
from engine.training.schedules import Length, length


@dataclass(frozen=True)
class Position:
    """A place between two updates: ``epoch`` (from 1), ``batch`` of it that comes next (from 0),
    and ``step``, the updates that were made.
    """

    epoch: int = 1
    batch: int = 0
    step: int = 0


@dataclass(frozen=True)
class Stretch:
    """One update: its batches, the number ``first`` of the first of them within the epoch, and
    ``end``, the place after it.
    """

    first: int
    batches: Sequence[list[int]]
    end: Position
    ends_epoch: bool
    ends_run: bool


@dataclass(frozen=True)
class Route:
    """All updates of a run. They depend on seed and settings alone, so a run that is taken up again
    goes the way it would have gone.
    """

    shelf: Shelf
    length: Length
    seed: int
    group: int

    def stretches(self, start: Position) -> Iterator[Stretch]:
        """The updates from ``start`` on, lazily; a last group of an epoch may be shorter."""
        step, updates = start.step, self.length.updates
        for epoch in range(start.epoch, self.length.epochs + 1):
            batches = self.shelf.epoch(self.seed, epoch)
            begin = start.batch if epoch == start.epoch else 0
            for first in range(begin, len(batches), self.group):
                if step >= updates:
                    return
                step += 1
                after = first + self.group
                ends_run = step == updates
                yield Stretch(
                    first,
                    batches[first:after],
                    Position(epoch, after, step),
                    ends_epoch=ends_run or after >= len(batches),
                    ends_run=ends_run,
                )

    def batches(self, updates: int) -> int:
        """How many batches make the first ``updates``; the last of an epoch has fewer."""
        epochs, rest = divmod(updates, self.length.updates_per_epoch)
        return epochs * self.length.batches_per_epoch + rest * self.group

    def ended_at(self, place: Position) -> Stretch:
        """The update that led to ``place``, as far as what follows it asks."""
        ends_run = place.step >= self.length.updates
        ends_epoch = ends_run or place.batch >= self.shelf.batches
        return Stretch(0, (), place, ends_epoch=ends_epoch, ends_run=ends_run)


def route_of(request: TrainRequest, pictures: PictureSet, processes: int = 1) -> Route:
    """The updates of a run; each of its ``processes`` takes the batch size of its own."""
    shelf = shelf_of(pictures.training, request.train_batch_size)
    shelf = replace(shelf, sizes=tuple(size * processes for size in shelf.sizes))
    return Route(
        shelf, length(request, shelf.batches), request.seed, request.gradient_accumulation_steps
    )
