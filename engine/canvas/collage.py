"""A collage: a group whose layers are candidates, each seen through a mask that is painted.

All of it are ordinary layers and masks, so that it can be edited, undone, saved and exported as
anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.canvas import composite as compositing
from engine.canvas import shares
from engine.canvas.blending import NORMAL
from engine.canvas.brush import Brush, Stroke
from engine.canvas.history import Change, Edit, FieldEdit, Together
from engine.canvas.layer import Group, Layer, Mask, Node, shared_copy
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.snapshots import Snapshots
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError

PAINT_IN, TAKE_OUT = "Paint in candidate", "Take out candidate"
BAND = 1024


class CollageStroke(Stroke):
    """A stroke that shows more of a part, and so less of those above it; or less of it."""

    def __init__(
        self, layer: Layer, above: Sequence[Layer], brush: Brush, within: Rect, clip: Tiles | None
    ) -> None:
        self.nodes = (layer, *above)
        self.masks_before = [node.mask for node in self.nodes]
        for node in self.nodes:
            assert node.mask is not None
            node.mask = replace(node.mask, tiles=node.mask.tiles.copy())
        assert layer.mask is not None
        self._above = [(node, replace(node, mask=before)) for node, before in self._pairs()[1:]]
        super().__init__(layer, layer.mask, brush, within, clip)

    def _pairs(self) -> list[tuple[Layer, Mask | None]]:
        return list(zip(self.nodes, self.masks_before, strict=True))

    def _blend(self, key: tuple[int, int], part: Rect) -> None:
        rect = part.moved(self.on.x, self.on.y)
        alpha, mask = self.alpha(key, part), self.before.read(part) * np.float32(1 / 255)
        if self.brush.erase:
            self._put(self.on.tiles, part, mask * (1 - alpha))
            return
        layer = self.nodes[0]
        over = [
            (shares.mask_of(before, rect), shares.alpha_of(node, rect) * np.float32(node.opacity))
            for node, before in self._above
        ]
        painted, changed = shares.painted_in(mask, shares.alpha_of(layer, rect), alpha, over)
        self._put(self.on.tiles, part, painted)
        for (node, _), values in zip(self._above, changed, strict=True):
            assert node.mask is not None
            self._put(node.mask.tiles, rect.moved(-node.mask.x, -node.mask.y), values)
            node.touch()

    def _put(self, tiles: Tiles, rect: Rect, values: np.ndarray) -> None:
        pixels = np.rint(values * 255).astype(np.uint8)
        if pixels.any() or tiles.touches(rect):
            tiles.write(rect, pixels)

    def restore(self) -> None:
        """Nothing was painted: the masks are those of before."""
        for node, mask in self._pairs():
            node.mask = mask

    def edits(self) -> list[Edit]:
        """What the stroke has changed of each mask."""
        edits: list[Edit] = []
        for node, before in self._pairs():
            assert node.mask is not None
            assert before is not None
            node.mask.tiles.trim(list(node.mask.tiles))
            changes = node.mask.tiles.difference(before.tiles)
            if changes:
                cost = sum(tile.nbytes for tile in changes.values() if tile is not None)
                edits.append(FieldEdit(node.id, {"mask": before}, cost))
        return edits


class Collaging(Snapshots):
    """Operations on collages. ``group_id`` is chosen before there is anything in the group."""

    _collage: tuple[CollageStroke, int] | None = None

    def parts(self, group_id: str) -> list[Layer]:
        """The layers of a collage that have masks, the topmost first; none without the group."""
        group = next((node for node in self.nodes() if node.id == group_id), None)
        if not isinstance(group, Group):
            return []
        layers = [node for node in reversed(group.children) if isinstance(node, Layer)]
        return [layer for layer in layers if layer.mask is not None]

    def begin_part(
        self, group_id: str, part: Layer, brush: Brush, *, name: str = "", above: str = ""
    ) -> CollageStroke:
        """Start to paint ``part`` in, or to take it out where the brush erases.

        A part that is not in the document yet comes on top of the group, and a group that is not,
        called ``name``, above the node ``above``: both belong to the step of the stroke. Draw with
        ``stroke.to`` and close with :meth:`end_part`. Raises BadInputError for locked layers.
        """
        self._settle()
        steps = 0
        if all(node.id != part.id for node in self.nodes()):
            self._add_part(group_id, part, name, above)
            steps = 1
        layer = self._part(part.id)
        siblings = self.parts(self.group_of(layer.id).id)
        over = [one for one in siblings[: siblings.index(layer)] if one.visible and not one.locked]
        stroke = CollageStroke(layer, over, brush, self.bounds, self.selection)
        self._collage = stroke, steps
        return stroke

    def end_part(self) -> Change:
        """Close the stroke under way as one step. Its rectangle is empty: what has changed was told
        as it was drawn.
        """
        begun, self._collage = self._collage, None
        if begun is None:
            return Change(EMPTY, "")
        stroke, steps = begun
        edits = stroke.edits() if stroke.touched else []
        layer = stroke.nodes[0]
        if not edits:
            stroke.restore()
            return Change(EMPTY, "")
        what = TAKE_OUT if stroke.brush.erase else PAINT_IN
        change = self._note(what, Together(edits), layer.id, EMPTY)
        self.history.fold(steps + 1, what, layer.id)
        return change

    def _settle(self) -> None:
        super()._settle()
        self.end_part()

    def _part(self, layer_id: str) -> Layer:
        self._unlocked(layer_id)
        layer = self.layer(layer_id)
        if layer.mask is None:
            raise BadInputError("This layer has no mask.")
        return layer

    def _add_part(self, group_id: str, part: Layer, name: str, above: str) -> None:
        group = next((node for node in self.nodes() if node.id == group_id), None)
        if isinstance(group, Group):
            self._unlocked(group_id)
            self._restack([(group, [*group.children, part])], PAINT_IN, part.id)
            return
        made = Group(name=name, id=group_id, children=[part])
        self._put([made], above if self._has(above) else "", PAINT_IN)

    def _has(self, node_id: str) -> bool:
        return any(node.id == node_id for node in self.nodes())

    # All of a collage

    def composite_without(self, group_id: str, rect: Rect) -> np.ndarray:
        """Straight RGBA uint8 [h, w, 4] of ``rect`` as it is without a group of the document."""
        root = shared_copy(self.root)
        assert isinstance(root, Group)
        for node in root.walk():
            if node.id == group_id:
                node.visible = False
        return compositing.composite(root.children, rect)

    def clear_part(self, layer_id: str) -> Change:
        """Take a part out wherever it is seen."""
        mask = self._part(layer_id).mask
        assert mask is not None
        return self._alter(layer_id, TAKE_OUT, mask=replace(mask, tiles=Tiles(1)))

    def softened_masks(self, group_id: str, radius: float) -> dict[str, Mask]:
        """The masks of all parts with joins blurred by ``radius`` pixels (the deviation of a
        Gaussian), by the layer; for :meth:`put_masks`, and made by any thread on a copy.

        What lies under the collage shines through only where the collage ends.
        """
        parts = self.parts(group_id)
        margin = round(3 * radius) + 1
        area = shares.painted_area(parts).grown(margin).intersected(self.bounds)
        tiles = [Tiles(1) for _ in parts]
        for top in range(area.y, area.bottom, BAND):
            band = Rect(area.x, top, area.width, min(BAND, area.bottom - top))
            for made, values in zip(tiles, _softened(parts, band, margin, radius), strict=True):
                made.write(band, np.rint(values * 255).astype(np.uint8))
        return {part.id: Mask(made) for part, made in zip(parts, tiles, strict=True)}

    def put_masks(self, masks: dict[str, Mask], what: str) -> Change:
        """Give layers other masks, as one step. Raises BadInputError for locked ones."""
        for layer_id in masks:
            self._unlocked(layer_id)
        edits: list[Edit] = [FieldEdit(one, {"mask": mask}) for one, mask in masks.items()]
        return self._do(what, Together(edits), next(iter(masks), ""))

    def seams(self, group_id: str, width: int) -> Tiles | None:
        """Where parts join each other or what is under them, as a selection of about ``width``."""
        import cv2

        parts = self.parts(group_id)
        area = shares.painted_area(parts).grown(width).intersected(self.bounds)
        if area.empty:
            return None
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width | 1, width | 1))
        seam = np.zeros((area.height, area.width), np.float32)
        for share in shares.shares_of([shares.mask_of(part, area) for part in parts]):
            spread = cv2.morphologyEx(share, cv2.MORPH_GRADIENT, kernel)
            np.maximum(seam, spread, out=seam)
        chosen = Tiles.from_array(np.where(seam > 0.1, 255, 0).astype(np.uint8), area.x, area.y)
        return chosen if len(chosen) else None

    def finish_collage(self, group_id: str, name: str) -> Layer:
        """Make one layer of a collage. Its recipe is that of the parts, the largest first."""
        group = self._unlocked(group_id)
        parts = self.parts(group_id)
        area = shares.painted_area(parts).intersected(self.bounds)
        shown = shares.shares_of([shares.mask_of(part, area) for part in parts])
        sizes = [float(share.sum()) for share in shown]
        order = sorted(range(len(parts)), key=lambda place: -sizes[place])
        recipes = [parts[place].recipe for place in order if sizes[place] > 0]
        kept = {field: getattr(group, field) for field in ("mode", "visible", "clipping")}
        recipe = collage_recipe([one for one in recipes if one is not None])
        merged = self._flattened([_plain(group)], name, recipe=recipe, **kept)
        self._instead(group, merged, "Accept collage")
        return merged


def collage_recipe(recipes: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The recipe of a layer that was put together from others."""
    return {"collage": list(recipes)} if recipes else None


def _plain(group: Node) -> Node:
    whole = shared_copy(group)
    whole.mode, whole.visible, whole.clipping = NORMAL, True, False
    return whole


def _softened(parts: Sequence[Layer], band: Rect, margin: int, radius: float) -> list[np.ndarray]:
    """The masks of ``parts`` in ``band`` after their shares were blurred."""
    import cv2

    around = band.grown(margin)
    shown = shares.shares_of([shares.mask_of(part, around) for part in parts])
    inside = band.moved(-around.x, -around.y).slices
    blurred = [cv2.GaussianBlur(share, (0, 0), radius)[inside] for share in shown]
    return shares.masks_of(blurred)
