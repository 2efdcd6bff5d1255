"""Pictures of cells in levels that fit the size they are seen in, decoded off the UI thread."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QImageReader, QImageWriter

from app.widgets.thumbnail_files import read_scaled
from app.widgets.thumbnail_maker import WHOLE, Key, ThumbnailMaker
from app.widgets.thumbnails import ThumbnailCache
from engine.imaging.decode import read_size
from engine.runtime.errors import StylekilnError
from engine.validation.small import EDGE as SMALL
from engine.validation.small import fresh_small, keep_small

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QPixmap

EDGES = (32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096)
"""Each level is at most half as large again as the one below, so that a cell is drawn from a
picture that is hardly larger than itself."""
MEMORY = 160 * 1024 * 1024
"""Bytes of pixmaps kept."""
_SHARE = 0.75  # of the memory that the cells in sight may take together


class CellMaker(ThumbnailMaker):
    """``cells`` is the folder whose pictures have small copies; ``natural`` is the longer side of
    each picture itself, once any level of it was made.
    """

    def __init__(self, folder: Path | None, tell: Callable[[Key, QImage], None]) -> None:
        super().__init__(folder, tell)
        self.natural: dict[str, int] = {}
        self.cells: Path | None = None

    def _read(self, key: Key) -> QImage:
        path = Path(key.path)
        if key.edge > SMALL or key.part != WHOLE or path.parent != self.cells:
            return super()._read(key)
        kept = fresh_small(path)
        image = QImageReader(str(kept)).read() if kept is not None else QImage()
        if image.isNull():
            image = read_scaled(key.path, SMALL)
            _keep_small(image, path)
        if max(image.width(), image.height()) <= key.edge:
            return image
        smooth = Qt.TransformationMode.SmoothTransformation
        return image.scaled(key.edge, key.edge, Qt.AspectRatioMode.KeepAspectRatio, smooth)

    def _make(self, key: Key) -> QImage:
        """With the size of the file, which is read here and not on the UI thread."""
        image = super()._make(key)
        if not image.isNull() and key.path not in self.natural:
            with contextlib.suppress(StylekilnError):  # it has gone meanwhile
                self.natural[key.path] = max(read_size(key.path))
        return image


class CellPictures(ThumbnailCache):
    """``level`` answers at once with a picture that is large enough, or a smaller one until then.

    No level is larger than the picture itself, and all in sight together never take more than is
    kept: a cache that is too small for what it shows would decode forever.
    """

    _maker: CellMaker

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent=parent, edges=EDGES, memory=MEMORY, maker=CellMaker)

    def use_cells(self, folder: Path | None) -> None:
        """Small levels of the pictures in ``folder`` are read from small copies and kept as such;
        nothing is ever written beside other pictures.
        """
        self._maker.cells = folder

    def level(self, path: str, edge: int, most: int = EDGES[-1], owner: int = 0) -> QPixmap | None:
        """The picture with a longer side of ``edge`` pixels or somewhat more, but at ``most``
        :func:`affordable`; what is there already stands in for it.
        """
        edge = min(edge, most, self._maker.natural.get(path, edge))
        return self.get(path, edge, owner=owner)

    @staticmethod
    def affordable(seen: int) -> int:
        """The longest side that ``seen`` square pictures may have at once."""
        side = int((MEMORY * _SHARE / 4 / max(1, seen)) ** 0.5)
        return max((edge for edge in EDGES if edge <= side), default=EDGES[0])

    def natural(self, path: str) -> int | None:
        """The longer side of the picture itself, once any level of it was made."""
        return self._maker.natural.get(path)

    def forget(self, path: str) -> None:
        super().forget(path)
        self._maker.natural.pop(path, None)


def _keep_small(image: QImage, cell: Path) -> None:
    """A cell drawn before there were small copies gets one. A full disk costs only time."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"PNG").write(image)
    with contextlib.suppress(StylekilnError):
        keep_small(cell, bytes(buffer.data().data()))
