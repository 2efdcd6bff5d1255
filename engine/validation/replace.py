"""Texts of a prompt replaced by others, as A1111's prompt search and replace does.

All texts are looked for in the prompt as it was written, so that what one axis puts in never hides
or offers anything to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Pair = tuple[str, str]


def replaced(text: str, pairs: Iterable[Pair]) -> str:
    """``text`` with the second of each pair where the first was. Where two meet, the earlier pair
    has its way; one that changes nothing leaves room for the others.
    """
    spans: list[tuple[int, int, str]] = []
    for search, put in pairs:
        if search != put:
            spans += [
                (start, end, put)
                for start, end in _found(text, search)
                if all(end <= other[0] or start >= other[1] for other in spans)
            ]
    for start, end, put in sorted(spans, reverse=True):
        text = text[:start] + put + text[end:]
    return text


def _found(text: str, search: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in re.finditer(re.escape(search), text))
