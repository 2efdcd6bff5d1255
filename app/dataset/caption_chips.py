"""What the caption panel shows of a selection, and what its edits make of each caption.

Plain functions over captions, so that a large selection is read in a worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.dataset.batch import RenameTags
from engine.dataset.caption_lines import split
from engine.dataset.tags import common, inserted, moved, tags_of, with_tag, without_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.operations import Conflict

most_partial = 12
"""Tags shown of those that only some of the selected pictures have."""


@dataclass(frozen=True)
class Shown:
    """Tags of a selection with their number of captions. ``common`` have all ``total``;
    ``partial`` are the most frequent of the others, ``rest`` those that are left.
    """

    total: int = 0
    common: tuple[str, ...] = ()
    partial: tuple[tuple[str, int], ...] = ()
    rest: tuple[tuple[str, int], ...] = ()
    prose: tuple[str, ...] = field(default=())


def shown(captions: Sequence[str], trigger: str) -> Shown:
    """What to show of ``captions``; of several, the trigger word comes first."""
    if len(captions) == 1:
        # As it is written, a tag that is there twice too: their numbers are those of the caption.
        return Shown(1, tuple(tags_of(captions[0])), prose=_prose(captions[0]))
    tags = common(captions)
    shared = sorted(tags.common, key=lambda tag: tag != trigger)
    partial = sorted(tags.partial, key=lambda pair: (pair[0] != trigger, -pair[1]))
    few, rest = partial[:most_partial], partial[most_partial:]
    return Shown(tags.total, tuple(shared), tuple(few), tuple(rest))


def added(caption: str, words: Sequence[str]) -> str:
    """``caption`` with each of ``words`` that it lacks."""
    for word in words:
        caption = with_tag(caption, word)
    return caption


def held(captions: Sequence[str], words: Sequence[str]) -> list[str]:
    """Those of ``words`` that are in all ``captions`` already."""
    return [word for word in words if all(added(text, [word]) == text for text in captions)]


def removed(caption: str, tag: str) -> str:
    """``caption`` without ``tag``."""
    return without_tags(caption, {tag})


def renamed(caption: str, old: str, new: str) -> str:
    """``caption`` with ``old`` called ``new``."""
    return RenameTags(old=(old,), new=new).apply(caption)


def carried(caption: str, tag: str, target: str) -> str:
    """``caption`` with ``tag`` moved to the place of ``target``, where it has both."""
    tags = tags_of(caption)
    if tag not in tags or target not in tags:
        return caption
    return moved(caption, tags.index(tag), tags.index(target))


def merged(conflict: Conflict) -> str:
    """Both sides of ``conflict``: what the other program wrote, without the tags that the user
    removed and with what the user added, each part where the user has it if that can be.
    """
    base, mine, theirs = (set(_parts(t)) for t in (conflict.base, conflict.mine, conflict.theirs))
    text = without_tags(conflict.theirs, base - mine)
    own = _parts(conflict.mine)
    for place, part in enumerate(own):
        if part in base or part in theirs:
            continue
        before = own[place - 1] if place else ""
        here = tags_of(text)
        if before in here:
            text = inserted(text, part, here.index(before) + 1)
        else:
            text = f"{text}, {part}" if text.strip() else part
    return text


def _prose(caption: str) -> tuple[str, ...]:
    lines = [line for line in split(caption) if line.is_prose]
    return tuple(",".join(line.cells[slice(*line.prose)]).strip() for line in lines)


def _parts(caption: str) -> list[str]:
    return [part for cell in caption.replace("\n", ",").split(",") if (part := cell.strip())]
