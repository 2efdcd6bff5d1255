"""Copy model files into the model folder. Runs off the UI thread."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engine.models.inspect import inspect
from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError
from engine.runtime.files import write_by_name


class Copied(NamedTuple):
    """Where the files are now, and why others were left where they are."""

    paths: list[Path]
    errors: list[StylekilnError]


def copy_models(files: Sequence[Path]) -> Copied:
    """Copy ``files`` into the data folder's ``models``.

    Each is looked at first; one that cannot be used or copied does not stop the others. A file of
    the same name and size is not copied again.
    """
    copied = Copied([], [])
    for file in files:
        try:
            copied.paths.append(_copied(file))
        except StylekilnError as error:
            copied.errors.append(error)
    return copied


def _copied(file: Path) -> Path:
    inspect(file)
    place = data_dir() / "models" / file.name
    if not (place.is_file() and place.stat().st_size == file.stat().st_size):
        _copy(file, place)
    return place


def _copy(file: Path, place: Path) -> None:
    def save(name: str) -> None:
        shutil.copyfile(file, name)

    write_by_name(place, save)
