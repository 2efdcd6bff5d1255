"""Canvas files (``.kiln``): a ZIP of ``project.json`` and PNG blobs named by their sha256.

Blobs are tiles of layers and masks. Each is encoded once per state, so that saving again costs only
what changed. A save replaces the file at once or not at all.
"""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path
from typing import Any

from engine.canvas.blobs import DAMAGE, LONGEST_RECORD, damaged, write_blobs
from engine.canvas.core import Guide
from engine.canvas.document import Document
from engine.canvas.incoming import check_memory
from engine.canvas.records import FileRecord, LayerRecord, Reader, Writer
from engine.project import links
from engine.runtime.errors import PictureError, StylekilnError
from engine.runtime.files import atomic_file, require_file

SUFFIX = ".kiln"
FORMAT_VERSION = 2
"""1 had one blob for each layer and no groups, masks and modes; such files are still read."""


def save(document: Document, path: Path) -> None:
    """Write ``document`` to ``path`` atomically; StorageError leaves the file that was there.

    To save in another thread while painting goes on, pass ``document.frozen()``.
    """
    document.end_stroke()
    path, version = Path(path), document.version
    writer = Writer(document.encoded)
    record = {
        "format_version": FORMAT_VERSION,
        "width": document.width,
        "height": document.height,
        "layers": [writer.node(node) for node in document.root.children],
        "selection": None if document.selection is None else writer.tiles(document.selection),
        "guides": [guide._asdict() for guide in document.guides],
        "settings": document.settings,
        "saved": time.time(),
        "snapshots": [writer.snapshot(one) for one in document.snapshots],
    }
    # Recipes and settings name files of the project; the project can be moved.
    values = links.portable(record, links.root_of(path))
    with atomic_file(path) as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("project.json", json.dumps(values, ensure_ascii=False))
        write_blobs(archive, writer.blobs)
    writer.close()
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
    layers = [one for one in record.walk() if isinstance(one, LayerRecord)]
    return [layer.recipe for layer in layers if layer.recipe is not None]


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
    known = [layer.id for layer in record.walk()]
    if len(set(known)) < len(known):
        raise ValueError("two layers have the same identifier")
    return record


def _read(archive: zipfile.ZipFile, path: Path) -> Document:
    record = _record(archive, path)
    frame = Document(record.width, record.height)  # refuses impossible sides before any pixel
    reader = Reader(archive)
    check_memory(reader.bytes_of(record), path)
    document = Document(*frame.size, [reader.node(one) for one in record.layers])
    document.settings = record.settings
    document.guides = tuple(Guide(one.axis, one.at) for one in record.guides)
    document.selection = reader.selection(record)
    document.snapshots = [reader.snapshot(one) for one in record.snapshots]
    for layer in document.layers:
        layer.tiles.shrink_ahead()
    return document
