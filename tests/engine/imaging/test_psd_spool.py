from __future__ import annotations

import errno
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import ColorMode, Compression
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.layer_and_mask import ChannelData, ChannelDataList

from engine.imaging.psd_spool import (
    MergedPicture,
    Spool,
    kept_channels,
    packed,
    spool_beside,
    strips_of,
)
from engine.runtime.errors import StorageError
from engine.runtime.job import Job
from engine.validation.export.request import ExportGridRequest
from engine.validation.export.run import run
from tests.engine.validation.exports import make_grid


def written(part) -> bytes:
    stream = io.BytesIO()
    count = part.write(stream)
    assert count == len(stream.getvalue())
    return stream.getvalue()


def test_channels_on_the_disk_are_written_as_those_in_memory(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (3, 40 * 30), np.uint8)
    channels = ChannelDataList([ChannelData(compression=Compression.RLE) for _ in noise])
    for channel, plane in zip(channels, noise, strict=True):
        channel.set_data(plane.tobytes(), 40, 30, 8)
    with spool_beside(tmp_path / "out" / "a.psd") as spool:
        kept = kept_channels(channels, spool)
        assert [one.data for one in kept] == [b"", b"", b""]
        assert kept._lengths == channels._lengths
        assert written(kept) == written(channels)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_merged_picture_is_that_of_psd_tools_byte_for_byte(tmp_path: Path) -> None:
    pixels = np.random.default_rng(2).integers(0, 255, (601, 33, 3), np.uint8)
    pixels[100:400] = 200
    image = Image.fromarray(pixels)
    header = FileHeader(width=33, height=601, channels=3, color_mode=ColorMode.RGB)
    whole = ImageData(compression=Compression.RLE)
    whole.set_data([band.tobytes() for band in image.split()], header)
    with spool_beside(tmp_path / "a.psd") as spool:
        merged = MergedPicture(packed(strips_of(image), spool), spool)
        assert merged.data == b""
        assert written(merged) == written(whole)


def test_a_document_shows_the_sheet_and_its_layers_make_it_up(tmp_path: Path) -> None:
    grid = make_grid(tmp_path / "grid")
    paths = {kind: tmp_path / f"sheet.{kind}" for kind in ("png", "psd")}
    for kind, path in paths.items():
        asked = {"grid": str(grid.folder), "path": str(path), "format": kind}
        run(ExportGridRequest.model_validate(asked), Job.detached())
    document = PSDImage.open(paths["psd"])
    sheet = np.asarray(Image.open(paths["png"]).convert("RGB"))
    shown = np.asarray(document.topil().convert("RGB"))
    assert np.array_equal(shown, sheet)
    made = np.zeros_like(sheet)
    for layer in document.descendants():
        if not layer.is_group():
            left, top, right, bottom = layer.bbox
            made[top:bottom, left:right] = np.asarray(layer.topil().convert("RGB"))
    assert np.array_equal(made, sheet)


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, data) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError, match="The disk is full"):
        Spool(Full(), tmp_path / "a.psd").keep(b"data")
