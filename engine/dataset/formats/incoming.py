"""What a reader of a foreign dataset hands over: folders, texts per file, and a report."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

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


class Found(NamedTuple):
    """A picture, and how many parts of its path the entry tells."""

    picture: Picture
    sure: int


class Matcher:
    """Finds the picture that an entry means: by path, or by the end of it. A name alone is enough
    only where the entry, too, is no more than a name: numbered sets all begin with ``1.png``.
    """

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._by_path: dict[str, list[Picture]] = {}
        self._by_end: dict[tuple[str, ...], list[Picture]] = {}
        for picture in pictures:
            for spelling in _spellings(str(picture.path)):
                self._by_path.setdefault(spelling, []).append(picture)
                for end in _ends(spelling):
                    self._by_end.setdefault(end, []).append(picture)

    def find(self, entry: Entry) -> Found | Problem:
        """The picture and how sure it is, or the sentence why there is none."""
        key = entry.key.replace("\\", "/")
        at = os.path.join(entry.base, key)
        found, sure = self._by_path.get(_plain(at), []), _LONGEST_END + 1
        if not found:
            found, sure = self._by_its_end(_plain(key))
            if is_file(at):  # then that file is meant, or none
                found = [picture for picture in found if _is_one_file(at, picture.path)]
        if len(found) == 1:
            return Found(found[0], sure)
        if found:
            return Problem("{key} fits several pictures.", key=entry.key)
        return Problem("{key} is no picture of this project.", key=entry.key)

    def _by_its_end(self, key: str) -> tuple[list[Picture], int]:
        ends = _ends(key)
        told = ends if len(ends) == 1 else ends[:-1]
        fitting = next((end for end in told if end in self._by_end), ())
        return self._by_end.get(fitting, []), len(fitting)


def match(
    entries: Iterable[Entry], pictures: Sequence[Picture]
) -> tuple[dict[int, Entry], list[Problem]]:
    """Entries by picture id, and a sentence about each that fits none or comes a second time.

    Of two that name one picture the one that says more of its path is right, else the first.
    """
    matcher = Matcher(pictures)
    problems: list[Problem] = []
    fitting: list[tuple[Found, Entry]] = []
    for entry in entries:
        found = matcher.find(entry)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            fitting.append((found, entry))
    chosen: dict[int, Entry] = {}
    for (picture, _), entry in sorted(fitting, key=lambda pair: -pair[0].sure):
        if picture.id in chosen:
            problems.append(
                Problem("{key} names {name} a second time.", key=entry.key, name=picture.path.name)
            )
        else:
            chosen[picture.id] = entry
    return chosen, problems


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


def is_file(path: str | Path) -> bool:
    """Whether there is such a file; a name that no file can have names none."""
    try:
        return os.path.isfile(path)
    except ValueError:  # half of a pair of surrogates
        return False


def _is_one_file(one: str, other: Path) -> bool:
    return os.path.exists(other) and os.path.samefile(one, other)
