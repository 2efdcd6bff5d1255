"""Copy models into the model folder, telling how far it is. Runs off the UI thread."""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from app.widgets.thumbnail_files import content_mark
from engine.models.inspect import inspect
from engine.project.settings import data_dir
from engine.runtime.errors import JobCancelled, StylekilnError
from engine.runtime.files import exists, storage_errors, system_error, write_by_name

_BLOCK = 1 << 22


class Copied(NamedTuple):
    """Where the models are now, and why others were left where they are."""

    paths: list[Path]
    errors: list[StylekilnError]


@dataclass
class Copying:
    """How far it is: bytes of all files together, and the name of the one in hand. Set ``stop``
    to end it within one block.
    """

    total: int = 0
    done: int = 0
    name: str = ""
    stop: threading.Event = field(default_factory=threading.Event)


def copy_models(sources: Sequence[Path], copying: Copying) -> Copied:
    """Copy files and diffusers folders into the data folder's ``models``.

    Each is looked at first; one that cannot be used or copied does not stop the others. What is
    there already is not copied again; another by the same name is kept, and the new one gets a
    number.
    """
    copied = Copied([], [])
    sound = [source for source in sources if _is_sound(source, copied.errors)]
    copying.total = sum(_size(source) for source in sound)
    for source in sound:
        try:
            copied.paths.append(_copied(source, copying))
        except JobCancelled:
            break
        except StylekilnError as error:
            copied.errors.append(error)
        except OSError as error:
            copied.errors.append(system_error(error))
    return copied


def _is_sound(source: Path, errors: list[StylekilnError]) -> bool:
    try:
        inspect(source)
    except StylekilnError as error:
        errors.append(error)
        return False
    return True


def free_place(folder: Path, stem: str, suffix: str) -> Path:
    """``stem`` in ``folder``, with a number when it is taken."""
    return next(place for place in _places(folder, stem, suffix) if not exists(place))


def _places(folder: Path, stem: str, suffix: str) -> Iterator[Path]:
    yield folder / f"{stem}{suffix}"
    for number in itertools.count(2):
        yield folder / f"{stem}-{number}{suffix}"


def _copied(source: Path, copying: Copying) -> Path:
    copying.name = source.name
    suffix = "" if source.is_dir() else source.suffix
    for place in _places(data_dir() / "models", source.name.removesuffix(suffix), suffix):
        if not place.exists():
            break
        if _same(source, place):
            copying.done += _size(source)
            return place
    if source.is_dir():
        return _copy_folder(source, place, copying)
    write_by_name(place, lambda name: _copy(source, Path(name), copying))
    return place


def _same(one: Path, other: Path) -> bool:
    """Whether both hold the same, as sizes and samples of their files tell."""
    if one.is_dir() != other.is_dir():
        return False
    if one.is_file():
        return content_mark(str(one)) == content_mark(str(other))
    return all(
        (other / file.relative_to(one)).is_file() and _same(file, other / file.relative_to(one))
        for file in _files(one)
    )


def _copy_folder(source: Path, place: Path, copying: Copying) -> Path:
    """File by file into a folder that has its name only when it is whole."""
    with storage_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as room:
            for file in _files(source):
                there = Path(room) / place.name / file.relative_to(source)
                there.parent.mkdir(parents=True, exist_ok=True)
                _copy(file, there, copying)
            os.rename(Path(room) / place.name, place)
    return place


def _copy(source: Path, target: Path, copying: Copying) -> None:
    with open(source, "rb") as given, open(target, "wb") as taken:
        while block := given.read(_BLOCK):
            if copying.stop.is_set():
                raise JobCancelled()
            taken.write(block)
            copying.done += len(block)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _size(path: Path) -> int:
    files = _files(path) if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)
