"""What a repaint is told in files and arrays, made off the UI thread."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from engine.canvas import live, mask_text, region, selection
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles

if TYPE_CHECKING:
    import numpy as np

    from engine.canvas.document import Document
    from engine.canvas.repaint import RepaintRequest

# Pictures of requests that a crash left behind; those that wait in the queue are younger.
OLDEST_S = 2 * 24 * 3600


def shaped(document: Document, region: RepaintRequest) -> RepaintRequest:
    """``region`` with the selection as its mask, where that is more than a rectangle."""
    chosen = document.selection
    if chosen is None:
        return region
    bounds = document.selection_bounds
    mask = chosen.read(document.bounds)
    if mask[bounds.slices].min() == 255:
        return region
    return region.model_copy(update={"mask": mask_text.to_text(mask)})


def veil_of(request: RepaintRequest, size: tuple[int, int], native_size: int) -> np.ndarray | None:
    """Where of the frame the previews are seen; None where no frame is known before."""
    if request.frame is None:
        return None
    frame, chosen = Rect(*request.frame), selection_of(request, size)
    around = chosen.bounds().intersected(Rect(0, 0, *size))
    distances = region.sizes(
        around, request.image.strength, native_size, request.grow, request.feather
    )
    return live.veil(chosen.read(frame), frame, around, distances)


def selection_of(request: RepaintRequest, size: tuple[int, int]) -> Tiles:
    """What a request has selected of a document of this ``size``. Raises BadInputError."""
    if request.mask is not None and mask_text.is_text(request.mask):
        return Tiles.from_array(mask_text.from_text(request.mask), *request.origin)
    return selection.rectangle(size, Rect(*(request.rect or Rect(0, 0, *size))))


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
