"""A grid as a Photoshop document: a layer a cell in the sheet's layout, a group a row.

Under the cells of each row lies the paper with its name, so that a row can be moved as one. The
merged picture is what other programs show. A PSD holds at most 30,000 pixels a side (Adobe
Photoshop File Formats Specification).
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from psd_tools import PSDImage
from psd_tools.api.layers import Group, GroupMixin
from psd_tools.constants import ColorMode
from psd_tools.psd import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_resources import ImageResources

from engine.imaging.psd_spool import (
    MergedPicture,
    Spool,
    kept_channels,
    packed,
    spool_beside,
    strips_of,
)
from engine.runtime.errors import BadInputError
from engine.runtime.files import atomic_file
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.export.arrangement import Arrangement, Head
from engine.validation.export.sheet import Box, Sheet

LARGEST_SIDE = 30_000
_LONGEST = 200  # letters of a name; the format takes 255


class _Document(PSDImage):
    """Its merged picture is the sheet already; composing the layers again would only take long."""

    def is_updated(self) -> bool:
        return False

    def finish(self, merged: MergedPicture) -> None:
        """What other programs show."""
        self._update_record()  # the layers as they are now, with their channels on the disk
        self._record.image_data = merged


def write_psd(path: Path, sheet: Sheet, arrangement: Arrangement, words: Words, job: Job) -> int:
    """Write the document of ``sheet``; gives how many places have no picture."""
    if max(sheet.size) > LARGEST_SIDE:
        raise BadInputError(
            "A PSD holds at most 30,000 pixels a side; this sheet would be {width} × {height}.",
            width=f"{sheet.size[0]:,}",
            height=f"{sheet.size[1]:,}",
            remedy="Choose a smaller cell size, or fewer cells.",
        )
    with spool_beside(path) as spool:
        boxes = _Layers(sheet, arrangement, words, spool).write(path, job)
    return len(sheet.places()) - len(boxes)


class _Layers:
    """Makes the document. Names are cut out of the sheet before its cells are drawn on it, so that
    there is only one sheet in memory.
    """

    def __init__(self, sheet: Sheet, arrangement: Arrangement, words: Words, spool: Spool) -> None:
        self._sheet, self._arrangement, self._spool = sheet, arrangement, spool
        self._paper = words("Row and column names")
        self._picture = sheet.background()
        self._head = self._picture.crop(sheet.head)
        header = FileHeader(
            width=sheet.size[0], height=sheet.size[1], channels=3, color_mode=ColorMode.RGB
        )
        self._document = _Document(PSD(header=header, image_resources=ImageResources.new()))

    def write(self, path: Path, job: Job) -> dict[tuple[int, int], Box]:
        """Write the document; gives where on it pictures lie, by row and column."""
        rows, columns = self._arrangement.rows, self._arrangement.columns
        # The first row and the first column come last: they are uppermost in the list of layers.
        groups = {row: self._group(row) for row in reversed(range(len(rows)))}
        boxes = self._sheet.draw(self._picture, job)
        for row, group in groups.items():
            for column in reversed(range(len(columns))):
                job.breathe()
                if (row, column) in boxes:
                    box = boxes[row, column]
                    name = _name(rows[row], columns[column])
                    self._add(group, self._picture.crop(box), box, name)
        self._add(self._document, self._head, self._sheet.head, self._paper)
        job.say("Writing {name}", name=path.name)
        channels = packed(strips_of(self._picture), self._spool)
        self._document.finish(MergedPicture(channels, self._spool))
        with atomic_file(path) as stream:
            self._document.save(stream)
        return boxes

    def _group(self, row: int) -> Group:
        """The group of a row with its paper."""
        head, band = self._arrangement.rows[row], self._sheet.band(row)
        group = self._document.create_group()
        group.name = _joined(head.title, head.label)
        self._add(group, self._picture.crop(band), band, self._paper)
        return group

    def _add(self, place: GroupMixin, image: Image.Image, box: Box, name: str) -> None:
        """``image`` as the uppermost layer of ``place``."""
        layer = place.create_pixel_layer(image, top=box[1], left=box[0])
        layer.name = name  # in Unicode; the name a layer is made with is in MacRoman
        layer._channels = kept_channels(layer._channels, self._spool)


def _name(row: Head, column: Head) -> str:
    """Short, and complete: layers are moved out of their groups."""
    return _joined(row.title, row.label, column.label, column.title)


def _joined(*parts: str) -> str:
    name = ", ".join(" ".join(part.split()) for part in parts if part)
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST].rstrip()}…"
