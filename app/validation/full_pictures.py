"""Cells at their full size, and how far two of them differ: decoded off the UI thread, and kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from app.widgets.images import image_of
from engine.imaging.decode import load_rgba
from engine.imaging.difference import Difference, difference
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.session import Session

MEMORY = 192 * 1024 * 1024  # bytes of pictures kept


@dataclass(frozen=True)
class DifferenceMap:
    """What the map shows, in levels of 255, and the map itself."""

    pixmap: QPixmap
    mean: float
    largest: float
    scaled: bool


class FullPictures(QObject):
    """``get`` and ``difference`` answer at once or with None; ``ready`` tells of more."""

    ready = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._failed: set[Any] = set()
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._pending: set[Any] = set()

    def get(self, path: str) -> QPixmap | None:
        """The picture ``path``, as many pixels as its file has."""
        found: QPixmap | None = self._get(path, lambda: _decoded(path), QPixmap.fromImage)
        return found

    def kept(self, path: str) -> QPixmap | None:
        """The same if it is in memory; nothing is decoded for it."""
        found: QPixmap | None = self._kept.get(path)
        return found

    def has_failed(self, path: str) -> bool:
        """Whether the picture ``path`` could not be read."""
        return path in self._failed

    def difference(self, first: str, second: str, gain: float) -> DifferenceMap | None:
        """How far two pictures differ, ``gain`` times stronger."""
        key = (first, second, gain)
        found: DifferenceMap | None = self._get(key, lambda: _map(first, second, gain), _shown)
        return found

    def failed_pair(self, first: str, second: str, gain: float) -> bool:
        """Whether the difference of two pictures cannot be told."""
        return (first, second, gain) in self._failed

    def _get(self, key: Any, make: Callable[[], Any], take: Callable[[Any], Any]) -> Any:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        elif key not in self._pending | self._failed:
            self._pending.add(key)
            self._session.start(self._load(key, make, take))
            return self._kept.get(key)
        return found

    async def _load(self, key: Any, make: Callable[[], Any], take: Callable[[Any], Any]) -> None:
        try:
            self._kept[key] = take(await self._session.bridge.io(make))
        except StylekilnError:
            self._failed.add(key)  # the stage says so in its place
        finally:
            self._pending.discard(key)
        while len(self._kept) > 2 and sum(map(_weight, self._kept.values())) > MEMORY:
            self._kept.popitem(last=False)
        self.ready.emit()


def _decoded(path: str) -> QImage:
    # As the screen wants it, so that nothing is left for the UI thread.
    return image_of(load_rgba(Path(path))).convertToFormat(
        QImage.Format.Format_ARGB32_Premultiplied
    )


def _map(first: str, second: str, gain: float) -> tuple[QImage, Difference]:
    found = difference(load_rgba(Path(first)), load_rgba(Path(second)))
    image = image_of(found.amplified(gain)).convertToFormat(QImage.Format.Format_RGB32)
    return image, found


def _shown(made: tuple[QImage, Difference]) -> DifferenceMap:
    image, found = made
    return DifferenceMap(QPixmap.fromImage(image), found.mean, found.largest, found.scaled)


def _weight(kept: QPixmap | DifferenceMap) -> int:
    pixmap = kept.pixmap if isinstance(kept, DifferenceMap) else kept
    return pixmap.width() * pixmap.height() * 4
