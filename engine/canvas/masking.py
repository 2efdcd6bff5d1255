"""Operations on the masks of layers and groups. Each can be undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.canvas import composite as compositing
from engine.canvas.core import Core
from engine.canvas.history import Change, FieldEdit, TilesEdit, Together
from engine.canvas.layer import Mask
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles, keys_in, tile_rect
from engine.runtime.errors import BadInputError


class Masking(Core):
    """What can be done with a mask, other than painting on it."""

    def add_mask(self, node_id: str, selection: Tiles | None = None) -> Change:
        """Give a node a mask that shows all, or only ``selection``."""
        self._unlocked(node_id)
        tiles = Tiles(1, empty=255) if selection is None else selection.copy()
        return self._alter(node_id, "Add mask", mask=Mask(tiles))

    def remove_mask(self, node_id: str) -> Change:
        """Take the mask away; what it hid is seen again."""
        self._unlocked(node_id)
        return self._alter(node_id, "Remove mask", mask=None)

    def enable_mask(self, node_id: str, enabled: bool) -> Change:
        """Let the mask act, or show the node without it."""
        mask = replace(self._mask_of(node_id), enabled=bool(enabled))
        return self._alter(node_id, "Mask on or off", mask=mask)

    def invert_mask(self, node_id: str) -> Change:
        """Show what the mask hid, and hide what it showed."""
        self._unlocked(node_id)
        mask = self._mask_of(node_id)
        tiles = Tiles(1, empty=255 - mask.tiles.empty)
        for key in mask.tiles:
            tiles.write(tile_rect(key), 255 - mask.tiles.read(tile_rect(key)))
        return self._alter(node_id, "Invert mask", mask=replace(mask, tiles=tiles))

    def fill_mask(self, node_id: str, value: int) -> Change:
        """Give the selection, or the whole document, one value of the mask, 0..255."""
        self._unlocked(node_id)
        mask = self._mask_of(node_id)
        tiles = mask.tiles.copy()
        if self.selection is None:
            tiles.fill(self.bounds.moved(-mask.x, -mask.y), (value,))
        else:
            _fill(tiles, mask, self.selection, self.bounds, value)
        return self._alter(node_id, "Fill mask", mask=replace(mask, tiles=tiles))

    def apply_mask(self, layer_id: str) -> Change:
        """Make transparent what the mask of a layer hides, and take the mask away.

        Raises BadInputError for a group, which has no pixels of its own.
        """
        self._unlocked(layer_id)
        layer, mask = self.layer(layer_id), self._mask_of(layer_id)
        tiles = layer.tiles.copy()
        for key in layer.tiles:
            place = tile_rect(key)
            values = compositing.mask_values(mask, place.moved(layer.x, layer.y))
            alpha = tiles.writable(key)[..., 3]
            alpha[:] = np.rint(alpha * values)
            tiles.trim([key])
        pixels = TilesEdit(layer_id, layer.tiles.difference(tiles))
        edit = Together([pixels, FieldEdit(layer_id, {"mask": None})])
        return self._do("Apply mask", edit, layer_id)

    def mask_picture(self, node_id: str, rect: Rect, level: int = 0) -> np.ndarray:
        """The mask alone in grays, opaque RGBA uint8 [h, w, 4]; ``rect`` is in shrunk pixels."""
        values = compositing.mask_values(self._mask_of(node_id), rect, level)
        picture = np.full((rect.height, rect.width, 4), 255, np.uint8)
        picture[..., :3] = np.rint(np.multiply(values, 255.0))[..., None]
        return picture

    def _mask_of(self, node_id: str) -> Mask:
        mask = self.node(node_id).mask
        if mask is None:
            raise BadInputError("This layer has no mask.")
        return mask


def _fill(tiles: Tiles, mask: Mask, selection: Tiles, within: Rect, value: int) -> None:
    """Blend ``value`` into the tiles of a mask where the selection is."""
    area = selection.bounds().intersected(within).moved(-mask.x, -mask.y)
    for key in keys_in(area):
        part = tile_rect(key).intersected(area)
        weight = selection.read(part.moved(mask.x, mask.y)) / np.float32(255.0)
        before = tiles.read(part).astype(np.float32)
        tiles.write(part, np.rint(before + (value - before) * weight).astype(np.uint8))
        tiles.trim([key])
