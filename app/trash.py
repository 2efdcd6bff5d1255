"""The trash of the system: what goes there, and comes back."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QFile

from engine.runtime.errors import StorageError
from engine.runtime.files import storage_errors

Moved = list[tuple[Path, Path]]
"""Where each file is in the trash, and where it was."""


def to_trash(path: Path) -> Path:
    """Move ``path`` to the trash; gives where it is now. Raises StorageError."""
    _make_home()
    file = QFile(str(path))
    if not file.moveToTrash():
        raise StorageError(
            "{name} could not be moved to the trash.",
            name=path.name,
            remedy="Show it in its folder and delete it there.",
        )
    return Path(file.fileName())


def all_to_trash(paths: Iterable[Path]) -> Moved:
    """Move all ``paths`` to the trash, or none: half of them is worse. Raises StorageError."""
    moved: Moved = []
    for path in paths:
        try:
            moved.append((to_trash(path), path))
        except Exception:
            bring_all_back(moved)
            raise
    return moved


def bring_all_back(moved: Moved) -> None:
    """Move back what :func:`all_to_trash` moved. Raises StorageError."""
    for trashed, path in moved:
        bring_back(trashed, path)


def bring_back(trashed: Path, path: Path) -> None:
    """Move ``trashed`` back to ``path``. Raises StorageError."""
    with storage_errors(path):
        shutil.move(trashed, path)


def _make_home() -> None:
    """Qt makes the trash on Linux, but not the folder it lies in, which a new account lacks
    (XDG Base Directory Specification).
    """
    if sys.platform.startswith("linux"):
        home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        with storage_errors(Path(home)):
            Path(home).mkdir(mode=0o700, parents=True, exist_ok=True)
