"""Candidates as they are kept beside the canvas file until they are decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect

from app.canvas.candidate import Batch, Candidate
from app.widgets.images import image_of
from engine.canvas.shelf import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QImage


def to_kept(items: Sequence[Candidate]) -> list[Kept]:
    """What is kept of ``items``; of those that are not painted yet, what was asked for."""
    return [_kept(item) if item.state == "ready" else _asked(item) for item in items]


def _kept(item: Candidate) -> Kept:
    return Kept(
        number=item.number,
        seed=item.seed,
        batch=item.batch.number,
        x=item.rect.x(),
        y=item.rect.y(),
        recipe=item.recipe,
        layer=item.layer,
        part=item.part,
        pixels=item.pixels,
    )


def _asked(item: Candidate) -> Kept:
    """Its place is that of the frame, then and now."""
    at, recipe = item.batch.frame, {**item.batch.recipe, **item.recipe}
    frame = frame_of(recipe)
    if frame is not None:
        recipe["place"] = [frame.x(), frame.y()]
    return Kept(
        number=item.number,
        seed=item.seed,
        batch=item.batch.number,
        x=at.x(),
        y=at.y(),
        recipe=recipe,
    )


def from_kept(
    kept: Sequence[Kept], card_of: Callable[[Batch, QImage, QRect], QImage]
) -> list[Candidate]:
    """The candidates again, ready or parked; ``card_of`` lays one on its surroundings."""
    batches: dict[int, Batch] = {}
    return [_candidate(one, batches, card_of) for one in kept]


def _candidate(
    kept: Kept, batches: dict[int, Batch], card_of: Callable[[Batch, QImage, QRect], QImage]
) -> Candidate:
    height, width = (0, 0) if kept.pixels is None else kept.pixels.shape[:2]
    rect = QRect(kept.x, kept.y, width, height)
    if kept.batch not in batches:
        way = _way(kept)
        frame = frame_of(kept.recipe)
        batches[kept.batch] = Batch(
            kept.batch,
            kept.recipe,
            frame.translated(way) if frame is not None else rect,
            seen=True,
            origin=(way.x(), way.y()),
        )
    batch = batches[kept.batch]
    if "picture" not in batch.recipe:  # one that was made elsewhere tells less
        batch.recipe = kept.recipe
    if kept.pixels is None:
        return Candidate(kept.number, kept.seed, "parked", recipe=kept.recipe, batch=batch)
    image = image_of(kept.pixels)
    return Candidate(
        kept.number,
        kept.seed,
        "ready",
        image,
        card_of(batch, image, rect),
        kept.pixels,
        rect,
        recipe=kept.recipe,
        batch=batch,
        layer=kept.layer,
        part=kept.part,
    )


def _way(kept: Kept) -> QPoint:
    """How far a candidate lies from where its recipe has painted it: the canvas has grown."""
    place = kept.recipe.get("place")
    if isinstance(place, (list, tuple)) and len(place) == 2:
        return QPoint(kept.x - int(place[0]), kept.y - int(place[1]))
    return QPoint()


def frame_of(recipe: dict[str, object]) -> QRect | None:
    """What the model saw of the document, as a recipe tells it."""
    frame = recipe.get("frame")
    if isinstance(frame, (list, tuple)) and len(frame) == 4:
        return QRect(*(int(number) for number in frame))
    return None
