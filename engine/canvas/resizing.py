"""Another size for the whole document: every layer, mask and guide and the selection with it.

The slow part works on a frozen copy, so that another thread can do it: :func:`resized` works,
:meth:`Resizing.put_resized` is one undo step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.canvas.core import Core, Guide, check_size
from engine.canvas.history import Change, Edit, FieldEdit, FrameEdit, SelectionEdit, Together
from engine.canvas.layer import Layer
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.canvas.transforming import Transforming
from engine.canvas.warping import Resampling, warped


@dataclass(frozen=True)
class Resized:
    """A document of ``size``: new fields of its nodes by identifier. ``version`` is the one of the
    document that it was made of.
    """

    size: tuple[int, int]
    fields: dict[str, dict[str, Any]]
    guides: tuple[Guide, ...]
    selection: Tiles | None
    version: int

    @property
    def bytes(self) -> int:
        """Memory of the new pixels."""
        return sum(one["tiles"].bytes for one in self.fields.values() if "tiles" in one)


def resized(
    document: Core,
    size: tuple[int, int],
    how: Resampling,
    breathe: Callable[[], object] = lambda: None,
) -> Resized:
    """``document`` at ``size`` (width, height), also what lies beyond its border.

    ``breathe`` is called for every tile and may raise to stop. Raises BadInputError for sides that
    no document can have.
    """
    check_size(*size)
    scale = size[0] / document.width, size[1] / document.height
    fields: dict[str, dict[str, Any]] = {}
    for node in document.nodes():
        values: dict[str, Any] = {}
        if isinstance(node, Layer):
            tiles, x, y = _scaled(node.tiles, (node.x, node.y), scale, how, breathe)
            values |= {"tiles": tiles, "x": x, "y": y}
        if node.mask is not None:
            mask = node.mask
            tiles, x, y = _scaled(mask.tiles, (mask.x, mask.y), scale, how, breathe)
            values["mask"] = replace(mask, tiles=tiles, x=x, y=y)
        if values:
            fields[node.id] = values
    selection = None
    if document.selection is not None:
        selection = _scaled(document.selection, (0, 0), scale, how, breathe)[0]
    factors = {"x": scale[0], "y": scale[1]}
    guides = tuple(one._replace(at=round(one.at * factors[one.axis])) for one in document.guides)
    return Resized(size, fields, guides, selection, document.version)


class Resizing(Transforming):
    """A document that can be given another size."""

    def put_resized(self, made: Resized) -> Change | None:
        """Be what :func:`resized` made; None when anything has changed since."""
        self._settle()
        if made.version != self.version:
            return None
        width, height = made.size
        edits: list[Edit] = [FrameEdit({"width": width, "height": height, "guides": made.guides})]
        edits += [
            FieldEdit(one, dict(values), _cost(values)) for one, values in made.fields.items()
        ]
        if self.selection is not None:
            edits.append(SelectionEdit(made.selection))
        return self._do("Image size", Together(edits))


def _cost(values: dict[str, Any]) -> int:
    mask = values.get("mask")
    held = values["tiles"].bytes if "tiles" in values else 0
    return int(held + (mask.tiles.bytes if mask is not None else 0))


def _scaled(
    tiles: Tiles,
    place: tuple[int, int],
    scale: tuple[float, float],
    how: Resampling,
    breathe: Callable[[], object],
) -> tuple[Tiles, int, int]:
    """A raster at another size, and its new place on whole pixels."""
    x, y = round(place[0] * scale[0]), round(place[1] * scale[1])
    matrix = np.array(
        (
            (scale[0], 0, place[0] * scale[0] - x),
            (0, scale[1], place[1] * scale[1] - y),
            (0, 0, 1),
        ),
        np.float64,
    )
    everywhere = Rect(-(2**17), -(2**17), 2**18, 2**18)
    return warped(tiles, matrix, how, everywhere, breathe), x, y
