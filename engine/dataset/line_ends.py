"""Line ends of a file that mixes them: each line keeps its own through an edit and its undo.

A file with one kind of line end, as nearly all are, has none of this.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ENDS = re.compile(r"\r\n|\r|\n")


class MixedText(str):
    """A text with ``\\n`` line ends that knows what stood in their place: ``ends`` are those of its
    lines in order, and then those of the blank lines after it.
    """

    __slots__ = ("ends",)
    ends: tuple[str, ...]

    @classmethod
    def of(cls, text: str, ends: Sequence[str]) -> MixedText:
        """``text`` with its line ends."""
        made = cls(text)
        made.ends = tuple(ends)
        return made


def ends_of(raw: str) -> list[str]:
    """Every line end of a text as it is in the file."""
    return _ENDS.findall(raw)


def with_ends(text: str, ends: Sequence[str]) -> str:
    """``text`` with its line ends replaced by ``ends``, one for each."""
    lines = text.split("\n")
    return "".join(map("".join, zip(lines, (*ends, ""), strict=True)))


def fitted(text: str, before: str, tail: str, newline: str) -> str:
    """``text`` with the line ends it shall have in a file that held ``before`` and then ``tail``.

    A line that stays, or is changed in its place, keeps its end; a new one gets ``newline``.
    """
    count = text.count("\n") + len(tail)
    if isinstance(text, MixedText):
        return text if len(text.ends) == count else fitted(str(text), before, tail, newline)
    if not isinstance(before, MixedText):
        return text
    old = before.split("\n")
    inner, after = before.ends[: len(old) - 1], before.ends[len(old) - 1 :]
    last = after[0] if after else newline
    found = [newline] * (text.count("\n") + 1)
    for here, there in _same_places(text.split("\n"), old):
        found[here] = inner[there] if there < len(inner) else last
    return MixedText.of(text, (*found[:-1], *after))


def _same_places(new: Sequence[str], old: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places of lines that stayed, or were changed where they stood."""
    matcher = SequenceMatcher(None, new, old, autojunk=False)
    for _, start, end, there, until in matcher.get_opcodes():
        yield from zip(range(start, end), range(there, until), strict=False)


def to_record(text: Any) -> Any:
    """A caption as JSON keeps it: a text, or None, as it is."""
    return {"text": str(text), "ends": text.ends} if isinstance(text, MixedText) else text


def of_record(value: Any) -> Any:
    """A caption as :func:`to_record` has written it. Raises KeyError or TypeError."""
    return MixedText.of(value["text"], value["ends"]) if isinstance(value, dict) else value
