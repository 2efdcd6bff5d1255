"""Copying what was dropped into a project: files, folders, and pictures out of a browser."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.dataset.captions import caption_path
from engine.dataset.folders import Found, find_pictures, kohya_name
from engine.dataset.formats.kohya import REGULARIZATION
from engine.dataset.formats.kohya_in import folders_in
from engine.dataset.formats.names import plain
from engine.dataset.library import Library
from engine.dataset.paths import clean
from engine.dataset.problem import Problem
from engine.imaging.decode import PICTURE_SUFFIXES, load_rgba, read_header
from engine.project.project import SourceFolder
from engine.runtime.errors import MissingFileError, PictureError
from engine.runtime.files import atomic_file, reason_of, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.project.project import Project
    from engine.runtime.job import Job

PICTURES = "pictures"
_SUFFIX = {"JPEG": ".jpg", "TIFF": ".tif"}


@dataclass(frozen=True)
class Blob:
    """A picture without a file, as a browser drops it; ``name`` is what it suggests."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Adopted:
    """``files`` are the copies; ``known`` were there already, with the same content; ``problems``
    are sentences about what is no picture.
    """

    files: tuple[Path, ...]
    known: tuple[Path, ...]
    problems: tuple[Problem, ...]


def adopt(
    files: Sequence[Path | Blob], project: Project, folder: str = "", job: Job | None = None
) -> Adopted:
    """Copy pictures and their captions into ``<project>/pictures/<folder>/``.

    Without ``folder`` a dropped folder keeps its name, and with it its category and repeats; so
    does each of kohya's folders in it. Only what decodes is copied, names never clash, and the
    folder becomes one of the project's, as a step that can be taken back. Raises StorageError;
    what was copied until then, or until the job was cancelled, stays.
    """
    adopter = _Adopter(project.root / PICTURES)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            items = list(adopter.items(files, plain(folder), Path(scratch)))
            for number, (path, name, place) in enumerate(items):
                if job is not None:
                    job.breathe()
                    job.progress(number, len(items), "{name}", name=name)
                adopter.copy(path, name, place)
    finally:
        if adopter.files:
            _add_sources(project, regular=adopter.regular)
    return Adopted(tuple(adopter.files), tuple(adopter.known), tuple(adopter.problems))


class _Adopter:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[Path, set[str]] = {}
        self.files: list[Path] = []
        self.known: list[Path] = []
        self.problems: list[Problem] = []
        self.regular = False

    def items(
        self, files: Sequence[Path | Blob], folder: str, scratch: Path
    ) -> Iterator[tuple[Path, str, Path]]:
        """Each picture file with the name it shall have and the folder it goes to."""
        for number, file in enumerate(files):
            if isinstance(file, Blob):
                path = scratch / str(number)
                with storage_errors(path):
                    path.write_bytes(file.data)
                yield path, file.name.replace("\\", "/").rpartition("/")[2], self._root / folder
            elif Path(file).is_dir():
                yield from self._inside(Path(file), folder)
            else:
                yield Path(file), clean(Path(file).name), self._root / folder

    def copy(self, path: Path, name: str, place: Path) -> None:
        """Copy one picture, with its caption, unless it is there already or is none."""
        try:
            stem, suffix = self._named(path, name)
        except (PictureError, MissingFileError) as error:
            self.problems.append(Problem.of(error))
            return
        same = place / (stem + suffix)
        if same.is_file() and filecmp.cmp(path, same, shallow=False):
            self.known.append(same)
            return
        target = place / (self._free(place, stem) + suffix)
        _copy(path, target)
        self.files.append(target)
        beside = caption_path(path)
        if beside.is_file():
            self._copy_caption(beside, caption_path(target))

    def _copy_caption(self, path: Path, target: Path) -> None:
        try:
            _copy(path, target)
        except OSError as error:
            self.problems.append(_unreadable(path, error))

    def _inside(self, dropped: Path, folder: str) -> Iterator[tuple[Path, str, Path]]:
        seen: set[str] = set()  # those in reg/ are found a second time
        try:
            for source in folders_in(dropped).folders:
                for found in find_pictures(source):
                    if found.path not in seen:
                        seen.add(found.path)
                        self.regular |= found.subset.is_reg and not folder
                        path = Path(found.path)
                        yield path, clean(path.name), self._root / (folder or _place(found))
        except OSError as error:
            self.problems.append(_unreadable(dropped, error))

    def _named(self, path: Path, name: str) -> tuple[str, str]:
        """Stem and suffix for a copy. Raises PictureError for what does not decode."""
        load_rgba(path)
        stem, suffix = os.path.splitext(name)
        if suffix.lower() not in PICTURE_SUFFIXES:
            kind = read_header(path).format
            stem, suffix = name, _SUFFIX.get(kind, f".{kind.lower()}")
        return plain(stem)[:120].strip(". ") or "picture", suffix

    def _free(self, place: Path, stem: str) -> str:
        """A stem that no file in ``place`` has: captions are shared by stem."""
        if place not in self._names:
            names = os.listdir(place) if place.is_dir() else []
            self._names[place] = {os.path.splitext(name)[0].casefold() for name in names}
        taken, chosen, number = self._names[place], stem, 2
        while chosen.casefold() in taken:
            chosen, number = f"{stem}_{number}", number + 1
        taken.add(chosen.casefold())
        return chosen


def _place(found: Found) -> str:
    """Where what lies in a dropped folder goes, so that it has the same repeats and category."""
    top, inner = Path(found.subset.source), found.subset.folder
    own = inner if inner.parent == top and kohya_name(inner.name) else top
    name = plain(clean(own.name))
    if not found.subset.is_reg:
        return name
    return REGULARIZATION if own == top else f"{REGULARIZATION}/{name}"


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem("{path} cannot be read: {reason}.", path=path, reason=reason_of(error))


def _copy(path: Path, target: Path) -> None:
    with open(path, "rb") as source, atomic_file(target) as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def _add_sources(project: Project, *, regular: bool) -> None:
    """Make the folders of copies the project's. That of regularization pictures comes first: a
    picture belongs to the first folder that holds it.
    """
    path, folders = project.root / PICTURES, list(project.file.folders)
    apart = SourceFolder(path=str(path / REGULARIZATION), regularization=True)
    if regular and all(source.path != apart.path for source in folders):
        folders.insert(0, apart)
    if not any(
        path.is_relative_to(os.path.abspath(source.path)) for source in project.file.folders
    ):
        folders.append(SourceFolder(path=str(path)))
    if tuple(folders) != project.file.folders:
        with (
            closing(Library(project.database, project)) as library,
            library.one_step("Add pictures"),
        ):
            library.set_folders(folders)
