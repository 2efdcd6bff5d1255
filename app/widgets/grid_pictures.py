"""The pictures on the cards of a grid, and word of those that come."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmap

from app.widgets.images import image_of
from app.widgets.roles import card_at

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel

    from app.widgets.roles import Card
    from app.widgets.thumbnails import ThumbnailCache

COLLECT = 45
"""Milliseconds in which thumbnails that come are collected before they are told."""
SETTLE = 150
"""Milliseconds for which cards keep their size before thumbnails are made for it."""
_NOWHERE = (0, 0)


class GridPictures(QObject):
    """``came`` tells the rows whose thumbnails have come, some at once; ``room_taken`` that they
    are made in another size from now on.
    """

    came = Signal(list)
    room_taken = Signal()

    def __init__(self, thumbnails: ThumbnailCache | None, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._arrays: dict[int, tuple[Any, QPixmap]] = {}
        self._room = self._next_room = _NOWHERE
        self._awaited: dict[str, list[int]] = {}
        self._come: set[str] = set()
        self._collect = _timer(self, COLLECT, self._tell)
        self._settle = _timer(self, SETTLE, self._take_room)
        if thumbnails is not None:
            thumbnails.ready.connect(self._ready)

    def of(self, row: int, card: Card) -> QPixmap | None:
        """What to draw for ``card`` of ``row``, or None while it is being made."""
        if card.image is not None:
            image = card.image
            return image if isinstance(image, QPixmap) else QPixmap.fromImage(image)
        if card.array is not None:
            return self._of_array(row, card.array)
        if not card.path or self._thumbnails is None:
            return None
        room = self._room
        return self._thumbnails.get(card.path, max(room), card.stamp, id(self), room)

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Inside the block no thumbnails are made."""
        return contextlib.nullcontext() if self._thumbnails is None else self._thumbnails.held()

    def failed(self, card: Card) -> bool:
        """Whether the file of ``card`` could not be read."""
        cache = self._thumbnails
        return bool(card.path) and cache is not None and cache.has_failed(card.path, card.stamp)

    def see_room(self, room: tuple[int, int]) -> None:
        """Thumbnails are to fill ``room``, once the cards stay as they are: while they are made
        larger and smaller, the thumbnails that are there are stretched.
        """
        if room == self._next_room:
            return
        self._next_room = room
        if self._room == _NOWHERE:
            self._room = room
        else:
            self._settle.start()

    def await_those(self, model: QAbstractItemModel, rows: range) -> None:
        """Remember where thumbnails are awaited; those that were wished for and have scrolled away
        before they came are forgotten.
        """
        self._awaited = {}
        if self._thumbnails is not None and self._thumbnails.is_busy:
            for row in rows:
                self._awaited.setdefault(card_at(model, row).path, []).append(row)
            self._thumbnails.keep_wishes(id(self), self._awaited)

    def forget_arrays(self) -> None:
        """The rows have changed."""
        self._arrays.clear()

    def _of_array(self, row: int, array: Any) -> QPixmap:
        kept = self._arrays.get(row)
        if kept is None or kept[0] is not array:
            kept = self._arrays[row] = (array, QPixmap.fromImage(image_of(array)))
        return kept[1]

    def _ready(self, path: str) -> None:
        if path in self._awaited:
            self._come.add(path)
            if not self._collect.isActive():
                self._collect.start()

    def _tell(self) -> None:
        rows = [row for path in self._come for row in self._awaited.get(path, ())]
        self._come.clear()
        self.came.emit(rows)

    def _take_room(self) -> None:
        self._room = self._next_room
        self.room_taken.emit()


def _timer(parent: QObject, milliseconds: int, then: Any) -> QTimer:
    made = QTimer(parent)
    made.setSingleShot(True)
    made.setInterval(milliseconds)
    made.timeout.connect(then)
    return made
