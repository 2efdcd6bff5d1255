"""Two programs changed one caption: what can be brought together without asking."""

from __future__ import annotations

import re


def merge(base: str, theirs: str, mine: str) -> str | None:
    """``mine`` with what ``theirs`` did to ``base``; None when a person has to choose.

    Captions are compared by their comma-separated tags. Sides that added or removed different
    tags are merged; prose of several lines, tags in another order, and two replacements of the
    same tag are not.
    """
    if theirs in (base, mine):
        return mine
    if mine == base:
        return theirs
    if not base.strip() or not theirs.strip() or "\n" in base + theirs + mine:
        return None
    old, other, own = _tags(base), _tags(theirs), _tags(mine)
    if not (_only_adds_and_removes(old, other) and _only_adds_and_removes(old, own)):
        return None
    removed, removed_too = {*old} - {*other}, {*old} - {*own}
    added, added_too = {*other} - {*old}, {*own} - {*old}
    if removed & removed_too and added and added_too and added != added_too:
        return None  # both replaced one tag, each by something else
    tags = [tag for tag in own if tag not in removed]
    for place, tag in enumerate(other):
        if tag in added and tag not in tags:
            before = [item for item in other[:place] if item in tags]
            tags.insert(tags.index(before[-1]) + 1 if before else 0, tag)
    return _separator(mine).join(tags)


def _tags(caption: str) -> list[str]:
    return [tag for part in caption.split(",") if (tag := part.strip())]


def _only_adds_and_removes(old: list[str], new: list[str]) -> bool:
    """Whether no tag is there twice, and what both have is in the same order."""
    if len({*old}) < len(old) or len({*new}) < len(new):
        return False
    return [tag for tag in new if tag in old] == [tag for tag in old if tag in new]


def _separator(caption: str) -> str:
    """What stands between the first two tags, a comma and a space where there is one tag."""
    found = re.search(r"\S(\s*,\s*)\S", caption)
    return found[1] if found else ", "
