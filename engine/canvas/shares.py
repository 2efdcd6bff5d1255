"""How much of a collage each of its parts shows, and masks that give wanted shares.

Parts lie over each other, each seen through its mask. The share of a part is what of the whole it
shows: its mask times what the parts above it leave. Joins are soft and never let through what lies
under the collage when shares are mixed, and the masks follow from them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.canvas.layer import Layer
from engine.canvas.rect import EMPTY, Rect

Array = np.ndarray
_TINY = np.float32(1e-4)


def painted_area(parts: Sequence[Layer]) -> Rect:
    """The document rectangle outside of which no mask shows anything."""
    area = EMPTY
    for part in parts:
        if part.mask is not None:
            area = area.united(part.mask.tiles.bounds().moved(part.mask.x, part.mask.y))
    return area


def mask_of(part: Layer, rect: Rect) -> Array:
    """The mask of a part in document rectangle ``rect``, float32 0..1 [h, w]."""
    assert part.mask is not None
    values = part.mask.tiles.read(rect.moved(-part.mask.x, -part.mask.y))
    return values * np.float32(1 / 255)


def alpha_of(part: Layer, rect: Rect) -> Array:
    """How opaque the pixels of a part are in ``rect``, float32 0..1 [h, w]."""
    return part.pixels(rect)[..., 3] * np.float32(1 / 255)


def shares_of(masks: Sequence[Array]) -> list[Array]:
    """The share of each mask, the topmost first."""
    shares: list[Array] = []
    left: Array = np.ones((), np.float32)
    for mask in masks:
        shares.append(mask * left)
        left = left * (1 - mask)
    return shares


def masks_of(shares: Sequence[Array]) -> list[Array]:
    """The masks, the topmost first, by which parts have these shares."""
    left = np.ones_like(shares[0])
    masks = []
    for share in shares:
        masks.append(np.clip(share / np.maximum(left, _TINY), 0.0, 1.0))
        left = left - share
    return masks


def painted_in(
    mask: Array, alpha: Array, brush: Array, above: Sequence[tuple[Array, Array]]
) -> tuple[Array, list[Array]]:
    """(mask, masks above) after painting a part in with ``brush`` 0..1, all float32 [h, w].

    ``alpha`` is how opaque the part is, ``above`` the (mask, opacity) of the parts over it, topmost
    first. The collage then looks as if the part had been laid over it with the brush: where the
    part is opaque, exactly.
    """
    brush = brush * alpha
    total = np.zeros_like(mask)  # what the parts above show before, and
    remaining = np.zeros_like(mask)  # what they still show
    changed = []
    for over, opacity in above:
        share = over * opacity * (1 - total)
        kept = share * (1 - brush)
        ratio = (1 - brush) * (1 - total) / np.maximum(1 - remaining, _TINY)
        changed.append(np.clip(over * ratio, 0.0, 1.0))
        total, remaining = total + share, remaining + kept
    share = mask * alpha * (1 - total)
    wanted = share * (1 - brush) + brush
    room = np.maximum(alpha * (1 - remaining), _TINY)
    return np.where(brush > 0, np.clip(wanted / room, 0.0, 1.0), mask), changed
