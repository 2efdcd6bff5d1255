"""The sizes and shapes that pictures are trained in."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class BucketSettings(Settings):
    """The sizes and shapes that pictures are trained in."""

    # fmt: off
    resolution: str = setting(
        "", label="Resolution", group="Buckets", unit="px", kohya="resolution",
        help="Training size as one number or width,height; empty is the model's own size.")
    enable_bucket: bool = setting(
        True, label="Buckets", group="Buckets", kohya="enable_bucket",
        help="Keep the shapes of pictures apart instead of cropping all to one shape.")
    bucket_no_upscale: bool = setting(
        False, label="Never enlarge", group="Buckets", kohya="bucket_no_upscale",
        when="enable_bucket",
        help="Small pictures keep their size instead of being enlarged to the resolution.")
    min_bucket_reso: int = setting(
        0, label="Smallest bucket side", group="Buckets", unit="px", kohya="min_bucket_reso",
        when="enable_bucket", help="Shortest side a bucket may have; 0 is half the resolution.",
        ge=0, le=8192)
    max_bucket_reso: int = setting(
        0, label="Largest bucket side", group="Buckets", unit="px", kohya="max_bucket_reso",
        when="enable_bucket", help="Longest side a bucket may have; 0 is twice the resolution.",
        ge=0, le=8192)
    bucket_reso_steps: int = setting(
        64, label="Bucket step", group="Buckets", unit="px", kohya="bucket_reso_steps",
        when="enable_bucket", ge=8, le=512,
        help="Bucket sides are multiples of this; halved where the resolution is below it.")
    # fmt: on

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of ``resolution`` in pixels, or None for the model's own size."""
        if not self.resolution:
            return None
        sides = [int(side) for side in self.resolution.split(",")]
        return sides[0], sides[-1]

    @field_validator("resolution", mode="before")
    @classmethod
    def _readable_size(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            value = ",".join(str(side) for side in value)
        text = str(value).replace(" ", "").replace("x", ",")
        sides = text.split(",") if text else []
        if len(sides) > 2 or not all(side.isdecimal() and 8 <= int(side) <= 8192 for side in sides):
            raise SettingError("Write one side such as 512, or width,height such as 512,768.")
        return text

    @field_validator("min_bucket_reso")
    @classmethod
    def _smallest_bucket(cls, value: int, info: ValidationInfo) -> int:
        sides = [int(side) for side in (info.data.get("resolution") or "").split(",") if side]
        if sides and value > min(sides) and _bounded(info):
            raise SettingError(
                "Must not be above the resolution's shorter side, {side}.", side=min(sides)
            )
        return value

    @field_validator("max_bucket_reso")
    @classmethod
    def _largest_bucket(cls, value: int, info: ValidationInfo) -> int:
        sides = [int(side) for side in (info.data.get("resolution") or "").split(",") if side]
        if not value or not _bounded(info):
            return value
        if sides and value < max(sides):
            raise SettingError(
                "Must not be under the resolution's longer side, {side}.", side=max(sides)
            )
        if value < info.data.get("min_bucket_reso", 0):
            raise SettingError("Must not be under the smallest bucket side.")
        return value


def _bounded(info: ValidationInfo) -> bool:
    """Whether sides have bounds: what has no effect refuses nothing."""
    return bool(info.data.get("enable_bucket")) and not info.data.get("bucket_no_upscale")
