"""Non-destructive edits: a recipe is stored, the source picture is never touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, field_validator

from engine.imaging.adjust import resize
from engine.imaging.alpha import Fill, fill
from engine.imaging.crop import Box, clip_box, crop

if TYPE_CHECKING:
    import numpy as np

    from engine.dataset.buckets import Assignment

__all__ = ["Fill", "Recipe", "bake", "baked_size", "to_bucket"]


class Recipe(BaseModel):
    """What is done to a picture before training sees it.

    ``crop`` is (left, top, width, height) in pixels of the source as displayed, None for all of
    it. ``fill`` is what goes behind transparent parts, None for the project's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    crop: Box | None = None
    fill: Fill | None = None

    @field_validator("crop")
    @classmethod
    def _has_area(cls, box: Box | None) -> Box | None:
        if box is not None and min(box[2:]) < 1:
            raise ValueError("a crop needs at least one pixel on each side")
        return box


def bake(rgba: np.ndarray, recipe: Recipe, default_fill: Fill | None = None) -> np.ndarray:
    """``rgba`` uint8 ``[H, W, 4]`` cropped and made opaque: uint8 RGB ``[h, w, 3]``."""
    part = rgba if recipe.crop is None else crop(rgba, recipe.crop)
    return fill(part, recipe.fill or default_fill or Fill())


def baked_size(size: tuple[int, int], recipe: Recipe) -> tuple[int, int]:
    """(width, height) of a picture of ``size`` after :func:`bake`."""
    return size if recipe.crop is None else clip_box(recipe.crop, size)[2:]


def to_bucket(rgb: np.ndarray, assignment: Assignment) -> np.ndarray:
    """Baked ``rgb`` resized and center-cropped to its bucket, as training sees it."""
    resized = resize(rgb, assignment.resized)
    return crop(resized, (*assignment.crop_left_top, *assignment.bucket))
