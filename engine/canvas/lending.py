"""A layer lent to another program as a file, and taken back as it was changed there.

The file shows the whole document and what of the layer lies outside, so that there is room to paint
around it. PNG holds the pixels; PSD a document with this one layer, for programs that like that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.canvas.covering import Covering
from engine.canvas.document import Document
from engine.canvas.export import export_document
from engine.canvas.incoming import FOREIGN_SUFFIXES, load_foreign
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.imaging.decode import load_rgba
from engine.sampling.picture_text import save_picture

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_LONGEST_STEM = 60


@dataclass(frozen=True)
class Loan:
    """The file ``path`` shows ``area`` (document pixels) of the layer ``layer_id``."""

    layer_id: str
    path: Path
    area: Rect


def file_stem(name: str) -> str:
    """The name of a layer as part of the name of a file."""
    return _FORBIDDEN.sub("-", name).strip(" .-")[:_LONGEST_STEM] or "layer"


def lend(document: Document, layer_id: str, path: Path) -> Loan:
    """Write a layer to ``path`` (.png or .psd). Raises StorageError."""
    layer = document.layer(layer_id)
    area = document.bounds.united(layer.bounds)
    pixels = layer.pixels(area)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".png":
        save_picture(path, pixels)
    else:
        export_document(Document(area.width, area.height, [layer_of(layer.name, pixels)]), path)
    return Loan(layer_id, path, area)


def taken_back(loan: Loan, covering: Covering) -> Tiles:
    """The tiles of the layer as the file shows it now; a picture of another size keeps its top
    left. Raises MissingFileError or PictureError.
    """
    if loan.path.suffix.lower() in FOREIGN_SUFFIXES:
        pixels = load_foreign(loan.path).document.composite()
    else:
        pixels = load_rgba(loan.path)
    shown = Tiles.from_array(pixels, loan.area.x - covering.x, loan.area.y - covering.y)
    painted = covering.before.copy()
    changed = {
        key: shown.get(key)
        for key in {*painted, *shown}
        if not _same(painted.get(key), shown.get(key))
    }
    painted.exchange(changed)
    painted.trim(changed)
    return painted


def _same(before: np.ndarray | None, after: np.ndarray | None) -> bool:
    """Whether two tiles look the same: programs forget colors that nobody can see."""
    if before is None or after is None:
        tile = after if before is None else before
        return tile is None or not tile[..., 3].any()
    seen = (before[..., 3] | after[..., 3]) > 0
    return bool((before == after).all(axis=-1)[seen].all())
