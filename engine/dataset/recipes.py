"""What the list of edits does: short values, order, switches, and copying to other pictures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from engine.dataset.edits import Recipe, baked_size
from engine.dataset.steps import (
    Crop,
    Cutout,
    FillStep,
    Levels,
    Light,
    Mask,
    Saturation,
    Step,
    Straighten,
    Turn,
    WhiteBalance,
)
from engine.imaging.crop import Box, clip_box

if TYPE_CHECKING:
    from collections.abc import Iterable

Size = tuple[int, int]


class Summary(NamedTuple):
    """A translation key and the facts that fill it; an empty key for nothing to say."""

    key: str = ""
    facts: Mapping[str, str] = MappingProxyType({})


def summary(step: Step) -> Summary:
    """The value of ``step`` in a few signs: ``896×1152``, ``+1.2°``, ``12 - 244`` …"""
    if isinstance(step, Crop):
        return Summary("{width}×{height}", {"width": str(step.box[2]), "height": str(step.box[3])})
    if isinstance(step, Straighten):
        return Summary("{degrees}°", {"degrees": _signed(round(step.degrees, 1))})
    if isinstance(step, Turn):
        return _of_turn(step)
    if isinstance(step, Cutout):
        return Summary("{grow} px", {"grow": _signed(step.grow)}) if step.grow else Summary()
    if isinstance(step, Mask):
        return _of_mask(step)
    if isinstance(step, FillStep):
        return _of_fill(step)
    return _of_tone(step)


def toggled(recipe: Recipe, place: int) -> Recipe:
    """The step at ``place`` switched off, or on again."""
    step = recipe.steps[place]
    return replaced(recipe, place, step.model_copy(update={"on": not step.on}))


def replaced(recipe: Recipe, place: int, step: Step) -> Recipe:
    """``step`` instead of the one at ``place``."""
    return Recipe(steps=(*recipe.steps[:place], step, *recipe.steps[place + 1 :]))


def removed(recipe: Recipe, place: int) -> Recipe:
    """The recipe without the step at ``place``."""
    return Recipe(steps=(*recipe.steps[:place], *recipe.steps[place + 1 :]))


def reordered(recipe: Recipe, place: int, to: int) -> Recipe:
    """The step at ``place`` moved so that it is at ``to``. A box drawn on the picture as it was
    keeps its numbers: the list is an order of work.
    """
    steps = list(recipe.steps)
    steps.insert(to, steps.pop(place))
    return Recipe(steps=tuple(steps))


def paste(
    recipe: Recipe,
    onto: Recipe,
    kinds: Iterable[str] | None = None,
    *,
    sizes: tuple[Size, Size] | None = None,
    with_masks: bool = False,
) -> Recipe:
    """``onto`` with the steps of ``recipe``, or only those of ``kinds``; its other steps stay.

    ``sizes`` are those of the two source pictures. Between pictures of different sizes a crop is
    scaled to the same place, and masks are pasted only ``with_masks`` (they are stretched).
    """
    other_size = sizes is not None and sizes[0] != sizes[1]
    chosen = [
        step
        for step in recipe.steps
        if (kinds is None or step.kind in set(kinds))
        and (with_masks or not (other_size and step.needs))
    ]
    pasted = {step.kind for step in chosen}
    rest = [step for step in onto.steps if step.kind not in pasted]
    result = Recipe(steps=tuple(rest))
    if not rest:  # the order may be the user's own
        result = Recipe(steps=tuple(chosen))
    for step in chosen:
        result = result.with_step(step)
    if sizes is None or not other_size or "crop" not in pasted:
        return result
    return _rescaled_crop(recipe, result, sizes)


def _rescaled_crop(recipe: Recipe, result: Recipe, sizes: tuple[Size, Size]) -> Recipe:
    step = result.step("crop")
    if not isinstance(step, Crop):
        return result
    before = baked_size(sizes[0], recipe.before("crop"))
    after = baked_size(sizes[1], result.before("crop"))
    box = same_place(clip_box(step.box, before), before, after)
    return result.with_step(step.model_copy(update={"box": box}))


def same_place(box: Box, before: Size, after: Size) -> Box:
    """``box`` of a picture of size ``before`` in one of size ``after``: the same part of the
    shorter side, of the same shape, about the same middle.
    """
    scale = min(after[0] / before[0], after[1] / before[1])
    width = max(1, min(after[0], round(box[2] * scale)))
    height = max(1, min(after[1], round(box[3] * scale)))
    middle = [(box[n] + box[n + 2] / 2) / before[n] * after[n] for n in (0, 1)]
    left = max(0, min(after[0] - width, round(middle[0] - width / 2)))
    top = max(0, min(after[1] - height, round(middle[1] - height / 2)))
    return left, top, width, height


def _of_turn(step: Turn) -> Summary:
    if not step.quarters:
        return Summary("Mirrored") if step.mirror else Summary()
    facts = {"degrees": str(step.quarters * 90)}
    return Summary("Mirrored, {degrees}°", facts) if step.mirror else Summary("{degrees}°", facts)


def _of_mask(step: Mask) -> Summary:
    if step.source == "alpha":
        return Summary("Transparency")
    return Summary("Subject") if step.source == "background" else Summary("Painted")


def _of_fill(step: FillStep) -> Summary:
    how = step.fill
    if how.kind == "color":
        return Summary("{color}", {"color": how.color})
    if how.kind == "gradient":
        return Summary("{first} – {second}", {"first": how.color, "second": how.second})
    if how.kind == "image":
        return Summary("A picture")
    if how.kind == "edge":
        return Summary("Edge color")
    return Summary("Blurred edge") if how.kind == "blurred" else Summary("Color of the picture")


def _of_tone(step: Step) -> Summary:
    if isinstance(step, Levels):
        facts = {"black": str(step.black), "white": str(step.white)}
        if step.gamma == 1:
            return Summary("{black} – {white}", facts)
        return Summary("{black} – {white} · {gamma}", {**facts, "gamma": f"{step.gamma:.2f}"})
    if isinstance(step, Light):
        facts = {"brightness": _signed(step.brightness), "contrast": _signed(step.contrast)}
        return Summary("{brightness} / {contrast}", facts)
    if isinstance(step, Saturation):
        return Summary("{amount}", {"amount": _signed(step.amount)})
    if isinstance(step, WhiteBalance) and not step.auto:
        facts = {"temperature": _signed(step.temperature), "tint": _signed(step.tint)}
        return Summary("{temperature} / {tint}", facts)
    return Summary("Automatic")


def _signed(value: float) -> str:
    """``+3``, ``0`` or ``−3`` with the sign that is as wide as the plus."""
    return f"{value:+}".replace("-", "\N{MINUS SIGN}") if value else "0"
