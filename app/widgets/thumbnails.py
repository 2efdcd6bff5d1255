"""Thumbnails made off the UI thread, newest wish first, kept in memory and on disk."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

from engine.runtime.errors import StylekilnError

log = logging.getLogger(__name__)
MEMORY = 96 * 1024 * 1024  # bytes of pixmaps kept
EDGES = (160, 320, 640)  # thumbnails are made in these sizes only, so that few are kept


class ThumbnailCache(QObject):
    """``get`` answers at once with a pixmap or None; ``ready`` tells when one has come.

    Pictures keep their shape, the longer side is at most the edge asked for, rounded up to one of
    ``EDGES``. ``folder`` keeps them between starts.
    """

    ready = Signal(str)  # the path
    _made = Signal(str, int, QImage)

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._kept: OrderedDict[tuple[str, int], QPixmap] = OrderedDict()
        self._bytes = 0
        self._wanted: deque[tuple[str, int]] = deque()
        self._pending: set[tuple[str, int]] = set()
        self.failed: set[str] = set()
        self._lock = threading.Lock()
        self._gone = threading.Event()
        # A worker that speaks through a deleted object would take the process with it.
        self.destroyed.connect(_closer(self._lock, self._gone))
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="thumbnail")
        self._made.connect(self._keep, Qt.ConnectionType.QueuedConnection)

    def get(self, path: str, edge: int) -> QPixmap | None:
        """The thumbnail of ``path`` if it is in memory; otherwise it is made."""
        key = (path, next((size for size in EDGES if size >= edge), EDGES[-1]))
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        if path not in self.failed:
            self._ask(key)
        return next((self._kept[k] for k in ((path, e) for e in EDGES) if k in self._kept), None)

    def forget(self, path: str) -> None:
        """Drop what is kept of ``path``, because the file has changed."""
        self.failed.discard(path)
        for edge in EDGES:
            gone = self._kept.pop((path, edge), None)
            self._bytes -= _weight(gone) if gone is not None else 0

    def close(self) -> None:
        """Make no more thumbnails."""
        with self._lock:
            self._wanted.clear()
            self._gone.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, key: tuple[str, int]) -> None:
        with self._lock:
            if key in self._pending:
                return
            self._pending.add(key)
            self._wanted.append(key)
        self._pool.submit(self._work)

    def _work(self) -> None:
        with self._lock:
            if not self._wanted:
                return
            path, edge = self._wanted.pop()  # the newest wish is what is on the screen
        image = self._make(path, edge)
        with self._lock:
            if not self._gone.is_set():
                self._made.emit(path, edge, image)

    def _make(self, path: str, edge: int) -> QImage:
        try:
            kept = self._file(path, edge)
            # A file that a killed process left half written reads as nothing and is made again.
            image = QImage(str(kept)) if kept is not None else QImage()
            if not image.isNull():
                return image
            image = read_scaled(path, edge)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                image.save(str(kept))
        except (StylekilnError, OSError) as error:
            # A picture that cannot be read is shown as such by the grid.
            log.info("no thumbnail of %s: %s", path, error)
            return QImage()
        return image

    def _file(self, path: str, edge: int) -> Path | None:
        if self._folder is None:
            return None
        status = Path(path).stat()
        mark = f"{path}|{status.st_mtime_ns}|{status.st_size}|{edge}"
        name = hashlib.sha1(mark.encode("utf-8", "surrogatepass"), usedforsecurity=False)
        return self._folder / name.hexdigest()[:2] / f"{name.hexdigest()}.png"

    def _keep(self, path: str, edge: int, image: QImage) -> None:
        with self._lock:
            self._pending.discard((path, edge))
        if image.isNull():
            self.failed.add(path)
        else:
            pixmap = QPixmap.fromImage(image)
            self._kept[(path, edge)] = pixmap
            self._bytes += _weight(pixmap)
            while self._bytes > MEMORY and len(self._kept) > 1:
                self._bytes -= _weight(self._kept.popitem(last=False)[1])
        self.ready.emit(path)


def _closer(lock: threading.Lock, gone: threading.Event) -> Callable[[], None]:
    def close(*_: object) -> None:
        with lock:
            gone.set()

    return close


def read_scaled(path: str, edge: int) -> QImage:
    """The picture upright, its longer side at most ``edge``; raises PictureError."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > edge:
        reader.setScaledSize(size.scaled(QSize(edge, edge), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if not image.isNull():
        return image
    # What Qt has no plugin for, the engine may still know; it also says why it does not.
    from app.widgets.images import image_of
    from engine.imaging.decode import load_rgba

    image = image_of(load_rgba(Path(path)))
    if max(image.width(), image.height()) <= edge:
        return image
    smooth = Qt.TransformationMode.SmoothTransformation
    return image.scaled(edge, edge, Qt.AspectRatioMode.KeepAspectRatio, smooth)


def _weight(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
