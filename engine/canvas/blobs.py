"""Pictures in the ZIP files of the canvas: PNGs named by their sha256."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, PngImagePlugin

from engine.runtime.errors import PictureError

LONGEST_RECORD = 64 * 2**20
"""Bytes of the JSON that are read at most: a small file can unpack to any size."""

FARTHEST = 2**20
_PNG_HEAD = struct.Struct(">8s4x4sII")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What zipfile, zlib, json and Pillow raise at a damaged, encrypted or hostile file; its
# TypeErrors and OverflowErrors are values of another kind than the format has.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,  # encrypted, nested too deep, or packed in a way zipfile does not know
    SyntaxError,
    struct.error,
    TypeError,
    ValueError,
)


def png(pixels: np.ndarray) -> bytes:
    """``pixels`` uint8 [h, w, 4] or [h, w] as a PNG; fast before small."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return stream.getvalue()


def keep_blob(data: bytes, blobs: dict[str, bytes]) -> str:
    """Put a PNG among the ``blobs`` of a file and give its name there."""
    name = hashlib.sha256(data).hexdigest()
    blobs[name] = data
    return name


def write_blobs(archive: zipfile.ZipFile, blobs: dict[str, bytes]) -> None:
    """Put ``blobs`` into a ZIP; not deflated, as PNGs are packed already."""
    for name, data in blobs.items():
        archive.writestr(f"blobs/{name}.png", data)


def size_of(archive: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """Width and height that the head of a PNG blob claims."""
    with archive.open(f"blobs/{name}.png") as stream:
        return head_of(stream)


def head_of(stream: IO[bytes]) -> tuple[int, int]:
    """Width and height that a PNG claims at its head; ValueError for what is no PNG."""
    signature, kind, width, height = _PNG_HEAD.unpack(stream.read(_PNG_HEAD.size))
    if signature != _SIGNATURE or kind != b"IHDR":
        raise ValueError("no PNG")
    return width, height


def read_picture(
    archive: zipfile.ZipFile, name: str, mode: str, largest: int = 4 * 16384
) -> np.ndarray:
    """The blob ``name``; ValueError when its bytes are not what the name says, when it is of
    another ``mode``, or when a side is larger than ``largest``.
    """
    data = archive.read(f"blobs/{name}.png")
    if hashlib.sha256(data).hexdigest() != name:
        raise ValueError(name)
    # Not Image.open: its limit against bombs lies below the largest canvas. Ours is the memory.
    with PngImagePlugin.PngImageFile(io.BytesIO(data)) as image:
        if max(image.size) > largest or image.mode != mode:
            raise ValueError(name)
        return np.array(image)


def damaged(path: Path) -> PictureError:
    """What is said of a file that is not what it should be."""
    return PictureError(
        "{name} is damaged or is not a canvas file.",
        name=path.name,
        remedy="Open an earlier copy of it; the file was not changed.",
    )
