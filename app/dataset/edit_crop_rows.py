"""What the crop tool lists and looks for: buckets with what they hold, and the content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dataset.edit_bake import scaled
from app.dataset.outlook import look_ahead, much_cut, much_enlarged
from app.i18n import tr
from app.i18n.format import dimensions, number, percent
from app.widgets.row_list import Row
from engine.dataset.edits import work_on
from engine.imaging.framing import content as content_box

if TYPE_CHECKING:
    import numpy as np

    from engine.dataset.buckets import BucketSpec
    from engine.dataset.crops import BucketFit
    from engine.dataset.edits import Recipe
    from engine.dataset.library import Picture
    from engine.dataset.masks import MaskStore
    from engine.imaging.crop import Box


def counts_of(pictures: list[Picture], spec: BucketSpec) -> dict[tuple[int, int], int]:
    """How many of ``pictures`` each bucket of the next run holds."""
    return dict(look_ahead(pictures, spec).buckets)


def content_of(
    proxy: np.ndarray, before: Recipe, factor: float, masks: MaskStore | None
) -> Box | None:
    """The content of the picture before its crop, in its own pixels."""
    found = content_box(work_on(proxy, scaled(before, factor), masks).rgba)
    if found is None:
        return None
    left, top = int(found[0] / factor), int(found[1] / factor)
    right, bottom = ((found[n] + found[n + 2]) / factor for n in (0, 1))
    return left, top, -int(-right // 1) - left, -int(-bottom // 1) - top


def bucket_row(fit: BucketFit, count: int, content: Box | None) -> Row:
    """A bucket, what it cuts of the ``content`` or of all, and its ``count`` of pictures."""
    words = "cuts {share} of the picture" if content is None else "cuts {share} of the content"
    note = tr(words, share=percent(fit.content_cut))
    if fit.scale > much_enlarged:
        note = f"{fit.scale:.1f}×  {note}"
    much = fit.scale > much_enlarged or fit.content_cut > much_cut
    size = dimensions(*fit.bucket)
    return Row(
        size,
        size,
        number(count),
        note=note,
        note_tone="warn" if much else "t3",
        aspect=fit.bucket[0] / fit.bucket[1],
    )
