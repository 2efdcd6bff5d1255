"""LoRA tags inside a prompt: read in order, weighed anew, taken out."""

from __future__ import annotations

import re

from engine.prompt.syntax import LoraTag, lora_tag, read_tag

_TAG = re.compile(r"<(?:lora|lyco):([^<>]*)>")
_SPACE_BEHIND = re.compile(r"[ \t]*,?[ \t]*")


def tags_in(prompt: str) -> list[LoraTag]:
    """Every tag of ``prompt``, the broken ones too."""
    return [read_tag(match.group(1)) for match in _TAG.finditer(prompt)]


def with_weight(prompt: str, number: int, weight: float) -> str:
    """``prompt`` whose tag ``number`` (from 0) acts as strongly as ``weight``, text and UNet."""
    found = list(_TAG.finditer(prompt))[number]
    name = read_tag(found.group(1)).name
    return prompt[: found.start()] + lora_tag(name, weight, weight) + prompt[found.end() :]


def without_tag(prompt: str, number: int) -> str:
    """``prompt`` without its tag ``number`` and one of the commas around it."""
    found = list(_TAG.finditer(prompt))[number]
    before, behind = prompt[: found.start()], prompt[found.end() :]
    if not before.rstrip(" \t") or before.rstrip(" \t").endswith((",", "\n")):
        gap = _SPACE_BEHIND.match(behind)
        behind = behind[gap.end() :] if gap is not None else behind
        return (before + behind) if behind else before.rstrip(" \t,")
    return before.rstrip(" \t") + behind
