"""The picture of a whole grid, with its axes written beside it."""

from __future__ import annotations

import io
from pathlib import Path

from engine.imaging.decode import read_size
from engine.runtime.errors import MissingFileError, PictureError
from engine.runtime.files import write_bytes
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.export.arrangement import Names, arranged
from engine.validation.export.sheet import Sheet
from engine.validation.manifest import Grid

SMALLEST_CELL, LARGEST_PIXELS = 96, 100_000_000


def draw_grid(grid: Grid) -> Path:
    """Write ``grid.png``: the grid on its sides.

    Missing and failed cells stay empty, with a word in them. Cells shrink when all of them would be
    larger than 100 megapixels, and those below 96 pixels grow.
    """
    words = Words()
    arrangement = arranged(grid, Names(grid.request, words))
    wide, high = _cell_size(grid)
    scale = min(1.0, (LARGEST_PIXELS / max(1, wide * high * len(grid.cells))) ** 0.5)
    side = max(1, round(max(wide, high) * scale)) if scale < 1 else 0
    sheet = Sheet(arrangement, words, side, least=SMALLEST_CELL if wide < SMALLEST_CELL else 0)
    stream = io.BytesIO()
    picture = sheet.background()
    sheet.draw(picture, Job.detached())
    picture.save(stream, "PNG")
    write_bytes(grid.picture, stream.getvalue())
    return grid.picture


def _cell_size(grid: Grid) -> tuple[int, int]:
    for cell in grid.cells:
        if cell.path is not None:
            try:
                return read_size(cell.path)
            except (PictureError, MissingFileError):  # removed or damaged since: the next will tell
                continue
    return 128, 128
