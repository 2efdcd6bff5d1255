"""Finding pictures and captions in folders of art, kohya's ``30_name`` folders among them."""

from __future__ import annotations

import os
import re
import stat
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.dataset.paths import clean
from engine.imaging.decode import PICTURE_SUFFIXES
from engine.project.project import FILE_NAME, MOST_REPEATS, SourceFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDE_FILES = ("-masklabel", "-condlabel")  # both end in what _picture_names asks for first
"""Ends of stems that name masks and condition pictures of other trainers, not art."""

_Identity = tuple[int, int]
_DIGITS = re.compile(r"(\d+)")
_ENDS = tuple(sorted(PICTURE_SUFFIXES))


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

    ``captioned`` says that its folder lists a caption file beside it.
    """

    path: str
    subset: Subset
    captioned: bool


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
    parts = _DIGITS.split(text.casefold())
    parts[1::2] = [digits.zfill(12) for digits in parts[1::2]]
    return "".join(parts)


def find_pictures(source: SourceFolder) -> Iterator[Found]:
    """All pictures under ``source`` with their stamps; else as :func:`find_names`."""
    for named in find_names(source):
        found = look_at(named)
        if found is not None:
            yield found


def look_at(named: Named) -> Found | None:
    """``named`` with its stamps; None when it is no file: a folder, gone, or a dangling link."""
    stamp = _stamp(named.path)
    if stamp is None:
        return None
    caption = _stamp(_caption_of(named.path)) if named.captioned else None
    return Found(named.path, named.subset, stamp, caption)


def find_names(source: SourceFolder, unreadable: list[str] | None = None) -> Iterator[Named]:
    """All pictures under ``source``, folder by folder. Hidden and project folders are skipped.

    Links to folders are followed after everything else, each folder once, and never upwards: not
    to what holds the source, nor from inside a linked folder to what holds that.
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


def _pictures_in(subset: Subset) -> Iterator[Named]:
    """The files of a folder that are pictures by their name, in natural order.

    There are as many names as files and the window waits for them: the names alone are half the
    work of directory entries, a key for all of them at once half that of one for each, and to
    sort their places half that of sorting pairs.
    """
    folder = os.path.join(subset.folder, "")
    names = os.listdir(folder)
    there = set(names)
    pictures = _picture_names(names)
    keys = natural_keys(pictures)
    for place in sorted(range(len(keys)), key=keys.__getitem__):
        name = pictures[place]
        yield Named(folder + name, subset, _caption_of(name) in there)


def _caption_of(picture: str) -> str:
    return f"{picture[: picture.rindex('.')]}.txt"


def _picture_names(names: list[str]) -> list[str]:
    return [
        name
        for name in names
        if (name.endswith(_ENDS) or (name[-4:] != ".txt" and name.lower().endswith(_ENDS)))
        and name[0] != "."
        and not ("label." in name and _is_side_file(name))
    ]


def _is_side_file(name: str) -> bool:
    return name.rpartition(".")[0].endswith(SIDE_FILES)


def natural_keys(names: list[str]) -> list[str]:
    """The natural key of each name: of all at once it takes half as long."""
    return natural_key("\0".join(names)).split("\0") if names else []


class _Place(NamedTuple):
    """A folder to walk and whether folders inside it are looked into. ``above`` are the folders
    that hold the source and those that hold what the links on the way here led to. Only what is
    ``linked``, behind a link, can have been walked before: asking costs time.
    """

    subset: Subset
    deeper: bool
    above: frozenset[_Identity]
    linked: bool = False


class _Walk:
    """One way through the folders of a source. Without recursion: folders can lie very deep."""

    def __init__(self, root: str, unreadable: list[str]) -> None:
        self._root = root
        self._unreadable = unreadable
        self._seen: set[_Identity] = set()
        self._links: deque[_Place] = deque()

    def run(self, top: Subset) -> Iterator[Named]:
        waiting = [_Place(top, True, _above(self._root))]
        while waiting or self._links:
            if not waiting:
                link = self._links.popleft()
                if not self._is_new(link):
                    continue
                above = link.above | _above(str(link.subset.folder))
                waiting.append(link._replace(above=above))
            place = waiting.pop()
            if place.linked and not self._is_new(place):
                continue
            subset = place.subset
            try:
                yield from _pictures_in(subset)
                self._seen.add(_identity(str(subset.folder)))
                inner = self._folders_in(place) if place.deeper else []
            except OSError as error:
                if str(subset.folder) == self._root:
                    raise
                if not isinstance(error, FileNotFoundError):
                    self._unreadable.append(str(subset.folder))
                continue
            waiting += reversed(inner)

    def _folders_in(self, place: _Place) -> list[_Place]:
        """Folders to look into, in natural order; links to folders are put aside for later."""
        subset = place.subset
        top = str(subset.folder) == self._root
        with os.scandir(subset.folder) as entries:
            folders = [one for one in entries if _is_folder(one) and one.name[0] != "."]
        found: list[_Place] = []
        for entry in sorted(folders, key=lambda one: natural_key(one.name)):
            if os.path.isfile(os.path.join(entry.path, FILE_NAME)):
                continue  # a project's exports and samples are no art
            inner = _inside(entry, subset, top=top)
            if inner is None:
                continue
            if entry.is_symlink():
                self._links.append(_Place(*inner, place.above, linked=True))
            else:
                found.append(_Place(*inner, place.above, place.linked))
        return found

    def _is_new(self, place: _Place) -> bool:
        """Whether a link, or a folder behind one, was not walked yet and leads not upwards."""
        identity = _identity(str(place.subset.folder))
        return identity not in self._seen and identity not in place.above


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


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Also of a link that leads to a folder; a link that leads to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _above(folder: str) -> frozenset[_Identity]:
    """What holds ``folder``, up to the root of all."""
    return frozenset(_identity(str(one)) for one in Path(os.path.realpath(folder)).parents)


def _identity(folder: str) -> _Identity:
    """What two names of one folder share; (0, 0) for a folder that is gone."""
    try:
        facts = os.stat(folder)
    except OSError:
        return 0, 0
    return facts.st_dev, facts.st_ino


def _stamp(path: str) -> Stamp | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return Stamp(facts.st_mtime_ns, facts.st_size) if stat.S_ISREG(facts.st_mode) else None
