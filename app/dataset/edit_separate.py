"""Finding a subject off the UI thread: each gives the key of the kept mask, and the mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.imaging.adjust import resize
from engine.imaging.background import from_plain, separate
from engine.imaging.mask_tools import combined

if TYPE_CHECKING:
    from engine.dataset.masks import MaskStore
    from engine.imaging.crop import Box

Found = tuple[str, np.ndarray]


def grabcut(
    source: np.ndarray,
    box: Box | None,
    hints: tuple[np.ndarray, np.ndarray],
    start: np.ndarray | None,
    masks: MaskStore,
) -> Found | None:
    """The subject by its colors: ``box`` and ``hints`` (to keep, to remove; uint8 ``[H, W]``) say
    where it is, ``start`` is what was found before.
    """
    inside, outside = hints
    kept = _kept(separate(source, box=box, inside=inside, outside=outside, start=start), masks)
    if kept is not None or start is None:
        return kept
    # Colors tell nothing any more: the strokes themselves still do.
    return _kept(combined(combined(start, outside, "take"), inside, "add"), masks)


def plain_background(source: np.ndarray, tolerance: int, masks: MaskStore) -> Found | None:
    """The subject on a background of one color."""
    return _kept(from_plain(source, tolerance), masks)


def _kept(mask: np.ndarray, masks: MaskStore) -> Found | None:
    """The mask with its key; None for one of nothing or of everything."""
    inside = np.count_nonzero(mask >= 128)
    if not 0 < inside < mask.size:
        return None
    mask = np.ascontiguousarray(mask)
    return masks.add(mask), mask


def stored(masks: MaskStore, key: str, size: tuple[int, int]) -> np.ndarray:
    """A kept mask at the (width, height) of the picture."""
    return np.ascontiguousarray(resize(masks.load(key), size)).copy()
