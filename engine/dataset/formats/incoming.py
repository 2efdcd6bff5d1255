"""What a reader of a foreign dataset hands over: folders, texts per file, and a report."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from engine.dataset.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.dataset.picture import Picture
    from engine.project.project import SourceFolder


_LONGEST_END = 6  # folders that tell two files of one name apart


@dataclass(frozen=True)
class Entry:
    """What a dataset says about one file. ``key`` is the file as it is written there, a path from
    ``base`` or an absolute one, with or without suffix. None is for what it does not say.
    """

    key: str
    base: Path
    text: str | None = None
    category: str | None = None
    held_out: bool | None = None


@dataclass
class Incoming:
    """A dataset as read. ``unmatched`` and ``unplaced`` are for the report."""

    format: str
    folders: list[SourceFolder] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    resolution: int | None = None
    unmatched: list[Problem] = field(default_factory=list)
    unplaced: list[Problem] = field(default_factory=list)

    def unplace(self, problem: Problem) -> None:
        """Note a value that has no place here, once."""
        if problem not in self.unplaced:
            self.unplaced.append(problem)


class Matcher:
    """Finds the picture that an entry means, by path, or by as much of its end as is needed."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._by_path: dict[str, list[Picture]] = {}
        self._by_end: dict[tuple[str, ...], list[Picture]] = {}
        for picture in pictures:
            for spelling in _spellings(str(picture.path)):
                self._by_path.setdefault(spelling, []).append(picture)
                for end in _ends(spelling):
                    self._by_end.setdefault(end, []).append(picture)

    def find(self, entry: Entry) -> Picture | Problem:
        """The picture, or the sentence why there is none."""
        key = entry.key.replace("\\", "/")
        found = self._by_path.get(_plain(os.path.join(entry.base, key)), [])
        if not found:
            found = next((self._by_end[e] for e in _ends(_plain(key)) if e in self._by_end), [])
        if len(found) == 1:
            return found[0]
        if found:
            return Problem("{key} fits several pictures.", key=entry.key)
        return Problem("{key} is no picture of this project.", key=entry.key)


def match(
    entries: Iterable[Entry], pictures: Sequence[Picture]
) -> tuple[dict[int, Entry], list[Problem]]:
    """Entries by picture id, and a sentence about each that fits none or comes a second time."""
    matcher = Matcher(pictures)
    found: dict[int, Entry] = {}
    problems = []
    for entry in entries:
        picture = matcher.find(entry)
        if isinstance(picture, Problem):
            problems.append(picture)
        elif picture.id in found:
            problems.append(
                Problem("{key} names {name} a second time.", key=entry.key, name=picture.path.name)
            )
        else:
            found[picture.id] = entry
    return found, problems


def _spellings(path: str) -> tuple[str, str]:
    """A path as entries may write it: with and without its suffix."""
    whole = _plain(path)
    return whole, os.path.splitext(whole)[0]


def _plain(path: str) -> str:
    """``path`` so that spellings of one file compare equal."""
    text = os.path.normcase(os.path.normpath(path)).replace("\\", "/")
    return unicodedata.normalize("NFC", text)


def _ends(path: str) -> list[tuple[str, ...]]:
    """The last parts of ``path``, the longest end first."""
    parts = PurePosixPath(path).parts[-_LONGEST_END:]
    return [parts[start:] for start in range(len(parts))]
