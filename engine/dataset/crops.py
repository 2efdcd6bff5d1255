"""What the crop view shows: how a picture fits each bucket, and sizes that need no further cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.dataset.buckets import BucketSpec, Size, assign, make_buckets
from engine.imaging.framing import fit_bucket, placed
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from engine.imaging.crop import Box


@dataclass(frozen=True)
class BucketFit:
    """The best crop of a picture for ``bucket``. ``cut`` is the share of the picture that is lost
    (0 to 1), ``content_cut`` the share of its content box; ``scale`` is the enlargement after it.
    """

    bucket: Size
    box: Box
    cut: float
    content_cut: float
    scale: float


def fits(spec: BucketSpec, size: Size, content: Box | None = None) -> list[BucketFit]:
    """How a picture of ``size`` fits each bucket of ``spec``, the least loss of content first.

    Where buckets follow the pictures: those of the same budget that it covers without enlarging.
    """
    return sorted(
        (fit_of(spec, size, bucket, content) for bucket in _candidates(spec, size)),
        key=lambda fit: (round(fit.content_cut, 4), fit.cut, -fit.bucket[0] * fit.bucket[1]),
    )


def fit_of(spec: BucketSpec, size: Size, bucket: Size, content: Box | None = None) -> BucketFit:
    """The best crop of a picture of ``size`` for one bucket."""
    box = fit_bucket(size, bucket, content)
    if spec.no_upscale and _follows(spec, box[2:]) != bucket:
        box = placed(size, bucket, content)
    held = content or (0, 0, *size)
    return BucketFit(
        bucket,
        box,
        1 - box[2] * box[3] / (size[0] * size[1]),
        1 - _shared(box, held) / (held[2] * held[3]),
        max(bucket[0] / box[2], bucket[1] / box[3]),
    )


def _candidates(spec: BucketSpec, size: Size) -> tuple[Size, ...]:
    if not (spec.no_upscale and spec.enabled):
        return make_buckets(spec)
    covered = tuple(bucket for bucket in _of_budget(spec) if _covers(size, bucket))
    return covered or (_in_steps(spec, uncut(spec, size)),)


def _of_budget(spec: BucketSpec) -> tuple[Size, ...]:
    return make_buckets(spec.model_copy(update={"no_upscale": False}))


def _covers(size: Size, bucket: Size) -> bool:
    return bucket[0] <= size[0] and bucket[1] <= size[1]


def _in_steps(spec: BucketSpec, size: Size) -> Size:
    """The largest size in ``size`` that is a bucket as it is, its shorter side kept."""
    short = min(size) // spec.step * spec.step
    most = spec.resolution[0] * spec.resolution[1] // short
    long = min(max(size), most) // spec.step * spec.step
    return (short, long) if size[0] < size[1] else (long, short)


def _follows(spec: BucketSpec, size: Size) -> Size | None:
    """The bucket that follows ``size``, None when something is cut or it is too small."""
    try:
        found = assign(spec, size)
    except BadInputError:
        return None
    return None if any(found.trim) else found.bucket


def snapped(spec: BucketSpec, box: Box, *, anchor: tuple[float, float] = (0.5, 0.5)) -> Box:
    """The largest box inside ``box`` that its bucket takes without a further cut.

    ``anchor`` is the point that stays, as shares of width and height: (0, 0) while the user drags
    the lower right corner. Raises BadInputError for a box that is too small for any bucket.
    """
    width, height = uncut(spec, box[2:])
    left = box[0] + round((box[2] - width) * anchor[0])
    top = box[1] + round((box[3] - height) * anchor[1])
    return left, top, width, height


def uncut(spec: BucketSpec, size: Size) -> Size:
    """The largest size within ``size`` that ends up in its bucket with nothing cut.

    Raises BadInputError for a size that is too small for any bucket.
    """
    found = assign(spec, size)
    if not any(found.trim):
        return size
    if not (spec.no_upscale and spec.enabled):
        return fit_bucket(size, found.bucket)[2:]
    if found.resized == size:
        return found.bucket
    options = [fit_bucket(size, bucket)[2:] for bucket in (found.bucket, *_of_budget(spec))]
    options += [option for option in _of_budget(spec) if _covers(size, option)]
    options.append(_in_steps(spec, size))
    whole = [option for option in options if _follows(spec, option)]
    return max(whole, key=lambda option: option[0] * option[1])


def _shared(one: Box, other: Box) -> int:
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0, width) * max(0, height)
