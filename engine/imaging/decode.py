"""The one safe door for picture files: every picture that enters the application passes here.

Files are recognised by content, never by suffix. Every failure is a named error: a PictureError
when the bytes are no good picture, a MissingFileError when there is nothing to read.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import stat
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from engine.runtime.errors import MissingFileError, PictureError
from engine.runtime.files import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif"}
)
"""Suffixes (lower case) under which a folder scan looks for pictures."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")
"""The decoders that may run. Others (EPS, PSD, PDF …) would widen what a hostile file can reach."""

MAX_PIXELS = 2 * 89_478_485
"""Largest picture that is decoded, in pixels (700 MB as RGBA); Pillow's own limit for refusal."""

_ORIENTATION = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow warns between 1x and 2x of its limit; this module refuses above MAX_PIXELS by itself.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Header:
    """What a file says about itself before decoding. ``width`` and ``height`` are as displayed."""

    format: str
    width: int
    height: int
    may_have_alpha: bool


def load_rgba(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode ``path`` (first frame) to uint8 ``[H, W, 4]`` sRGB with straight alpha, EXIF applied.

    Raises PictureError for what cannot be decoded, MissingFileError for what cannot be read.
    """
    with _opened(Path(path), max_pixels) as image:
        image.load()
        orientation = _orientation(image, loaded=True)
        rgba = to_srgb(image)
        if orientation in _TRANSPOSE:
            rgba = rgba.transpose(_TRANSPOSE[orientation])
        return np.array(rgba, dtype=np.uint8)


def read_header(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Header:
    """Format, displayed size and possible transparency of ``path``, without decoding pixels.

    An orientation stored behind the pixels of a PNG is only seen by :func:`load_rgba`. Raises as
    :func:`load_rgba` does, for what the header shows.
    """
    with _opened(Path(path), max_pixels) as image:
        width, height = image.size
        if _orientation(image, loaded=False) >= 5:
            width, height = height, width
        alpha = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
        return Header(image.format or "", width, height, alpha)


def read_size(path: Path | str) -> tuple[int, int]:
    """``(width, height)`` of ``path`` as displayed, from the header alone."""
    header = read_header(path)
    return header.width, header.height


def encode_png(array: np.ndarray) -> bytes:
    """PNG bytes of a uint8 ``[H, W]``, ``[H, W, 3]`` or ``[H, W, 4]`` array."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(array)).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


@contextlib.contextmanager
def _opened(path: Path, max_pixels: int) -> Iterator[Image.Image]:
    """Open ``path``, check its size, and turn whatever goes wrong inside into a named error."""
    _check_file(path)
    try:
        with open(path, "rb") as stream, Image.open(stream, formats=FORMATS) as image:
            _check_size(path, image.size, max_pixels)
            yield image
    except (PictureError, MissingFileError):
        raise
    except PermissionError as error:
        raise _unreadable(path, error) from error
    except UnidentifiedImageError as error:
        raise _unidentified(path) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except MemoryError as error:
        raise PictureError(
            "{name} does not fit in memory.",
            name=path.name,
            remedy="Close other programs or make the picture smaller.",
        ) from error
    except Exception as error:
        # Pillow's decoders raise almost anything on damaged or hostile bytes (OSError, SyntaxError,
        # struct.error, KeyError, ZeroDivisionError …); all of it means the same to the user.
        raise _damaged(path, error) from error


def _check_file(path: Path) -> None:
    try:
        facts = os.stat(path)
    except FileNotFoundError as error:
        raise MissingFileError(
            "The file {path} does not exist.", path=path, remedy="Check the path."
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(facts.st_mode):
        raise PictureError(
            "{name} is a folder, not a picture.",
            name=path.name,
            remedy="Choose a picture inside it.",
        )
    if not stat.S_ISREG(facts.st_mode):  # reading a pipe or a device could block for ever
        raise PictureError(
            "{name} is not a regular file.", name=path.name, remedy="Choose a picture file."
        )
    if facts.st_size == 0:
        raise PictureError(
            "{name} is empty (0 bytes).", name=path.name, remedy="Copy it again from its source."
        )


def _check_size(path: Path, size: tuple[int, int], max_pixels: int) -> None:
    if size[0] < 1 or size[1] < 1:
        raise PictureError(
            "{name} has no pixels.", name=path.name, remedy="Copy it again from its source."
        )
    if size[0] * size[1] > max_pixels:
        raise _too_large(path, size)


def _unreadable(path: Path, error: OSError | ValueError) -> MissingFileError:
    reason = reason_of(error) if isinstance(error, OSError) else error
    return MissingFileError(
        "{path} cannot be read: {reason}.",
        path=path,
        reason=reason,
        remedy="Check the path and its permissions.",
    )


def _unidentified(path: Path) -> PictureError:
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return PictureError(
            "{name} is not a picture although its name ends in {suffix}.",
            name=path.name,
            suffix=path.suffix,
            remedy="Copy it again from its source, or remove it.",
        )
    return PictureError(
        "{name} is not a picture this application can read.",
        name=path.name,
        remedy="Use PNG, JPEG, WebP, BMP, TIFF, GIF or AVIF.",
    )


def _too_large(path: Path, size: tuple[int, int] | None = None) -> PictureError:
    if size is None:
        return PictureError(
            "{name} is too large to be opened safely.",
            name=path.name,
            remedy="Make it smaller in an image editor.",
        )
    return PictureError(
        "{name} is {width}×{height} pixels, too large to be opened safely.",
        name=path.name,
        width=size[0],
        height=size[1],
        remedy="Make it smaller in an image editor.",
    )


def _damaged(path: Path, error: Exception) -> PictureError:
    text = str(error).lower()
    ends_early = isinstance(error, (EOFError, struct.error)) or any(
        word in text for word in ("truncated", "unexpected end", "unexpected eof", "not enough")
    )
    if ends_early:
        return PictureError(
            "{name} ends early.", name=path.name, remedy="Copy it again from its source."
        )
    return PictureError(
        "{name} is damaged and cannot be decoded.",
        name=path.name,
        remedy="Copy it again from its source.",
    )


def _orientation(image: Image.Image, *, loaded: bool) -> int:
    """EXIF orientation 1-8; 1 when absent, broken, or when Pillow has applied it already."""
    if image.format == "TIFF":  # Pillow turns TIFF itself and reports the turned size
        return 1
    if image.format == "PNG" and not loaded and "exif" not in image.info:
        return 1  # asking would decode all pixels in search of a late chunk
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception as error:
        # Broken EXIF raises anything; it must not cost the user a good picture.
        log.warning("%s has broken EXIF data: %s", getattr(image, "filename", ""), error)
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def to_srgb(image: Image.Image) -> Image.Image:
    """``image`` as RGBA in sRGB."""
    profile = image.info.get("icc_profile")
    image = _eight_bit(image)
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if image.mode == "LA":  # its profile, if any, describes the grey channel
        image = image.getchannel("L")
    if image.mode not in ("RGB", "L", "CMYK", "LAB"):
        image = image.convert("RGBA").convert("RGB")
    rgb = apply_profile(image, profile)
    rgba = rgb.convert("RGBA")
    if alpha is not None:
        rgba.putalpha(alpha)
    return rgba


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float greys scaled to 8 bits; other modes as they are."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    values = np.asarray(image, dtype=np.float64)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    scaled = np.clip(np.rint(values * _scale(image, values)), 0, 255)
    grey = Image.fromarray(scaled.astype(np.uint8))
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey = grey.convert("LA")
        grey.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return grey


def _scale(image: Image.Image, values: np.ndarray) -> float:
    """Factor from the stored range to 0-255: a 16-bit mode says its range, the others show it."""
    top = float(values.max(initial=0.0))
    if image.mode.startswith("I;16"):
        return 255.0 / 65535.0
    if image.mode == "F" and top <= 1.0:
        return 255.0
    if top <= 255.0:
        return 1.0
    return 255.0 / max(65535.0, top)


def apply_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """``image`` (RGB, L, CMYK or LAB) as sRGB RGB through its ICC profile, if that is usable."""
    source: Any = None
    try:
        if profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        elif image.mode == "LAB":
            source = ImageCms.createProfile("LAB")
        if source is not None:
            converted = ImageCms.profileToProfile(
                image,
                source,
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
            if converted is not None:
                return converted
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError) as error:
        # A broken profile, or one for another color space: the plain colors are the best guess.
        log.warning("An ICC profile was ignored: %s", error)
    return image.convert("RGB")
