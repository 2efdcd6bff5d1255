"""The canvas of the tour: a sheet of icons with one rough sketch, and its repainting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engine.canvas.brush import Brush
from engine.canvas.document import Document
from engine.canvas.rect import Rect
from engine.canvas.selection import rectangle
from engine.dataset.captions import from_file_name
from engine.imaging.adjust import resize

# Half the size at which the model paints: what it paints comes back twice as sharp, and its blocks
# are as large as those of the icons.
FIELD = 64
COLUMNS, ROWS = 3, 2
SKETCH_FIELD = Rect(FIELD, FIELD, FIELD, FIELD)
# What is selected leaves a margin, in which the result fades into the sheet.
MARGIN = 4
SKETCH = SKETCH_FIELD.grown(-MARGIN)
# Captions say "white background", and transparent parts were filled so for training.
SHEET = (255, 255, 255)

# An apple in color masses, as an artist blocks it in: path in the field, radius, color.
_MASSES: tuple[tuple[tuple[tuple[int, int], ...], float, tuple[int, int, int]], ...] = (
    (((25, 37), (39, 37)), 15, (206, 44, 44)),
    (((32, 23), (33, 15)), 2.5, (104, 66, 40)),
    (((35, 17), (42, 14)), 4, (80, 160, 60)),
)


def icon_sheet(pictures: Mapping[str, np.ndarray]) -> Document:
    """A white sheet of six fields: up to five ``pictures`` (RGB uint8 by file name), and a sketch.

    The sketch is painted with the brush on a layer of its own, in the middle of the lower row, and
    selected.
    """
    document = Document(COLUMNS * FIELD, ROWS * FIELD)
    sheet = np.full((document.height, document.width, 3), SHEET, np.uint8)
    document.add_layer("Sheet", sheet)
    fields = [f for f in _fields() if f != SKETCH_FIELD]
    for field, (file, picture) in zip(fields, pictures.items(), strict=False):
        icon = resize(picture, (FIELD, FIELD))
        name = from_file_name(Path(file).stem).capitalize()
        document.add_layer(name, icon, x=field.x, y=field.y, source=file)
    sketch = document.add_layer("Apple, blocked in")
    for points, radius, color in _MASSES:
        brush = Brush(radius=radius, hardness=0.9, color=color)
        path = [(SKETCH_FIELD.x + x, SKETCH_FIELD.y + y, 1.0) for x, y in points]
        document.paint(sketch.id, path, brush)
    document.select(rectangle(document.size, SKETCH))
    return document


def differing_outside(before: np.ndarray, after: np.ndarray, rect: Rect) -> int:
    """How many pixels differ outside ``rect``."""
    changed = (before != after).any(axis=2)
    changed[rect.slices] = False
    return int(changed.sum())


def differing_inside(before: np.ndarray, after: np.ndarray, rect: Rect) -> int:
    """How many pixels differ inside ``rect``."""
    return int((before[rect.slices] != after[rect.slices]).any(axis=2).sum())


def _fields() -> list[Rect]:
    return [
        Rect(column * FIELD, row * FIELD, FIELD, FIELD)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
