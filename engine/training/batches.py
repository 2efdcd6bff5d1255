"""The order of an epoch: kohya's buckets, repeats and kept remainders, from explicit chance only.

Unlike kohya's scripts, the order depends on seed and epoch alone: not on workers, and not on
whatever was shuffled before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Bucket = tuple[int, int]
Lot = tuple[int, Bucket]
"""What may share a batch: the number of a dataset, and a size in it."""


@dataclass(frozen=True)
class Shelf:
    """The buckets of a training set. ``members`` maps what may share a batch to picture indices,
    every index as often as its picture repeats; ``sizes`` has the batch size of each dataset.
    """

    members: dict[Lot, tuple[int, ...]]
    sizes: tuple[int, ...]

    @property
    def batches(self) -> int:
        """Batches in an epoch; the remainder of every bucket is a smaller batch."""
        return sum(-(-len(keys) // self.sizes[lot[0]]) for lot, keys in self.members.items())

    @property
    def draws(self) -> int:
        """Pictures in an epoch, repeats counted."""
        return sum(len(keys) for keys in self.members.values())

    def epoch(self, seed: int, epoch: int) -> list[list[int]]:
        """The batches of ``epoch`` (from 1) in training order; none mixes buckets or datasets."""
        chance = random.Random(f"order {seed} {epoch}")
        found: list[list[int]] = []
        for lot in sorted(self.members):
            keys, size = list(self.members[lot]), self.sizes[lot[0]]
            chance.shuffle(keys)
            found += [keys[at : at + size] for at in range(0, len(keys), size)]
        chance.shuffle(found)
        return found


def shelve(
    buckets: Sequence[Bucket],
    repeats: Sequence[int],
    batch_size: int | Sequence[int],
    datasets: Sequence[int] = (),
) -> Shelf:
    """Sort pictures by bucket; picture i lies in ``buckets[i]`` of ``datasets[i]`` (all of the
    first, unless given) and comes ``repeats[i]`` times. ``batch_size`` is one for each dataset.
    """
    sizes = (batch_size,) if isinstance(batch_size, int) else tuple(batch_size)
    members: dict[Lot, list[int]] = {}
    places = zip(datasets or [0] * len(buckets), buckets, repeats, strict=True)
    for index, (dataset, bucket, times) in enumerate(places):
        members.setdefault((dataset, bucket), []).extend([index] * times)
    return Shelf({lot: tuple(keys) for lot, keys in members.items() if keys}, sizes)


def groups(batches: Sequence[list[int]], size: int) -> Iterator[Sequence[list[int]]]:
    """Batches that make one update together; the last group of an epoch may be shorter."""
    for start in range(0, len(batches), size):
        yield batches[start : start + size]


def pair_regularization(repeats: Sequence[int], training_draws: int) -> list[int]:
    """Repeats of regularization pictures so that they are drawn as often as the others.

    Kohya's rule: take pictures in order until their repeats reach ``training_draws`` and leave the
    rest out; when they end first, give every picture one more repeat, round after round.
    """
    paired = [0] * len(repeats)
    total = 0
    while repeats and total < training_draws:
        first = total == 0
        for index, times in enumerate(repeats):
            added = times if first else 1
            paired[index] += added
            total += added
            if total >= training_draws:
                break
    return paired
