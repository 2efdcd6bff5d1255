"""Copy model files into the model folder. Runs off the UI thread."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from engine.models.inspect import inspect
from engine.project.settings import data_dir
from engine.runtime.files import write_by_name


def copy_models(files: Sequence[Path]) -> list[Path]:
    """Copy ``files`` into the data folder's ``models`` and return where they are.

    Each is looked at first: ModelFileError or MissingFileError for one that cannot be used,
    StorageError when there is no room. A file of the same name and size is not copied again.
    """
    target = data_dir() / "models"
    copied = []
    for file in files:
        inspect(file)
        place = target / file.name
        if not (place.is_file() and place.stat().st_size == file.stat().st_size):
            _copy(file, place)
        copied.append(place)
    return copied


def _copy(file: Path, place: Path) -> None:
    def save(name: str) -> None:
        shutil.copyfile(file, name)

    write_by_name(place, save)
