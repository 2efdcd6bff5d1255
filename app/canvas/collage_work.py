"""What of a collage is done off the UI thread: joins, colors, and painting the seams again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.canvas import region
from engine.canvas.composite import composite
from engine.canvas.raster import flattened
from engine.canvas.shares import mask_of

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint
    from app.session import Session
    from engine.canvas.document import Document

AMOUNT = 0.8
SEAM = 25  # pixels of a model of 512, as wide as a repaint blends


class CollageWork:
    """Works on copies; what has changed meanwhile is not overwritten."""

    def __init__(self, session: Session, state: CanvasState, repainting: Repaint) -> None:
        self._session, self._state, self._repainting = session, state, repainting

    def match(self) -> None:
        """Give the chosen part the colors of what it is painted into."""
        part = self._state.collage.chosen_part
        if self._state.document is not None and part:
            self._state.end_stroke()
            self._session.start(self._match(self._state.document, part))

    async def _match(self, document: Document, part: str) -> None:
        native = self._state.rules.native_size
        frozen, before = document.frozen(), document.layer(part).revision
        pixels = await self._session.bridge.io(_matched, frozen, part, native)
        here = self._state.document is document and any(one.id == part for one in document.layers)
        if here and document.layer(part).revision == before:
            rect = document.layer(part).bounds
            self._state.change(lambda it: it.set_pixels(part, rect, pixels, "Match color"))

    def soften(self, radius: float) -> None:
        """Let all joins fade over about ``radius`` pixels."""
        if self._state.document is not None and self._state.collage.layers:
            self._state.end_stroke()
            self._session.start(self._soften(self._state.document, radius))

    async def _soften(self, document: Document, radius: float) -> None:
        collage, before = self._state.collage, self._revisions()
        make = document.frozen().softened_masks
        masks = await self._session.bridge.io(make, collage.group_id, radius)
        if self._state.document is document and self._revisions() == before:
            self._state.change(lambda it: it.put_masks(masks, "Soften the joins"))

    def _revisions(self) -> list[tuple[str, int]]:
        return [(layer.id, layer.revision) for layer in self._state.collage.layers]

    def repaint_seams(self, strength: float) -> None:
        """Select where the parts join, leave the collage, and paint that again a little."""
        if self._state.document is not None:
            self._state.end_stroke()
            self._session.start(self._repaint_seams(self._state.document, strength))

    async def _repaint_seams(self, document: Document, strength: float) -> None:
        state = self._state
        width = max(5, round(SEAM * state.rules.native_size / 512))
        find = document.frozen().seams
        seams = await self._session.bridge.io(find, state.collage.group_id, width)
        if seams is not None and state.document is document:
            state.collage.leave()
            state.join(seams, "replace")
            self._repainting.change(strength=strength)
            self._repainting.start()


def _matched(document: Document, part: str, native_size: int) -> np.ndarray:
    """The pixels of a layer with the colors of what is under it, around its mask."""
    layer = document.layer(part)
    rect = layer.bounds
    pixels = layer.pixels(rect)
    _hide_from(document, part)
    below = flattened(composite(document.root.children, rect))
    mask = mask_of(layer, rect)
    matched = region.matched_color(pixels[..., :3].copy(), below, mask, AMOUNT, native_size)
    return np.dstack([np.where(pixels[..., 3:] > 0, matched, pixels[..., :3]), pixels[..., 3]])


def _hide_from(document: Document, part: str) -> None:
    """Hide a layer of a copy and all above it, so that only what it lies on is seen."""
    node, first = document.node(part), 0
    while node is not document.root:
        group = document.group_of(node.id)
        for other in group.children[group.children.index(node) + first :]:
            other.visible = False
        node, first = group, 1  # the groups around it stay
