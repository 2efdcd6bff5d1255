"""What thumbnails are wished for, and the workers that make them, the newest wish first."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QImageReader

from app.widgets.thumbnail_files import content_mark, filling, prune, read_scaled, store
from engine.runtime.allocation import give_back
from engine.runtime.errors import StylekilnError
from engine.runtime.priority import give_way

log = logging.getLogger(__name__)
DISK = 512 * 1024 * 1024  # bytes of files kept
ANY_ROOM = (0, 0)
Part = tuple[float, float, float, float]
"""Left, top, width and height in shares of the picture."""
WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
# Two even where there are two cores: a screenful of large pictures takes a core most of a second.
_WORKERS = max(2, min(4, (os.cpu_count() or 2) - 1))
_CLEAR = QImage.Format.Format_ARGB32_Premultiplied


class Key(NamedTuple):
    """A thumbnail: of which file, of what is in it by ``stamp``, how large, and of which part."""

    path: str
    stamp: str
    edge: int
    room: tuple[int, int]
    part: Part = WHOLE


class ThumbnailMaker:
    """``tell`` is called in a worker with each wish and its image, a null one for what cannot be
    read. ``folder`` keeps them by what the files hold.

    No QObject: a worker holds this one, and may be the last to do so.
    """

    def __init__(self, folder: Path | None, tell: Callable[[Key, QImage], None]) -> None:
        self._folder, self._tell = folder, tell
        # Wishes in the order they were last asked for, with who asked. The newest is made first.
        self._wanted: OrderedDict[Key, int] = OrderedDict()
        self._making: set[Key] = set()
        self._working = 0
        self._lock = threading.Lock()
        self._gone = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._pool = ThreadPoolExecutor(
            max_workers=_WORKERS, thread_name_prefix="thumbnail", initializer=give_way
        )

    @property
    def is_busy(self) -> bool:
        """Whether images are still to come."""
        return bool(self._wanted or self._making)

    def hold(self) -> None:
        """Let workers take no further step until :meth:`go_on`."""
        self._go.clear()

    def go_on(self) -> None:
        """Workers may take their steps again."""
        self._go.set()

    def use_folder(self, folder: Path | None) -> None:
        """Keep them in another folder from now on; the oldest there leave when it is full."""
        self._folder = folder
        if folder is not None and not self._gone.is_set():
            self._pool.submit(prune, folder, DISK)

    def want(self, key: Key, owner: int) -> bool:
        """``owner`` wishes for ``key``; gives whether it is not being made already."""
        with self._lock:
            if key in self._making or self._gone.is_set():
                return False
            self._wanted[key] = owner
            self._wanted.move_to_end(key)
            return True

    def keep_wishes(self, owner: int, paths: Collection[str]) -> None:
        """Forget what ``owner`` wished for, but for ``paths``."""
        with self._lock:
            for key in [k for k, who in self._wanted.items() if who == owner]:
                if key.path not in paths:
                    del self._wanted[key]

    def begin(self) -> None:
        """Let as many workers begin as there are wishes and room for."""
        with self._lock:
            idle = min(_WORKERS - self._working, len(self._wanted))
            idle = 0 if self._gone.is_set() else idle
            self._working += idle
        for _ in range(idle):
            self._pool.submit(self._work)

    def taken(self, key: Key) -> None:
        """The image of ``key`` has come: from now on it may be wished for again."""
        with self._lock:
            self._making.discard(key)

    def give_up(self) -> None:
        """Make no more, and wait for nothing."""
        with self._lock:
            self._wanted.clear()
            self._gone.set()

    def close(self) -> None:
        """Make no more; return when the workers have ended."""
        self.give_up()
        self._pool.shutdown(wait=True, cancel_futures=True)

    # The rest runs in workers.

    def _work(self) -> None:
        """Make what is wished for until nothing is."""
        try:
            while self._go.wait() and (key := self._next()) is not None:
                image = self._make(key)
                if not self._gone.is_set():
                    self._tell(key, image)
        finally:
            with self._lock:
                self._working -= 1
                is_last = not self._working
            if is_last:
                give_back()  # what decoding took lies between the thumbnails that are kept

    def _next(self) -> Key | None:
        with self._lock:
            if not self._wanted:
                return None
            key, _ = self._wanted.popitem()  # the newest wish is what is on the screen
            self._making.add(key)
            return key

    def _make(self, key: Key) -> QImage:
        try:
            image = self._read(key)
        except (StylekilnError, OSError) as error:
            # A picture that cannot be read is shown as such by the grid.
            log.info("no thumbnail of %s: %s", key.path, error)
            return QImage()
        self._go.wait()
        if key.part != WHOLE:
            image = image.copy(_pixels(key.part, image.width(), image.height()))
        if key.room != ANY_ROOM:
            image = filling(image, key.room)
        # As the screen wants it, so that the window's thread need not convert.
        clear = image.hasAlphaChannel()
        return image.convertToFormat(_CLEAR if clear else QImage.Format.Format_RGB32)

    def _read(self, key: Key) -> QImage:
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

    def _file(self, key: Key) -> Path | None:
        if self._folder is None:
            return None
        name = f"{content_mark(key.path)}{key.edge:03x}"
        return self._folder / name[:2] / name


def _pixels(part: Part, width: int, height: int) -> QRect:
    """``part`` of a picture in whole pixels, at least one."""
    left, top = round(part[0] * width), round(part[1] * height)
    right, bottom = round((part[0] + part[2]) * width), round((part[1] + part[3]) * height)
    return QRect(left, top, max(1, right - left), max(1, bottom - top))
