"""What the header of a LoRA tells of its training, as short lines: kohya's keys and their texts."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from app.i18n import tr
from app.i18n.format import dimensions, number

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_TAGS = 4
LONGEST = 1_000_000
"""Characters of a list of tags that is read; a longer one would hold up the window."""

_CLASS = re.compile(r"(?:\w+\.)*(\w+)")
_SIDES = re.compile(r"\d+")


def trained_facts(meta: Mapping[str, str]) -> list[tuple[str, str]]:
    """Label keys and ready texts; an empty one is not known."""
    return [
        ("Resolution", _resolution(meta)),
        ("Optimizer", _optimizer(meta.get("ss_optimizer", ""))),
        ("Trained on", _amount(meta)),
        ("Tags", _tags(meta.get("ss_tag_frequency", ""))),
    ]


def _resolution(meta: Mapping[str, str]) -> str:
    """kohya writes (512, 512); ModelSpec 512x512."""
    sides = _SIDES.findall(meta.get("ss_resolution", "") or meta.get("modelspec.resolution", ""))
    return dimensions(sides[0], sides[-1]) if len(sides) in (1, 2) else ""


def _optimizer(said: str) -> str:
    """The class alone, of ``module.Class(name=value,…)``."""
    found = _CLASS.match(said)
    return found[1] if found and said != "None" else ""


def _amount(meta: Mapping[str, str]) -> str:
    pictures, steps = meta.get("ss_num_train_images", ""), meta.get("ss_steps", "")
    if not (pictures.isdecimal() and steps.isdecimal()):
        return ""
    return tr(
        "{pictures} pictures, {steps} steps",
        pictures=number(int(pictures)),
        steps=number(int(steps)),
    )


def _tags(said: str) -> str:
    """The most frequent tags of all folders with their counts."""
    try:
        folders: Any = json.loads(said) if len(said) <= LONGEST else None
    except (ValueError, RecursionError):
        return ""
    counts: Counter[str] = Counter()
    for tags in folders.values() if isinstance(folders, dict) else ():
        counted = tags.items() if isinstance(tags, dict) else ()
        counts.update({tag: n for tag, n in counted if isinstance(n, int)})
    return tr(", ").join(f"{tag} {number(n)}" for tag, n in counts.most_common(MOST_TAGS))
