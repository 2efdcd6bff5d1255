"""A mask inside a recipe: a gray PNG as text, so that no file of another time is needed for it."""

from __future__ import annotations

import base64
import binascii
import io

import numpy as np
from PIL import Image, PngImagePlugin

from engine.runtime.errors import BadInputError

HEAD = "data:image/png;base64,"
LARGEST_SIDE = 16384


def to_text(mask: np.ndarray) -> str:
    """A uint8 [h, w] mask as a ``data:`` URI (RFC 2397)."""
    stream = io.BytesIO()
    Image.fromarray(mask).save(stream, "PNG", compress_level=6)
    return HEAD + base64.b64encode(stream.getvalue()).decode("ascii")


def is_text(value: str) -> bool:
    """Whether ``value`` is a mask as text, and not the name of a file."""
    return value.startswith(HEAD)


def from_text(value: str) -> np.ndarray:
    """The mask uint8 [h, w] of :func:`to_text`; BadInputError for anything else."""
    try:
        data = base64.b64decode(value.removeprefix(HEAD), validate=True)
        # Not Image.open: its limit against bombs lies below the largest canvas.
        with PngImagePlugin.PngImageFile(io.BytesIO(data)) as image:
            if image.mode != "L" or max(image.size) > LARGEST_SIDE:
                raise ValueError(image.mode)
            return np.array(image)
    except (binascii.Error, ValueError, OSError, SyntaxError, EOFError) as error:
        raise BadInputError(
            "The mask of this recipe is damaged.", remedy="Select the region again."
        ) from error
