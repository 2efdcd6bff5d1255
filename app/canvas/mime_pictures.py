"""Pictures as other programs put them on the clipboard and drag them, and as we do.

Files come first, then a PNG with its transparency (browsers, Photoshop), then a picture inside a
web page's text, then whatever Qt makes of the rest, which on Windows has often lost its alpha.
"""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QImage

from app.widgets.images import array_of, image_of
from engine.canvas.clips import Clip
from engine.canvas.incoming import FOREIGN_SUFFIXES
from engine.canvas.raster import flattened
from engine.canvas.storage import SUFFIX
from engine.imaging.decode import PICTURE_SUFFIXES, load_rgba

if TYPE_CHECKING:
    import numpy as np

PLACE = "application/x-stylekiln-place"
"""Where a copied picture lay: "x y" in pixels of its document."""
LORA_SUFFIX = ".safetensors"
WANTED = frozenset({*PICTURE_SUFFIXES, *FOREIGN_SUFFIXES, SUFFIX, LORA_SUFFIX})
_ENCODED = (
    "image/png",
    'application/x-qt-windows-mime;value="PNG"',
    "image/webp",
    "image/jpeg",
    "image/avif",
    "image/tiff",
)
_IN_PAGE = re.compile(r"<img[^>]+src=[\"']data:image/[\w.+-]+;base64,([^\"']+)[\"']", re.IGNORECASE)
_ADDRESS = re.compile(r"<img[^>]+src=[\"']https?:|^https?://", re.IGNORECASE)
_LONGEST_PAGE = 200 * 2**20


class Carried(NamedTuple):
    """What comes in: ``files``, else the bytes of a picture file, else Qt's picture.

    ``place`` is where it lay in a document, None for what is from elsewhere. ``address`` says that
    there is no picture but the address of one.
    """

    files: tuple[Path, ...] = ()
    encoded: bytes = b""
    image: QImage | None = None
    place: tuple[int, int] | None = None
    address: bool = False

    def __bool__(self) -> bool:
        return bool(self.files or self.encoded or self.image is not None)


def carried(mime: QMimeData) -> Carried:
    """What of ``mime`` the canvas can take."""
    place = _place(mime)
    files = tuple(
        path
        for path in (Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())
        if path.suffix.lower() in WANTED
    )
    if files and place is None:
        return Carried(files)
    for kind in _ENCODED:
        if mime.hasFormat(kind):
            data = bytes(mime.data(kind).data())
            if data:
                return Carried(encoded=data, place=place)
    page = mime.html() if mime.hasHtml() else mime.text()
    if found := _IN_PAGE.search(page[:_LONGEST_PAGE]):
        try:
            return Carried(encoded=base64.b64decode(found[1], validate=False))
        except (binascii.Error, ValueError):
            return Carried()
    if mime.hasImage():
        image = mime.imageData()
        if isinstance(image, QImage) and not image.isNull():
            return Carried(image=image, place=place)
    return Carried(address=_ADDRESS.search(page[:4096]) is not None)


def decoded(what: Carried) -> np.ndarray:
    """The picture as straight RGBA uint8 [h, w, 4]. Not on the UI thread. Raises PictureError."""
    if what.image is not None:
        return array_of(what.image)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(what.encoded)
        return load_rgba(path)


class Packed(NamedTuple):
    """A clip ready for the clipboard, made by a worker."""

    png: bytes
    opaque: QImage
    place: tuple[int, int]


def packed(clip: Clip) -> Packed:
    """``clip`` as a PNG with alpha, and on white for programs that know no alpha."""
    return Packed(clip.png(), image_of(flattened(clip.pixels)), (clip.x, clip.y))


def mime_of(what: Packed) -> QMimeData:
    """What other programs, and this one, find on the clipboard."""
    mime = QMimeData()
    mime.setData("image/png", QByteArray(what.png))
    mime.setImageData(what.opaque)
    mime.setData(PLACE, QByteArray("{} {}".format(*what.place).encode()))
    return mime


def _place(mime: QMimeData) -> tuple[int, int] | None:
    if not mime.hasFormat(PLACE):
        return None
    try:
        x, y = bytes(mime.data(PLACE).data()).decode().split()
        return int(x), int(y)
    except ValueError:
        return None
