"""The prompts that a grid is offered: what the pictures of the project show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.dataset.captions import from_file_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.picture import Picture

_NAMED_BY_PROGRAMS = re.compile(
    r"img|dsc[nf]?|pxl|image|picture|photo|screenshot|untitled|scan|copy", re.IGNORECASE
)


def subjects(pictures: Sequence[Picture]) -> list[str]:
    """What the pictures show: their captions, or their file names where none has a caption."""
    captions = [item.caption.strip() for item in pictures if item.caption.strip()]
    if captions:
        return captions
    names = [from_file_name(item.name) for item in pictures]
    return [name for name in names if _tells_a_subject(name)]


def _tells_a_subject(name: str) -> bool:
    """Whether a file name has words beside those that cameras and programs write."""
    words = [word for word in name.split() if word.isalpha()]
    return any(not _NAMED_BY_PROGRAMS.fullmatch(word) for word in words)


def spread(values: list[str], count: int) -> list[str]:
    """``count`` of ``values``, evenly spread, always the same ones."""
    unique = list(dict.fromkeys(values))
    if len(unique) <= count:
        return unique
    step = len(unique) / count
    return [unique[int(step * (number + 0.5))] for number in range(count)]
