"""What was dropped: folders, pictures, and pictures a browser carries as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage

from engine.dataset.formats.adopt import Blob
from engine.imaging.decode import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence

DATASETS = (".toml", ".json", ".jsonl", ".csv", ".zip")
"""Files that describe a dataset; they are imported, not copied."""


@dataclass(frozen=True)
class Drop:
    """``folders`` and ``pictures`` are paths, ``blobs`` pictures without a file, and ``dataset``
    a file that describes pictures.
    """

    folders: tuple[Path, ...] = ()
    pictures: tuple[Path, ...] = ()
    blobs: tuple[Blob, ...] = ()
    dataset: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.folders or self.pictures or self.blobs or self.dataset)

    @property
    def loose(self) -> list[Path | Blob]:
        """What lies in no dropped folder."""
        return [*self.pictures, *self.blobs]

    @property
    def all(self) -> list[Path | Blob]:
        """Everything, folders too."""
        return [*self.folders, *self.loose]


def read(data: QMimeData) -> Drop:
    """What ``data`` holds that can be taken. Only suffixes are looked at; nothing is opened."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    # What is not there is taken for a folder too: adding it says so.
    folders = tuple(path for path in paths if path.is_dir() or not path.exists())
    files = [path for path in paths if path not in folders and path.is_file()]
    pictures = tuple(path for path in files if path.suffix.lower() in PICTURE_SUFFIXES)
    listed = [path for path in files if path.suffix.lower() in DATASETS]
    if folders or pictures or listed:
        return Drop(folders, pictures, (), listed[0] if listed and not pictures else None)
    return Drop(blobs=tuple(_blobs(data)))


def _blobs(data: QMimeData) -> Sequence[Blob]:
    """The picture a browser carries: its own bytes when it gives them, else its pixels."""
    name = _name(data)
    for kind in data.formats():
        if kind.startswith("image/"):
            found = bytes(data.data(kind).data())
            if found:
                return [Blob(name, found)]
    if not data.hasImage():
        return []
    image = QImage(data.imageData())
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if image.isNull() or not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        return []
    return [Blob(name, bytes(buffer.data().data()))]


def _name(data: QMimeData) -> str:
    """The file name in the address of a picture, as far as there is one."""
    names = [url.fileName() for url in data.urls()]
    return next((name for name in names if name), "dropped")
