"""Pixels for culling, decoded off the UI thread and kept: the pair shown and the ones after it."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from app.dataset.pixels import shrunk
from app.widgets.images import image_of
from engine.imaging.adjust import resize
from engine.imaging.decode import load_rgba
from engine.imaging.descriptor import orientations
from engine.imaging.difference import difference
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.session import Session
    from engine.dataset.picture import Picture

MEMORY = 512 * 1024 * 1024  # bytes of pictures kept
DIFFERENCE_SIDE = 1024
STRONGER = 4  # times: what differs by a few levels could not be seen
Key = tuple[str, ...]


class CullPictures(QObject):
    """``get`` and ``difference`` answer at once with a pixmap or None; ``ready`` tells of more.

    What cannot be read is in ``failed`` by path.
    """

    ready = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.failed: set[str] = set()
        self._kept: OrderedDict[Key, QPixmap] = OrderedDict()
        self._pending: set[Key] = set()

    def get(self, picture: Picture, turn: int = 0) -> QPixmap | None:
        """The picture as it is on disk, turned into one of the eight orientations."""
        path = picture.path
        return self._get(_key(picture, turn), lambda: _decoded(path, turn), str(path))

    def difference(self, left: Picture, right: Picture, turn: int = 0) -> QPixmap | None:
        """How far two pictures differ, at one size, stronger than it is."""
        key = ("difference", *_key(left, 0), *_key(right, turn))
        paths = left.path, right.path
        return self._get(key, lambda: _difference(*paths, turn), str(right.path))

    def prefetch(self, wanted: Iterable[tuple[Picture, int]]) -> None:
        """Decode what will be looked at next."""
        for picture, turn in wanted:
            self.get(picture, turn)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.failed.clear()

    def _get(self, key: Key, make: Callable[[], QImage], path: str) -> QPixmap | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        if key not in self._pending and path not in self.failed:
            self._pending.add(key)
            self.session.start(self._load(key, make, path))
        return None

    async def _load(self, key: Key, make: Callable[[], QImage], path: str) -> None:
        try:
            image = await self.session.bridge.io(make)
        except StylekilnError:
            self.failed.add(path)  # the pane says so in its place
        else:
            self._kept[key] = QPixmap.fromImage(image)
            self._shrink()
        finally:
            self._pending.discard(key)
        self.ready.emit()

    def _shrink(self) -> None:
        while len(self._kept) > 4 and sum(map(_weight, self._kept.values())) > MEMORY:
            self._kept.popitem(last=False)


def _key(picture: Picture, turn: int) -> Key:
    return str(picture.path), str(picture.modified), str(turn)


def _weight(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4


def _decoded(path: Path, turn: int) -> QImage:
    # Premultiplied is what the screen takes as it is: nothing is left for the UI thread.
    image = image_of(np.ascontiguousarray(orientations(load_rgba(path))[turn]))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _difference(left: Path, right: Path, turn: int) -> QImage:
    first = shrunk(load_rgba(left), DIFFERENCE_SIDE)
    second = orientations(load_rgba(right))[turn]
    height, width = first.shape[:2]
    second = resize(np.ascontiguousarray(second), (width, height))
    grey = difference(first, second).amplified(STRONGER)
    return image_of(grey).convertToFormat(QImage.Format.Format_RGB32)
