"""A layered document and every operation on it. Each operation can be undone.

An operation gives back the :class:`Change` it made, so that a view redraws only that rectangle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from engine.canvas import selecting
from engine.canvas.arranging import moves
from engine.canvas.brush import Brush, Stroke, blend
from engine.canvas.collage import Collaging
from engine.canvas.core import Guide, check_size
from engine.canvas.covering import Covering
from engine.canvas.history import (
    Change,
    Edit,
    FieldEdit,
    FrameEdit,
    SelectionEdit,
    StackEdit,
    TilesEdit,
    Together,
    around,
)
from engine.canvas.layer import Layer, Mask, Node, layer_of
from engine.canvas.raster import as_rgba
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.resizing import Resizing
from engine.canvas.tiles import Tiles, keys_in, tile_rect
from engine.runtime.errors import BadInputError

StrokeMaker = Callable[[Node, Layer | Mask, Brush, Rect, Tiles | None], Stroke]


class Document(Collaging, Resizing):
    """Layers and groups, a selection, painting, and a history."""

    _stroke: Stroke | None = None
    _mask_before: Mask | None = None

    # Selection

    def select(self, selection: Tiles | None) -> Change:
        """Select by a raster of one channel; None or an empty one selects nothing.

        It is taken as it is and must not be changed afterwards.
        """
        if selection is not None and selection.channels != 1:
            raise BadInputError("A selection needs one value for each pixel.")
        if selection is not None and selection.bounds().intersected(self.bounds).empty:
            selection = None
        return self._do("Select", SelectionEdit(selection))

    @property
    def selection_bounds(self) -> Rect:
        """The rectangle around the selection; the whole document when nothing is selected."""
        if self.selection is None:
            return self.bounds
        return self.selection.bounds().intersected(self.bounds)

    # The frame

    def crop(self, rect: Rect) -> Change:
        """Let the document be ``rect`` of what it was, which may reach beyond it.

        Nothing is cut off: what lies outside is still there when the document grows again. Raises
        BadInputError for sides that no document can have.
        """
        return self._do("Crop canvas", Together(self._framed(rect)))

    def add_beyond(self, layer: Layer, *, above: str = "", what: str = "Add layer") -> Change:
        """Put a layer above the node ``above``, or on top; the document grows to show all of it.

        One step. Raises BadInputError where it would be larger than a document can be.
        """
        area = self.bounds.united(layer.bounds)
        edits = self._framed(area) if area != self.bounds else []
        layer.x, layer.y = layer.x - area.x, layer.y - area.y
        parent = self.group_of(above) if above else self.root
        place = self.index(above) + 1 if above else len(parent.children)
        stack = [*parent.children[:place], layer, *parent.children[place:]]
        return self._do(what, Together([*edits, StackEdit([(parent, stack)])]), layer.id)

    def _framed(self, rect: Rect) -> list[Edit]:
        """The edits that let the document be ``rect`` of what it was."""
        check_size(rect.width, rect.height)
        frame = {
            "width": rect.width,
            "height": rect.height,
            "guides": self._guides_in(rect),
            "origin": (self.origin[0] + rect.x, self.origin[1] + rect.y),
        }
        edits: list[Edit] = [FrameEdit(frame), *moves(self.nodes(), -rect.x, -rect.y)]
        if self.selection is not None:
            area = Rect(0, 0, rect.width, rect.height)
            left = selecting.moved(self.selection, -rect.x, -rect.y, area)
            edits.append(SelectionEdit(left if len(left) else None))
        return edits

    def set_guides(self, guides: Sequence[Guide], *, continuing: bool = False) -> Change:
        """Lay other guides. ``continuing`` joins it to the step before (one that is dragged)."""
        return self._do("Guides", FrameEdit({"guides": tuple(guides)}), join=continuing)

    def _guides_in(self, rect: Rect) -> tuple[Guide, ...]:
        starts = {"x": rect.x, "y": rect.y}
        return tuple(guide._replace(at=guide.at - starts[guide.axis]) for guide in self.guides)

    # Painting

    def begin_stroke(
        self, node_id: str, brush: Brush, *, on_mask: bool = False, make: StrokeMaker = Stroke
    ) -> Stroke:
        """Start to paint on a layer, or on the mask of a layer or group.

        ``make`` is the class of another stroke (:mod:`engine.canvas.retouch`). Draw with
        ``stroke.to(x, y, pressure)`` and close with :meth:`end_stroke`.
        """
        self.end_stroke()
        node = self._unlocked(node_id)
        if on_mask:
            if node.mask is None:
                raise BadInputError("This layer has no mask.")
            self._mask_before = node.mask
            node.mask = replace(node.mask, tiles=node.mask.tiles.copy())
            self._stroke = make(node, node.mask, brush, self.bounds, self.selection)
        else:
            layer = self.layer(node_id)
            self._stroke = make(layer, layer, brush, self.bounds, self.selection)
        return self._stroke

    def end_stroke(self) -> Change:
        """Close the stroke under way as one step; nothing happens when there is none."""
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return Change(EMPTY, "")
        node, on = stroke.node, stroke.on
        if not stroke.touched:
            if isinstance(on, Mask):
                node.mask = self._mask_before
            return Change(EMPTY, "")
        on.tiles.trim(stroke.touched)
        changes = on.tiles.difference(stroke.before)
        edit: Edit = TilesEdit(node.id, changes)
        if isinstance(on, Mask):
            edit = FieldEdit(node.id, {"mask": self._mask_before}, edit.bytes)
        return self._note(stroke.what, edit, node.id, around(changes).moved(on.x, on.y))

    def paint(
        self, layer_id: str, points: Sequence[tuple[float, float, float]], brush: Brush
    ) -> Change:
        """One whole stroke through (x, y, pressure)."""
        stroke = self.begin_stroke(layer_id, brush)
        for x, y, pressure in points:
            stroke.to(x, y, pressure)
        return self.end_stroke()

    def fill(self, layer_id: str, color: tuple[int, int, int]) -> Change:
        """Fill the selection, or the whole document, with ``color``."""
        return self._blend_selection(layer_id, color, "Fill")

    def clear(self, layer_id: str) -> Change:
        """Make the selection, or all of the layer in the document, transparent."""
        return self._blend_selection(layer_id, None, "Clear")

    def set_pixels(self, layer_id: str, rect: Rect, pixels: np.ndarray, what: str) -> Change:
        """Put straight RGBA uint8 [h, w, 4] at document rectangle ``rect`` of a layer."""
        self._settle()
        layer = self._paintable(layer_id)
        before = layer.tiles.copy()
        layer.tiles.write(rect.moved(-layer.x, -layer.y), pixels)
        return self._painted(layer, before, what)

    def covering(self, node_id: str, *, on_mask: bool = False) -> Covering:
        """What it takes to lay paint on a layer or on a mask, also in another thread."""
        self._settle()
        on = self._paintable_raster(node_id, on_mask)
        selected = None if self.selection is None else self.selection.copy()
        locked = isinstance(on, Layer) and on.alpha_locked
        before = on.tiles.copy()
        return Covering(node_id, before, on.x, on.y, on_mask, locked, selected, self.bounds)

    def put_covering(self, covering: Covering, painted: Tiles, what: str) -> Change | None:
        """Let the layer be ``painted``. None when it was changed since ``covering`` was taken."""
        self._settle()
        on = self._paintable_raster(covering.node_id, covering.on_mask)
        moved = (on.x, on.y) != (covering.x, covering.y)
        if moved or on.tiles.difference(covering.before):
            return None
        if isinstance(on, Mask):
            edit = FieldEdit(covering.node_id, {"mask": replace(on, tiles=painted)})
            return self._do(what, edit, covering.node_id)
        keys = painted.difference(on.tiles)
        on.tiles.exchange({key: painted.get(key) for key in keys})
        return self._painted(on, covering.before, what)

    def _paintable_raster(self, node_id: str, on_mask: bool) -> Layer | Mask:
        if not on_mask:
            return self._paintable(node_id)
        mask = self._unlocked(node_id).mask
        if mask is None:
            raise BadInputError("This layer has no mask.")
        return mask

    def _settle(self) -> None:
        super()._settle()
        self.end_stroke()

    def _paintable(self, layer_id: str) -> Layer:
        self._unlocked(layer_id)
        return self.layer(layer_id)

    def _painted(self, layer: Layer, before: Tiles, what: str) -> Change:
        """Note what a layer's tiles were before they were written to."""
        changes = layer.tiles.difference(before)
        layer.touch()
        rect = around(changes).moved(layer.x, layer.y)
        return self._note(what, TilesEdit(layer.id, changes), layer.id, rect)

    def _blend_selection(
        self, layer_id: str, color: tuple[int, int, int] | None, what: str
    ) -> Change:
        self._settle()
        layer = self._paintable(layer_id)
        before, tiles = layer.tiles.copy(), layer.tiles
        rect = self.selection_bounds.moved(-layer.x, -layer.y)
        if self.selection is None and not layer.alpha_locked:
            tiles.fill(rect, (0, 0, 0, 0) if color is None else (*color, 255))
            return self._painted(layer, before, what)
        for key in keys_in(rect):
            part = tile_rect(key).intersected(rect)
            alpha: np.ndarray = np.ones((part.height, part.width), np.float32)
            if self.selection is not None:
                alpha = self.selection.read(part.moved(layer.x, layer.y)) / np.float32(255.0)
            if alpha.any() and (color is not None or tiles.get(key) is not None):
                filled = blend(tiles.read(part), alpha, color, alpha_locked=layer.alpha_locked)
                tiles.write(part, filled)
                tiles.trim([key])
        return self._painted(layer, before, what)


def from_picture(pixels: np.ndarray, name: str, source: str = "") -> Document:
    """A document of the picture's size with the picture (of file ``source``) as its only layer."""
    pixels = as_rgba(pixels)
    layer = layer_of(name, pixels, source=source)
    return Document(pixels.shape[1], pixels.shape[0], [layer])
