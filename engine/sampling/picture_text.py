"""Write pictures with their infotext, and read it back from PNG, JPEG, WebP and AVIF files.

PNG keeps it in a text chunk called ``parameters`` (tEXt for Latin-1, iTXt for the rest); the other
formats in the EXIF field UserComment as "UNICODE" and UTF-16. PNG chunks are read here and not by
a library: Qt's reader collapses line breaks, and Pillow wants to decode the pixels first.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from engine.imaging.srgb import srgb_profile
from engine.runtime.errors import BadInputError, PictureError
from engine.runtime.files import require_file, write_bytes
from engine.sampling.infotext import Infotext, parse_infotext

KEYWORD = "parameters"
SUFFIXES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
_SETTINGS = "Steps: "
_UNICODE = b"UNICODE\x00"
_ASCII = b"ASCII\x00\x00\x00"
# A compressed text chunk may claim to be anything; nobody writes a prompt of this size.
_LONGEST_TEXT = 8 * 2**20
# A JPEG segment holds 64 KiB; the EXIF frame needs some of it.
_LONGEST_JPEG_COMMENT = 65_000


def save_picture(path: Path, array: np.ndarray, infotext: str = "", *, quality: int = 95) -> None:
    """Write ``array`` (uint8 RGB or RGBA) with ``infotext`` atomically, marked as sRGB.

    The suffix says how; ``quality`` is that of a JPEG or WebP, 1..100.

    Raises BadInputError for another suffix or a text too long for a JPEG, else StorageError.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise BadInputError(
            "{name} is not a picture format this can write.",
            name=path.name,
            remedy="Use .png, .jpg or .webp.",
        )
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(array))
    if kind == "PNG":
        image.save(buffer, kind, compress_level=4, pnginfo=_png_text(infotext))
    else:
        image = image.convert("RGB") if kind == "JPEG" else image
        image.save(
            buffer,
            kind,
            quality=quality,
            exif=_exif(infotext, kind),
            icc_profile=srgb_profile(),
        )
    write_bytes(path, buffer.getvalue())


def read_infotext(path: Path) -> Infotext | None:
    """The infotext in a picture file, or None when it has none.

    Raises MissingFileError, or PictureError when the file ends before its text does or is no
    picture of a known kind.
    """
    with open(require_file(path), "rb") as stream:
        if stream.read(len(_SIGNATURE)) == _SIGNATURE:
            text = _read_png(stream, path)
        else:
            text = _read_exif(path)
    return None if text is None else parse_infotext(text)


def _png_text(infotext: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add(b"sRGB", b"\0")  # rendered perceptually; a whole profile would take 600 bytes
    if infotext:
        # Lone surrogates cannot be stored in any encoding.
        info.add_text(KEYWORD, infotext.encode("utf-8", "replace").decode("utf-8"))
    return info


def _exif(infotext: str, kind: str) -> bytes:
    if not infotext:
        return b""
    comment = _UNICODE + infotext.encode("utf-16-be", "replace")
    if kind == "JPEG" and len(comment) > _LONGEST_JPEG_COMMENT:
        raise BadInputError(
            "The prompt is too long to be stored in a JPEG.", remedy="Save as PNG or WebP."
        )
    exif = Image.Exif()
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = comment
    return exif.tobytes()


def _read_png(stream: BinaryIO, path: Path) -> str | None:
    for kind, data in _chunks(stream, path):
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, rest = data.partition(b"\0")
            if keyword == KEYWORD.encode():
                return _chunk_text(kind, rest, path)
    return None


def _chunks(stream: BinaryIO, path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG up to its end; pixel data is skipped."""
    while True:
        head = stream.read(8)
        if len(head) < 8:
            raise _cut_off(path)
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            return
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            data = stream.read(min(length, _LONGEST_TEXT))
            checksum = stream.read(4)
            if len(data) < length or len(checksum) < 4:
                raise _cut_off(path)
            if zlib.crc32(kind + data) != struct.unpack(">I", checksum)[0]:
                raise PictureError(
                    "The text in {name} is damaged.",
                    name=path.name,
                    remedy="Copy the file again from its source.",
                )
            yield kind, data
        else:
            stream.seek(length + 4, io.SEEK_CUR)


def _chunk_text(kind: bytes, rest: bytes, path: Path) -> str:
    """The text of a chunk after its keyword; iTXt has a language and a translated keyword first."""
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if kind == b"zTXt":
        return _inflate(rest[1:], path).decode("latin-1")
    compressed = rest[:1] == b"\1"
    text = rest[2:].split(b"\0", 2)[-1]
    data = _inflate(text, path) if compressed else text
    return data.decode("utf-8", "replace")


def _inflate(data: bytes, path: Path) -> bytes:
    machine = zlib.decompressobj()
    try:
        text = machine.decompress(data, _LONGEST_TEXT)
    except zlib.error as error:
        raise PictureError("The text in {name} is damaged.", name=path.name) from error
    if not machine.eof:
        raise PictureError("The text in {name} is damaged.", name=path.name)
    return text


def _read_exif(path: Path) -> str | None:
    try:
        with Image.open(path, formats=["JPEG", "WEBP", "AVIF"]) as image:
            exif = image.getexif().get_ifd(_EXIF_IFD)
    except UnidentifiedImageError as error:
        raise PictureError(
            "{name} is not a PNG, JPEG or WebP picture, or it ends early.",
            name=path.name,
            remedy="Copy it again from its source.",
        ) from error
    except (OSError, SyntaxError, ValueError, struct.error, KeyError) as error:
        # What Pillow raises for a picture whose header or EXIF block is broken.
        raise _cut_off(path) from error
    comment = exif.get(_USER_COMMENT)
    return _comment_text(comment) if isinstance(comment, bytes) else comment


def _comment_text(comment: bytes) -> str:
    """UserComment as text: eight bytes name the code. Some writers use little-endian UTF-16."""
    code, text = comment[:8], comment[8:]
    if code == _UNICODE:
        # Single characters tell nothing: 一 is 4E 00 in the big-endian order that we write.
        big, little = text.decode("utf-16-be", "replace"), text.decode("utf-16-le", "replace")
        return little if _SETTINGS in little and _SETTINGS not in big else big
    if code == _ASCII:
        return text.decode("utf-8", "replace")
    return comment.decode("utf-8", "replace").strip("\0")


def _cut_off(path: Path) -> PictureError:
    return PictureError(
        "{name} ends early.", name=path.name, remedy="Copy it again from its source."
    )
