"""A layered document and every operation on it. Each operation can be undone.

An operation gives back the :class:`Change` it made, so that a view redraws only that rectangle.
Longer than other modules on purpose: all that may change a document, and so has to be undone and
counted, is in one class; what only reads or computes pixels is elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.canvas import composite as compositing
from engine.canvas.brush import Brush, Stroke, blend
from engine.canvas.composite import Compositor
from engine.canvas.history import (
    Change,
    Edit,
    FieldEdit,
    History,
    PatchEdit,
    SelectionEdit,
    StackEdit,
    Step,
    Together,
)
from engine.canvas.layer import Layer
from engine.canvas.raster import as_rgba
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.selection import bounds as mask_bounds
from engine.runtime.errors import BadInputError

LARGEST_SIDE = 16384


class Document:
    """Raster layers, bottom first, a selection and a history.

    ``selection`` is a uint8 mask [height, width] or None for "no selection". ``settings`` are plain
    values that are kept with the file (the last prompt, for example). ``encoded`` belongs to
    :mod:`engine.canvas.storage`. Not thread-safe: one thread at a time may change it.
    """

    def __init__(self, width: int, height: int, layers: Sequence[Layer] = ()) -> None:
        if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
            raise BadInputError(
                "A canvas of {width} x {height} pixels cannot be made.",
                width=width,
                height=height,
                remedy="Choose sides from 1 to 16384 pixels.",
            )
        self.width = width
        self.height = height
        self.layers: list[Layer] = list(layers)
        self.selection: np.ndarray | None = None
        self.settings: dict[str, Any] = {}
        self.history = History()
        self.encoded: dict[int, bytes] = {}
        self._copies: dict[int, np.ndarray] = {}
        self._compositor = Compositor()
        self._stroke: Stroke | None = None
        self._version = 0
        self._saved_version = 0

    # Reading

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @property
    def bounds(self) -> Rect:
        """The whole document."""
        return Rect(0, 0, self.width, self.height)

    @property
    def modified(self) -> bool:
        """Whether anything changed since the document was saved or opened."""
        return self._version != self._saved_version

    @property
    def version(self) -> int:
        """Counts every change, undo and redo included."""
        return self._version

    def mark_saved(self, version: int) -> None:
        """Note that the file on disk holds the state of ``version``."""
        self._saved_version = version

    def layer(self, layer_id: str) -> Layer:
        """The layer with this identifier, else BadInputError."""
        return self.layers[self.index(layer_id)]

    def index(self, layer_id: str) -> int:
        """The place of a layer in the stack, 0 at the bottom."""
        for index, layer in enumerate(self.layers):
            if layer.id == layer_id:
                return index
        raise BadInputError("This layer is no longer in the document.", id=layer_id)

    def composite(self, rect: Rect | None = None, active: str = "") -> np.ndarray:
        """Straight RGBA uint8 [h, w, 4] of ``rect`` or of all.

        With ``active`` (a layer's identifier) what lies under that layer is kept for next time.
        """
        rect = self.bounds if rect is None else rect
        if not active:
            return compositing.composite(self.layers, rect)
        return self._compositor.composite(self.layers, self.index(active), rect)

    def frozen(self) -> Document:
        """A copy of the present state for another thread, for example to save it.

        Only layers that changed since the last copy are copied; what was encoded is shared, so
        that saving a copy spares the next save too. ``mark_saved(copy.version)`` tells of it.
        """
        self.end_stroke()
        self._copies = {layer.revision: self._copied(layer) for layer in self.layers}
        layers = [replace(layer, pixels=self._copies[layer.revision]) for layer in self.layers]
        copy = Document(self.width, self.height, layers)
        copy.selection = self.selection
        copy.settings = json.loads(json.dumps(self.settings))
        copy.encoded = self.encoded
        copy._version = self._version
        return copy

    # Layers

    def add_layer(
        self,
        name: str,
        pixels: np.ndarray | None = None,
        *,
        x: int = 0,
        y: int = 0,
        above: str = "",
        recipe: dict[str, Any] | None = None,
        source: str = "",
        what: str = "Add layer",
    ) -> Layer:
        """Put a layer above the layer ``above``, or on top; transparent when no ``pixels``."""
        if pixels is None:
            pixels = np.zeros((self.height, self.width, 4), np.uint8)
        layer = Layer(name, as_rgba(pixels), x, y, recipe=recipe, source=source)
        place = self.index(above) + 1 if above else len(self.layers)
        self._restack([*self.layers[:place], layer, *self.layers[place:]], what, layer.id)
        return layer

    def duplicate_layer(self, layer_id: str, name: str) -> Layer:
        """Put a copy of a layer right above it."""
        copy = self.layer(layer_id).duplicate(name)
        place = self.index(layer_id) + 1
        self._restack(
            [*self.layers[:place], copy, *self.layers[place:]], "Duplicate layer", copy.id
        )
        return copy

    def merge_down(self, layer_id: str) -> Change:
        """Make one layer of this one and the one below, looking as both did; one step.

        The merged layer keeps the name of the lower one. Raises BadInputError at the bottom, and
        when either is locked.
        """
        place = self.index(layer_id)
        if place == 0:
            raise BadInputError("There is no layer below to merge with.")
        pair = [self._paintable(self.layers[place - 1].id), self._paintable(layer_id)]
        area = pair[0].bounds.united(pair[1].bounds)
        merged = Layer(pair[0].name, compositing.composite(pair, area), area.x, area.y)
        layers = [*self.layers[: place - 1], merged, *self.layers[place + 1 :]]
        return self._restack(layers, "Merge layers", merged.id)

    def remove_layer(self, layer_id: str) -> Change:
        """Take a layer out."""
        removed = self._paintable(layer_id)
        rest = [layer for layer in self.layers if layer is not removed]
        return self._restack(rest, "Remove layer", layer_id)

    def reorder_layer(self, layer_id: str, index: int) -> Change:
        """Move a layer to place ``index`` of the stack, 0 at the bottom."""
        layer = self.layer(layer_id)
        rest = [other for other in self.layers if other is not layer]
        index = min(max(0, index), len(rest))
        return self._restack([*rest[:index], layer, *rest[index:]], "Reorder layers", layer_id)

    def rename_layer(self, layer_id: str, name: str) -> Change:
        """Give a layer another name."""
        return self._set(layer_id, "Rename layer", name=name)

    def set_visible(self, layer_id: str, visible: bool) -> Change:
        """Show or hide a layer."""
        return self._set(layer_id, "Show or hide layer", visible=bool(visible))

    def set_locked(self, layer_id: str, locked: bool) -> Change:
        """Protect a layer from painting, moving and removal, or free it."""
        return self._set(layer_id, "Lock or unlock layer", locked=bool(locked))

    def set_opacity(self, layer_id: str, opacity: float, *, continuing: bool = False) -> Change:
        """Set the opacity, 0..1. ``continuing`` joins it to the step before (a dragged slider)."""
        opacity = min(1.0, max(0.0, float(opacity)))
        return self._set(layer_id, "Layer opacity", continuing, opacity=opacity)

    def move_layer(self, layer_id: str, x: int, y: int, *, continuing: bool = False) -> Change:
        """Put the top left pixel at (x, y). ``continuing`` joins it to the step before (a drag)."""
        self._paintable(layer_id)
        return self._set(layer_id, "Move layer", continuing, x=int(x), y=int(y))

    # Selection

    def select(self, mask: np.ndarray | None) -> Change:
        """Select by a uint8 mask of the document's size; None or an empty one selects nothing."""
        if mask is not None and mask.shape != (self.height, self.width):
            raise BadInputError("The selection has another size than the document.")
        if mask is not None and not mask.any():
            mask = None
        return self._do("Select", SelectionEdit(None if mask is None else mask.copy()))

    @property
    def selection_bounds(self) -> Rect:
        """The rectangle around the selection; the whole document when nothing is selected."""
        return self.bounds if self.selection is None else mask_bounds(self.selection)

    # Painting

    def begin_stroke(self, layer_id: str, brush: Brush) -> Stroke:
        """Start to paint; draw with ``stroke.to(x, y, pressure)`` and close with end_stroke."""
        self.end_stroke()
        layer = self._paintable(layer_id)
        self._frame_before = self._grow(layer)
        self._stroke = Stroke(layer, brush, self.selection)
        return self._stroke

    def end_stroke(self) -> Change:
        """Close the stroke under way as one step; nothing happens when there is none."""
        stroke, self._stroke = self._stroke, None
        if stroke is None or not stroke.before:
            if stroke is not None and self._frame_before is not None:
                self._frame_before.swap(self)
            return Change(EMPTY, "")
        painted = PatchEdit(stroke.layer.id, stroke.patches())
        dirty = EMPTY
        for tile in stroke.before:
            dirty = dirty.united(tile)
        what = "Erase" if stroke.brush.erase else "Brush stroke"
        edit: Edit = painted
        if self._frame_before is not None:
            edit = Together([painted, self._frame_before])
        rect = dirty.moved(stroke.layer.x, stroke.layer.y)
        return self._note(what, edit, stroke.layer.id, rect)

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
        """Make the selection, or the whole layer, transparent."""
        return self._blend_selection(layer_id, None, "Clear")

    # History

    def undo(self) -> Change | None:
        """Take the last step back; None when there is none."""
        self.end_stroke()
        return self._counted(self.history.undo(self))

    def redo(self) -> Change | None:
        """Do the last undone step again; None when there is none."""
        self.end_stroke()
        return self._counted(self.history.redo(self))

    # How operations are done

    _frame_before: FieldEdit | None = None

    def _copied(self, layer: Layer) -> np.ndarray:
        known = self._copies.get(layer.revision)
        return layer.pixels.copy() if known is None else known

    def _counted(self, change: Change | None) -> Change | None:
        self._version += change is not None
        return change

    def _paintable(self, layer_id: str) -> Layer:
        layer = self.layer(layer_id)
        if layer.locked:
            raise BadInputError(
                "The layer {name} is locked.", name=layer.name, remedy="Unlock it in the layers."
            )
        return layer

    def _do(self, what: str, edit: Edit, layer_id: str = "", *, join: bool = False) -> Change:
        """Swap the edit in and note it; ``join`` leaves the step before to undo both."""
        self.end_stroke()
        rect = edit.swap(self)
        if join and self.history.continues(what, layer_id):
            self._version += 1
            return Change(rect.intersected(self.bounds), what, layer_id)
        return self._note(what, edit, layer_id, rect)

    def _note(self, what: str, edit: Edit, layer_id: str, rect: Rect) -> Change:
        self.history.push(Step(what, edit, layer_id))
        self._version += 1
        return Change(rect.intersected(self.bounds), what, layer_id)

    def _set(self, layer_id: str, what: str, join: bool = False, /, **values: Any) -> Change:
        return self._do(what, FieldEdit(layer_id, values), layer_id, join=join)

    def _restack(self, layers: list[Layer], what: str, layer_id: str) -> Change:
        return self._do(what, StackEdit(layers), layer_id)

    def _grow(self, layer: Layer) -> FieldEdit | None:
        """Let a layer cover the document; gives the edit that takes it back, or None."""
        wanted = layer.bounds.united(self.bounds)
        if wanted == layer.bounds:
            return None
        pixels = np.zeros((wanted.height, wanted.width, 4), np.uint8)
        pixels[layer.bounds.moved(-wanted.x, -wanted.y).slices] = layer.pixels
        grown = FieldEdit(layer.id, {"pixels": pixels, "x": wanted.x, "y": wanted.y})
        grown.swap(self)
        return grown

    def _blend_selection(
        self, layer_id: str, color: tuple[int, int, int] | None, what: str
    ) -> Change:
        self.end_stroke()
        layer = self._paintable(layer_id)
        framed = self._grow(layer)
        rect = self.selection_bounds
        alpha: np.ndarray = np.ones((rect.height, rect.width), np.float32)
        if self.selection is not None:
            alpha = self.selection[rect.slices] / np.float32(255.0)
        local = rect.moved(-layer.x, -layer.y)
        filled = blend(layer.pixels[local.slices], alpha, color)
        edit: Edit = PatchEdit(layer.id, [(local, filled)])
        edit.swap(self)
        if framed is not None:
            edit = Together([edit, framed])
        return self._note(what, edit, layer_id, rect)


def from_picture(pixels: np.ndarray, name: str, source: str = "") -> Document:
    """A document of the picture's size with the picture (of file ``source``) as its only layer."""
    pixels = as_rgba(pixels)
    return Document(pixels.shape[1], pixels.shape[0], [Layer(name, pixels, source=source)])
