"""Move a run folder to the trash of the system, and back."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import QFile

from engine.runtime.errors import StorageError
from engine.runtime.files import storage_errors
from engine.training.runs import Run


def to_trash(folder: Path) -> Path:
    """Move the run in ``folder`` to the trash; gives where it is now. Raises StorageError,
    MissingFileError when it was removed, TrainingError while another process trains it.
    """
    Run.free(folder)
    file = QFile(str(folder))
    if not file.moveToTrash():
        raise StorageError(
            "{name} could not be moved to the trash.",
            name=folder.name,
            remedy="Show it in its folder and delete it there.",
        )
    return Path(file.fileName())


def bring_back(trashed: Path, folder: Path) -> None:
    """Move ``trashed`` back to where it was. Raises StorageError."""
    with storage_errors(folder):
        shutil.move(trashed, folder)
