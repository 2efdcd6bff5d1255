"""Non-destructive edits: a recipe is a stack of steps, the source picture is never touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from engine.dataset.steps import KINDS, Crop, FillStep, Step, Work
from engine.imaging.adjust import resize
from engine.imaging.alpha import Fill, fill, has_transparency
from engine.imaging.crop import Box

if TYPE_CHECKING:
    from engine.dataset.masks import MaskStore

__all__ = ["Baked", "Fill", "Recipe", "bake", "bake_with_mask", "baked_size"]

_ORDER = [step.model_fields["kind"].default for step in KINDS]


class Recipe(BaseModel):
    """What is done to a picture before training sees it: steps, in order, each on or off.

    ``Recipe(crop=…, fill=…)`` makes the two usual ones; so were recipes stored once, and are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    steps: tuple[Step, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, values: Any) -> Any:
        if not isinstance(values, dict) or not values.keys() & {"crop", "fill"}:
            return values
        rest = {key: value for key, value in values.items() if key not in ("crop", "fill")}
        box, how = values.get("crop"), values.get("fill")
        steps = [*rest.pop("steps", ())]
        if box is not None:
            steps.append({"kind": "crop", "box": box})
        if how is not None:
            steps.append({"kind": "fill", "fill": how})
        return {**rest, "steps": steps}

    @property
    def crop(self) -> Box | None:
        """The rectangle of the last crop that is on, None for the whole picture."""
        step = self._last("crop")
        return step.box if isinstance(step, Crop) else None

    @property
    def fill(self) -> Fill | None:
        """The picture's own fill, None when it follows its category or the project."""
        step = self._last("fill")
        return step.fill if isinstance(step, FillStep) else None

    @property
    def masks(self) -> set[str]:
        """Keys of all stored masks the recipe names, those of steps that are off too."""
        return {key for step in self.steps for key in step.needs}

    @property
    def pictures(self) -> set[str]:
        """Keys of all stored pictures that its fills name, those of steps that are off too."""
        steps = [step for step in self.steps if isinstance(step, FillStep)]
        return {step.fill.image for step in steps if step.fill.image}

    def step(self, kind: str) -> Step | None:
        """The first step of ``kind``, on or off."""
        return next((step for step in self.steps if step.kind == kind), None)

    def with_step(self, step: Step) -> Recipe:
        """``step`` in the place of the one of its kind, or put where its kind belongs."""
        kinds = [item.kind for item in self.steps]
        steps = list(self.steps)
        if step.kind in kinds:
            steps[kinds.index(step.kind)] = step
        else:
            rank = _ORDER.index(step.kind)
            later = [place for place, kind in enumerate(kinds) if _ORDER.index(kind) > rank]
            steps.insert(later[0] if later else len(steps), step)
        return Recipe(steps=tuple(steps))

    def without(self, kind: str) -> Recipe:
        """The recipe without steps of ``kind``."""
        return Recipe(steps=tuple(step for step in self.steps if step.kind != kind))

    def with_crop(self, box: Box | None) -> Recipe:
        """The recipe with another crop, or with none."""
        return self.without("crop") if box is None else self.with_step(Crop(box=box))

    def with_fill(self, how: Fill | None) -> Recipe:
        """The recipe with its own fill, or with none."""
        return self.without("fill") if how is None else self.with_step(FillStep(fill=how))

    def before(self, kind: str) -> Recipe:
        """The steps before the first of ``kind``: the picture that step works on."""
        kinds = [step.kind for step in self.steps]
        if kind in kinds:
            return Recipe(steps=self.steps[: kinds.index(kind)])
        rank = _ORDER.index(kind)
        return Recipe(steps=tuple(s for s in self.steps if _ORDER.index(s.kind) < rank))

    def _last(self, kind: str) -> Step | None:
        return next((s for s in reversed(self.steps) if s.kind == kind and s.on), None)


@dataclass(frozen=True)
class Baked:
    """``rgb`` uint8 ``[H, W, 3]`` and ``mask`` uint8 ``[H, W]`` (255 learns fully) or None."""

    rgb: np.ndarray
    mask: np.ndarray | None = None


def work_on(rgba: np.ndarray, recipe: Recipe, masks: MaskStore | None = None) -> Work:
    """``rgba`` uint8 ``[H, W, 4]`` after the steps of ``recipe``, not yet filled behind.

    ``masks`` is needed by recipes that name stored masks. Raises PictureError for a lost mask.
    """
    steps = [step for step in recipe.steps if step.on]
    keys = {key for step in steps for key in step.needs}
    work = Work(rgba, {key: _fitting(masks, key, rgba) for key in sorted(keys)})
    pictures = {step.fill.needs for step in steps if isinstance(step, FillStep)} - {""}
    work.pictures = {key: _picture(masks, key) for key in sorted(pictures)}
    for step in steps:
        step.apply(work)
    return work


def bake_with_mask(
    rgba: np.ndarray,
    recipe: Recipe,
    default_fill: Fill | None = None,
    masks: MaskStore | None = None,
) -> Baked:
    """``rgba`` as training sees it before its bucket, with its training mask."""
    work = work_on(rgba, recipe, masks)
    rgb = work.rgba[..., :3]
    if has_transparency(work.rgba):
        how = recipe.fill or default_fill or Fill()
        rgb = fill(work.rgba, how, _picture(masks, how.needs) if how.needs else None)
    return Baked(np.ascontiguousarray(rgb), work.mask)


def bake(
    rgba: np.ndarray,
    recipe: Recipe,
    default_fill: Fill | None = None,
    masks: MaskStore | None = None,
) -> np.ndarray:
    """``rgba`` uint8 ``[H, W, 4]`` with every edit, made opaque: uint8 RGB ``[h, w, 3]``."""
    return bake_with_mask(rgba, recipe, default_fill, masks).rgb


def baked_size(size: tuple[int, int], recipe: Recipe) -> tuple[int, int]:
    """(width, height) of a picture of ``size`` after :func:`bake`."""
    for step in recipe.steps:
        if step.on:
            size = step.size_after(size)
    return size


def _picture(masks: MaskStore | None, key: str) -> np.ndarray:
    """The stored picture of a fill."""
    if masks is None:
        raise ValueError("a fill with a picture needs the project's store")
    return masks.picture(key)


def _fitting(masks: MaskStore | None, key: str, rgba: np.ndarray) -> np.ndarray:
    """A stored mask at the size of its picture, which may have been replaced by a larger one."""
    if masks is None:
        raise ValueError("a recipe with masks needs the project's mask store")
    return resize(masks.load(key), (rgba.shape[1], rgba.shape[0]))
