"""A grid as a Photoshop document: a layer a cell in the sheet's layout, a group a row.

Under the cells of each row lies the paper with its name, so that a row can be moved as one. The
merged picture is what other programs show. A PSD holds at most 30,000 pixels a side (Adobe
Photoshop File Formats Specification).
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from psd_tools import PSDImage
from psd_tools.api.layers import GroupMixin

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


def write_psd(path: Path, sheet: Sheet, arrangement: Arrangement, words: Words, job: Job) -> int:
    """Write the document of ``sheet``; gives how many places have no picture."""
    if max(sheet.size) > LARGEST_SIDE:
        raise BadInputError(
            "A PSD holds at most 30,000 pixels a side; this sheet would be {width} × {height}.",
            width=f"{sheet.size[0]:,}",
            height=f"{sheet.size[1]:,}",
            remedy="Choose a smaller cell size, or fewer cells.",
        )
    merged, boxes = sheet.draw(job)
    document = _Document.frompil(merged)
    names = sheet.background()
    # The first row and the first column come last: they are the uppermost in the list of layers.
    for row in reversed(range(len(arrangement.rows))):
        head = arrangement.rows[row]
        group = document.create_group()
        group.name = _joined(head.title, head.label)
        _add(group, names, sheet.band(row), words("Row and column names"))
        for column in reversed(range(len(arrangement.columns))):
            job.breathe()
            if (row, column) in boxes:
                _add(group, merged, boxes[row, column], _name(head, arrangement.columns[column]))
    _add(document, names, sheet.head, words("Row and column names"))
    job.say("Writing {name}", name=path.name)
    with atomic_file(path) as stream:
        document.save(stream)
    return len(sheet.places()) - len(boxes)


def _add(place: GroupMixin, sheet: Image.Image, box: Box, name: str) -> None:
    """What lies in ``box`` of the sheet as the uppermost layer."""
    layer = place.create_pixel_layer(sheet.crop(box), top=box[1], left=box[0])
    layer.name = name  # in Unicode; the name a layer is made with is in MacRoman


def _name(row: Head, column: Head) -> str:
    """Short, and complete: layers are moved out of their groups."""
    return _joined(row.title, column.label, row.label, column.title)


def _joined(*parts: str) -> str:
    name = ", ".join(" ".join(part.split()) for part in parts if part)
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST].rstrip()}…"
