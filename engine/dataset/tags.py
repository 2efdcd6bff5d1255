"""A caption as lines of tags or prose, edited without touching what the user did not change.

A caption is lines; each is a caption of its own, in tags between commas or in sentences. Prose may
have tags before and after it. :func:`split` takes a caption apart so that :func:`join` gives the
same text back, byte for byte; an edit changes the parts it is about and leaves the spaces, line
ends, empty parts and trailing commas of all others as they are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.dataset import caption_lines
from engine.dataset.caption_lines import join, split
from engine.dataset.prose import looks_like_prose
from engine.dataset.query_text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from engine.dataset.caption_lines import Line


def typed_tags(text: str) -> list[str]:
    """What a user typed as tags: everything between commas, trimmed."""
    return [tag for part in text.replace("\n", ",").split(",") if (tag := part.strip())]


def tags_of(caption: str) -> list[str]:
    """The tags of a caption, trimmed, in their order; sentences are not tags."""
    if "\n" not in caption and not looks_like_prose(caption):
        return [tag for part in caption.split(",") if (tag := part.strip())]
    return [tag for line in split(caption) for tag in line.tags]


def alike(tag: str) -> str:
    """What is the same for spellings of one tag: case, underscores for spaces, backslashes before
    parentheses and doubled spaces make no difference.
    """
    folded = fold(tag)
    return " ".join(folded.replace("_", " ").split()) or folded.strip()


def counts(captions: Iterable[str]) -> list[tuple[str, int]]:
    """How many captions hold each tag, most frequent first, then by name."""
    found: Counter[str] = Counter()
    for caption in captions:
        found.update(set(tags_of(caption)))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True)
class SelectionTags:
    """The tags of ``total`` captions with the number of captions that hold each, in the order in
    which they are first met.
    """

    total: int
    found: tuple[tuple[str, int], ...]

    @property
    def common(self) -> list[str]:
        """What all captions hold."""
        return [tag for tag, n in self.found if n == self.total]

    @property
    def partial(self) -> list[tuple[str, int]]:
        """What some hold, and how many."""
        return [(tag, n) for tag, n in self.found if n < self.total]


def common(captions: Iterable[str]) -> SelectionTags:
    """The tags of a selection."""
    total, found = 0, Counter[str]()
    for caption in captions:
        total += 1
        found.update(dict.fromkeys(tags_of(caption), 1))
    return SelectionTags(total, tuple(found.items()))


def mapped(caption: str, change: Callable[[str], Sequence[str]]) -> str:
    """``caption`` with every tag replaced by the tags ``change`` gives for it: itself to keep it,
    none to remove it.
    """
    return edited(caption, lambda line: caption_lines.map_tags(line, change))


def with_tag(caption: str, tag: str, at: int | None = None, *, after: str = "") -> str:
    """``caption`` with ``tag`` behind its first ``at`` tags or, for None, at its end; unless it is
    there. It also goes behind ``after`` where a line begins with that.

    It goes to each line of tags; where all lines are prose, to each of those.
    """
    lines = split(caption)
    homes = [n for n, line in enumerate(lines) if line.tags and not line.is_prose]
    homes = homes or [n for n, line in enumerate(lines) if not line.is_blank] or [0]
    for n in homes:
        if not lines[n].holds(tag):
            behind = at == 0 and after and lines[n].tags[:1] == [after]
            lines[n] = caption_lines.insert(lines[n], tag, 1 if behind else at)
    return join(lines)


def without_tags(caption: str, tags: Collection[str]) -> str:
    """``caption`` without any of ``tags``."""
    return mapped(caption, lambda tag: () if tag in tags else (tag,))


def inserted(caption: str, tag: str, at: int) -> str:
    """``caption`` with ``tag`` before the tag that now has the number ``at`` in
    :func:`tags_of`; behind the last one when there is none. It may be there twice then.
    """
    lines = split(caption)
    for n, line in enumerate(lines):
        here = len(line.tags)
        if at < here:
            lines[n] = caption_lines.insert(line, tag, at)
            return join(lines)
        at -= here
    home = max((n for n, line in enumerate(lines) if line.tags), default=0)
    lines[home] = caption_lines.insert(lines[home], tag)
    return join(lines)


def moved(caption: str, source: int, target: int) -> str:
    """``caption`` with tag number ``source`` moved so that its number becomes ``target``."""
    lines = split(caption)
    places = [(n, slot) for n, line in enumerate(lines) for slot in range(len(line.tags))]
    (home, slot), (goal, goal_slot) = places[source], places[target]
    line, order = lines[home], lines[home].tags
    tag = order.pop(slot)
    if goal == home:
        order.insert(goal_slot, tag)
        lines[home] = caption_lines.reorder(line, order)
        return join(lines)
    lines[home] = caption_lines.without_cells(line, {line.slots[slot]})
    if lines[home].is_blank:
        del lines[home]
    return inserted(join(lines), tag, target)


def deduped(caption: str, key: Callable[[str], str] = str) -> str:
    """``caption`` with the first of equal tags in each line; ``key`` says what is equal."""
    return edited(caption, lambda line: caption_lines.dedupe(line, key))


def reordered(caption: str, order: Callable[[list[str]], list[str]]) -> str:
    """``caption`` with the tags of each line as ``order`` arranges them."""
    return edited(caption, lambda line: caption_lines.reorder(line, order(line.tags)))


def edited(caption: str, change: Callable[[Line], Line]) -> str:
    """``caption`` with each line changed. A line that loses all its text goes with its line end."""
    before = split(caption)
    after = [change(line) for line in before]
    if len(after) == 1:
        return caption if after[0] is before[0] else after[0].text
    pairs = zip(before, after, strict=True)
    return join(new for old, new in pairs if old.is_blank or not new.is_blank)
