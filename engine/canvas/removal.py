"""Fill what is selected with pieces of what surrounds it, at once and without a model."""

from __future__ import annotations

import numpy as np

from engine.canvas import region
from engine.canvas.document import Document
from engine.canvas.patches import patched
from engine.canvas.rect import Rect
from engine.runtime.errors import BadInputError

# Pixels beyond the selection: the soft rim of an object, then the fading into what stays.
RIM, FADING = 2, 4
# How much around the selection is looked at, in sizes of the selection, and at least in pixels.
AROUND, LEAST_AROUND = 1.0, 64
OPAQUE = 250


def filled_in(document: Document) -> tuple[np.ndarray, int, int]:
    """(straight RGBA uint8, x, y): a layer that hides what is selected in the picture as seen.

    Only opaque surroundings are taken. Raises BadInputError without a selection, and where
    nothing opaque is around it.
    """
    if document.selection is None:
        raise BadInputError("Nothing is selected.", remedy="Select what is to be filled.")
    around = document.selection_bounds
    margin = max(LEAST_AROUND, round(AROUND * max(around.width, around.height)))
    window = around.grown(margin).intersected(document.bounds)
    picture, selected = document.composite(window), document.selection.read(window)
    distances = region.Sizes(RIM, RIM + FADING, FADING, margin)
    denoise, composite = region.masks(selected, distances)
    hidden = denoise > 0
    hole = hidden | (picture[..., 3] < OPAQUE)
    if hole.all():
        raise BadInputError(
            "There is nothing around the selection to fill it with.",
            remedy="Select less, or paint the surroundings first.",
        )
    filled = patched(np.ascontiguousarray(picture[..., :3]), hole)
    return region.stitch(filled, composite * hidden, Rect(*window))
