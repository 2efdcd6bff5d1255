"""Telling sentences from tags, so that a description is never taken apart at its commas.

Tags are short; what stands between the commas of a sentence is long, or ends like a sentence. The
limits lean towards tags: a list with one long title in it stays a list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SENTENCE = 5.0
"""Words between commas, on average, from which a line is prose whatever else it looks like."""
_PHRASE = 2.5
"""The same for a line that also begins or ends like a sentence."""
_LONG = 4
"""Words from which a part beside prose belongs to it."""
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_STOP = re.compile(r"\w{2,}\.(?:[\"'”’)]*$|\s+[A-Z])|[。！？]$", re.MULTILINE)
_CALL = re.compile(r"\w{2,}[!?][\"'”’)]*$")
_OPENING = re.compile(r"\s*(?:(?i:an?|this|there)|The)\s")


def words(text: str) -> int:
    """How many words ``text`` has; two Chinese or Japanese characters count as one."""
    found = len(text.split())
    if text.isascii():
        return found
    signs = len(_CJK.findall(text))
    return max(found, signs // 2)


def looks_like_prose(line: str) -> bool:
    """Whether ``line`` is written in sentences and not as tags between commas."""
    parts = line.count(",") + 1
    if line.isascii() and _is_plainly_tags(line, parts):
        return False
    average = words(line) / parts
    if average >= _SENTENCE:
        return True
    if average < _PHRASE:
        return line.lstrip()[:1].isupper() and words(line) >= _LONG and _ends_a_sentence(line)
    return bool(
        _ends_a_sentence(line)
        or (average >= 3.5 and _CALL.search(line))
        or (_OPENING.match(line) and words(line.split(",", 1)[0]) >= _LONG)
    )


def prose_span(cells: Sequence[str]) -> tuple[int, int]:
    """Which of a prose line's parts between commas are the prose: ``cells[start:end]``. Tags may
    stand before it, as a trigger word does, and after it.
    """
    counts = [words(cell) for cell in cells]
    begins = (n for n, cell in enumerate(cells) if counts[n] >= _LONG or _is_upper(cell))
    ends = [n for n, cell in enumerate(cells) if counts[n] >= _LONG or _STOP.search(cell.strip())]
    return next(begins, 0), (ends[-1] + 1 if ends else len(cells))


def _is_plainly_tags(line: str, parts: int) -> bool:
    """What most lines are, told from counts alone."""
    if line.count(" ") + 1 >= _PHRASE * parts:
        return False
    return "." not in line or not line.lstrip()[:1].isupper()


def _ends_a_sentence(line: str) -> bool:
    """Whether a part of several words ends with a full stop."""
    return any(_STOP.search(cell.strip()) and words(cell) > 1 for cell in line.split(","))


def _is_upper(cell: str) -> bool:
    return cell.lstrip()[:1].isupper()
