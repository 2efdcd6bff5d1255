"""What training will see of the pictures: buckets, steps and warnings. Nothing is decoded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.dataset.counts import is_used
from engine.dataset.bucket_places import place, placed
from engine.dataset.buckets import batches_per_epoch
from engine.dataset.token_counts import LIMITS
from engine.imaging.descriptor import HIDDEN_COLOR, unpack
from engine.training.batches import pair_regularization
from engine.training.categories import chosen
from engine.training.set_apart import NOTHING, SetApart, set_apart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.dataset.buckets import Assignment, BucketSpec
    from engine.dataset.library import Picture
    from engine.training.config import TrainRequest

Size = tuple[int, int]
Count = Callable[[Sequence[str]], Sequence[int]]
much_enlarged = 1.5
"""A picture enlarged by more than this looks soft to the model."""
much_cut = 0.2
"""More than this part of a picture is cut away to fit its bucket."""
kinds = ("enlarged", "cut", "bare", "long", "stems", "hidden", "unreadable")
"""What is warned of, in the order of the list."""


@dataclass(frozen=True)
class Outlook:
    """Counts of what training would read. ``buckets`` is fullest first and ``members`` says who
    is in each, ``hard`` how many of them are enlarged or cut too much; ``draws`` counts pictures
    with their repeats, and ``steps`` batches, per epoch, those of regularization pictures
    included. ``warnings`` has ids by kind, ``unpaired`` those of regularization pictures that are
    not drawn; ``unpaired_files`` counts those of a regularization folder. ``apart`` is what the
    settings of the run hold out and add.
    """

    train: int
    held_out: int
    buckets: tuple[tuple[Size, int], ...]
    draws: int
    steps: int
    warnings: Mapping[str, tuple[int, ...]]
    members: Mapping[Size, tuple[int, ...]] = field(default_factory=dict)
    hard: Mapping[Size, int] = field(default_factory=dict)
    unpaired: tuple[int, ...] = ()
    unpaired_files: int = 0
    apart: SetApart = NOTHING

    @property
    def bare(self) -> tuple[int, ...]:
        """The used pictures without a caption."""
        return self.warnings["bare"]


def is_hard(found: Assignment) -> bool:
    """Whether a picture is enlarged or cut more than is good for it."""
    return found.scale > much_enlarged or found.cut > much_cut


def outlook_of(
    pictures: Iterable[Picture], request: TrainRequest, spec: BucketSpec, count: Count | None = None
) -> Outlook:
    """What the run of ``request`` would read of a project's ``pictures``. Looks at files when it
    holds out a share or names a folder; raises as :func:`set_apart` does.
    """
    learned = chosen(pictures, request.categories)
    apart = set_apart(learned, request)
    return look_ahead(learned, spec, request.train_batch_size, count, apart)


def look_ahead(
    pictures: Iterable[Picture],
    spec: BucketSpec,
    batch: int = 1,
    count: Count | None = None,
    apart: SetApart = NOTHING,
) -> Outlook:
    """Count what a run over ``pictures`` would read. ``count`` counts tokens; without it no caption
    is found too long. ``apart`` is what the settings of the run hold out and add.
    """
    everything = list(pictures)
    used = [p for p in everything if is_used(p) and p.path not in apart.held_out]
    places = [(picture, found) for picture in used if (found := placed(picture, spec))]
    members: dict[Size, list[int]] = defaultdict(list)
    draws: dict[Size, int] = defaultdict(int)
    for picture, found in places:
        members[found.bucket].append(picture.id)
        draws[found.bucket] += picture.repeats
    total = sum(draws.values())
    paired = _regularization(everything, apart, spec, total)
    for _, bucket, times in paired:
        draws[bucket] += times
    return Outlook(
        train=len(places),
        held_out=sum(picture.is_measured for picture in everything) + len(apart.held_out),
        buckets=tuple(
            sorted(((size, len(ids)) for size, ids in members.items()), key=lambda b: (-b[1], b[0]))
        ),
        draws=total,
        steps=batches_per_epoch(draws.values(), batch),
        warnings=_warnings(everything, used, places, count),
        members={size: tuple(ids) for size, ids in members.items()},
        hard=Counter(found.bucket for _, found in places if is_hard(found)),
        unpaired=tuple(key for key, _, times in paired if not times and key is not None),
        unpaired_files=sum(not times for key, _, times in paired if key is None),
        apart=apart,
    )


def _regularization(
    pictures: Sequence[Picture], apart: SetApart, spec: BucketSpec, draws: int
) -> list[tuple[int | None, Size, int]]:
    """The regularization pictures by id (None: of a folder), with their buckets and how often
    training draws each.
    """
    regular = [p for p in pictures if p.usable and p.is_reg]
    found: list[tuple[int | None, int, Assignment]] = []
    found += [(p.id, p.repeats, at) for p in regular if (at := placed(p, spec))]
    found += [(None, n, at) for size, n, _ in apart.regular if (at := place(spec, size))]
    paired = pair_regularization([repeats for _, repeats, _ in found], draws)
    return [(key, at.bucket, times) for (key, _, at), times in zip(found, paired, strict=True)]


def _warnings(
    everything: Sequence[Picture],
    used: Sequence[Picture],
    places: Sequence[tuple[Picture, Assignment]],
    count: Count | None,
) -> dict[str, tuple[int, ...]]:
    records, _ = unpack([picture.descriptor for picture in used])
    hidden = ((records["flags"] & HIDDEN_COLOR) > 0).tolist()
    tokens = count([picture.caption for picture in used]) if count else [0] * len(used)
    return {
        "enlarged": tuple(p.id for p, found in places if found.scale > much_enlarged),
        "cut": tuple(p.id for p, found in places if found.cut > much_cut),
        "bare": tuple(picture.id for picture in used if not picture.caption.strip()),
        "long": tuple(p.id for p, n in zip(used, tokens, strict=True) if n > LIMITS[0]),
        "stems": _same_stem(used),
        "hidden": tuple(p.id for p, is_hidden in zip(used, hidden, strict=True) if is_hidden),
        "unreadable": tuple(picture.id for picture in everything if picture.problem),
    }


def _same_stem(pictures: Sequence[Picture]) -> tuple[int, ...]:
    """Pictures of one folder that differ in their suffix only: they share one caption file."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for picture in pictures:
        groups[str(picture.path.parent), picture.name.casefold()].append(picture.id)
    return tuple(key for ids in groups.values() if len(ids) > 1 for key in ids)
