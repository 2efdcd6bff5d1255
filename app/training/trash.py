"""Move a run to the trash of the system."""

from __future__ import annotations

from pathlib import Path

from app.trash import to_trash
from engine.training.runs import Run


def run_to_trash(folder: Path) -> Path:
    """Move the run in ``folder`` to the trash; gives where it is now. Raises StorageError,
    MissingFileError when it was removed, TrainingError while another process trains it.
    """
    Run.free(folder)
    return to_trash(folder)
