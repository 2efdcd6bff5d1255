"""The picture that an approved checkpoint is shown by: a cell of the grid it was judged by."""

from __future__ import annotations

from pathlib import Path

from engine.models.approvals import preview_path
from engine.runtime.errors import BadInputError, StorageError
from engine.runtime.files import exists, write_bytes
from engine.validation.manifest import Grid
from engine.validation.marks import Marks, read_marks


def lay_preview(model: Path, grid: Grid, checkpoint: str, weight: float, *, ours: bool) -> str:
    """Lay the best picture of ``checkpoint`` beside ``model``, and tell its name; empty where none
    was written. A picture that is there is written over only where it is ``ours``. It is no reason
    to refuse an approval that it cannot be written.
    """
    target = preview_path(model)
    if exists(target) and not ours:
        return ""
    for picture in _best_first(grid, checkpoint, weight):
        try:
            write_bytes(target, picture.read_bytes())
        except StorageError:
            return ""
        except OSError:  # that cell was removed: the next one
            continue
        return target.name
    return ""


def _best_first(grid: Grid, checkpoint: str, weight: float) -> list[Path]:
    """Drawn at ``weight`` before other weights, starred before others, rejected last."""
    marks = _marks_of(grid)
    drawn = [
        (cell, cell.path)
        for cell in grid.cells
        if cell.path is not None and cell.position.uses_lora
        if cell.position.checkpoint == checkpoint
    ]
    starred, rejected = set(marks.starred), set(marks.rejected)
    drawn.sort(
        key=lambda one: (
            one[0].id in rejected,
            abs(one[0].position.weight - weight) > 1e-6,
            one[0].id not in starred,
            abs(one[0].position.weight - weight),
        )
    )
    return [path for _, path in drawn]


def _marks_of(grid: Grid) -> Marks:
    try:
        return read_marks(grid.folder)
    except BadInputError:  # damaged, or of a newer version: no picture is preferred
        return Marks()
