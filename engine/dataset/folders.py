"""Finding pictures and captions in folders of art, kohya's ``30_name`` folders among them."""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.dataset.paths import clean
from engine.imaging.decode import PICTURE_SUFFIXES
from engine.project.project import FILE_NAME, MOST_REPEATS, SourceFolder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIDE_FILES = ("-masklabel", "-condlabel")
"""Ends of stems that name masks and condition pictures of other trainers, not art."""

_DIGITS = re.compile(r"\d+")
_SUFFIXES = frozenset(suffix[1:] for suffix in PICTURE_SUFFIXES)


class Stamp(NamedTuple):
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


class Named(NamedTuple):  # a tuple: 20,000 of them are made before the first row is shown
    """A picture file as its folder lists it: nothing of the file itself has been asked yet.

    ``key`` is the natural key of ``path``.
    """

    path: str
    key: str
    subset: Subset
    entry: os.DirEntry[str]
    caption: os.DirEntry[str] | None


class Found(NamedTuple):
    """A picture file, its stamp, and the stamp of its caption file (None without one)."""

    path: str
    subset: Subset
    stamp: Stamp
    caption: Stamp | None


def kohya_name(name: str) -> tuple[int, str] | None:
    """``"30_a_b"`` as (30, "a_b"); None for other names. Repeats below 1 mean "ignore".

    A number above MOST_REPEATS is a date or an id, where kohya would repeat 20,240,115 times.
    """
    first, *rest = name.split("_")
    if not re.fullmatch(r"[+-]?\d{1,9}", first.strip()) or int(first) > MOST_REPEATS:
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


class _Listing:
    """What lies in a folder: pictures with the natural keys and stems of their names and folders
    with their keys, in any order, and captions by stem.
    """

    def __init__(self) -> None:
        self.pictures: list[tuple[str, str, os.DirEntry[str]]] = []
        self.folders: list[tuple[str, os.DirEntry[str]]] = []
        self.captions: dict[str, os.DirEntry[str]] = {}

    def take(self, entries: Iterable[os.DirEntry[str]]) -> None:
        """Sort ``entries`` in. There are as many as there are files, and the window waits for
        them: the cheap things are asked first.
        """
        pictures, captions, is_picture = self.pictures, self.captions, _SUFFIXES.__contains__
        for entry in entries:
            name = entry.name
            stem, _, suffix = name.rpartition(".")
            if suffix == "txt":
                captions[stem] = entry
                if entry.is_file():
                    continue
            if name[0] == ".":
                continue
            if _is_folder(entry):
                self.folders.append((natural_key(name), entry))
            elif (is_picture(suffix) or is_picture(suffix.lower())) and not stem.endswith(
                SIDE_FILES
            ):
                pictures.append((natural_key(name), stem, entry))


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
            listing = self._list(subset)
            yield from _pictures_in(listing, subset)
            if deeper:
                inner = self._folders_in(listing, subset, top=str(subset.folder) == self._root)
                waiting += reversed(inner)

    def _folders_in(
        self, listing: _Listing, subset: Subset, *, top: bool
    ) -> list[tuple[Subset, bool]]:
        found: list[tuple[Subset, bool]] = []
        for _, entry in sorted(listing.folders, key=itemgetter(0)):
            if os.path.isfile(os.path.join(entry.path, FILE_NAME)):
                continue  # a project's exports and samples are no art
            inner = _inside(entry, subset, top=top)
            if inner is None:
                continue
            (self._links if entry.is_symlink() else found).append(inner)
        return found

    def _list(self, subset: Subset) -> _Listing:
        path, listing = str(subset.folder), _Listing()
        try:
            with os.scandir(path) as entries:
                listing.take(entries)
            self._seen.add(_identity(path))
        except OSError as error:
            if path == self._root:
                raise
            if not isinstance(error, FileNotFoundError):
                self._unreadable.append(path)
            return _Listing()
        return listing

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


def _pictures_in(listing: _Listing, subset: Subset) -> Iterator[Named]:
    folder = natural_key(os.path.join(subset.folder, ""))
    for key, stem, entry in sorted(listing.pictures, key=itemgetter(0)):
        yield Named(entry.path, folder + key, subset, entry, listing.captions.get(stem))


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
