"""Finding pictures and captions in folders of art, kohya's ``30_name`` folders among them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.imaging.decode import PICTURE_SUFFIXES
from engine.project.project import FILE_NAME, SourceFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDE_FILES = ("-masklabel", "-condlabel")
"""Ends of stems that name masks and condition pictures of other trainers, not art."""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), text.casefold())


def find_pictures(source: SourceFolder) -> Iterator[Found]:
    """All pictures under ``source``, folder by folder. Hidden and project folders are skipped.

    Raises OSError when ``source`` itself cannot be listed; what lies deeper and cannot be listed
    is left out.
    """
    root = os.path.abspath(source.path)
    subset = Subset(root, Path(root), source.repeats, source.category, source.regularization)
    named = kohya_name(os.path.basename(root))
    if named is not None and named[0] >= 1 and source.repeats == 1:
        subset = replace(subset, repeats=named[0], category=source.category or named[1])
    yield from _walk(subset, top=True)


def _walk(subset: Subset, *, top: bool = False) -> Iterator[Found]:
    entries = _entries(subset.folder, must=top)
    yield from _pictures_in(entries, subset)
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False) or entry.name.startswith("."):
            continue
        if os.path.isfile(os.path.join(entry.path, FILE_NAME)):
            continue  # a project's exports and samples are no art
        named = kohya_name(entry.name) if top else None
        inner = replace(subset, folder=Path(entry.path))
        if named is None:
            category = subset.category or (entry.name if top else "")
            yield from _walk(replace(inner, category=category))
        elif named[0] >= 1:
            inner = replace(inner, repeats=named[0], category=named[1] or subset.category)
            yield from _pictures_in(_entries(inner.folder), inner)


def _pictures_in(entries: list[os.DirEntry[str]], subset: Subset) -> Iterator[Found]:
    captions = {entry.name[:-4]: entry for entry in entries if entry.name.endswith(".txt")}
    for entry in entries:
        stem, suffix = os.path.splitext(entry.name)
        if suffix.lower() not in PICTURE_SUFFIXES or stem.startswith("."):
            continue
        if stem.endswith(SIDE_FILES) or _is_folder(entry):
            continue
        stamp = _stamp(entry)
        if stamp is not None:
            beside = captions.get(stem)
            yield Found(entry.path, subset, stamp, _stamp(beside) if beside else None)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Also of a link that leads to a folder; a link that leads to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _entries(folder: Path, *, must: bool = False) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: natural_key(entry.name))
    except OSError:
        if must:
            raise
        return []


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    """The stamp of a file; None when it vanished or is a dangling link."""
    try:
        facts = entry.stat()
    except OSError:
        return None
    return Stamp(facts.st_mtime_ns, facts.st_size)
