"""Which prompts tell learning from copying: captions of trained and of held-out pictures, the
trigger word alone, and a prompt without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.training.held_out import spread
from engine.validation.trigger import with_trigger, without_trigger

PromptKind = Literal["seen", "unseen", "trigger", "plain"]


class CheckPrompt(NamedTuple):
    """A prompt of the check. ``seen`` and ``unseen`` are captions of trained and of held-out
    pictures, ``trigger`` is the trigger word alone, ``plain`` a caption without it.
    """

    kind: PromptKind
    text: str


def check_prompts(
    trained: Sequence[str], held_out: Sequence[str], trigger: str, count: int
) -> tuple[CheckPrompt, ...]:
    """``count`` captions of each kind, evenly spread, no text twice; at least one prompt, which is
    empty where there are neither captions nor a trigger word.
    """
    seen, unseen = _some(trained, count), _some(held_out, count)
    found = [CheckPrompt("seen", with_trigger(text, trigger)) for text in seen]
    found += [CheckPrompt("unseen", with_trigger(text, trigger)) for text in unseen]
    if trigger:
        found.append(CheckPrompt("trigger", trigger))
        plain = (without_trigger(text, trigger) for text in (*unseen, *seen))
        found += [CheckPrompt("plain", text) for text in plain if text][:1]
    texts = {prompt.text: prompt for prompt in reversed(found)}
    return tuple(texts[text] for text in dict.fromkeys(prompt.text for prompt in found)) or (
        CheckPrompt("seen", ""),
    )


def _some(captions: Sequence[str], count: int) -> list[str]:
    told = list(dict.fromkeys(text.strip() for text in captions if text.strip()))
    return [told[at] for at in spread(len(told), count)]
