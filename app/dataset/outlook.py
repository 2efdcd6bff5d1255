"""What training will see of the pictures: buckets, steps and warnings. Pure, from sizes alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.dataset.counts import is_used
from engine.dataset.buckets import Assignment, BucketSpec, assign, batches_per_epoch, fitting_step
from engine.dataset.edits import baked_size
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.dataset.library import Picture

Size = tuple[int, int]
much_enlarged = 1.5
"""A picture enlarged by more than this looks soft to the model."""


@dataclass(frozen=True)
class Outlook:
    """Counts of what training would read. ``buckets`` is fullest first; ``draws`` counts pictures
    with their repeats, and ``steps`` batches, per epoch.
    """

    train: int
    held_out: int
    buckets: tuple[tuple[Size, int], ...]
    draws: int
    steps: int
    enlarged: tuple[int, ...]
    bare: tuple[int, ...]
    unreadable: tuple[int, ...]


def step_for(resolution: int) -> int:
    """Multiples that bucket sides have: fine enough for a small model, kohya's usual 64 else."""
    return fitting_step(32 if resolution < 512 else 64, (resolution, resolution))


def spec_for(resolution: int) -> BucketSpec:
    """The buckets a run of this resolution uses: sides from half to twice the resolution."""
    return BucketSpec(
        resolution=(resolution, resolution),
        minimum=resolution // 2,
        maximum=resolution * 2,
        step=step_for(resolution),
    )


def trained_size(picture: Picture) -> Size:
    """Width and height of the picture after its edits."""
    return baked_size((picture.width, picture.height), picture.recipe)


def placed(picture: Picture, spec: BucketSpec) -> Assignment | None:
    """The bucket of a picture; None when it has none."""
    try:
        return assign(spec, trained_size(picture))
    except BadInputError:
        return None


def look_ahead(pictures: Iterable[Picture], spec: BucketSpec, batch: int = 1) -> Outlook:
    """Count what a run over ``pictures`` would read."""
    everything = list(pictures)
    used = [picture for picture in everything if is_used(picture)]
    counts: dict[Size, int] = {}
    draws: dict[Size, int] = {}
    enlarged = []
    for picture in used:
        found = placed(picture, spec)
        if found is None:
            continue
        counts[found.bucket] = counts.get(found.bucket, 0) + 1
        draws[found.bucket] = draws.get(found.bucket, 0) + picture.repeats
        if found.scale > much_enlarged:
            enlarged.append(picture.id)
    return Outlook(
        train=sum(counts.values()),
        held_out=sum(picture.held_out for picture in everything),
        buckets=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        draws=sum(draws.values()),
        steps=batches_per_epoch(draws.values(), batch),
        enlarged=tuple(enlarged),
        bare=tuple(picture.id for picture in used if not picture.caption.strip()),
        unreadable=tuple(picture.id for picture in everything if picture.problem),
    )
