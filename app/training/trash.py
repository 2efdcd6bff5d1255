"""Move a run or a preset to the trash of the system, and back."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import QFile

from engine.runtime.errors import StorageError
from engine.runtime.files import storage_errors
from engine.training.runs import Run


def run_to_trash(folder: Path) -> Path:
    """Move the run in ``folder`` to the trash; gives where it is now. Raises StorageError,
    MissingFileError when it was removed, TrainingError while another process trains it.
    """
    Run.free(folder)
    return to_trash(folder)


def to_trash(path: Path) -> Path:
    """Move ``path`` to the trash; gives where it is now. Raises StorageError."""
    file = QFile(str(path))
    if not file.moveToTrash():
        raise StorageError(
            "{name} could not be moved to the trash.",
            name=path.name,
            remedy="Show it in its folder and delete it there.",
        )
    return Path(file.fileName())


def bring_back(trashed: Path, path: Path) -> None:
    """Move ``trashed`` back to ``path``. Raises StorageError."""
    with storage_errors(path):
        shutil.move(trashed, path)
