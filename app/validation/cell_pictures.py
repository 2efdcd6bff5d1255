"""Pictures of cells in levels that fit the size they are seen in, decoded off the UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.widgets.thumbnails import WHOLE, ThumbnailCache

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QImage, QPixmap

EDGES = (32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096)
"""Each level is at most half as large again as the one below, so that a cell is drawn from a
picture that is hardly larger than itself."""
MEMORY = 160 * 1024 * 1024
"""Bytes of pixmaps kept."""
_SHARE = 0.75  # of the memory that the cells in sight may take together


class CellPictures(ThumbnailCache):
    """``level`` answers at once with a picture that is large enough, or a smaller one until then.

    No level is larger than the picture itself, and all in sight together never take more than is
    kept: a cache that is too small for what it shows would decode forever.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent=parent, edges=EDGES, memory=MEMORY)
        self._natural: dict[str, int] = {}

    def level(self, path: str, edge: int, most: int = EDGES[-1], owner: int = 0) -> QPixmap | None:
        """The picture with a longer side of ``edge`` pixels or somewhat more, but at ``most``
        :func:`affordable`; what is there already stands in for it.
        """
        edge = min(edge, most, self._natural.get(path, edge))
        return self.get(path, edge, owner=owner)

    @staticmethod
    def affordable(seen: int) -> int:
        """The longest side that ``seen`` square pictures may have at once."""
        side = int((MEMORY * _SHARE / 4 / max(1, seen)) ** 0.5)
        return max((edge for edge in EDGES if edge <= side), default=EDGES[0])

    def natural(self, path: str) -> int | None:
        """The longer side of the picture itself, once a level has reached it."""
        return self._natural.get(path)

    def forget(self, path: str) -> None:
        super().forget(path)
        self._natural.pop(path, None)

    def _keep(self, key: Any, image: QImage) -> None:
        longer = max(image.width(), image.height())
        if key.part == WHOLE and 0 < longer < key.edge:
            self._natural[key.path] = longer
        super()._keep(key, image)
