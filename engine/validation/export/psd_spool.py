"""Channels of a PSD that wait on the disk, compressed, until the document is written.

psd-tools keeps every layer and the merged picture in memory until then, several times the pixels
of the sheet. The compression is PackBits: for a channel the length of every row, two bytes each,
then the rows; for the merged picture the lengths of all channels come first (Adobe Photoshop File
Formats Specification, "Channel image data" and "Image Data Section").
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from PIL import Image
from psd_tools.compression import compress
from psd_tools.constants import Compression
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.layer_and_mask import ChannelData, ChannelDataList

from engine.runtime.files import storage_errors

_COUNT = 2  # bytes that tell the length of a row
_BLOCK = 1 << 20
_STRIP = 256  # rows that are compressed at once


@dataclass(frozen=True)
class _Place:
    start: int
    length: int


class Spool:
    """A file of compressed channels, gone when it is closed."""

    def __init__(self, stream: IO[bytes], target: Path) -> None:
        self._stream, self._target = stream, target

    def keep(self, data: bytes) -> _Place:
        """Put ``data`` at the end. Raises StorageError."""
        with storage_errors(self._target):
            start = self._stream.seek(0, 2)
            self._stream.write(data)
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


def kept_channels(channels: ChannelDataList, spool: Spool) -> ChannelDataList:
    """``channels`` with their data in ``spool``."""
    kept = ChannelDataList()
    for channel in channels:
        kept.append(_KeptChannel(channel, spool))
    return kept


class _KeptChannel(ChannelData):
    def __init__(self, channel: ChannelData, spool: Spool) -> None:
        super().__init__(compression=channel.compression)
        self._spool, self._place = spool, spool.keep(channel.data)

    @property
    def _length(self) -> int:
        return _COUNT + self._place.length

    def write(self, fp: IO[bytes], **kwargs: Any) -> int:
        fp.write(self.compression.value.to_bytes(2, "big"))
        self._spool.copy(self._place, fp)
        return self._length


class MergedPicture(ImageData):
    """The merged picture ``image`` in RGB, its channels compressed one after the other."""

    def __init__(self, image: Image.Image, spool: Spool) -> None:
        super().__init__(compression=Compression.RLE)
        self._spool = spool
        self._counts, self._rows = b"", list[_Place]()
        width, height = image.size
        for band in range(3):
            for top in range(0, height, _STRIP):
                strip = image.crop((0, top, width, min(height, top + _STRIP)))
                plane = strip.getchannel(band).tobytes()
                data = compress(plane, Compression.RLE, width, strip.height, 8)
                self._counts += data[: _COUNT * strip.height]
                self._rows.append(spool.keep(data[_COUNT * strip.height :]))

    def write(self, fp: IO[bytes], **kwargs: Any) -> int:
        """Write the section; gives its bytes."""
        fp.write(self.compression.value.to_bytes(2, "big"))
        fp.write(self._counts)
        for place in self._rows:
            self._spool.copy(place, fp)
        return 2 + len(self._counts) + sum(place.length for place in self._rows)
