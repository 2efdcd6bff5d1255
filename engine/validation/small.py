"""Small copies of drawn cells: a grid seen from far away does not decode thousands of pictures.

They lie in a folder beside that of the cells, under the same names, and take a few percent of the
space. Each ends with a mark of the cell that it was made of, and one of another cell does not
count; none is needed, they only save time. Those of cells that were removed go when the folder is
drawn into again.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import numpy as np
from PIL import Image

from engine.runtime.files import storage_errors, write_cached

EDGE = 64
"""The longer side in pixels; the copy of a picture that is smaller is the picture."""


_MARK = b"of the cell "
_CLOSING = 16  # bytes: a checksum, and the closing chunk
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
    """The small copy of ``cell``, or None when it is not there or of what lay there before. OSError
    without a cell.
    """
    small, mark = small_path(cell), _mark(cell)
    try:
        return small if _end(small, len(mark)) == mark else None
    except OSError:
        return None


def keep_small(cell: Path, png: bytes) -> None:
    """Keep the file ``png`` as the small copy of ``cell``, which is there. StorageError when it
    cannot be written.
    """
    with storage_errors(cell):
        mark = _mark(cell)
    write_cached(small_path(cell), png + mark)


def _mark(cell: Path) -> bytes:
    """What tells a cell from another one of its name: its length, and the checksum of its last
    pixels, which a PNG has before its closing chunk. Times tell less: on some disks they are whole
    seconds.
    """
    return _MARK + cell.stat().st_size.to_bytes(8, "big") + _end(cell, _CLOSING)


def _end(file: Path, length: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(max(0, opened.seek(0, os.SEEK_END) - length))
        return opened.read()


def write_small(cell: Path, picture: np.ndarray) -> None:
    """Keep a small copy of ``picture`` (uint8 ``[h, w, 3]`` or ``[h, w, 4]``), the one of ``cell``.

    StorageError when it cannot be written.
    """
    image = Image.fromarray(np.ascontiguousarray(picture))
    image.thumbnail((EDGE, EDGE), Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    keep_small(cell, buffer.getvalue())
