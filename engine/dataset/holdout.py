"""Choosing pictures that training never sees, to judge it by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from engine.dataset.library import Library
    from engine.dataset.picture import Changes, Picture


def hold_out(
    library: Library, *, fraction: float = 0.0, count: int | None = None, seed: int = 0
) -> Changes:
    """Hold out ``count`` pictures, or ``fraction`` (0-1) of them, and take all others back.

    The same seed chooses the same names on every machine, and adding a picture moves few others.
    Rejected, unreadable and regularization pictures are not chosen. Raises BadInputError when
    nothing would be left to train on.
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
    chosen = {p.id for p in sorted(usable, key=lambda p: _place(p, seed))[:number]}
    return library.hold_out({p.id: p.id in chosen for p in pictures})


def _place(picture: Picture, seed: int) -> bytes:
    name = f"{seed}\n{picture.path.parent.name}/{picture.path.name}"
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
