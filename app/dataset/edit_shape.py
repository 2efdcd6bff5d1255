"""Shapes of the picture under edit: turning with everything drawn on it, and where pixels go."""

from __future__ import annotations

from PySide6.QtGui import QTransform

from engine.dataset.edits import Recipe, baked_size
from engine.dataset.recipes import same_place
from engine.dataset.steps import Crop, Straighten, Turn
from engine.imaging.crop import Box, box_of_size, clip_box

Size = tuple[int, int]


def turned(recipe: Recipe, size: Size, quarters: int) -> Recipe:
    """What is seen, turned clockwise by quarters: the crop turns with it."""
    before = baked_size(size, recipe.before("crop"))
    old = _turn(recipe)
    turn = Turn(quarters=(old.quarters + quarters) % 4, mirror=old.mirror)
    result = _with_turn(recipe, turn)
    box = recipe.crop
    if box is None or quarters % 4 == 0:
        return result
    for _ in range(quarters % 4):
        box = (before[1] - box[1] - box[3], box[0], box[3], box[2])
        before = (before[1], before[0])
    return result.with_step(_crop(recipe, box))


def mirrored(recipe: Recipe, size: Size) -> Recipe:
    """What is seen, left and right swapped: crop and angle with it."""
    before = baked_size(size, recipe.before("crop"))
    old = _turn(recipe)
    result = _with_turn(recipe, Turn(quarters=-old.quarters % 4, mirror=not old.mirror))
    angle = recipe.step("straighten")
    if isinstance(angle, Straighten):
        result = result.with_step(angle.model_copy(update={"degrees": -angle.degrees}))
    box = recipe.crop
    if box is None:
        return result
    left = before[0] - box[0] - box[2]
    return result.with_step(_crop(recipe, (left, *box[1:])))


def straightened(recipe: Recipe, size: Size, degrees: float, *, whole: bool = False) -> Recipe:
    """``recipe`` at another angle, its crop over the same part of the picture. ``whole`` keeps the
    corners of the picture and grows its frame; else it is cut to what has no empty corner.
    """
    old = recipe.step("straighten")
    step = old if isinstance(old, Straighten) else Straighten()
    result = recipe.without("straighten")
    if degrees:
        frame = "whole" if whole else "inside"
        changed = {"degrees": degrees, "on": True, "frame": frame}
        result = recipe.with_step(step.model_copy(update=changed))
    if recipe.crop is None:
        return result
    before = baked_size(size, recipe.before("crop"))
    after = baked_size(size, result.before("crop"))
    if whole or step.frame == "whole":
        box = about_the_middle(recipe.crop, before, after)
    else:
        box = same_place(recipe.crop, before, after)
    return result.with_step(_crop(recipe, box))


def about_the_middle(box: Box, before: Size, after: Size) -> Box:
    """``box`` as large as it was, as far from the middle of a frame that has grown or shrunk."""
    left = box[0] + (after[0] - before[0]) // 2
    top = box[1] + (after[1] - before[1]) // 2
    return clip_box((left, top, box[2], box[3]), after)


def to_source(recipe: Recipe, size: Size) -> QTransform:
    """From pixels of the picture after the shapes of ``recipe`` to pixels of its source."""
    found, _ = from_source(recipe, size).inverted()
    return found


def from_source(recipe: Recipe, size: Size) -> QTransform:
    """From pixels of a source of ``size`` to pixels of the picture after ``recipe``'s shapes."""
    whole = QTransform()
    for step in recipe.steps:
        if not step.on:
            continue
        if isinstance(step, Turn):
            whole = whole * _turning(step, size)
        elif isinstance(step, Straighten):
            whole = whole * _straightening(step, size)
        elif isinstance(step, Crop):
            left, top, _, _ = clip_box(step.box, size)
            whole = whole * QTransform.fromTranslate(-left, -top)
        size = step.size_after(size)
    return whole


def _turning(step: Turn, size: Size) -> QTransform:
    width, height = size
    whole = QTransform(-1, 0, 0, 1, width, 0) if step.mirror else QTransform()
    for _ in range(step.quarters):
        whole = whole * QTransform(0, 1, -1, 0, height, 0)
        width, height = height, width
    return whole


def _straightening(step: Straighten, size: Size) -> QTransform:
    middle = size[0] / 2, size[1] / 2
    turn = QTransform().rotate(step.degrees)
    whole = QTransform.fromTranslate(-middle[0], -middle[1]) * turn
    whole = whole * QTransform.fromTranslate(*middle)
    after = step.size_after(size)
    if step.frame == "whole":
        grown = (after[0] - size[0]) / 2, (after[1] - size[1]) / 2
        return whole * QTransform.fromTranslate(*grown)
    left, top, _, _ = box_of_size(size, after)
    return whole * QTransform.fromTranslate(-left, -top)


def _turn(recipe: Recipe) -> Turn:
    step = recipe.step("turn")
    return step if isinstance(step, Turn) and step.on else Turn()


def _with_turn(recipe: Recipe, turn: Turn) -> Recipe:
    return recipe.with_step(turn) if turn != Turn() else recipe.without("turn")


def _crop(recipe: Recipe, box: Box) -> Crop:
    old = recipe.step("crop")
    return old.model_copy(update={"box": box}) if isinstance(old, Crop) else Crop(box=box)
