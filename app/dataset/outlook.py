"""What training will see of the pictures: buckets, steps and warnings. Nothing is decoded."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.dataset.bucket_places import place, placed, places
from engine.dataset.buckets import batches_per_epoch
from engine.dataset.picture import column
from engine.dataset.token_counts import LIMITS
from engine.imaging.descriptor import HIDDEN_COLOR, flags_of
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
    settings of the run hold out and add, ``limit`` how many tokens of a caption it reads.
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
    limit: int = LIMITS[0]

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
    limit = int(request.max_token_length)
    return look_ahead(learned, spec, request.train_batch_size, count, apart, limit)


def look_ahead(
    pictures: Iterable[Picture],
    spec: BucketSpec,
    batch: int = 1,
    count: Count | None = None,
    apart: SetApart = NOTHING,
    limit: int = LIMITS[0],
) -> Outlook:
    """Count what a run over ``pictures`` would read. ``count`` counts tokens; without it no caption
    is found longer than ``limit``. ``apart`` is what the settings of the run hold out and add.
    """
    everything = list(pictures)
    usable = usable_among(everything, apart)
    used = [one for one, reg in zip(usable, column(usable, "is_reg"), strict=True) if not reg]
    at = list(zip(column(used, "id"), column(used, "repeats"), places(used, spec), strict=True))
    members: dict[Size, list[int]] = defaultdict(list)
    draws: dict[Size, int] = defaultdict(int)
    for key, repeats, found in at:
        if found is not None:
            members[found.bucket].append(key)
            draws[found.bucket] += repeats
    total = sum(draws.values())
    regular = [] if len(used) == len(usable) else [one for one in usable if one.is_reg]
    paired = _regularization(regular, apart, spec, total)
    for _, bucket, times in paired:
        draws[bucket] += times
    there = [(key, found) for key, _, found in at if found is not None]
    return Outlook(
        train=len(there),
        held_out=len(_measured(everything)) + len(apart.held_out),
        buckets=tuple(
            sorted(((size, len(ids)) for size, ids in members.items()), key=lambda b: (-b[1], b[0]))
        ),
        draws=total,
        steps=batches_per_epoch(draws.values(), batch),
        warnings=_warnings(everything, used, there, count, limit),
        members={size: tuple(ids) for size, ids in members.items()},
        hard=Counter(found.bucket for _, found in _marked(is_hard, there)),
        unpaired=tuple(key for key, _, times in paired if not times and key is not None),
        unpaired_files=sum(not times for key, _, times in paired if key is None),
        apart=apart,
        limit=limit,
    )


def usable_among(pictures: Sequence[Picture], apart: SetApart = NOTHING) -> list[Picture]:
    """Those that a run reads, regularization pictures among them: ``Picture.usable``, asked of all
    at once, without what is ``apart``.
    """
    columns = (column(pictures, name) for name in ("problem", "flag", "held_out"))
    facts = zip(pictures, *columns, strict=True)
    usable = [one for one, bad, flag, out in facts if not (bad or out or flag == "rejected")]
    if not apart.held_out:
        return usable
    out = {str(path) for path in apart.held_out}
    files = column(usable, "file")
    return [one for one, file in zip(usable, files, strict=True) if file not in out]


def _measured(pictures: Sequence[Picture]) -> list[Picture]:
    out = column(pictures, "held_out")
    return [p for p, held in zip(pictures, out, strict=True) if held and p.is_measured]


def _marked(
    test: Callable[[Assignment], bool], at: Sequence[tuple[int, Assignment]]
) -> list[tuple[int, Assignment]]:
    """Those of ``at`` that ``test`` is true of; it is asked once for a size."""
    known = {found.image: found for _, found in at}
    marked = {size for size, found in known.items() if test(found)}
    return [(key, found) for key, found in at if found.image in marked]


def _regularization(
    regular: Sequence[Picture], apart: SetApart, spec: BucketSpec, draws: int
) -> list[tuple[int | None, Size, int]]:
    """The regularization pictures by id (None: of a folder), with their buckets and how often
    training draws each.
    """
    found: list[tuple[int | None, int, Assignment]] = []
    found += [(p.id, p.repeats, at) for p in regular if (at := placed(p, spec))]
    found += [(None, n, at) for size, n, _ in apart.regular if (at := place(spec, size))]
    paired = pair_regularization([repeats for _, repeats, _ in found], draws)
    return [(key, at.bucket, times) for (key, _, at), times in zip(found, paired, strict=True)]


def _warnings(
    everything: Sequence[Picture],
    used: Sequence[Picture],
    at: Sequence[tuple[int, Assignment]],
    count: Count | None,
    limit: int,
) -> dict[str, tuple[int, ...]]:
    ids, captions = column(used, "id"), column(used, "caption")
    hidden = ((flags_of(column(used, "descriptor")) & HIDDEN_COLOR) > 0).tolist()
    tokens = count(captions) if count else [0] * len(used)
    problems = zip(column(everything, "id"), column(everything, "problem"), strict=True)
    return {
        "enlarged": tuple(key for key, _ in _marked(lambda f: f.scale > much_enlarged, at)),
        "cut": tuple(key for key, _ in _marked(lambda f: f.cut > much_cut, at)),
        "bare": tuple(key for key, text in zip(ids, captions, strict=True) if not text.strip()),
        "long": tuple(key for key, n in zip(ids, tokens, strict=True) if n > limit),
        "stems": _same_stem(used),
        "hidden": tuple(key for key, is_hidden in zip(ids, hidden, strict=True) if is_hidden),
        "unreadable": tuple(key for key, problem in problems if problem),
    }


def _same_stem(pictures: Sequence[Picture]) -> tuple[int, ...]:
    """Pictures of one folder that differ in their suffix only: they share one caption file."""
    files = column(pictures, "file")
    bare = "\0".join(os.path.splitext(file)[0] for file in files).casefold().split("\0")
    if len({*bare}) == len(files):
        return ()  # of 20,000 there are seldom two
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for picture, file in zip(pictures, files, strict=True):
        groups[os.path.dirname(file), picture.name.casefold()].append(picture.id)
    return tuple(key for ids in groups.values() if len(ids) > 1 for key in ids)
