"""A prompt with the trigger word of a style, and without it."""

from __future__ import annotations

import re


def with_trigger(prompt: str, trigger: str) -> str:
    """``prompt`` with ``trigger`` in front, unless it is in it."""
    if not trigger or _word(trigger).search(prompt):
        return prompt
    return f"{trigger}, {prompt}" if prompt else trigger


def without_trigger(prompt: str, trigger: str) -> str:
    """``prompt`` with every ``trigger`` taken out, and the comma behind it."""
    if not trigger or not _word(trigger).search(prompt):
        return prompt
    parts = [part.strip() for part in prompt.split(",")]
    left = [_word(trigger).sub("", part).strip() for part in parts]
    return ", ".join(" ".join(part.split()) for part in left if part)


def _word(trigger: str) -> re.Pattern[str]:
    """``trigger`` as a word of its own, in small or capital letters."""
    return re.compile(rf"(?<!\w){re.escape(trigger)}(?!\w)", re.IGNORECASE)
