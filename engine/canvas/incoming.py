"""What reading documents of other programs has in common: limits, refusals, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from engine.canvas.core import LARGEST_SIDE
from engine.canvas.document import Document
from engine.canvas.layer import Group, Layer
from engine.canvas.notes import Note
from engine.canvas.tiles import TILE
from engine.runtime.errors import PictureError

DEEPEST = 64
"""Groups in groups that are read."""


FOREIGN_SUFFIXES = frozenset({".psd", ".psb", ".ora"})
"""Suffixes (lower case) of documents with layers that other programs write."""


class Incoming(NamedTuple):
    """A document of another program, and what of it is different here."""

    document: Document
    notes: Sequence[Note] = ()


def load_foreign(path: Path) -> Incoming:
    """Read a document of one of :data:`FOREIGN_SUFFIXES`, its layers marked with its name.

    Raises MissingFileError, or PictureError for what cannot be read.
    """
    if path.suffix.lower() == ".ora":
        from engine.canvas.ora_reading import load_ora as load
    else:
        from engine.canvas.psd_reading import load_psd as load  # slow to import
    opened = load(path)
    for layer in opened.document.layers:
        layer.source = path.name
    return opened


def as_group(document: Document, name: str, center: tuple[int, int]) -> Group:
    """All of ``document`` as a group that looks as it did alone, its middle at ``center``."""
    dx, dy = center[0] - document.width // 2, center[1] - document.height // 2
    group = Group(name=name, children=list(document.root.children), passes_through=False)
    for node in group.walk():
        if isinstance(node, Layer):
            node.x, node.y = node.x + dx, node.y + dy
        if node.mask is not None:
            node.mask = replace(node.mask, x=node.mask.x + dx, y=node.mask.y + dy)
        node.touch()
    return group


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


def bytes_of(width: int, height: int, channels: int = 4) -> int:
    """Memory that a raster of this size takes at most: whole tiles."""
    columns, rows = -(-width // TILE), -(-height // TILE)
    return columns * rows * TILE * TILE * channels


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
