"""Files of thumbnails, and pictures read small: for workers, nothing here waits for the window."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColorSpace, QImage, QImageReader, QImageWriter

from app.widgets.images import HARD

log = logging.getLogger(__name__)
_LARGE = 40_000_000  # pixels from which pictures are opened one at a time: each takes 4 bytes
_ONE_LARGE = threading.Lock()
_MEGABYTES = 2048  # what Qt may take for one picture; a scan of 100 megapixels takes 400
_SAMPLE = 1 << 16  # bytes of the beginning, middle and end of a file that tell it from others
_SRGB = QColorSpace(QColorSpace.NamedColorSpace.SRgb)


def store(image: QImage, place: Path) -> None:
    """JPEG; PNG where there is something to see through. A full disk costs only time."""
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_name(f"{place.name}.{threading.get_ident()}")
    writer = QImageWriter(str(half), b"PNG" if image.hasAlphaChannel() else b"JPEG")
    writer.setQuality(-1 if image.hasAlphaChannel() else 85)
    saved = writer.write(image)
    del writer  # it holds the file open
    if saved:
        os.replace(half, place)
    else:
        half.unlink(missing_ok=True)


def prune(folder: Path, limit: int) -> None:
    """Delete the oldest files below ``folder`` until they take at most ``limit`` bytes."""
    found = []
    try:
        for inner in os.scandir(folder):
            if inner.is_dir():
                found += [(entry.stat(), entry.path) for entry in os.scandir(inner.path)]
        total = sum(status.st_size for status, _ in found)
        for status, path in sorted(found, key=lambda item: item[0].st_mtime):
            if total <= limit:
                return
            os.unlink(path)
            total -= status.st_size
    except OSError as error:
        log.info("thumbnails are not tidied: %s", error)  # the folder is not there yet, or closed


def read_scaled(path: str, edge: int) -> QImage:
    """The picture upright, its longer side at most ``edge``; raises PictureError."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > edge:
        reader.setScaledSize(size.scaled(QSize(edge, edge), Qt.AspectRatioMode.KeepAspectRatio))
    QImageReader.setAllocationLimit(_MEGABYTES)
    large = size.isValid() and size.width() * size.height() > _LARGE
    with _ONE_LARGE if large else contextlib.nullcontext():
        image = reader.read()
    if not image.isNull():
        return _in_srgb(image)
    # What Qt has no plugin for, the engine may still know; it also says why it does not.
    from app.widgets.images import image_of
    from engine.imaging.decode import load_rgba

    image = image_of(load_rgba(Path(path)))
    if max(image.width(), image.height()) <= edge:
        return image
    smooth = Qt.TransformationMode.SmoothTransformation
    return image.scaled(edge, edge, Qt.AspectRatioMode.KeepAspectRatio, smooth)


def filling(image: QImage, room: tuple[int, int]) -> QImage:
    """As large as fits ``room``; a picture that is enlarged much shows its pixels, and hard."""
    scale = min(room[0] / image.width(), room[1] / image.height())
    size = QSize(
        max(1, min(room[0], round(image.width() * scale))),
        max(1, min(room[1], round(image.height() * scale))),
    )
    smooth = scale < HARD
    mode = Qt.TransformationMode
    return image.scaled(
        size,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        mode.SmoothTransformation if smooth else mode.FastTransformation,
    )


def _in_srgb(image: QImage) -> QImage:
    """The colors that training sees: the engine converts by the profile of a file too."""
    space = image.colorSpace()
    if space.isValid() and space != _SRGB:
        image.convertToColorSpace(
            _SRGB,
            QImage.Format.Format_ARGB32 if image.hasAlphaChannel() else QImage.Format.Format_RGB32,
        )
    return image


def content_mark(path: str) -> str:
    """Tells what a file holds: its size, beginning, middle and end. Raises OSError."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.blake2b(str(size).encode(), digest_size=16)
        for start in sorted({0, max(0, (size - _SAMPLE) // 2), max(0, size - _SAMPLE)}):
            file.seek(start)
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()
