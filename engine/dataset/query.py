"""Which pictures a search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.dataset.picture import Picture


def matches(picture: Picture, text: str) -> bool:
    """Whether every word of ``text`` occurs in the name or the caption, in any case."""
    place = f"{picture.name}\n{picture.caption}".casefold()
    return all(word in place for word in text.casefold().split())
