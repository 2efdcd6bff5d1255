"""Choosing pictures that training never sees, to judge it by."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.library import Library
    from engine.dataset.picture import Changes, Picture


def hold_out(
    library: Library, *, fraction: float = 0.0, count: int | None = None, seed: int = 0
) -> Changes:
    """Hold out ``count`` pictures, or ``fraction`` (0-1) of them, and take all others back.

    Every category gives its share. The same seed chooses the same names on every machine, and
    adding a picture moves few others. Rejected, unreadable and regularization pictures are not
    chosen. Raises BadInputError when nothing would be left to train on.
    """
    pictures = [p for p in library.pictures() if not p.is_reg]
    usable = [p for p in pictures if not p.problem and p.flag != "rejected"]
    number = round(fraction * len(usable)) if count is None else count
    if number < 0 or number >= max(1, len(usable)):
        raise BadInputError(
            "{count} of {total} pictures cannot be held out.",
            count=number,
            total=len(usable),
            remedy="Leave at least one picture to train on.",
        )
    chosen = {picture.id for picture in choose(usable, number, seed)}
    return library.hold_out({p.id: p.id in chosen for p in pictures})


def choose(pictures: Sequence[Picture], number: int, seed: int) -> list[Picture]:
    """``number`` of ``pictures``, from every category in proportion to its size.

    Each category gives the whole part of its share; the rest comes from those with the largest
    parts left over (Hamilton's method), of equal ones from the one whose next picture comes first.
    """
    groups: dict[str, list[Picture]] = defaultdict(list)
    for picture in sorted(pictures, key=lambda picture: _place(picture, seed)):
        groups[picture.category].append(picture)
    share = number / max(1, len(pictures))
    taken = {name: int(share * len(group)) for name, group in groups.items()}
    by_rest = sorted(
        groups,
        key=lambda name: (
            taken[name] - share * len(groups[name]),
            _place(groups[name][min(taken[name], len(groups[name]) - 1)], seed),
        ),
    )
    for name in by_rest[: number - sum(taken.values())]:
        taken[name] += 1
    return [picture for name, group in groups.items() for picture in group[: taken[name]]]


def _place(picture: Picture, seed: int) -> bytes:
    name = f"{seed}\n{picture.path.parent.name}/{picture.path.name}"
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
