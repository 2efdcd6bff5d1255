"""The list of edits: values in short, order, switches, copying to other pictures."""

from __future__ import annotations

import pytest

from engine.dataset import steps
from engine.dataset.edits import Fill, Recipe
from engine.dataset.recipes import paste, removed, reordered, replaced, summary, toggled
from engine.runtime.errors import fill

KEY = "0" * 32
CROP, LIGHT = steps.Crop(box=(10, 20, 100, 50)), steps.Light(brightness=5)
CUT = steps.Cutout(mask=KEY)
SOFT = steps.Saturation(amount=-6)
ALL = Recipe(steps=(CROP, CUT, LIGHT))


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (steps.Crop(box=(0, 0, 896, 1152)), "896×1152"),
        (steps.Straighten(degrees=1.2), "+1.2°"),
        (steps.Straighten(degrees=-3), "−3.0°"),
        (steps.Levels(black=12, white=244), "12 – 244"),
        (steps.Levels(black=12, white=244, gamma=1.2), "12 – 244 · 1.20"),
        (SOFT, "−6"),
        (steps.Light(brightness=10), "+10 / 0"),
        (steps.WhiteBalance(temperature=-10, tint=4), "−10 / +4"),
        (steps.WhiteBalance(auto=True), "Automatic"),
        (steps.AutoLevels(), "Automatic"),
        (steps.Turn(quarters=3), "270°"),
        (steps.Turn(mirror=True), "Mirrored"),
        (steps.Turn(mirror=True, quarters=1), "Mirrored, 90°"),
        (CUT, ""),
        (steps.Cutout(mask=KEY, grow=-2), "−2 px"),
        (steps.Mask(source="alpha"), "Transparency"),
        (steps.Mask(source="background", mask=KEY), "Subject"),
        (steps.FillStep(fill=Fill(color="#c4caba")), "#C4CABA"),
        (steps.FillStep(fill=Fill(kind="gradient")), "#FFFFFF – #808080"),
        (steps.FillStep(fill=Fill(kind="edge")), "Edge color"),
    ],
)
def test_the_value_of_a_step_in_short(step, text):
    found = summary(step)
    assert fill(found.key, found.facts) == text


def test_every_kind_of_step_has_a_name():
    assert all(kind.label for kind in steps.KINDS)


def test_steps_are_switched_moved_replaced_and_removed():
    off = toggled(ALL, 0)
    assert off.steps[0].on is False
    assert off.crop is None
    assert toggled(off, 0) == ALL
    assert reordered(ALL, 0, 2).steps == (CUT, LIGHT, CROP)
    assert reordered(ALL, 2, 0).steps == (LIGHT, CROP, CUT)
    assert removed(ALL, 1).steps == (CROP, LIGHT)
    assert replaced(ALL, 2, SOFT).steps == (CROP, CUT, SOFT)


def test_pasting_replaces_steps_of_the_same_kind_and_keeps_the_others():
    onto = Recipe(steps=(steps.Light(contrast=9), SOFT))
    assert paste(ALL, onto).steps == (CROP, CUT, LIGHT, SOFT)
    assert paste(ALL, onto, ["light"]).steps == (LIGHT, SOFT)
    assert paste(ALL, onto, ["straighten"]) == onto
    assert paste(Recipe(), onto) == onto


def test_an_order_of_ones_own_is_pasted_onto_a_picture_without_edits():
    own = Recipe(steps=(LIGHT, CUT, CROP))
    assert paste(own, Recipe()) == own
    assert paste(own, Recipe(steps=(SOFT,))).steps == (CROP, CUT, LIGHT, SOFT)


def test_masks_go_to_pictures_of_another_size_only_when_asked():
    same, other = ((200, 100), (200, 100)), ((200, 100), (400, 400))
    assert paste(ALL, Recipe(), sizes=same).step("cutout") == CUT
    assert paste(ALL, Recipe(), sizes=other).step("cutout") is None
    assert paste(ALL, Recipe(), sizes=other, with_masks=True).step("cutout") == CUT
    alpha = Recipe(steps=(steps.Mask(source="alpha"),))
    assert paste(alpha, Recipe(), sizes=other) == alpha


def test_a_crop_is_scaled_to_the_same_place():
    bigger = paste(ALL, Recipe(), sizes=((200, 100), (400, 200)))
    assert bigger.crop == (20, 40, 200, 100)
    taller = paste(ALL, Recipe(), sizes=((200, 100), (200, 300)))
    assert taller.crop[2:] == (100, 50)
    turned = Recipe(steps=(steps.Turn(quarters=1),))
    onto = paste(ALL, turned, ["crop"], sizes=((200, 100), (100, 200)))
    assert onto.crop == (10, 20, 100, 50)
