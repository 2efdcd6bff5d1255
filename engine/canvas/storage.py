"""Canvas files (``.kiln``): a ZIP of ``project.json`` and PNG blobs named by their sha256.

Blobs are stored, not deflated, and are encoded once per state of a layer, so that saving again
costs only what changed. A save replaces the file at once or not at all.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin
from pydantic import BaseModel, ConfigDict, Field

from engine.canvas.document import LARGEST_SIDE, Document
from engine.canvas.layer import Layer
from engine.project import links
from engine.runtime.errors import PictureError, StylekilnError
from engine.runtime.files import atomic_file, require_file

SUFFIX = ".kiln"
FORMAT_VERSION = 1
LONGEST_RECORD = 64 * 2**20
"""Bytes of ``project.json`` that are read at most: a small file can unpack to any size."""

FARTHEST = 2**20
_PNG_HEAD = struct.Struct(">8s4x4sII")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What zipfile, zlib, json and Pillow raise at a damaged, encrypted or hostile file; its
# TypeErrors and OverflowErrors are values of another kind than the format has.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,  # encrypted, nested too deep, or packed in a way zipfile does not know
    SyntaxError,
    struct.error,
    TypeError,
    ValueError,
)


class LayerRecord(BaseModel):
    """One layer as the file describes it; ``pixels`` names the blob."""

    model_config = ConfigDict(extra="ignore")
    id: str = Field(min_length=1)
    name: str
    pixels: str
    x: int = Field(0, ge=-FARTHEST, le=FARTHEST)
    y: int = Field(0, ge=-FARTHEST, le=FARTHEST)
    opacity: float = Field(1.0, ge=0, le=1)
    visible: bool = True
    locked: bool = False
    recipe: dict[str, Any] | None = None
    source: str = ""


class FileRecord(BaseModel):
    """``project.json``. Layers are bottom first; ``selection`` names a blob or is empty.

    ``saved`` is when the file was written, in unix seconds, 0 when it does not say: a copy of the
    file keeps it, other than the time of the file itself.
    """

    model_config = ConfigDict(extra="ignore")
    format_version: int
    width: int
    height: int
    layers: list[LayerRecord]
    selection: str = ""
    settings: dict[str, Any] = {}
    saved: float = 0.0


def save(document: Document, path: Path) -> None:
    """Write ``document`` to ``path`` atomically; StorageError leaves the file that was there.

    To save in another thread while painting goes on, pass ``document.frozen()``.
    """
    document.end_stroke()
    path, version, encoded = Path(path), document.version, document.encoded
    blobs: dict[str, bytes] = {}
    record = FileRecord(
        format_version=FORMAT_VERSION,
        width=document.width,
        height=document.height,
        layers=[_layer_record(layer, encoded, blobs) for layer in document.layers],
        selection="" if document.selection is None else keep_blob(_png(document.selection), blobs),
        settings=document.settings,
        saved=time.time(),
    )
    # Recipes and settings name files of the project; the project can be moved.
    values = links.portable(record.model_dump(mode="json"), links.root_of(path))
    with atomic_file(path) as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("project.json", json.dumps(values, indent=1, ensure_ascii=False))
        for name, data in blobs.items():
            archive.writestr(f"blobs/{name}.png", data)
    for revision in set(encoded) - {layer.revision for layer in document.layers}:
        encoded.pop(revision, None)
    document.mark_saved(version)


def load(path: Path) -> Document:
    """Read a canvas file; MissingFileError when it is not there, PictureError when it is damaged
    or larger than the memory that is free.
    """
    path = require_file(Path(path))
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path)
    except DAMAGE as error:
        raise damaged(path) from error


def saved_at(path: Path) -> float:
    """When the canvas file ``path`` was saved, unix seconds; 0 when it cannot be told."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _record(archive, path).saved
    except (*DAMAGE, StylekilnError):
        return 0.0


def recipes_in(path: Path) -> list[dict[str, Any]]:
    """How the generated layers of a canvas file were made, without its pixels; none when it cannot
    be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            record = _record(archive, path)
    except (*DAMAGE, StylekilnError):
        return []
    return [layer.recipe for layer in record.layers if layer.recipe is not None]


def export_png(document: Document, path: Path) -> None:
    """Write the composite as an RGBA PNG atomically."""
    document.end_stroke()
    with atomic_file(Path(path)) as stream:
        Image.fromarray(document.composite()).save(stream, "PNG")


def _record(archive: zipfile.ZipFile, path: Path) -> FileRecord:
    if archive.getinfo("project.json").file_size > LONGEST_RECORD:
        raise ValueError("no record has this size")
    values = json.loads(archive.read("project.json"))
    if isinstance(values, dict) and int(values.get("format_version", 0)) > FORMAT_VERSION:
        raise PictureError(
            "{name} was saved by a newer version of this application.",
            name=path.name,
            remedy="Update the application to open it.",
        )
    record = FileRecord.model_validate(links.absolute(values, links.root_of(path)))
    if len({layer.id for layer in record.layers}) < len(record.layers):
        raise ValueError("two layers have the same identifier")
    return record


def _read(archive: zipfile.ZipFile, path: Path) -> Document:
    record = _record(archive, path)
    frame = Document(record.width, record.height)  # refuses impossible sides before any pixel
    _check_memory(archive, record, path)
    document = Document(*frame.size, [_layer(archive, layer) for layer in record.layers])
    document.settings = record.settings
    if record.selection:
        mask = read_picture(archive, record.selection, "L")
        if mask.shape != (document.height, document.width):
            raise damaged(path)
        document.selection = mask
    return document


def _check_memory(archive: zipfile.ZipFile, record: FileRecord, path: Path) -> None:
    """Refuse a file whose layers are larger than the free memory, before one is decoded."""
    import psutil

    sides = (_size(archive, layer.pixels) for layer in record.layers)
    sizes = [width * height * 4 for width, height in sides]
    needed = sum(sizes) + 2 * max(sizes, default=0)  # decoding one holds it three times
    if needed > psutil.virtual_memory().available:
        raise PictureError(
            "{name} needs {size} GB of memory, more than is free.",
            name=path.name,
            size=f"{needed / 1e9:.1f}",
            remedy="Close other programs and try again; the file was not changed.",
        )


def _size(archive: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """Width and height that the head of a PNG blob claims."""
    with archive.open(f"blobs/{name}.png") as stream:
        signature, kind, width, height = _PNG_HEAD.unpack(stream.read(_PNG_HEAD.size))
    if signature != _SIGNATURE or kind != b"IHDR":
        raise ValueError(name)
    return width, height


def _layer(archive: zipfile.ZipFile, record: LayerRecord) -> Layer:
    values = record.model_dump()
    return Layer(**(values | {"pixels": read_picture(archive, record.pixels, "RGBA")}))


def read_picture(archive: zipfile.ZipFile, name: str, mode: str) -> np.ndarray:
    """The blob ``name``; ValueError when its bytes are not what the name says."""
    data = archive.read(f"blobs/{name}.png")
    if hashlib.sha256(data).hexdigest() != name:
        raise ValueError(name)
    # Not Image.open: its limit against bombs lies below the largest canvas. Ours is the memory.
    with PngImagePlugin.PngImageFile(io.BytesIO(data)) as image:
        if max(image.size) > 4 * LARGEST_SIDE or image.mode != mode:
            raise ValueError(name)
        return np.array(image)


def _layer_record(layer: Layer, encoded: dict[int, bytes], blobs: dict[str, bytes]) -> LayerRecord:
    data = encoded.get(layer.revision)
    if data is None:
        data = encoded[layer.revision] = _png(layer.pixels)
    return LayerRecord(
        id=layer.id,
        name=layer.name,
        pixels=keep_blob(data, blobs),
        x=layer.x,
        y=layer.y,
        opacity=layer.opacity,
        visible=layer.visible,
        locked=layer.locked,
        recipe=layer.recipe,
        source=layer.source,
    )


def keep_blob(data: bytes, blobs: dict[str, bytes]) -> str:
    """Put a PNG among the ``blobs`` of a file and give its name there."""
    name = hashlib.sha256(data).hexdigest()
    blobs[name] = data
    return name


def _png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=3)
    return stream.getvalue()


def damaged(path: Path) -> PictureError:
    return PictureError(
        "{name} is damaged or is not a canvas file.",
        name=path.name,
        remedy="Open an earlier copy of it; the file was not changed.",
    )
