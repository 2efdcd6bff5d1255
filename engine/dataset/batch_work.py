"""What every change of captions shares: the base class, and the loops over tags and lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from engine.dataset import caption_lines
from engine.dataset.caption_lines import Line
from engine.dataset.tags import edited, mapped, reordered

Change = Callable[[str], tuple[str, int]]
"""New text of a caption, and how many places in it were meant."""
Counts = Mapping[str, int]


class Operation(BaseModel):
    """One change of captions. A setting that is empty means that nothing is changed by it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title_key: ClassVar[str]

    @property
    def makes(self) -> tuple[str, ...]:
        """Tags that others are turned into; those that exist already are joined with them."""
        return ()

    def prepare(self, counts: Counts) -> Change:
        """The function that changes one caption. ``counts`` says in how many captions each tag
        is. Raises OperationError, and so does the function.
        """
        raise NotImplementedError

    def apply(self, caption: str, counts: Counts | None = None) -> str:
        """``caption`` changed."""
        return self.prepare(counts or {})(caption)[0]


def nothing(caption: str) -> tuple[str, int]:
    """The change that changes nothing."""
    return caption, 0


def counted(change: Callable[[str], str]) -> Change:
    """``change`` with 1 where it changes a caption."""

    def work(caption: str) -> tuple[str, int]:
        made = change(caption)
        return made, int(made != caption)

    return work


class Cached(dict[str, Any]):
    """What ``make`` gives for a tag, made once: most captions share most of their tags."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, tag: str) -> Any:
        self[tag] = self._make(tag)
        return self[tag]


def arranging(order: Callable[[list[str]], list[str]]) -> Change:
    """The change that puts the tags of each line in an order."""
    return counted(lambda caption: reordered(caption, order))


def containing(tags: Iterable[str]) -> Callable[[str], bool]:
    """The test whether a caption may have one of ``tags``: whether it contains the text."""
    wanted = tuple(tags)
    return lambda caption: any(tag in caption for tag in wanted)


def deleting(tags: Sequence[str]) -> Change:
    """The change that removes tags."""
    gone, may_have = frozenset(tags), containing(tags)

    def work(caption: str) -> tuple[str, int]:
        if not may_have(caption):
            return caption, 0
        hits = 0

        def change(tag: str) -> tuple[str, ...]:
            nonlocal hits
            hits += tag in gone
            return () if tag in gone else (tag,)

        return mapped(caption, change), hits

    return work


def joining(
    is_meant: Callable[[str], bool], may_have: Callable[[str], bool], new: Sequence[str]
) -> Change:
    """The change that turns tags into ``new``, which a line then has once; a line without any of
    the tags stays as it is. ``may_have`` tells quickly that a caption has none of them.
    """
    if not new:
        return nothing
    wanted = tuple(new)

    def work(caption: str) -> tuple[str, int]:
        if not may_have(caption):
            return caption, 0
        hits = 0

        def change(line: Line) -> Line:
            nonlocal hits
            here = sum(map(is_meant, line.tags))
            hits += here
            return _joined(line, is_meant, wanted) if here else line

        return edited(caption, change), hits

    return work


def _joined(line: Line, is_meant: Callable[[str], bool], new: tuple[str, ...]) -> Line:
    seen: set[str] = set()

    def change(tag: str) -> tuple[str, ...]:
        if tag not in new and not is_meant(tag):
            return (tag,)
        made = tuple(one for one in (new if is_meant(tag) else (tag,)) if one not in seen)
        seen.update(made)
        return made

    return caption_lines.map_tags(line, change)


def in_lines(change: Callable[[str], str], *, empty: str) -> Change:
    """The change of each line that is not blank; a blank caption becomes ``empty``."""

    def work(caption: str) -> str:
        if not caption.strip():
            return empty or caption
        return "\n".join(change(line) if line.strip() else line for line in caption.split("\n"))

    return counted(work)
