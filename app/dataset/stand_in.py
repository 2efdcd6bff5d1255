"""The thumbnail of a picture, shown until the picture itself is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPixmap

    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.library import Picture

EDGE = 320


class StandIn(QObject):
    """Calls ``show`` with what stands for a picture: its thumbnail, None while there is none.

    So nothing ever shows the picture before under the name of the next.
    """

    def __init__(
        self,
        thumbnails: ThumbnailCache,
        show: Callable[[QPixmap | None, Picture], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._thumbnails, self._show = thumbnails, show
        self._seen: tuple[int, float] | None = None
        self._waiting: Picture | None = None
        thumbnails.ready.connect(self._ready)

    def begin(self, picture: Picture) -> bool:
        """Wait for ``picture``; one that is shown already stays, and False is returned."""
        seen = (picture.id, picture.modified)
        if seen == self._seen:
            return False
        self._seen, self._waiting = seen, picture
        path, stamp = str(picture.path), _stamp(picture)
        found = self._thumbnails.kept(path, stamp) or self._thumbnails.get(path, EDGE, stamp)
        self._show(found, picture)
        return True

    def end(self) -> None:
        """The picture itself is shown."""
        self._waiting = None

    def _ready(self, path: str) -> None:
        picture = self._waiting
        if picture is None or str(picture.path) != path:
            return
        found = self._thumbnails.kept(path, _stamp(picture))
        if found is not None:
            self._show(found, picture)


def _stamp(picture: Picture) -> str:
    """What changes with the content of the file, as the grid writes it."""
    return f"{picture.modified} {picture.bytes}"
