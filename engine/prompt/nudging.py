"""Ctrl+Up and Ctrl+Down in a prompt: the words under the cursor get more weight or less.

As in A1111's prompt field: what is marked, else the brackets around the cursor, else the word at
it. A tag such as ``<lora:name:0.8>`` changes its own number. Weight 1 takes the brackets away.
"""

from __future__ import annotations

import re
from typing import NamedTuple

WORDS_STEP = 0.1
TAG_STEP = 0.05

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_TAIL = re.compile(rf":\s*({_NUMBER})\s*$")
_TAG = re.compile(rf"<(?:lora|lyco):[^<>:]*(?::\s*({_NUMBER}))?[^<>]*>")
_BETWEEN = re.compile(r"[^\s.,\\/!?%^*;:{}=`~()<>\[\]|，。、；：（）]+")


class Nudged(NamedTuple):
    """A prompt, and what is marked in it."""

    text: str
    start: int
    end: int


def nudged(text: str, start: int, end: int, steps: int) -> Nudged:
    """``text`` whose marked part [start, end) weighs ``steps`` steps more; nothing there, nothing
    changes. ``start`` equals ``end`` where nothing is marked.
    """
    for tag in _TAG.finditer(text):
        if tag.start() <= start and end <= tag.end():
            return _nudged_tag(text, tag, start, end, steps)
    if start == end:
        start, end = _inside_brackets(text, start) or _word(text, start)
    while start < end and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    if start == end:
        return Nudged(text, start, end)
    return _nudged_words(text, start, end, steps)


def _nudged_words(text: str, start: int, end: int, steps: int) -> Nudged:
    before, marked, after = text[:start], text[start:end], text[end:]
    number = re.match(rf":\s*({_NUMBER})\s*\)", after)
    if before.endswith("(") and not before.endswith("\\(") and number is not None:
        weight = round(float(number[1]) + steps * WORDS_STEP, 2)
        before, after = before[:-1], after[number.end() :]
    elif before.endswith("(") and not before.endswith("\\(") and after.startswith(")"):
        weight = round(1.1 + steps * WORDS_STEP, 2)
        before, after = before[:-1], after[1:]
    else:
        weight = round(1.0 + steps * WORDS_STEP, 2)
    if weight == 1.0:
        return Nudged(before + marked + after, len(before), len(before) + len(marked))
    changed = f"{before}({marked}:{weight:g}){after}"
    return Nudged(changed, len(before) + 1, len(before) + 1 + len(marked))


def _nudged_tag(text: str, tag: re.Match[str], start: int, end: int, steps: int) -> Nudged:
    weight = round(float(tag[1] or 1) + steps * TAG_STEP, 2)
    if tag[1] is None:
        at = tag.end() - 1
        changed = f"{text[:at]}:{weight:g}{text[at:]}"
    else:
        changed = f"{text[: tag.start(1)]}{weight:g}{text[tag.end(1) :]}"
    longer = len(changed) - len(text)
    return Nudged(changed, min(start, len(changed)), max(start, min(end, tag.end() + longer)))


def _inside_brackets(text: str, at: int) -> tuple[int, int] | None:
    """The words in the round brackets around ``at``, without their number."""
    opened, left = 0, at - 1
    while left >= 0:
        if text[left] == ")" and text[left - 1 : left] != "\\":
            opened += 1
        elif text[left] == "(" and text[left - 1 : left] != "\\":
            if opened == 0:
                break
            opened -= 1
        left -= 1
    else:
        return None
    opened, right = 0, at
    while right < len(text):
        if text[right] == "(" and text[right - 1] != "\\":
            opened += 1
        elif text[right] == ")" and text[right - 1] != "\\":
            if opened == 0:
                break
            opened -= 1
        right += 1
    else:
        return None
    tail = _TAIL.search(text, left + 1, right)
    return left + 1, right if tail is None else tail.start()


def _word(text: str, at: int) -> tuple[int, int]:
    for word in _BETWEEN.finditer(text):
        if word.start() <= at <= word.end():
            return word.span()
    return at, at
