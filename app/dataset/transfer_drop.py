"""What was dropped: folders, pictures, and pictures a browser carries as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage

from engine.dataset.captions import caption_path
from engine.dataset.formats.adopt import Blob
from engine.dataset.tag_lists import is_tag_list
from engine.imaging.decode import PICTURE_SUFFIXES, read_header
from engine.runtime.errors import MissingFileError, PictureError, StylekilnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import Session

DATASETS = (".toml", ".json", ".jsonl", ".csv", ".zip")
"""Files that describe a dataset; they are imported, not copied."""


@dataclass(frozen=True)
class Drop:
    """``folders`` and ``pictures`` are paths, ``blobs`` pictures without a file, ``dataset`` a
    file that describes pictures and ``tags`` lists of tags. ``left`` is what cannot be taken.
    """

    folders: tuple[Path, ...] = ()
    pictures: tuple[Path, ...] = ()
    blobs: tuple[Blob, ...] = ()
    dataset: Path | None = None
    tags: tuple[Path, ...] = ()
    left: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.all or self.dataset or self.tags)

    @property
    def loose(self) -> list[Path | Blob]:
        """What lies in no dropped folder."""
        return [*self.pictures, *self.blobs]

    @property
    def all(self) -> list[Path | Blob]:
        """Everything, folders too."""
        return [*self.folders, *self.loose]


def read(data: QMimeData) -> Drop:
    """What ``data`` holds that can be taken, and what cannot. Suffixes are looked at; only the
    head of a CSV file is read, because it is a list of pictures or one of tags.
    """
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    # What is not there is taken for a folder too: adding it says so.
    folders = tuple(path for path in paths if path.is_dir() or not path.exists())
    files = [path for path in paths if path not in folders and path.is_file()]
    pictures = tuple(path for path in files if path.suffix.lower() in PICTURE_SUFFIXES)
    tags = tuple(path for path in files if path.suffix.lower() == ".csv" and is_tag_list(path))
    listed = [path for path in files if path.suffix.lower() in DATASETS and path not in tags]
    dataset = listed[0] if listed and not pictures and not folders else None
    # Captions come along with their pictures.
    taken = {*pictures, *tags, dataset, *map(caption_path, pictures)}
    left = tuple(path for path in files if path not in taken)
    if folders or pictures or dataset or tags:
        return Drop(folders, pictures, (), dataset, tags, left)
    blobs = tuple(_blobs(data))
    return Drop(blobs=blobs, left=() if blobs else left)


def opened_by(drop: Drop) -> Path | None:
    """The folder that a drop opens as a project: itself, or the one that a picture lies in. Only
    names are looked at; what is called a picture may be none.
    """
    paths = [*drop.folders, *(path.parent for path in drop.pictures)]
    return paths[0] if paths else None


async def open_dropped(session: Session, drop: Drop) -> None:
    """Open what :func:`opened_by` says. Raises PictureError or MissingFileError when only files
    were dropped and none of them is a picture.
    """
    folder = drop.folders[0] if drop.folders else None
    if folder is None and drop.pictures:
        pictures, problem = await session.bridge.io(readable, drop.pictures)
        if problem is not None and not pictures:
            raise problem
        folder = pictures[0].parent
    if folder is not None:
        await session.open_folder(folder)
    tell_left(session, drop.left)


def readable(files: Sequence[Path]) -> tuple[list[Path], StylekilnError | None]:
    """Those that are pictures, and what is wrong with the first other. Reads headers: for a
    worker.
    """
    pictures: list[Path] = []
    problem: StylekilnError | None = None
    for path in files:
        try:
            read_header(path)
        except (PictureError, MissingFileError) as error:
            problem = problem or error
        else:
            pictures.append(path)
    return pictures, problem


def tell_left(session: Session, left: Sequence[Path]) -> None:
    """Say what was dropped and cannot be taken, in one sentence."""
    if len(left) == 1:
        session.notify(
            "{name} was not taken: it is no picture, folder or list of pictures.",
            name=left[0].name,
        )
    elif left:
        session.notify(
            "{name} and {n} more were not taken: no pictures, folders or lists of pictures.",
            name=left[0].name,
            n=len(left) - 1,
        )


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
