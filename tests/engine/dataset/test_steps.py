"""A recipe is a stack: its steps work in order, can be off, and keep masks in register."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pydantic import ValidationError

from engine.dataset import steps
from engine.dataset.edits import Fill, Recipe, bake, bake_with_mask, baked_size
from engine.dataset.masks import MaskStore
from engine.runtime.errors import BadInputError, PictureError


@pytest.fixture
def rgba():
    picture = np.random.default_rng(0).integers(0, 256, (30, 40, 4), np.uint8)
    picture[..., 3] = 255
    return picture


@pytest.fixture
def masks(tmp_path):
    return MaskStore(tmp_path / "masks")


def _disc(shape=(30, 40)):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    inside = (rows - 10) ** 2 + (columns - 12) ** 2 < 36
    return np.where(inside, 255, 0).astype(np.uint8)


def test_recipes_stored_as_crop_and_fill_are_still_read():
    old = '{"crop": [1, 2, 10, 10], "fill": {"kind": "edge", "color": "#FFFFFF"}}'
    recipe = Recipe.model_validate_json(old)
    assert recipe.crop == (1, 2, 10, 10)
    assert recipe.fill == Fill(kind="edge")
    assert Recipe.model_validate_json('{"crop": null, "fill": null}') == Recipe()
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_steps_work_in_their_order(rgba):
    crop, turn = steps.Crop(box=(0, 0, 10, 20)), steps.Turn(quarters=1)
    cropped_first = bake(rgba, Recipe(steps=(crop, turn)))
    turned_first = bake(rgba, Recipe(steps=(turn, crop)))
    assert cropped_first.shape == (10, 20, 3)
    assert turned_first.shape == (20, 10, 3)
    assert (cropped_first == np.rot90(rgba[:20, :10, :3], -1)).all()
    assert (turned_first == np.rot90(rgba[..., :3], -1)[:20, :10]).all()


def test_a_step_that_is_off_does_nothing_and_is_kept(rgba):
    off = Recipe(steps=(steps.Crop(box=(0, 0, 5, 5), on=False), steps.Saturation(amount=50)))
    assert off.crop is None
    assert bake(rgba, off).shape == (30, 40, 3)
    assert Recipe.model_validate_json(off.model_dump_json()).steps[0].on is False


def test_a_new_step_goes_where_its_kind_belongs_and_replaces_its_like():
    recipe = Recipe()
    for step in (
        steps.FillStep(fill=Fill()),
        steps.Levels(black=9),
        steps.Crop(box=(0, 0, 4, 4)),
        steps.Turn(quarters=1),
    ):
        recipe = recipe.with_step(step)
    assert [step.kind for step in recipe.steps] == ["turn", "crop", "levels", "fill"]
    again = recipe.with_step(steps.Levels(black=20))
    assert [step.kind for step in again.steps] == ["turn", "crop", "levels", "fill"]
    assert again.step("levels") == steps.Levels(black=20)
    assert recipe.without("crop").crop is None
    assert [step.kind for step in recipe.before("crop").steps] == ["turn"]
    assert [step.kind for step in recipe.before("straighten").steps] == ["turn"]


def test_the_baked_size_is_known_without_pixels_for_every_order(rgba):
    shapes = (
        steps.Turn(quarters=3, mirror=True),
        steps.Straighten(degrees=7.5),
        steps.Crop(box=(3, 2, 18, 15)),
    )
    for order in itertools.permutations(shapes):
        recipe = Recipe(steps=order)
        found = bake(rgba, recipe)
        assert baked_size((40, 30), recipe) == (found.shape[1], found.shape[0])


def test_a_cutout_makes_the_rest_transparent_and_the_fill_shows_there(rgba, masks):
    key = masks.add(_disc())
    cut = steps.Cutout(mask=key, feather=0)
    recipe = Recipe(steps=(cut, steps.FillStep(fill=Fill(color="#0000FF"))))
    found = bake(rgba, recipe, masks=masks)
    inside = _disc() > 0
    assert (found[inside] == rgba[inside][:, :3]).all()
    assert (found[~inside] == (0, 0, 255)).all()


def test_masks_follow_the_picture_through_every_shape_step(rgba, masks):
    rgba[..., :3] = _disc()[..., None]
    key = masks.add(_disc())
    shapes = (
        steps.Turn(quarters=1, mirror=True),
        steps.Straighten(degrees=-4, frame="all"),
        steps.Crop(box=(2, 3, 24, 30)),
    )
    baked = bake_with_mask(rgba, Recipe(steps=(*shapes, steps.Mask(mask=key))), masks=masks)
    assert baked.mask is not None
    assert baked.mask.shape == baked.rgb.shape[:2]
    overlap = (baked.mask > 127) == (baked.rgb[..., 0] > 127)
    empty = (baked.rgb == 255).all(-1) & (baked.mask == 0)  # the white fill of turned corners
    assert (overlap | empty).mean() > 0.995
    assert (baked.mask > 127).any()


def test_a_training_mask_can_come_from_alpha_be_inverted_and_keep_some_weight_outside(rgba):
    rgba[..., 3] = _disc()
    mask = bake_with_mask(rgba, Recipe(steps=(steps.Mask(source="alpha", outside=20),))).mask
    assert set(np.unique(mask)) == {51, 255}
    turned = steps.Mask(source="alpha", invert=True)
    inverted = bake_with_mask(rgba, Recipe(steps=(turned,))).mask
    assert (inverted == 255 - _disc()).all()


def test_a_mask_is_stored_once_by_its_content_and_a_lost_one_is_told(masks):
    key = masks.add(_disc())
    assert masks.add(_disc()) == key
    assert len(list(masks.folder.iterdir())) == 1
    assert (masks.load(key) == _disc()).all()
    masks.path(key).unlink()
    with pytest.raises(PictureError, match="lost"):
        masks.load(key)
    with pytest.raises(BadInputError):
        masks.path("../project")


def test_a_picture_replaced_by_a_larger_one_keeps_its_mask_in_place(masks):
    key = masks.add(_disc())
    larger = np.full((60, 80, 4), 255, np.uint8)
    mask = bake_with_mask(larger, Recipe(steps=(steps.Mask(mask=key),)), masks=masks).mask
    assert mask.shape == (60, 80)
    assert mask[20, 24] == 255
    assert mask[50, 70] == 0


def test_impossible_steps_are_refused():
    with pytest.raises(ValidationError, match="below the white point"):
        steps.Levels(black=200, white=100)
    with pytest.raises(ValidationError, match="needs a stored one"):
        steps.Mask(source="painted")
    with pytest.raises(ValidationError):
        Recipe.model_validate({"steps": [{"kind": "sharpen"}]})


@pytest.mark.parametrize("kind", [step for step in steps.KINDS], ids=lambda step: step.__name__)
def test_every_step_has_a_label_and_leaves_the_source_alone(kind, rgba, masks):
    key = masks.add(_disc())
    needed = {
        "crop": {"box": (1, 1, 9, 9)},
        "cutout": {"mask": key},
        "mask": {"mask": key},
        "fill": {"fill": Fill(kind="blurred")},
        "saturation": {"amount": -50},
        "straighten": {"degrees": 3},
    }
    step = kind(**needed.get(kind.model_fields["kind"].default, {}))
    before = rgba.copy()
    bake(rgba, Recipe(steps=(step,)), masks=masks)
    assert kind.label
    assert (rgba == before).all()


def test_a_mask_of_training_takes_part_in_every_later_change_of_shape(rgba, masks):
    mask = steps.Mask(mask=masks.add(_disc()))
    before = bake_with_mask(rgba, Recipe(steps=(mask,)), masks=masks).mask
    later = (steps.Crop(box=(4, 2, 20, 10)), steps.Turn(quarters=1))
    baked = bake_with_mask(rgba, Recipe(steps=(mask, *later)), masks=masks)
    after = baked.mask
    assert after.shape == baked.rgb.shape[:2] == (20, 10)
    assert (after == np.rot90(before[2:12, 4:24], -1)).all()
    assert len(np.unique(after)) > 1


def test_masks_of_the_same_bytes_and_another_shape_are_two(masks):
    wide, high = np.zeros((10, 20), np.uint8), np.zeros((20, 10), np.uint8)
    keys = masks.add(wide), masks.add(high)
    assert [masks.load(key).shape for key in keys] == [(10, 20), (20, 10)]
