"""Candidates as they are kept beside the canvas file until they are decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect

from app.canvas.candidates import Candidate
from app.widgets.images import image_of
from engine.canvas.shelf import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QImage


def to_kept(items: Sequence[Candidate]) -> list[Kept]:
    """What is kept of ``items``: those that have pixels."""
    return [
        Kept(
            number=item.number,
            seed=item.seed,
            strength=item.strength,
            x=item.rect.x(),
            y=item.rect.y(),
            recipe=item.recipe,
            layer=item.layer,
            pixels=item.pixels,
        )
        for item in items
        if item.pixels is not None
    ]


def from_kept(kept: Kept, on_picture: Callable[[QImage, QRect], QImage]) -> Candidate:
    """The candidate again, ready; ``on_picture`` lays it on its surroundings for the card."""
    height, width = kept.pixels.shape[:2]
    rect, image = QRect(kept.x, kept.y, width, height), image_of(kept.pixels)
    return Candidate(
        kept.number,
        kept.seed,
        "ready",
        image,
        on_picture(image, rect),
        kept.pixels,
        rect,
        recipe=kept.recipe,
        strength=kept.strength,
        layer=kept.layer,
    )
