"""Aspect-ratio buckets with kohya's exact arithmetic. Sizes are (width, height) in pixels."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

Size = tuple[int, int]


LARGEST_SIDE = 16384


class BucketSpec(BaseModel):
    """How pictures are sorted by shape.

    ``resolution`` is the area budget; ``minimum`` and ``maximum`` bound the sides and are moved
    outwards to multiples of ``step``. With ``no_upscale`` buckets follow the pictures and the
    bounds do not apply. Not ``enabled``: one bucket, the resolution itself.
    Raises BadInputError when the bounds exclude the resolution.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    resolution: Size = (512, 512)
    minimum: int = Field(256, ge=1, le=LARGEST_SIDE)
    maximum: int = Field(1024, ge=1, le=LARGEST_SIDE)
    step: int = Field(64, ge=1, le=LARGEST_SIDE)
    no_upscale: bool = False
    enabled: bool = True

    @model_validator(mode="after")
    def _bounds_hold_resolution(self) -> BucketSpec:
        if min(self.resolution) < 1:
            raise BadInputError("A resolution needs at least one pixel on each side.")
        if max(self.resolution) > LARGEST_SIDE:
            raise BadInputError(
                "A resolution of {size} pixels is too large.",
                size=max(self.resolution),
                remedy="Choose sides of at most 16384 pixels.",
            )
        if not self.enabled:
            return self
        if self.step > math.isqrt(self.resolution[0] * self.resolution[1]):
            raise BadInputError(
                "A bucket step of {step} is larger than the resolution {width}×{height}.",
                step=self.step,
                width=self.resolution[0],
                height=self.resolution[1],
                remedy="Use a smaller bucket step, or raise the resolution.",
            )
        if min(self.resolution) < self.adjusted_minimum:
            raise BadInputError(
                "The smallest bucket side {minimum} is larger than the resolution's shorter "
                "side {side}.",
                minimum=self.adjusted_minimum,
                side=min(self.resolution),
                remedy="Lower the smallest bucket side or raise the resolution.",
            )
        if max(self.resolution) > self.adjusted_maximum:
            raise BadInputError(
                "The largest bucket side {maximum} is smaller than the resolution's longer "
                "side {side}.",
                maximum=self.adjusted_maximum,
                side=max(self.resolution),
                remedy="Raise the largest bucket side or lower the resolution.",
            )
        return self

    @property
    def adjusted_minimum(self) -> int:
        """The lower bound, down to a multiple of the step."""
        return self.minimum // self.step * self.step

    @property
    def adjusted_maximum(self) -> int:
        """The upper bound, up to a multiple of the step."""
        return -(-self.maximum // self.step) * self.step


def fitting_step(step: int, resolution: Size) -> int:
    """``step``, halved until a square of the area of ``resolution`` is at least one step wide:
    models of small pictures have no bucket of kohya's usual 64.
    """
    while step > 1 and step > math.isqrt(resolution[0] * resolution[1]):
        step //= 2
    return step


def usual_step(resolution: int) -> int:
    """Multiples that bucket sides have: fine enough for a small model, kohya's usual 64 else."""
    return fitting_step(32 if resolution < 512 else 64, (resolution, resolution))


def usual_spec(resolution: int) -> BucketSpec:
    """The buckets of a resolution that nothing else is said of: sides from half to twice of it."""
    return BucketSpec(
        resolution=(resolution, resolution),
        minimum=resolution // 2,
        maximum=resolution * 2,
        step=usual_step(resolution),
    )


@dataclass(frozen=True)
class Assignment:
    """Where a picture goes: resized to ``resized``, then ``bucket`` cut out at ``crop_left_top``.

    ``ar_error`` is the bucket's ratio minus the picture's (width / height).
    """

    image: Size
    bucket: Size
    resized: Size

    @property
    def ar_error(self) -> float:
        """The bucket's ratio minus the picture's."""
        return self.bucket[0] / self.bucket[1] - self.image[0] / self.image[1]

    @property
    def trim(self) -> Size:
        """How many pixels of the resized picture are cut per axis."""
        return self.resized[0] - self.bucket[0], self.resized[1] - self.bucket[1]

    @property
    def crop_left_top(self) -> Size:
        """Left and top of the center crop in the resized picture."""
        return max(0, self.trim[0]) // 2, max(0, self.trim[1]) // 2

    @property
    def scale(self) -> float:
        """Enlargement of the picture, the larger of the two axes; 1 is unchanged."""
        return max(self.resized[0] / self.image[0], self.resized[1] / self.image[1])

    @property
    def cut(self) -> float:
        """The part of the resized picture that is cut away, 0 to 1."""
        return 1.0 - self.bucket[0] * self.bucket[1] / (self.resized[0] * self.resized[1])

    @property
    def sdxl_crop(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom kohya stores for SDXL: the picture fitted into the bucket."""
        width, height = self.bucket
        ratio = self.image[0] / self.image[1]
        if ratio > width / height:
            inner = (float(width), width / ratio)
        else:
            inner = (height * ratio, float(height))
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        return left, top, left + inner[0], top + inner[1]


@lru_cache(maxsize=32)
def make_buckets(spec: BucketSpec) -> tuple[Size, ...]:
    """All buckets of ``spec``, sorted; empty when they follow the pictures (``no_upscale``)."""
    if not spec.enabled:
        return (spec.resolution,)
    if spec.no_upscale:
        return ()
    area, step = spec.resolution[0] * spec.resolution[1], spec.step
    low, high = spec.adjusted_minimum, spec.adjusted_maximum
    square = math.isqrt(area) // step * step
    buckets = {(square, square)}
    for width in range(max(low, step), high + 1, step):
        height = min(high, area // width // step * step)
        if height >= max(low, step):
            buckets |= {(width, height), (height, width)}
    return tuple(sorted(buckets))


def assign(spec: BucketSpec, size: Size) -> Assignment:
    """The bucket of a picture of ``size``. Raises BadInputError when a side is below one step and
    the picture must not be enlarged.
    """
    if min(size) < 1:
        raise BadInputError(
            "A picture of {width}×{height} pixels has no bucket.", width=size[0], height=size[1]
        )
    if spec.no_upscale and spec.enabled:
        return _follow(spec, size)
    return _nearest(make_buckets(spec), size)


def describe(spec: BucketSpec, size: Size) -> dict[str, Any]:
    """One JSON row about :func:`assign`, with SDXL's crop values as kohya computes them."""
    found = assign(spec, size)
    left, top, right, bottom = found.sdxl_crop
    return {
        "image": list(size),
        "bucket": list(found.bucket),
        "resized": list(found.resized),
        "ar_error": round(found.ar_error, 9),
        "crop_left_top": list(found.crop_left_top),
        "trim": list(found.trim),
        "fits": min(found.trim) >= 0,
        "sdxl_crop_ltrb": [round(value, 6) for value in (left, top, right, bottom)],
        "sdxl_crop_top_left_int": [int(top), int(left)],
        "sdxl_crop_top_left_int_flipped": [int(top), int(found.bucket[0] - right)],
    }


def histogram(spec: BucketSpec, sizes: Iterable[Size]) -> dict[Size, int]:
    """How many of ``sizes`` fall into each bucket, fullest first; misfits are left out."""
    counts: Counter[Size] = Counter()
    for size, number in Counter(sizes).items():
        try:
            counts[assign(spec, size).bucket] += number
        except BadInputError:
            continue
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def batches_per_epoch(counts: Iterable[int], batch_size: int) -> int:
    """Batches of one epoch: each bucket's pictures (with repeats) are batched by themselves."""
    return sum(-(-count // batch_size) for count in counts)


def _nearest(buckets: tuple[Size, ...], size: Size) -> Assignment:
    """The bucket of nearest ratio, and the size at which the picture just covers it."""
    ratio = size[0] / size[1]
    bucket = size if size in buckets else min(buckets, key=lambda b: abs(b[0] / b[1] - ratio))
    axis = 1 if ratio > bucket[0] / bucket[1] else 0
    scale = bucket[axis] / size[axis]
    return Assignment(size, bucket, (int(size[0] * scale + 0.5), int(size[1] * scale + 0.5)))


def _follow(spec: BucketSpec, size: Size) -> Assignment:
    """A bucket made for the picture: shrunk to the area budget, then cut to whole steps."""
    resized = size
    if size[0] * size[1] > spec.resolution[0] * spec.resolution[1]:
        resized = _shrink(spec, size)
    bucket = resized[0] - resized[0] % spec.step, resized[1] - resized[1] % spec.step
    if min(bucket) < 1:
        raise _below_step(spec, size)
    return Assignment(size, bucket, resized)


def _shrink(spec: BucketSpec, size: Size) -> Size:
    """``size`` brought to the area budget with one side a multiple of the step: the one that keeps
    the ratio better.
    """
    ratio = size[0] / size[1]
    width = math.sqrt(spec.resolution[0] * spec.resolution[1] * ratio)
    height = spec.resolution[0] * spec.resolution[1] / width
    by_width = _down(width, spec.step)
    by_height = _down(height, spec.step)
    if not by_width or not by_height:
        raise _below_step(spec, size)
    height_of_width = _down(by_width / ratio, spec.step)
    width_of_height = _down(by_height * ratio, spec.step)
    if not height_of_width or not width_of_height:
        raise _below_step(spec, size)
    if abs(by_width / height_of_width - ratio) < abs(width_of_height / by_height - ratio):
        return by_width, int(by_width / ratio + 0.5)
    return int(by_height * ratio + 0.5), by_height


def _down(value: float, step: int) -> int:
    rounded = int(value + 0.5)
    return rounded - rounded % step


def _below_step(spec: BucketSpec, size: Size) -> BadInputError:
    return BadInputError(
        "A picture of {width}×{height} pixels has a side below one bucket step of {step}.",
        width=size[0],
        height=size[1],
        step=spec.step,
        remedy="Allow enlarging, use a smaller step, or leave the picture out.",
    )
