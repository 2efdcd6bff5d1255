"""Thumbnails made off the UI thread, newest wish first, kept in memory and on disk."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from app.ui_thread import told_there
from app.widgets.thumbnail_maker import ANY_ROOM, WHOLE, Key, Part, ThumbnailMaker

MEMORY = 32 * 1024 * 1024  # bytes of pixmaps kept
EDGES = (160, 320, 640)  # thumbnails are made in these sizes only, so that few are kept
_NO_OWNER = 0


class ThumbnailCache(QObject):
    """``get`` answers at once with a pixmap or None; ``ready`` tells when one has come.

    Pictures keep their shape, the longer side is at most the edge asked for, rounded up to one of
    ``edges``; where a room is asked for they are made as large as fits it. ``folder`` keeps them
    between starts by what the files hold, so that they outlive a picture's move. ``memory`` bounds
    the bytes of pixmaps kept. A ``maker`` makes the images.
    """

    ready = Signal(str)  # the path
    _asked = Signal()

    def __init__(
        self,
        folder: Path | None = None,
        parent: QObject | None = None,
        *,
        edges: Sequence[int] = EDGES,
        memory: int = MEMORY,
        maker: type[ThumbnailMaker] = ThumbnailMaker,
    ) -> None:
        super().__init__(parent)
        self._edges, self._memory = tuple(edges), memory
        self._kept: OrderedDict[Key, QPixmap] = OrderedDict()
        self._newest: dict[tuple[str, str], Key] = {}
        self._bytes = 0
        self._due = False
        self._failed: set[tuple[str, str]] = set()
        self._maker = maker(folder, told_there(self._keep))
        self.destroyed.connect(_ender(self._maker))
        self._asked.connect(self._begin, Qt.ConnectionType.QueuedConnection)

    @property
    def bytes(self) -> int:
        """What the pixmaps in memory take."""
        return self._bytes

    @property
    def is_busy(self) -> bool:
        """Whether thumbnails are still to come."""
        return self._maker.is_busy

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Workers take no further step inside the block. Who paints many cards gives the
        interpreter away at each call, and would wait for it hundreds of times.
        """
        self._maker.hold()
        try:
            yield
        finally:
            self._maker.go_on()

    def use_folder(self, folder: Path | None) -> None:
        """Keep thumbnails in another folder from now on, the oldest there leave when it is full."""
        self._failed.clear()
        self._maker.use_folder(folder)

    def get(
        self,
        path: str,
        edge: int,
        stamp: str = "",
        owner: int = _NO_OWNER,
        room: tuple[int, int] = ANY_ROOM,
    ) -> QPixmap | None:
        """The thumbnail of ``path`` if it is in memory; otherwise it is made, and the newest in
        another size stands in for it.

        ``stamp`` changes with the content of the file. What an ``owner`` wishes is forgotten when
        it says so with :meth:`keep_wishes`. ``room`` is width and height in pixels, to be filled by
        one side; who draws it there need not scale it.
        """
        found = self._found(Key(path, stamp, self._rounded(edge), room), owner)
        return found if found is not None else self.kept(path, stamp)

    def piece(
        self, path: str, part: Part, room: tuple[int, int], owner: int = _NO_OWNER
    ) -> QPixmap | None:
        """As :meth:`get` for a ``part`` of the picture, cut out of the whole at its full size and
        made as large as fits ``room``; nothing stands in for it.
        """
        return self._found(Key(path, "", self._edges[-1], room, part), owner)

    def _rounded(self, edge: int) -> int:
        return next((size for size in self._edges if size >= edge), self._edges[-1])

    def _found(self, key: Key, owner: int) -> QPixmap | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        elif (key.path, key.stamp) not in self._failed:
            self._ask(key, owner)
        return found

    def kept(self, path: str, stamp: str = "") -> QPixmap | None:
        """The newest thumbnail of ``path`` in memory; none is made for it."""
        key = self._newest.get((path, stamp))
        return None if key is None else self._kept.get(key)

    def has_failed(self, path: str, stamp: str = "") -> bool:
        """Whether the file could not be read."""
        return (path, stamp) in self._failed

    def keep_wishes(self, owner: int, paths: Collection[str]) -> None:
        """Forget what ``owner`` wished for, but for ``paths``: it has scrolled out of view."""
        self._maker.keep_wishes(owner, paths)

    def forget(self, path: str) -> None:
        """Drop what is kept of ``path``, because the file has changed."""
        self._failed = {pair for pair in self._failed if pair[0] != path}
        for key in [key for key in self._kept if key.path == path]:
            self._drop(key)

    def close(self) -> None:
        """Make no more thumbnails."""
        self._maker.close()

    def _ask(self, key: Key, owner: int) -> None:
        if self._maker.want(key, owner) and not self._due:
            self._due = True
            self._asked.emit()

    def _begin(self) -> None:
        """Let workers begin, once what asked is painted: two threads that run Python are slow."""
        self._due = False
        self._maker.begin()

    def _keep(self, key: Key, image: QImage) -> None:
        self._maker.taken(key)
        if image.isNull():
            self._failed.add((key.path, key.stamp))
        else:
            self._drop(key)
            pixmap = self._kept[key] = QPixmap.fromImage(image)
            if key.part == WHOLE:
                self._newest[key.path, key.stamp] = key
            self._bytes += _weight(pixmap)
            while self._bytes > self._memory and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))
        self.ready.emit(key.path)

    def _drop(self, key: Key) -> None:
        before = self._kept.pop(key, None)
        self._bytes -= _weight(before) if before is not None else 0
        if self._newest.get((key.path, key.stamp)) == key:
            del self._newest[key.path, key.stamp]


def _ender(maker: ThumbnailMaker) -> Callable[[], None]:
    return lambda *_: maker.give_up()


def _weight(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
