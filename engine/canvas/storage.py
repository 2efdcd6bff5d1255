"""Canvas files (``.kiln``): a ZIP of ``project.json`` and PNG blobs named by their sha256.

Blobs are stored, not deflated, and are encoded once per state of a layer, so that saving again
costs only what changed. A save replaces the file at once or not at all.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, ValidationError

from engine.canvas.document import LARGEST_SIDE, Document
from engine.canvas.layer import Layer
from engine.runtime.errors import PictureError, StylekilnError
from engine.runtime.files import atomic_file, require_file

SUFFIX = ".kiln"
FORMAT_VERSION = 1


class LayerRecord(BaseModel):
    """One layer as the file describes it; ``pixels`` names the blob."""

    model_config = ConfigDict(extra="ignore")
    id: str
    name: str
    pixels: str
    x: int = 0
    y: int = 0
    opacity: float = 1.0
    visible: bool = True
    locked: bool = False
    recipe: dict[str, Any] | None = None


class FileRecord(BaseModel):
    """``project.json``. Layers are bottom first; ``selection`` names a blob or is empty."""

    model_config = ConfigDict(extra="ignore")
    format_version: int
    width: int
    height: int
    layers: list[LayerRecord]
    selection: str = ""
    settings: dict[str, Any] = {}


def save(document: Document, path: Path) -> None:
    """Write ``document`` to ``path`` atomically; StorageError leaves the file that was there.

    To save in another thread while painting goes on, pass ``document.frozen()``.
    """
    document.end_stroke()
    version, encoded = document.version, document.encoded
    blobs: dict[str, bytes] = {}
    record = FileRecord(
        format_version=FORMAT_VERSION,
        width=document.width,
        height=document.height,
        layers=[_layer_record(layer, encoded, blobs) for layer in document.layers],
        selection="" if document.selection is None else _keep(_png(document.selection), blobs),
        settings=document.settings,
    )
    with atomic_file(Path(path)) as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("project.json", record.model_dump_json(indent=1))
        for name, data in blobs.items():
            archive.writestr(f"blobs/{name}.png", data)
    for revision in set(encoded) - {layer.revision for layer in document.layers}:
        encoded.pop(revision, None)
    document.mark_saved(version)


def load(path: Path) -> Document:
    """Read a canvas file; MissingFileError when it is not there, PictureError when damaged."""
    path = require_file(Path(path))
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path)
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError) as error:
        if isinstance(error, StylekilnError):
            raise
        raise _damaged(path) from error


def export_png(document: Document, path: Path) -> None:
    """Write the composite as an RGBA PNG atomically."""
    document.end_stroke()
    with atomic_file(Path(path)) as stream:
        Image.fromarray(document.composite()).save(stream, "PNG")


def _read(archive: zipfile.ZipFile, path: Path) -> Document:
    values = json.loads(archive.read("project.json"))
    if isinstance(values, dict) and int(values.get("format_version", 0)) > FORMAT_VERSION:
        raise PictureError(
            "{name} was saved by a newer version of this application.",
            name=path.name,
            remedy="Update the application to open it.",
        )
    try:
        record = FileRecord.model_validate(values)
    except ValidationError as error:
        raise _damaged(path) from error
    document = Document(
        record.width, record.height, [_layer(archive, layer) for layer in record.layers]
    )
    document.settings = record.settings
    if record.selection:
        mask = _picture(archive, record.selection, "L")
        if mask.shape != (document.height, document.width):
            raise _damaged(path)
        document.selection = mask
    return document


def _layer(archive: zipfile.ZipFile, record: LayerRecord) -> Layer:
    values = record.model_dump()
    return Layer(**(values | {"pixels": _picture(archive, record.pixels, "RGBA")}))


def _picture(archive: zipfile.ZipFile, name: str, mode: str) -> np.ndarray:
    """The blob ``name``; ValueError when its bytes are not what the name says."""
    data = archive.read(f"blobs/{name}.png")
    if hashlib.sha256(data).hexdigest() != name:
        raise ValueError(name)
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
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
        pixels=_keep(data, blobs),
        x=layer.x,
        y=layer.y,
        opacity=layer.opacity,
        visible=layer.visible,
        locked=layer.locked,
        recipe=layer.recipe,
    )


def _keep(data: bytes, blobs: dict[str, bytes]) -> str:
    name = hashlib.sha256(data).hexdigest()
    blobs[name] = data
    return name


def _png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=3)
    return stream.getvalue()


def _damaged(path: Path) -> PictureError:
    return PictureError(
        "{name} is damaged or is not a canvas file.",
        name=path.name,
        remedy="Open an earlier copy of it; the file was not changed.",
    )
