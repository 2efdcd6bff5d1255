"""Whether a grid can be kept where it shall lie, told before the first step of an hour."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from engine.runtime.errors import StorageError
from engine.runtime.files import require_target, storage_errors


def check_place(folder: Path) -> None:
    """StorageError when no file can be written into ``folder``, which need not be there yet."""
    require_target(folder / "any")
    place = _nearest(folder)
    if not os.access(place, os.W_OK | os.X_OK):
        raise StorageError(
            "Nothing can be written into the folder {path}.",
            path=place,
            remedy="Choose another folder or check its permissions.",
        )


def check_room(folder: Path, needed: int) -> None:
    """StorageError when the disk of ``folder`` has fewer than ``needed`` bytes left."""
    place = _nearest(folder)
    with storage_errors(place):
        free = shutil.disk_usage(place).free
    if needed > free:
        raise StorageError(
            "The pictures need about {needed} MB; {free} MB are free in {place}.",
            needed=f"{needed / 1e6:.0f}",
            free=f"{free / 1e6:.0f}",
            place=place,
            remedy="Free some space, or leave out values.",
        )


def _nearest(folder: Path) -> Path:
    """The first of ``folder`` and its parents that is there."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
