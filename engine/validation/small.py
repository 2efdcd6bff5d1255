"""Small copies of drawn cells: a grid seen from far away does not decode thousands of pictures.

They lie in a folder beside that of the cells, under the same names, and take a few percent of the
space. One that is older than its cell does not count; none is needed, they only save time.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from engine.runtime.files import write_cached

EDGE = 64
"""The longer side in pixels; the copy of a picture that is smaller is the picture."""


def small_path(cell: Path) -> Path:
    """Where the small copy of the picture ``cell`` is, or will be."""
    return cell.parent.with_name(f"{cell.parent.name}-small") / cell.name


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
