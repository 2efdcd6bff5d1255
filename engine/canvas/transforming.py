"""Scaling, turning and distorting the content of layers, or what is selected of it.

As with :mod:`engine.canvas.covering` the slow part works on copies: :meth:`Transforming.lift` takes
them, :func:`transformed` works in another thread with a matrix of :mod:`engine.canvas.warping`, and
:meth:`Transforming.put_transformed` is one undo step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.canvas.history import Change, Edit, FieldEdit, SelectionEdit, TilesEdit, Together
from engine.canvas.layer import Group, Layer, Mask, Node
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.snapshots import Snapshots
from engine.canvas.tiles import Tiles, tile_rect
from engine.canvas.warping import Resampling, warped
from engine.runtime.errors import BadInputError

Array = np.ndarray


@dataclass(frozen=True)
class Part:
    """The raster of a layer, or of the mask of a node, and its place when it was lifted."""

    node_id: str
    tiles: Tiles
    x: int
    y: int
    is_mask: bool = False

    @property
    def bounds(self) -> Rect:
        """The document rectangle around what it holds."""
        return self.tiles.bounds().moved(self.x, self.y)


@dataclass(frozen=True)
class Lifted:
    """What is to be transformed: ``parts`` of layers, and the ``selection`` that limits it.

    ``area`` is the document; what is transformed is kept as far as one document beyond it.
    """

    parts: tuple[Part, ...]
    selection: Tiles | None
    area: Rect

    @property
    def bounds(self) -> Rect:
        """The document rectangle around all that will move."""
        around = EMPTY
        for part in self.parts:
            if not part.is_mask:
                around = around.united(part.bounds)
        if self.selection is not None:
            around = around.intersected(self.selection.bounds())
        return around

    @property
    def reach(self) -> Rect:
        """Where transformed pixels are kept."""
        return self.area.grown(max(self.area.width, self.area.height))


@dataclass(frozen=True)
class Transformed:
    """The rasters of the parts afterwards, in their order, and the selection."""

    tiles: tuple[Tiles, ...]
    selection: Tiles | None


class Transforming(Snapshots):
    """What is lifted from a document is transformed elsewhere and put back."""

    def lift(self, node_ids: Sequence[str]) -> Lifted:
        """The pixels and masks of layers and of all that groups hold, or what is selected of them.

        Raises BadInputError when one of them is locked, or nothing is there to be transformed.
        """
        self._settle()
        chosen = [
            one
            for node in self._movable(node_ids)
            for one in (node, *(node.walk() if isinstance(node, Group) else ()))
        ]
        selection = None if self.selection is None else self.selection.copy()
        parts = [part for node in chosen for part in _parts(node, selection is None)]
        lifted = Lifted(tuple(parts), selection, self.bounds)
        if lifted.bounds.empty:
            raise BadInputError(
                "There is nothing here to transform.",
                remedy="Choose a layer with pixels, or select some of them.",
            )
        return lifted

    def put_transformed(self, lifted: Lifted, done: Transformed) -> Change | None:
        """Let the layers be what they were transformed to; None when one of them, or the selection,
        has changed since they were lifted.
        """
        self._settle()
        if not self.is_there(lifted):
            return None
        edits: list[Edit] = []
        for part, tiles in zip(lifted.parts, done.tiles, strict=True):
            if part.is_mask:
                mask = self.node(part.node_id).mask
                assert mask is not None
                edits.append(FieldEdit(part.node_id, {"mask": replace(mask, tiles=tiles)}))
            else:
                changes = self.layer(part.node_id).tiles.difference(tiles)
                edits.append(TilesEdit(part.node_id, changes))
        if lifted.selection is not None:
            left = done.selection if done.selection is not None and len(done.selection) else None
            edits.append(SelectionEdit(left))
        return self._do("Transform", Together(edits), lifted.parts[-1].node_id)

    def is_there(self, lifted: Lifted) -> bool:
        """Whether the layers and the selection are what they were when they were lifted."""
        present = {node.id: node for node in self.nodes()}
        alike = _are_alike(lifted.selection, self.selection)
        return alike and all(_is_there(present.get(part.node_id), part) for part in lifted.parts)


def _are_alike(one: Tiles | None, other: Tiles | None) -> bool:
    if one is None or other is None:
        return one is other
    return not other.difference(one)


def _is_there(node: Node | None, part: Part) -> bool:
    on = node.mask if node is not None and part.is_mask else node
    if not isinstance(on, Layer | Mask):
        return False
    return (on.x, on.y) == (part.x, part.y) and not on.tiles.difference(part.tiles)


def _parts(node: Node, with_mask: bool) -> list[Part]:
    parts: list[Part] = []
    if isinstance(node, Layer):
        parts.append(Part(node.id, node.tiles.copy(), node.x, node.y))
    if with_mask and node.mask is not None:
        mask = node.mask
        parts.append(Part(node.id, mask.tiles.copy(), mask.x, mask.y, is_mask=True))
    return parts


def transformed(
    lifted: Lifted,
    matrix: Array,
    how: Resampling,
    breathe: Callable[[], object] = lambda: None,
) -> Transformed:
    """Every part through ``matrix``; ``breathe`` is called for every tile and may raise to stop.

    With a selection only what it holds moves, and lies over what stays; the selection goes along.
    """
    selection = lifted.selection
    done: list[Tiles] = []
    for part in lifted.parts:
        local = _local(matrix, part.x, part.y)
        within = lifted.reach.moved(-part.x, -part.y)
        if selection is None:
            done.append(warped(part.tiles, local, how, within, breathe))
            continue
        taken, rest = split(part, selection)
        moved = warped(taken, local, how, within, breathe)
        done.append(_laid(moved, rest))
    if selection is not None:
        smooth: Resampling = "linear" if how == "bicubic" else how
        selection = warped(selection, matrix, smooth, lifted.area, breathe)
    return Transformed(tuple(done), selection)


def _local(matrix: Array, x: int, y: int) -> Array:
    """The matrix for a raster whose pixel (0, 0) lies at (x, y) of the document."""
    out, back = np.eye(3), np.eye(3)
    out[:2, 2], back[:2, 2] = (x, y), (-x, -y)
    made: Array = back @ matrix @ out
    return made


def split(part: Part, selection: Tiles) -> tuple[Tiles, Tiles]:
    """What of a layer is selected, and what stays."""
    taken, rest = Tiles(4), part.tiles.copy()
    for key in part.tiles:
        place = tile_rect(key)
        chosen = selection.view(place.moved(part.x, part.y))
        if chosen is None or not chosen.any():
            continue
        pixels = part.tiles.read(place)
        alpha = pixels[..., 3].astype(np.float32)
        share = np.rint(alpha * (chosen / np.float32(255))).astype(np.uint8)
        left = pixels.copy()
        left[..., 3] -= share
        pixels[..., 3] = share
        taken.write(place, pixels)
        rest.write(place, left)
        rest.trim([key])
    return taken, rest


def _laid(upper: Tiles, lower: Tiles) -> Tiles:
    """``upper`` over ``lower``; where one is empty the other stays byte for byte."""
    result = lower.copy()
    for key in upper:
        place = tile_rect(key)
        above, below = upper.read(place), lower.read(place)
        alpha = above[..., 3:].astype(np.float32) / np.float32(255)
        kept = below[..., 3:].astype(np.float32) / np.float32(255) * (1 - alpha)
        whole = alpha + kept
        mixed = (alpha * above[..., :3] + kept * below[..., :3]) / np.maximum(whole, 1e-6)
        pixels = np.empty_like(above)
        pixels[..., :3] = np.rint(np.clip(mixed, 0, 255))
        pixels[..., 3:] = np.rint(whole * 255)
        pixels = np.where(alpha == 0, below, np.where(kept == 0, above, pixels))
        result.write(place, pixels)
    return result
