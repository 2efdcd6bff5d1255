"""The pictures of cells, read one at a time and made as large as they are wanted."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.runtime.errors import MissingFileError, PictureError
from engine.validation.manifest import GridCell


def picture_of(cell: GridCell, side: int = 0) -> Image.Image | None:
    """The picture of ``cell`` in RGB, its longer side at most ``side`` pixels; 0 keeps it.

    None when there is none, or when its file is gone or damaged since: it is shown as not drawn.
    """
    return None if cell.path is None else read_picture(cell.path, side)


def read_picture(path: Path, side: int) -> Image.Image | None:
    """The same for any file, transparent parts on white."""
    try:
        return fitted(Image.fromarray(fill_color(load_rgba(path), "#FFFFFF")), side)
    except (PictureError, MissingFileError):
        return None


def fitted(image: Image.Image, side: int) -> Image.Image:
    """``image`` with a longer side of at most ``side`` pixels; 0 keeps it."""
    size = fitted_size(image.size, side)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def fitted_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """``size`` made smaller until its longer side is at most ``side``; 0 keeps it."""
    if not side or max(size) <= side:
        return size
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    """``image`` as JPEG, colors as sharp as lightness."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


def webp(image: Image.Image, quality: int = 85) -> bytes:
    """``image`` as WebP, which browsers read and which is half of a JPEG."""
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=quality, method=3)
    return stream.getvalue()
