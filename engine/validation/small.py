"""Small copies of drawn cells: a grid seen from far away does not decode thousands of pictures.

They lie in a folder beside that of the cells, under the same names, and take a few percent of the
space. One that is older than its cell does not count; none is needed, they only save time. Those
of cells that were removed go when the folder is drawn into again.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import numpy as np
from PIL import Image

from engine.runtime.files import write_cached

EDGE = 64
"""The longer side in pixels; the copy of a picture that is smaller is the picture."""


_COPY = re.compile(r"[0-9a-f]{64}\.png")  # whatever else lies there is not ours


def small_path(cell: Path) -> Path:
    """Where the small copy of the picture ``cell`` is, or will be."""
    return _folder_of(cell.parent) / cell.name


def _folder_of(cells: Path) -> Path:
    return cells.parent / f"{cells.name}-small"


def prune_small(cells: Path) -> None:
    """Remove the copies of pictures that are no longer in the folder ``cells``. What cannot be
    removed stays.
    """
    with contextlib.suppress(OSError):
        # Copies first: a cell is there before its copy, so none of a new one is taken for left.
        copies = os.listdir(_folder_of(cells))
        for name in set(copies).difference(os.listdir(cells)):
            if _COPY.fullmatch(name):
                (_folder_of(cells) / name).unlink(missing_ok=True)


def fresh_small(cell: Path) -> Path | None:
    """The small copy of ``cell``, or None when it is not there or older. OSError without a cell."""
    small = small_path(cell)
    drawn = cell.stat().st_mtime_ns
    try:
        return small if small.stat().st_mtime_ns >= drawn else None
    except OSError:
        return None


def write_small(cell: Path, picture: np.ndarray) -> None:
    """Keep a small copy of ``picture`` (uint8 ``[h, w, 3]`` or ``[h, w, 4]``), the one of ``cell``.

    StorageError when it cannot be written.
    """
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((EDGE, EDGE), Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    write_cached(small_path(cell), buffer.getvalue())
