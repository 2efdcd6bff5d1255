"""Channels of a PSD that wait on the disk, compressed, until the document is written.

psd-tools keeps every layer and the merged picture in memory until then, several times the pixels
of the document. The compression is PackBits: for a channel the length of every row, two bytes each
(four in a PSB), then the rows; for the merged picture the lengths of all channels come first (Adobe
Photoshop File Formats Specification, "Channel image data" and "Image Data Section").
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image
from psd_tools.compression import compress
from psd_tools.constants import Compression
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.layer_and_mask import ChannelData, ChannelDataList

from engine.runtime.files import storage_errors

_COUNT = {1: 2, 2: 4}  # bytes that tell the length of a row, by the version of the file
_BLOCK = 1 << 20
STRIP = 256
"""Rows that are compressed at once."""


@dataclass(frozen=True)
class _Place:
    start: int
    length: int


@dataclass(frozen=True)
class Packed:
    """A compressed channel: the lengths of its rows, and where in the spool the rows lie."""

    counts: bytes
    rows: tuple[_Place, ...]

    @property
    def length(self) -> int:
        """Bytes of it all."""
        return len(self.counts) + sum(place.length for place in self.rows)


class Spool:
    """A file of compressed channels, gone when it is closed."""

    def __init__(self, stream: IO[bytes], target: Path) -> None:
        self._stream, self._target = stream, target
        self.size = 0

    def keep(self, data: bytes) -> _Place:
        """Put ``data`` at the end. Raises StorageError."""
        with storage_errors(self._target):
            start = self._stream.seek(0, 2)
            self._stream.write(data)
        self.size = start + len(data)
        return _Place(start, len(data))

    def copy(self, place: _Place, into: IO[bytes]) -> None:
        """Write what was kept at ``place``."""
        self._stream.seek(place.start)
        left = place.length
        while left:
            block = self._stream.read(min(left, _BLOCK))
            into.write(block)
            left -= len(block)


@contextmanager
def spool_beside(target: Path) -> Iterator[Spool]:
    """A spool on the disk that ``target`` will be written to. Raises StorageError."""
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with storage_errors(target), tempfile.TemporaryFile(dir=target.parent) as stream:
        yield Spool(stream, target)


def packed(strips: Iterable[np.ndarray], spool: Spool, version: int = 1) -> list[Packed]:
    """The channels of a picture that comes as ``strips`` uint8 [h, w, channels], top first.

    ``version`` is 1 for a PSD and 2 for a PSB.
    """
    counts: list[bytes] = []
    rows: list[list[_Place]] = []
    for strip in strips:
        height, width, channels = strip.shape
        counts, rows = counts or [b""] * channels, rows or [[] for _ in range(channels)]
        head = _COUNT[version] * height
        for band in range(channels):
            plane = np.ascontiguousarray(strip[..., band]).tobytes()
            data = compress(plane, Compression.RLE, width, height, 8, version)
            counts[band] += data[:head]
            rows[band].append(spool.keep(data[head:]))
    return [Packed(*one) for one in zip(counts, map(tuple, rows), strict=True)]


def strips_of(image: Image.Image) -> Iterator[np.ndarray]:
    """An RGB picture from top to bottom, as :func:`packed` takes it."""
    width, height = image.size
    for top in range(0, height, STRIP):
        yield np.asarray(image.crop((0, top, width, min(height, top + STRIP))))


def kept_channels(channels: ChannelDataList, spool: Spool) -> ChannelDataList:
    """``channels`` with their data in ``spool``."""
    kept = ChannelDataList()
    for channel in channels:
        place = spool.keep(channel.data)
        kept.append(KeptChannel(Packed(b"", (place,)), spool, channel.compression))
    return kept


class KeptChannel(ChannelData):
    """A channel of a layer whose data are in a spool."""

    def __init__(
        self, packed: Packed, spool: Spool, compression: Compression = Compression.RLE
    ) -> None:
        super().__init__(compression=compression)
        self._spool, self._packed = spool, packed

    @property
    def _length(self) -> int:
        return 2 + self._packed.length

    def write(self, fp: IO[bytes], **kwargs: Any) -> int:
        fp.write(self.compression.value.to_bytes(2, "big"))
        fp.write(self._packed.counts)
        for place in self._packed.rows:
            self._spool.copy(place, fp)
        return self._length


class MergedPicture(ImageData):
    """The merged picture, its channels one after the other."""

    def __init__(self, channels: Sequence[Packed], spool: Spool) -> None:
        super().__init__(compression=Compression.RLE)
        self._spool, self._channels = spool, channels

    def write(self, fp: IO[bytes], **kwargs: Any) -> int:
        """Write the section; gives its bytes."""
        fp.write(self.compression.value.to_bytes(2, "big"))
        for channel in self._channels:
            fp.write(channel.counts)
        for channel in self._channels:
            for place in channel.rows:
                self._spool.copy(place, fp)
        return 2 + sum(channel.length for channel in self._channels)
