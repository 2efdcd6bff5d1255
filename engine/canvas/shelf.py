"""The shelf: candidates of a canvas that are kept beside its file until they are decided on.

A ZIP of ``candidates.json`` and PNG blobs named by their sha256, as the canvas file itself is.
"""

from __future__ import annotations

import json
import weakref
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engine.canvas.blobs import (
    DAMAGE,
    FARTHEST,
    LONGEST_RECORD,
    damaged,
    keep_blob,
    png,
    read_picture,
    write_blobs,
)
from engine.project import links
from engine.runtime.files import atomic_file

SUFFIX = ".candidates"


class Kept(BaseModel):
    """One candidate; ``pixels`` are straight RGBA uint8 with their top left at (x, y), None for one
    that was asked for and is not painted yet.

    ``layer`` is the layer it became when it was accepted, ``part`` its layer in a collage, both
    empty before. ``batch`` counts the requests.
    """

    model_config = ConfigDict(extra="ignore", arbitrary_types_allowed=True)
    number: int = Field(ge=1)
    seed: int
    batch: int = Field(1, ge=1)
    x: int = Field(ge=-FARTHEST, le=FARTHEST)
    y: int = Field(ge=-FARTHEST, le=FARTHEST)
    recipe: dict[str, Any] = {}
    layer: str = ""
    part: str = ""
    pixels: np.ndarray | None = Field(None, exclude=True)


def shelf_of(canvas: Path) -> Path:
    """Where the candidates of a canvas file are kept."""
    return canvas.with_name(f".{canvas.name}{SUFFIX}")


def save(candidates: Sequence[Kept], canvas: Path) -> None:
    """Keep the candidates of ``canvas``; none removes the shelf. Raises StorageError."""
    path = shelf_of(canvas)
    if not candidates:
        path.unlink(missing_ok=True)
        return
    blobs: dict[str, bytes] = {}
    records = [
        {
            **kept.model_dump(mode="json"),
            "pixels": "" if kept.pixels is None else _kept(kept.pixels, blobs),
        }
        for kept in candidates
    ]
    values = links.portable(records, links.root_of(canvas))
    with atomic_file(path) as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("candidates.json", json.dumps(values, ensure_ascii=False))
        write_blobs(archive, blobs)


def _kept(pixels: np.ndarray, blobs: dict[str, bytes]) -> str:
    """Put pixels among the blobs. A shelf is written anew with every candidate that comes in, and
    packing takes turns with whoever paints meanwhile: so each is packed once as long as it lives.
    Pixels of candidates are never changed in place.
    """
    known = _packed.get(id(pixels))
    if known is not None and known.pixels() is pixels:
        blobs[known.name] = known.data
        return known.name
    data, key = png(pixels), id(pixels)
    name = keep_blob(data, blobs)
    _packed[key] = _Packed(weakref.ref(pixels, lambda _: _packed.pop(key, None)), name, data)
    return name


class _Packed(NamedTuple):
    pixels: weakref.ref[np.ndarray]
    name: str
    data: bytes


_packed: dict[int, _Packed] = {}


def load(canvas: Path) -> list[Kept]:
    """The candidates kept for ``canvas``; PictureError for a damaged shelf."""
    path = shelf_of(canvas)
    if not path.is_file():
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("candidates.json").file_size > LONGEST_RECORD:
                raise ValueError("no record has this size")
            records = json.loads(archive.read("candidates.json"))
            known = links.absolute(records, links.root_of(canvas))
            return [_read(archive, record) for record in known]
    except DAMAGE as error:
        raise damaged(path) from error


def _read(archive: zipfile.ZipFile, record: dict[str, Any]) -> Kept:
    name = record["pixels"]
    pixels = read_picture(archive, name, "RGBA") if name else None
    return Kept(**{**record, "pixels": pixels})
