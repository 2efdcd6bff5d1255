"""File names that every system can hold, each of them once."""

from __future__ import annotations

import re
import unicodedata

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def plain(text: str) -> str:
    """``text`` as a folder or file name on every system; may come out empty."""
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f\ud800-\udfff]', "_", text).strip(". ")
    return f"_{name}" if _RESERVED.fullmatch(name) else name


class FreeNames:
    """Hands out each name once, on every system (see :func:`_one_file`)."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str, suffix: str = "") -> str:
        """``name`` + ``suffix``, with ``_2``, ``_3`` … before the suffix when that is taken."""
        chosen, number = name, 2
        while _one_file(chosen + suffix) in self._taken:
            chosen, number = f"{name}_{number}", number + 1
        self._taken.add(_one_file(chosen + suffix))
        return chosen + suffix


def _one_file(name: str) -> str:
    """The same for names that are one file on some system: case, and how accents are put."""
    return unicodedata.normalize("NFC", name).casefold()
