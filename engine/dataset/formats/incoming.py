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
        self._by_name: dict[str, list[Picture]] = {}
        for picture in pictures:
            for spelling in _spellings(str(picture.path)):
                self._by_path.setdefault(spelling, []).append(picture)
                self._by_name.setdefault(PurePosixPath(spelling).name, []).append(picture)

    def find(self, entry: Entry) -> Picture | Problem:
        """The picture, or the sentence why there is none."""
        key = entry.key.replace("\\", "/")
        exact = self._by_path.get(_plain(os.path.join(entry.base, key)), [])
        found = exact or self._by_end(PurePosixPath(_plain(key)).parts)
        if len(found) == 1:
            return found[0]
        if found:
            return Problem("{key} fits several pictures.", key=entry.key)
        return Problem("{key} is no picture of this project.", key=entry.key)

    def _by_end(self, parts: Sequence[str]) -> list[Picture]:
        """The pictures that share the longest end of their paths with ``parts``."""
        named = self._by_name.get(parts[-1], []) if parts else []
        if len(named) < 2:
            return named
        shared = [max(_shared(parts, s) for s in _spellings(str(p.path))) for p in named]
        return [p for p, length in zip(named, shared, strict=True) if length == max(shared)]


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


def _shared(parts: Sequence[str], path: str) -> int:
    """How many parts at the end are the same."""
    others = PurePosixPath(path).parts
    count = 0
    for one, other in zip(reversed(parts), reversed(others), strict=False):
        if one != other:
            break
        count += 1
    return count
