"""What reading documents of other programs has in common: limits, refusals, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engine.canvas.core import LARGEST_SIDE
from engine.canvas.document import Document
from engine.canvas.notes import Note
from engine.runtime.errors import PictureError

DEEPEST = 64
"""Groups in groups that are read."""


class Incoming(NamedTuple):
    """A document of another program, and what of it is different here."""

    document: Document
    notes: Sequence[Note] = ()


def check_canvas(path: Path, width: int, height: int) -> None:
    """Refuse sides that no canvas has."""
    if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
        raise PictureError(
            "{name} is {width}×{height} pixels, more than a canvas can have.",
            name=path.name,
            width=width,
            height=height,
            remedy="Make it smaller in an image editor.",
        )


def check_memory(needed: int, path: Path) -> None:
    """Refuse a file whose layers are larger than the free memory, before one is decoded."""
    import psutil

    if needed > psutil.virtual_memory().available:
        raise PictureError(
            "{name} needs {size} GB of memory, more than is free.",
            name=path.name,
            size=f"{needed / 1e9:.1f}",
            remedy="Close other programs and try again; the file was not changed.",
        )


def damaged_document(path: Path, kind: str) -> PictureError:
    """What is said of a file that is not what its name says."""
    return PictureError(
        "{name} is damaged or is no {kind} file.",
        name=path.name,
        kind=kind,
        remedy="Open an earlier copy of it; the file was not changed.",
    )
