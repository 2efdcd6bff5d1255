"""How many tokens a caption has, for the caption panel."""

from __future__ import annotations

from engine.dataset.token_counts import LIMITS, TokenCounter

limit = LIMITS[0]
"""What a text encoder reads at once; the rest of a longer caption is cut off."""

_COUNTER = TokenCounter()


def count(caption: str) -> int:
    """Tokens of ``caption`` without the start and end marks. Call it off the UI thread."""
    return _COUNTER.count(caption)
