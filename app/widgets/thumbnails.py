"""Thumbnails made off the UI thread, newest wish first, kept in memory and on disk."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

from app.widgets.thumbnail_files import content_mark, filling, prune, read_scaled, store
from engine.runtime.allocation import give_back
from engine.runtime.errors import StylekilnError
from engine.runtime.priority import give_way

log = logging.getLogger(__name__)
MEMORY = 32 * 1024 * 1024  # bytes of pixmaps kept
DISK = 512 * 1024 * 1024  # bytes of files kept
EDGES = (160, 320, 640)  # thumbnails are made in these sizes only, so that few are kept
_NO_OWNER = 0
_ANY_ROOM = (0, 0)
Part = tuple[float, float, float, float]
"""Left, top, width and height in shares of the picture."""
WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
# Two even where there are two cores: a screenful of large pictures takes a core most of a second.
_WORKERS = max(2, min(4, (os.cpu_count() or 2) - 1))


class _Key(NamedTuple):
    path: str
    stamp: str
    edge: int
    room: tuple[int, int]
    part: Part = WHOLE


class ThumbnailCache(QObject):
    """``get`` answers at once with a pixmap or None; ``ready`` tells when one has come.

    Pictures keep their shape, the longer side is at most the edge asked for, rounded up to one of
    ``edges``; where a room is asked for they are made as large as fits it. ``folder`` keeps them
    between starts by what the files hold, so that they outlive a picture's move. ``memory`` bounds
    the bytes of pixmaps kept.
    """

    ready = Signal(str)  # the path
    _made = Signal(object, QImage)
    _asked = Signal()

    def __init__(
        self,
        folder: Path | None = None,
        parent: QObject | None = None,
        *,
        edges: Sequence[int] = EDGES,
        memory: int = MEMORY,
    ) -> None:
        super().__init__(parent)
        self._folder, self._edges, self._memory = folder, tuple(edges), memory
        self._kept: OrderedDict[_Key, QPixmap] = OrderedDict()
        self._newest: dict[tuple[str, str], _Key] = {}
        self._bytes = 0
        # Wishes in the order they were last asked for, with who asked. The newest is made first.
        self._wanted: OrderedDict[_Key, int] = OrderedDict()
        self._making: set[_Key] = set()
        self._working = 0
        self._due = False
        self._failed: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._gone = threading.Event()
        self._go = threading.Event()
        self._go.set()
        # A worker that speaks through a deleted object would take the process with it.
        self.destroyed.connect(_closer(self._lock, self._gone))
        self._pool = ThreadPoolExecutor(
            max_workers=_WORKERS, thread_name_prefix="thumbnail", initializer=give_way
        )
        self._made.connect(self._keep, Qt.ConnectionType.QueuedConnection)
        self._asked.connect(self._begin, Qt.ConnectionType.QueuedConnection)

    @property
    def bytes(self) -> int:
        """What the pixmaps in memory take."""
        return self._bytes

    @property
    def is_busy(self) -> bool:
        """Whether thumbnails are still to come."""
        return bool(self._wanted or self._making)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Workers take no further step inside the block. Who paints many cards gives the
        interpreter away at each call, and would wait for it hundreds of times.
        """
        self._go.clear()
        try:
            yield
        finally:
            self._go.set()

    def use_folder(self, folder: Path | None) -> None:
        """Keep thumbnails in another folder from now on, the oldest there leave when it is full."""
        self._folder = folder
        self._failed.clear()
        if folder is not None and not self._gone.is_set():
            self._pool.submit(prune, folder, DISK)

    def get(
        self,
        path: str,
        edge: int,
        stamp: str = "",
        owner: int = _NO_OWNER,
        room: tuple[int, int] = _ANY_ROOM,
    ) -> QPixmap | None:
        """The thumbnail of ``path`` if it is in memory; otherwise it is made, and the newest in
        another size stands in for it.

        ``stamp`` changes with the content of the file. What an ``owner`` wishes is forgotten when
        it says so with :meth:`keep_wishes`. ``room`` is width and height in pixels, to be filled by
        one side; who draws it there need not scale it.
        """
        found = self._found(_Key(path, stamp, self._rounded(edge), room), owner)
        return found if found is not None else self.kept(path, stamp)

    def piece(
        self, path: str, part: Part, room: tuple[int, int], owner: int = _NO_OWNER
    ) -> QPixmap | None:
        """As :meth:`get` for a ``part`` of the picture, cut out of the whole at its full size and
        made as large as fits ``room``; nothing stands in for it.
        """
        return self._found(_Key(path, "", self._edges[-1], room, part), owner)

    def _rounded(self, edge: int) -> int:
        return next((size for size in self._edges if size >= edge), self._edges[-1])

    def _found(self, key: _Key, owner: int) -> QPixmap | None:
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
        with self._lock:
            for key in [k for k, who in self._wanted.items() if who == owner]:
                if key.path not in paths:
                    del self._wanted[key]

    def forget(self, path: str) -> None:
        """Drop what is kept of ``path``, because the file has changed."""
        self._failed = {pair for pair in self._failed if pair[0] != path}
        for key in [key for key in self._kept if key.path == path]:
            self._drop(key)

    def close(self) -> None:
        """Make no more thumbnails."""
        with self._lock:
            self._wanted.clear()
            self._gone.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, key: _Key, owner: int) -> None:
        with self._lock:
            if key in self._making or self._gone.is_set():
                return
            self._wanted[key] = owner
            self._wanted.move_to_end(key)
        if not self._due:
            self._due = True
            self._asked.emit()

    def _begin(self) -> None:
        """Let workers begin, once what asked is painted: two threads that run Python are slow."""
        self._due = False
        with self._lock:
            idle = min(_WORKERS - self._working, len(self._wanted))
            idle = 0 if self._gone.is_set() else idle
            self._working += idle
        for _ in range(idle):
            self._pool.submit(self._work)

    def _work(self) -> None:
        """Make what is wished for until nothing is."""
        try:
            while self._go.wait() and (key := self._next()) is not None:
                image = self._make(key)
                with self._lock:
                    if not self._gone.is_set():
                        self._made.emit(key, image)
        finally:
            with self._lock:
                self._working -= 1
                is_last = not self._working
            if is_last:
                give_back()  # what decoding took lies between the thumbnails that are kept

    def _next(self) -> _Key | None:
        with self._lock:
            if not self._wanted:
                return None
            key, _ = self._wanted.popitem()  # the newest wish is what is on the screen
            self._making.add(key)
            return key

    def _make(self, key: _Key) -> QImage:
        try:
            image = self._read(key)
        except (StylekilnError, OSError) as error:
            # A picture that cannot be read is shown as such by the grid.
            log.info("no thumbnail of %s: %s", key.path, error)
            return QImage()
        self._go.wait()
        if key.part != WHOLE:
            image = image.copy(_pixels(key.part, image.width(), image.height()))
        if key.room != _ANY_ROOM:
            image = filling(image, key.room)
        # As the screen wants it, so that the window's thread need not convert.
        clear = image.hasAlphaChannel()
        return image.convertToFormat(_CLEAR if clear else QImage.Format.Format_RGB32)

    def _read(self, key: _Key) -> QImage:
        """The picture, its longer side at most ``key.edge``. Raises OSError and PictureError."""
        kept = self._file(key)
        self._go.wait()
        # A file that a killed process left half written reads as nothing and is made again.
        image = QImageReader(str(kept)).read() if kept is not None else QImage()
        if image.isNull():
            image = read_scaled(key.path, key.edge)
            if kept is not None:
                store(image, kept)
        return image

    def _file(self, key: _Key) -> Path | None:
        if self._folder is None:
            return None
        name = f"{content_mark(key.path)}{key.edge:03x}"
        return self._folder / name[:2] / name

    def _keep(self, key: _Key, image: QImage) -> None:
        with self._lock:
            self._making.discard(key)
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

    def _drop(self, key: _Key) -> None:
        before = self._kept.pop(key, None)
        self._bytes -= _weight(before) if before is not None else 0
        if self._newest.get((key.path, key.stamp)) == key:
            del self._newest[key.path, key.stamp]


_CLEAR = QImage.Format.Format_ARGB32_Premultiplied


def _closer(lock: threading.Lock, gone: threading.Event) -> Callable[[], None]:
    def close(*_: object) -> None:
        with lock:
            gone.set()

    return close


def _pixels(part: Part, width: int, height: int) -> QRect:
    """``part`` of a picture in whole pixels, at least one."""
    left, top = round(part[0] * width), round(part[1] * height)
    right, bottom = round((part[0] + part[2]) * width), round((part[1] + part[3]) * height)
    return QRect(left, top, max(1, right - left), max(1, bottom - top))


def _weight(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
