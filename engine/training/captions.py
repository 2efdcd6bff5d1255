"""What the text encoder reads: kohya's order of prefix, dropout, line, split, shuffle and join.

Three things are done right where kohya's scripts surprise: prefix and suffix belong to the line
that is drawn, not to the first and last of a file; the mark of kept tags never stays in the text;
and all chance comes from the generator handed in.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Sequence

from engine.training.settings.captions import CaptionRules

_CHOICE = re.compile(r"\{([^{}]*)\}")
# Private characters stand for doubled braces while single ones are replaced.
_BRACES = (("{{", "\ue000", "{"), ("}}", "\ue001", "}"))
_PLAIN = CaptionRules()

Choose = Callable[[Sequence[str]], str]


def plain_caption(caption: str, trigger_word: str, rules: CaptionRules = _PLAIN) -> str:
    """``caption`` without chance: its first line, with the first of every wildcard's words, with
    prefix, suffix and trigger word; no tag is moved or left out.
    """
    text = _whole(caption, trigger_word, rules, lambda choices: choices[0])
    if _marked(text, rules):
        text = _joined(*_split(text, trigger_word, rules))
    return _one_separator(text, rules)


def draw_caption(
    caption: str,
    rules: CaptionRules,
    trigger_word: str,
    chance: random.Random,
    *,
    epoch: int = 1,
    step: int = 0,
    steps: int = 0,
) -> str:
    """One draw of a picture's caption in ``epoch`` (from 1) at ``step`` of ``steps`` updates.

    The trigger word stays first and does not count as one of the kept tags.
    """
    if _dropped(rules, chance, epoch):
        return ""
    text = _whole(caption, trigger_word, rules, chance.choice)
    if _marked(text, rules) or _moves_tags(rules):
        head, flexible, tail = _split(text, trigger_word, rules)
        flexible = flexible[: warm_tags(rules, len(flexible), step, steps)]
        if rules.shuffle_caption:
            chance.shuffle(flexible)
        rate = rules.caption_tag_dropout_rate
        if rate:
            flexible = [tag for tag in flexible if chance.random() >= rate]
        text = _joined(head, flexible, tail)
    return _one_separator(text, rules)


def warm_tags(rules: CaptionRules, tags: int, step: int, steps: int) -> int:
    """How many of ``tags`` are read at ``step`` of ``steps`` updates."""
    end = rules.token_warmup_step
    if 0 < end < 1:
        end = math.floor(end * steps)
    if not end or step >= end:
        return tags
    least = min(rules.token_warmup_min, tags)
    return math.floor(step * (tags - least) / end) + least


def _dropped(rules: CaptionRules, chance: random.Random, epoch: int) -> bool:
    rate, every = rules.caption_dropout_rate, rules.caption_dropout_every_n_epochs
    if rate and chance.random() < rate:
        return True
    return every > 0 and epoch % every == 0


def _whole(caption: str, trigger_word: str, rules: CaptionRules, choose: Choose) -> str:
    """One line of ``caption`` with everything that is put around it."""
    line = _line(caption, rules, choose)
    parts = (rules.caption_prefix, line, rules.caption_suffix)
    return _led(" ".join(part for part in parts if part), trigger_word, rules.caption_separator)


def _line(caption: str, rules: CaptionRules, choose: Choose) -> str:
    if not rules.enable_wildcard:
        return next(iter(caption.strip().splitlines()), "").strip()
    lines = [line.strip() for line in caption.splitlines() if line.strip()]
    return _chosen(choose(lines), choose) if lines else ""


def _chosen(line: str, choose: Choose) -> str:
    """``line`` with every ``{a|b}`` replaced by one of its words; doubled braces are text."""
    for doubled, hidden, _ in _BRACES:
        line = line.replace(doubled, hidden)
    line = _CHOICE.sub(lambda found: choose(found[1].split("|")), line)
    for _, hidden, single in _BRACES:
        line = line.replace(hidden, single)
    return line


def _led(line: str, trigger_word: str, separator: str) -> str:
    """``line`` with the trigger word in front, unless it is there already."""
    if not trigger_word or line.split(separator)[0].strip() == trigger_word:
        return line
    return f"{trigger_word}{separator} {line}" if line else trigger_word


def _marked(text: str, rules: CaptionRules) -> bool:
    return bool(rules.keep_tokens_separator) and rules.keep_tokens_separator in text


def _moves_tags(rules: CaptionRules) -> bool:
    return bool(rules.shuffle_caption or rules.token_warmup_step or rules.caption_tag_dropout_rate)


def _split(
    text: str, trigger_word: str, rules: CaptionRules
) -> tuple[list[str], list[str], list[str]]:
    """Tags that stay in front, those that may move, and those that stay behind."""
    separator = rules.caption_separator
    if _marked(text, rules):
        head, flexible, tail = (*text.split(rules.keep_tokens_separator, 2), "")[:3]
        return _tags(head, separator), _tags(flexible, separator), _tags(tail, separator)
    tags = [tag.strip() for tag in text.strip().split(separator)]
    kept = rules.keep_tokens + (1 if trigger_word else 0)
    return tags[:kept], tags[kept:], []


def _tags(text: str, separator: str) -> list[str]:
    return [tag.strip() for tag in text.split(separator) if tag.strip()]


def _joined(head: Sequence[str], flexible: Sequence[str], tail: Sequence[str]) -> str:
    # Always comma and space, whatever separated them: so kohya's scripts join.
    return ", ".join([*head, *flexible, *tail])


def _one_separator(text: str, rules: CaptionRules) -> str:
    if not rules.secondary_separator:
        return text
    return text.replace(rules.secondary_separator, rules.caption_separator)
