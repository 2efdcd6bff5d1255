"""What a repaint is told in files and arrays, made off the UI thread."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from engine.canvas import live, mask_text, region, selection
from engine.canvas.cutting import area_of
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles

if TYPE_CHECKING:
    import numpy as np

    from engine.canvas.repaint import RepaintRequest

# Pictures of requests that a crash left behind; those that wait in the queue are younger.
OLDEST_S = 2 * 24 * 3600


def veil_of(request: RepaintRequest, native_size: int) -> np.ndarray | None:
    """Where of the frame the previews are seen; None where no frame is known before."""
    if request.frame is None:
        return None
    area = area_of(request, native_size)
    return live.veil(area.mask, area.frame, area.frame, area.distances)


def selection_of(request: RepaintRequest, size: tuple[int, int]) -> Tiles:
    """What a request has selected of a document of this ``size``; nothing of one that only extends
    it. Raises BadInputError.
    """
    if request.mask is not None and mask_text.is_text(request.mask):
        return Tiles.from_array(mask_text.from_text(request.mask), *request.origin)
    whole = request.document or size
    if request.rect is not None:
        return selection.rectangle(size, Rect(*request.rect))
    if request.frame is not None and region.extension(whole, Rect(*request.frame)):
        return Tiles(1)
    return selection.rectangle(size, Rect(0, 0, *size))


def prune(folder: Path) -> None:
    """Remove pictures of requests that nobody asks for any more."""
    for path in folder.glob("*.png"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > OLDEST_S:
                path.unlink()


def remove(picture: str) -> None:
    """Remove the picture of a request that is done."""
    with contextlib.suppress(OSError):
        Path(picture).unlink()
