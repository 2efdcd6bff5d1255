"""Which bucket each picture is trained in, for settings that change while a project is open."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engine.dataset.buckets import assign
from engine.dataset.edits import baked_size
from engine.dataset.picture import column
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.buckets import Assignment, BucketSpec
    from engine.dataset.picture import Picture


class BucketPlaces:
    """Shared by all columns of a project. Whoever knows the settings of the next run sets
    ``spec``; what was made with another one is made again when it is asked for.
    """

    def __init__(self, spec: BucketSpec | None = None) -> None:
        self.spec = spec


def placed(picture: Picture, spec: BucketSpec) -> Assignment | None:
    """The bucket of a picture after its edits; None when it has none."""
    return place(spec, _size(picture))


def places(pictures: Sequence[Picture], spec: BucketSpec) -> list[Assignment | None]:
    """:func:`placed` of each picture; of many, few have edits and few have a size of their own."""
    sizes = list(zip(column(pictures, "width"), column(pictures, "height"), strict=True))
    for row, recipe in enumerate(column(pictures, "recipe")):
        if recipe:
            sizes[row] = _size(pictures[row])
    found = {size: place(spec, size) for size in set(sizes)}
    return [found[size] for size in sizes]


def bucket_names(spec: BucketSpec | None, pictures: Sequence[Picture]) -> list[str]:
    """The bucket of each picture as ``"512x768"``; empty for one without."""
    if spec is None:
        return [""] * len(pictures)
    return ["" if at is None else "{}x{}".format(*at.bucket) for at in places(pictures, spec)]


def _size(picture: Picture) -> tuple[int, int]:
    size = picture.width, picture.height
    return baked_size(size, picture.recipe) if picture.recipe.steps else size


@lru_cache(maxsize=1 << 15)
def place(spec: BucketSpec, size: tuple[int, int]) -> Assignment | None:
    """The bucket of a picture of ``size``; None when it has none."""
    try:
        return assign(spec, size)
    except BadInputError:
        return None  # not measured yet, or too small for any
