"""Channels of Photoshop documents as pixels: every depth and color mode as 8 bits of sRGB."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image
from psd_tools.compression import decode_prediction, decode_rle
from psd_tools.constants import ColorMode, Compression
from psd_tools.psd.header import FileHeader

from engine.canvas.blobs import FARTHEST
from engine.imaging.decode import apply_profile
from engine.imaging.srgb import is_srgb

Array = np.ndarray
TRANSPARENT = -1
COLORS = {
    ColorMode.RGB: 3,
    ColorMode.CMYK: 4,
    ColorMode.LAB: 3,
    ColorMode.GRAYSCALE: 1,
    ColorMode.DUOTONE: 1,
    ColorMode.INDEXED: 1,
    ColorMode.BITMAP: 1,
}
"""How many channels the colors of a pixel have."""

DAMAGE = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError, zlib.error)
"""What decoding a damaged layer raises."""

_MODES = {ColorMode.RGB: "RGB", ColorMode.CMYK: "CMYK", ColorMode.LAB: "LAB"}


def check_place(x: int, y: int) -> None:
    """ValueError for a layer that lies where no picture is."""
    if max(abs(x), abs(y)) > FARTHEST:
        raise ValueError("a layer is too far away")


@dataclass(frozen=True)
class Pixels:
    """How the pixels of one file are to be understood.

    ``palette`` holds the colors of an indexed document, uint8 [256, 3].
    """

    header: FileHeader
    profile: bytes = b""
    palette: Array | None = None

    @property
    def colors(self) -> int:
        """Channels that are color; what follows is transparency or a kept selection."""
        return COLORS[self.header.color_mode]

    def plane(
        self, compression: Compression, data: bytes, width: int, height: int, *, color: bool
    ) -> Array:
        """One channel, uint8 [height, width]; ``color`` tells it from transparency and masks.

        Raises ValueError or zlib.error when damaged.
        """
        depth = self.header.depth
        row = (width * depth + 7) // 8
        raw = _unpacked(compression, data, width, height, self.header)
        if len(raw) < row * height:
            raise ValueError("a channel ends early")
        return _eight_bit(raw[: row * height], width, height, depth, color)

    def rgba(self, planes: Mapping[int, Array]) -> Array:
        """Straight RGBA of channels by their number, alpha -1 (opaque where there is none).

        Raises LookupError when a color is missing.
        """
        color = self._rgb([planes[number] for number in range(self.colors)])
        alpha = planes.get(TRANSPARENT)
        if alpha is None:
            alpha = np.full(color.shape[:2], 255, np.uint8)
        return np.dstack([color, alpha])

    def _rgb(self, planes: list[Array]) -> Array:
        mode = self.header.color_mode
        if self.palette is not None:
            return self.palette[planes[0]]
        if mode == ColorMode.CMYK:  # stored as how much paper is seen
            planes = [255 - plane for plane in planes]
        if self.colors == 1:
            image = Image.fromarray(planes[0])
        else:
            image = Image.merge(_MODES[mode], [Image.fromarray(plane) for plane in planes])
        if mode == ColorMode.RGB and is_srgb(self.profile):
            return np.asarray(image)
        return np.asarray(apply_profile(image, self.profile))


def _unpacked(
    compression: Compression, data: bytes, width: int, height: int, header: FileHeader
) -> bytes:
    """The bytes of a channel. psd-tools itself would put black where a channel is damaged."""
    if compression == Compression.RAW:
        return data
    if compression == Compression.RLE:
        counts = np.frombuffer(data, (">u2", ">u4")[header.version - 1], height)
        if counts.nbytes + int(counts.sum(dtype=np.int64)) > len(data):
            raise ValueError("rows are missing")  # they would be filled up in silence
        return decode_rle(data, width, height, header.depth, header.version)
    most = (width * header.depth + 7) // 8 * height
    raw = zlib.decompressobj().decompress(data, most)
    if compression == Compression.ZIP:
        return raw
    return decode_prediction(raw, width, height, header.depth)


def _eight_bit(raw: bytes, width: int, height: int, depth: int, color: bool) -> Array:
    if depth == 8:
        return np.frombuffer(raw, np.uint8).reshape(height, width)
    if depth == 16:
        deep = np.frombuffer(raw, ">u2").reshape(height, width)
        return ((deep.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if depth == 32:
        light = np.nan_to_num(np.frombuffer(raw, ">f4").reshape(height, width))
        light = np.clip(light, 0, 1)
        return np.rint((_encoded(light) if color else light) * 255).astype(np.uint8)
    bits = np.unpackbits(np.frombuffer(raw, np.uint8).reshape(height, -1), axis=1)
    return np.where(bits[:, :width] > 0, 0, 255).astype(np.uint8)  # a set bit is ink


def _encoded(light: Array) -> Array:
    """Linear light as sRGB values, both 0..1 (IEC 61966-2-1); 32-bit documents are linear."""
    low = light * 12.92
    return np.where(light <= 0.0031308, low, 1.055 * np.power(light, 1 / 2.4) - 0.055)
