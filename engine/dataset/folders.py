"""Finding pictures and captions in folders of art, kohya's ``30_name`` folders among them."""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.dataset.paths import clean
from engine.imaging.decode import PICTURE_SUFFIXES
from engine.project.project import FILE_NAME, SourceFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDE_FILES = ("-masklabel", "-condlabel")
"""Ends of stems that name masks and condition pictures of other trainers, not art."""

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells an unchanged file: modification time in nanoseconds, and bytes."""

    mtime: int
    size: int


@dataclass(frozen=True)
class Subset:
    """Pictures that share repeats and category. ``source`` is the folder the user gave."""

    source: str
    folder: Path
    repeats: int
    category: str
    is_reg: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A picture file as its folder lists it: nothing of the file itself has been asked yet."""

    path: str
    subset: Subset
    entry: os.DirEntry[str]
    caption: os.DirEntry[str] | None


@dataclass(frozen=True, slots=True)
class Found:
    """A picture file, its stamp, and the stamp of its caption file (None without one)."""

    path: str
    subset: Subset
    stamp: Stamp
    caption: Stamp | None


def kohya_name(name: str) -> tuple[int, str] | None:
    """``"30_a_b"`` as (30, "a_b"); None for other names. Repeats below 1 mean "ignore"."""
    first, *rest = name.split("_")
    if not re.fullmatch(r"[+-]?\d+", first.strip()):
        return None
    return int(first), "_".join(rest)


def natural_key(text: str) -> str:
    """A text that sorts ``a2`` before ``a10`` and ignores case."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(12), text.casefold())


def find_pictures(source: SourceFolder) -> Iterator[Found]:
    """All pictures under ``source`` with their stamps; else as :func:`find_names`."""
    for named in find_names(source):
        found = look_at(named)
        if found is not None:
            yield found


def look_at(named: Named) -> Found | None:
    """``named`` with its stamps; None when the file vanished or is a dangling link."""
    stamp = _stamp(named.entry)
    if stamp is None:
        return None
    return Found(named.path, named.subset, stamp, _stamp(named.caption) if named.caption else None)


def find_names(source: SourceFolder, unreadable: list[str] | None = None) -> Iterator[Named]:
    """All pictures under ``source``, folder by folder. Hidden and project folders are skipped.

    Links to folders are followed after everything else, each folder once, and never upwards.
    Raises OSError when ``source`` itself cannot be listed; folders deeper inside that cannot are
    added to ``unreadable``.
    """
    root = os.path.abspath(source.path)
    subset = Subset(root, Path(root), source.repeats, source.category, source.regularization)
    named = kohya_name(os.path.basename(root))
    if named is not None and named[0] >= 1 and source.repeats == 1:
        subset = replace(subset, repeats=named[0], category=source.category or clean(named[1]))
    walk = _Walk(root, [] if unreadable is None else unreadable)
    yield from walk.run(subset)


class _Walk:
    """One way through the folders of a source. Without recursion: folders can lie very deep."""

    def __init__(self, root: str, unreadable: list[str]) -> None:
        self._root = root
        self._unreadable = unreadable
        self._seen: set[tuple[int, int]] = set()
        self._above = {_identity(str(folder)) for folder in Path(os.path.realpath(root)).parents}
        self._links: deque[tuple[Subset, bool]] = deque()

    def run(self, top: Subset) -> Iterator[Named]:
        waiting = [(top, True)]  # with whether folders inside are looked into
        while waiting or self._links:
            if not waiting:
                link = self._links.popleft()
                if not self._is_new(str(link[0].folder)):
                    continue
                waiting.append(link)
            subset, deeper = waiting.pop()
            entries = self._entries(subset)
            yield from _pictures_in(entries, subset)
            if deeper:
                inner = self._folders_in(entries, subset, top=str(subset.folder) == self._root)
                waiting += reversed(inner)

    def _folders_in(
        self, entries: list[os.DirEntry[str]], subset: Subset, *, top: bool
    ) -> list[tuple[Subset, bool]]:
        found: list[tuple[Subset, bool]] = []
        for entry in entries:
            if entry.name.startswith(".") or not _is_folder(entry):
                continue
            if os.path.isfile(os.path.join(entry.path, FILE_NAME)):
                continue  # a project's exports and samples are no art
            inner = _inside(entry, subset, top=top)
            if inner is None:
                continue
            (self._links if entry.is_symlink() else found).append(inner)
        return found

    def _entries(self, subset: Subset) -> list[os.DirEntry[str]]:
        path = str(subset.folder)
        try:
            with os.scandir(path) as entries:
                found = sorted(entries, key=lambda entry: natural_key(entry.name))
            self._seen.add(_identity(path))
        except OSError as error:
            if path == self._root:
                raise
            if not isinstance(error, FileNotFoundError):
                self._unreadable.append(path)
            return []
        return found

    def _is_new(self, folder: str) -> bool:
        """Whether a link leads to a folder that was not walked and does not hold the source."""
        identity = _identity(folder)
        return identity not in self._seen and identity not in self._above


def _inside(entry: os.DirEntry[str], subset: Subset, *, top: bool) -> tuple[Subset, bool] | None:
    """The subset of a folder and whether folders inside it count; None when it is ignored."""
    named = kohya_name(entry.name) if top else None
    inner = replace(subset, folder=Path(entry.path))
    if named is None:
        return replace(inner, category=subset.category or (clean(entry.name) if top else "")), True
    if named[0] < 1:
        return None
    category = clean(named[1]) or subset.category
    return replace(inner, repeats=named[0], category=category), False


def _pictures_in(entries: list[os.DirEntry[str]], subset: Subset) -> Iterator[Named]:
    captions = {entry.name[:-4]: entry for entry in entries if entry.name.endswith(".txt")}
    for entry in entries:
        name = entry.name
        stem, suffix = os.path.splitext(name)
        if suffix.lower() not in PICTURE_SUFFIXES or name.startswith("."):
            continue
        if not stem.endswith(SIDE_FILES) and not _is_folder(entry):
            yield Named(entry.path, subset, entry, captions.get(stem))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Also of a link that leads to a folder; a link that leads to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _identity(folder: str) -> tuple[int, int]:
    """What two names of one folder share; (0, 0) for a folder that is gone."""
    try:
        facts = os.stat(folder)
    except OSError:
        return 0, 0
    return facts.st_dev, facts.st_ino


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    try:
        facts = os.stat(entry.path)
    except OSError:
        return None
    return Stamp(facts.st_mtime_ns, facts.st_size)
