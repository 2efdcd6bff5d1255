"""What training sees is baked from the source and a recipe, and the source stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from engine.dataset.buckets import BucketSpec, assign
from engine.dataset.edits import Fill, Recipe, bake, baked_size
from engine.training.looks import PLAIN, pixels


def _picture():
    rgba = np.random.default_rng(0).integers(0, 256, (30, 40, 4), np.uint8)
    rgba[..., 3] = 255
    rgba[:10, :, 3] = 0
    return rgba


def test_the_crop_is_cut_and_the_fill_laid_under():
    rgba = _picture()
    before = rgba.copy()
    rgb = bake(rgba, Recipe(crop=(5, 5, 20, 10), fill=Fill(color="#102030")))
    assert rgb.shape == (10, 20, 3)
    assert (rgb[:5] == (0x10, 0x20, 0x30)).all()
    assert (rgb[5:] == rgba[10:15, 5:25, :3]).all()
    assert (rgba == before).all()


def test_without_its_own_fill_a_picture_follows_the_project():
    rgba = _picture()
    assert (bake(rgba, Recipe(), Fill(color="#FF0000"))[0, 0] == (255, 0, 0)).all()
    assert (bake(rgba, Recipe())[0, 0] == 255).all()
    own = Recipe(fill=Fill(color="#00FF00"))
    assert (bake(rgba, own, Fill(color="#FF0000"))[0, 0] == (0, 255, 0)).all()


def test_the_edge_fill_looks_only_at_what_is_left_of_the_picture():
    rgba = _picture()
    rgba[10:, :, :3] = (9, 9, 9)
    rgba[10:, 30:, :3] = (200, 0, 0)
    rgb = bake(rgba, Recipe(crop=(0, 0, 20, 30), fill=Fill(kind="edge")))
    assert (rgb == 9).all()


def test_the_baked_size_is_known_without_pixels():
    for box in (None, (5, 5, 20, 10), (35, 25, 50, 50)):
        recipe = Recipe(crop=box)
        shape = bake(_picture(), recipe).shape
        assert baked_size((40, 30), recipe) == (shape[1], shape[0])


def test_a_crop_without_area_is_refused():
    with pytest.raises(ValidationError, match="at least one pixel"):
        Recipe(crop=(0, 0, 0, 5))


@pytest.mark.parametrize("size", [(1000, 1500), (300, 300), (640, 480), (4096, 1024)])
@pytest.mark.parametrize("no_upscale", [True, False])
def test_the_bucket_picture_has_the_buckets_size(size, no_upscale):
    spec = BucketSpec(resolution=(256, 256), minimum=128, maximum=512, no_upscale=no_upscale)
    rgb = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    found = assign(spec, size)
    assert pixels(rgb, found, PLAIN, "auto").shape == (found.bucket[1], found.bucket[0], 3)


def test_only_the_middle_is_kept_of_what_overshoots():
    rgb = np.zeros((100, 300, 3), np.uint8)
    rgb[:, 100:200] = 255
    found = assign(BucketSpec(resolution=(100, 100), enabled=False), (300, 100))
    assert (pixels(rgb, found, PLAIN, "auto") == 255).all()
