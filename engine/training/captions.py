"""What the text encoder reads: kohya's order of prefix, dropout, split, shuffle and join."""

from __future__ import annotations

import random

from engine.training.config import TrainRequest

SEPARATOR = ","


def plain_caption(caption: str, trigger_word: str) -> str:
    """The first line of ``caption`` with the trigger word in front, unless it is there already."""
    line = next(iter(caption.strip().splitlines()), "").strip()
    if not trigger_word:
        return line
    if line.split(SEPARATOR)[0].strip() == trigger_word:
        return line
    return f"{trigger_word}, {line}" if line else trigger_word


def draw_caption(
    caption: str, request: TrainRequest, trigger_word: str, chance: random.Random
) -> str:
    """One draw of a picture's caption: dropped, or with its tags after the kept ones shuffled.

    The trigger word stays first and does not count as one of the kept tags.
    """
    text = plain_caption(caption, trigger_word)
    if request.caption_dropout_rate and chance.random() < request.caption_dropout_rate:
        return ""
    if not request.shuffle_caption:
        return text
    tags = [tag.strip() for tag in text.split(SEPARATOR)]
    kept = request.keep_tokens + (1 if trigger_word else 0)
    fixed, flexible = tags[:kept], tags[kept:]
    chance.shuffle(flexible)
    return ", ".join(fixed + flexible)
