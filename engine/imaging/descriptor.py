"""What a picture looks like in 654 bytes: enough to find it again copied, turned or recolored.

A descriptor is one record of :data:`LAYOUT`, little endian, no gaps. All but the first facts speak
of the visible content centered in a square, so that margins and frames change nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.imaging.adjust import resize_area
from engine.imaging.alpha import has_hidden_color
from engine.imaging.crop import Box, content_box, crop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VERSION = 1
SIDE = 12
"""Cells along each side of the thumbnail."""
NO_EDGE = 0xFFFF
"""The soft edge of a picture without transparency."""
HIDDEN_COLOR = 1
"""Flag: colors are stored under full transparency, which other tools may show."""
MID = (128, 128, 128)

LAYOUT = np.dtype(
    [
        ("version", "u1"),
        ("flags", "u1"),
        ("transparent", "<u2"),  # share of all pixels that are see-through, of 65535
        ("soft_edge", "<u2"),  # width of the soft band, of 65534 longest sides; NO_EDGE
        ("noise", "<u2"),  # RMS of what a Gaussian of sigma 1.1 takes away, in 1/256 grey levels
        ("contrast", "<u2"),  # deviation of the grey levels, in 1/256
        ("content", "<u2", (2,)),  # width and height of the visible content in pixels
        ("hashes", "<u8", (8,)),  # difference hashes of the eight orientations, see orientations()
        ("lab", "u1", (SIDE, SIDE, 3)),  # CIE L * 2.55, a + 128, b + 128 of what is visible
        ("alpha", "u1", (SIDE, SIDE)),  # how much of each cell is visible
    ]
)
_PART = 1024  # records at a time
_GRID = 72  # the least side that is a multiple of both 8 and 9
_CLEAR, _SOLID = 8, 248  # alpha below which nothing is seen, and from which nothing shines through


def describe(rgba: np.ndarray, content: np.ndarray, flat: np.ndarray, grey: np.ndarray) -> bytes:
    """The descriptor of ``rgba`` uint8 ``[H, W, 4]``.

    ``content`` is its visible part ``[h, w, 4]``, reduced or not, ``flat`` that part over mid grey
    ``[h, w, 3]``, and ``grey`` the same as ``[h, w]``.
    """
    import cv2

    opaque = bool(content[..., 3].min() == 255)
    solid = solid_box(content)
    record = np.zeros((), LAYOUT)
    record["version"] = VERSION
    record["content"] = np.minimum(content.shape[1::-1], 0xFFFF)
    record["soft_edge"] = NO_EDGE
    if not opaque or content.shape != rgba.shape:
        alpha = rgba[..., 3]
        record["transparent"] = round(float((alpha < _CLEAR).mean()) * 0xFFFF)
        record["flags"] = HIDDEN_COLOR if has_hidden_color(rgba) else 0
        record["soft_edge"] = round(soft_edge(content[..., 3]) * 0xFFFE)
    rest = cv2.absdiff(grey, cv2.GaussianBlur(grey, (0, 0), 1.1)).astype(np.float32)
    record["noise"] = round(float(np.sqrt(np.mean(np.square(rest)))) * 256)
    record["contrast"] = round(float(cv2.meanStdDev(grey)[1][0, 0]) * 256)
    record["hashes"] = hashes(crop(grey, solid))
    record["lab"], record["alpha"] = _thumbnail(crop(content, solid), crop(flat, solid))
    return record.tobytes()


def unpack(descriptors: Sequence[bytes | None]) -> tuple[np.ndarray, np.ndarray]:
    """Records of :data:`LAYOUT`, and which of them are known; the others are zero."""
    size = LAYOUT.itemsize
    fits = [item is not None and len(item) == size for item in descriptors]
    blank = bytes(size)
    raw = b"".join(
        item if ok and item else blank for item, ok in zip(descriptors, fits, strict=True)
    )
    records = np.frombuffer(raw, LAYOUT)
    return records, records["version"] == VERSION


def flags_of(descriptors: Sequence[bytes | None]) -> np.ndarray:
    """uint8, the flags of each, 0 of those that are not known: of 20,000 pictures the whole records
    take 13 MB.
    """
    size = LAYOUT.itemsize
    known = (item[1] if item and len(item) == size else 0 for item in descriptors)
    return np.fromiter(known, np.uint8, len(descriptors))


def in_parts(make: Callable[[np.ndarray], np.ndarray], records: np.ndarray) -> np.ndarray:
    """``make`` of some records at a time, put together: their cells take four times the memory."""
    starts = range(0, max(1, len(records)), _PART)
    return np.concatenate([make(records[start : start + _PART]) for start in starts])


def solid_box(content: np.ndarray) -> Box:
    """What is more seen than seen through: a copy with a softer edge has the same."""
    return content_box(content, least_alpha=128)


def cells(records: np.ndarray) -> np.ndarray:
    """The thumbnails as float32 ``[n, 12, 12, 4]``: light and color as far as they are visible
    (0 is mid grey or nothing, 1 is 50 Lab steps), and how much of each cell is.
    """
    found = np.empty((len(records), SIDE, SIDE, 4), np.float32)
    np.divide(records["alpha"], np.float32(255), out=found[..., 3])
    np.subtract(records["lab"], np.float32(128), out=found[..., :3])
    found[..., :3] *= found[..., 3:] / np.float32(50)
    return found


def halved(cells: np.ndarray) -> np.ndarray:
    """``[n, 2 m, 2 m, c]`` averaged to ``[n, m, m, c]``."""
    rows = cells[:, ::2] + cells[:, 1::2]
    return (rows[:, :, ::2] + rows[:, :, 1::2]) / np.float32(4)


def orientations(array: np.ndarray) -> list[np.ndarray]:
    """The square ``[n, n, …]`` turned left by 0, 90, 180 and 270 degrees, then mirrored left to
    right and turned so.
    """
    both = (array, array[:, ::-1])
    return [np.rot90(square, quarters) for square in both for quarters in range(4)]


def hashes(grey: np.ndarray) -> list[int]:
    """Difference hashes, 64 bits each, of the eight :func:`orientations` of ``grey`` ``[h, w]``
    padded to a square with mid grey.
    """
    return [_hash(square) for square in orientations(_grid(grey))]


def difference_hash(grey: np.ndarray) -> int:
    """64 bits saying where ``grey`` ``[h, w]``, padded to a square, gets lighter to the right."""
    return _hash(_grid(grey))


def soft_edge(alpha: np.ndarray) -> float:
    """How wide the half transparent band round the subject is, as a share of the longest side.

    ``alpha`` is uint8 ``[h, w]``. A clean cut-out has the pixel of its anti-aliasing; none is 0.
    """
    band = int(np.count_nonzero((alpha >= _CLEAR) & (alpha < _SOLID)))
    seen = alpha >= 128
    steps = np.count_nonzero(seen[1:] != seen[:-1]) + np.count_nonzero(seen[:, 1:] != seen[:, :-1])
    # Steps along rows and columns count a slanted line 4 / pi times too long on average.
    length = max(1.0, float(steps) * np.pi / 4)
    return min(1.0, band / length / max(alpha.shape))


def padded(array: np.ndarray, value: int) -> np.ndarray:
    """``[h, w, …]`` in the middle of a square of ``value``."""
    height, width = array.shape[:2]
    side = max(height, width)
    if height == width:
        return array
    square = np.full((side, side, *array.shape[2:]), value, array.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = array
    return square


def _grid(grey: np.ndarray) -> np.ndarray:
    """72 x 72 float32, from which the 9 x 8 cells of every orientation are exact averages."""
    square = padded(grey, MID[0])
    times = -(-_GRID // square.shape[0])
    if times > 1:  # averaging never enlarges
        square = square.repeat(times, 0).repeat(times, 1)
    return resize_area(square.astype(np.float32), (_GRID, _GRID))


def _hash(grid: np.ndarray) -> int:
    small = grid.reshape(8, _GRID // 8, 9, _GRID // 9).mean((1, 3))
    bits = (small[:, 1:] > small[:, :-1] + 1.0).ravel()  # flat areas must not toss coins
    return int(np.packbits(bits).view(">u8")[0])


def _thumbnail(content: np.ndarray, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lab uint8 ``[12, 12, 3]`` of what is visible in each cell, and how much of it is."""
    import cv2

    colors = _reduced(padded(flat, MID[0]).astype(np.float32))
    share = _reduced(padded(content[..., 3], 0).astype(np.float32))[..., None] / 255
    straight = MID[0] + (colors - MID[0]) / np.maximum(share, 1 / 64)
    lab = cv2.cvtColor(np.clip(straight, 0, 255) / np.float32(255), cv2.COLOR_RGB2Lab)
    values = np.rint(lab * (2.55, 1, 1) + (0, 128, 128))
    return np.clip(values, 0, 255), np.rint(share[..., 0] * 255)


def _reduced(square: np.ndarray) -> np.ndarray:
    times = -(-SIDE // square.shape[0])
    if times > 1:
        square = square.repeat(times, 0).repeat(times, 1)
    return resize_area(square, (SIDE, SIDE))
