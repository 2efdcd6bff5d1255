"""How many tokens a prompt uses, without loading a model: for the field it is typed in."""

from __future__ import annotations

from engine.dataset.token_counts import TokenCounter, tokenizer_folder
from engine.prompt.chunks import Special, token_count
from engine.prompt.schedule import course
from engine.prompt.syntax import Emphasis, parse

# Enough steps to meet every text of a prompt that changes on its way, of those people write.
_STEPS = 24


def room(prompt: str, model: str, emphasis: Emphasis = "a1111") -> tuple[int, int]:
    """Tokens of the longest text of ``prompt``, and how many its windows hold, as ``(23, 75)``.

    ``model`` is a request's. Raises ModelFileError when its tokenizer cannot be read.
    """
    counter = TokenCounter(tokenizer_folder(model))
    special = Special(0, 0, 0, counter.ids(",")[0])
    said = {voice.text for voices in course(prompt, _STEPS, emphasis) for voice in voices}
    return max(token_count(parse(text, emphasis)[0], counter.ids, special) for text in said)
