"""How many tokens captions have, for the caption panel; everything here runs off the UI thread."""

from __future__ import annotations

from typing import NamedTuple

from engine.dataset.tags import tags_of
from engine.dataset.token_counts import LIMITS, TokenCounter, tokenizer_folder

limit = LIMITS[0]
"""What a text encoder reads at once; the rest of a longer caption is cut off."""


class Length(NamedTuple):
    """The tokens of the longest caption, and how many of the tags of a single one fit."""

    tokens: int
    fitting: int


def longest(model: str, captions: list[str]) -> Length:
    """How long ``captions`` are for the tokenizer of ``model``, without start and end marks.

    Raises ModelFileError when that tokenizer cannot be read.
    """
    counter = TokenCounter(tokenizer_folder(model))
    most = max(counter.counts(captions), default=0)
    if len(captions) != 1 or most <= limit or "\n" in captions[0]:
        return Length(most, -1)
    cut = counter.cut(captions[0], limit)
    whole = captions[0][:cut].rfind(",") if captions[0][cut:].lstrip()[:1] != "," else cut
    return Length(most, len(tags_of(captions[0][: max(0, whole)])))
