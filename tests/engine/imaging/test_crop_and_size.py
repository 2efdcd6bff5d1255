"""Boxes stay inside their picture, and sizes change as the trainer changes them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.imaging.adjust import resize
from engine.imaging.crop import box_of_ratio, clip_box, content_box, crop


def _noise(height, width, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def test_a_crop_is_the_pixels_of_its_box():
    picture = _noise(20, 30)
    assert (crop(picture, (4, 5, 10, 8)) == picture[5:13, 4:14]).all()


@pytest.mark.parametrize(
    ("box", "inside"),
    [((-5, -5, 10, 10), (0, 0, 5, 5)), ((25, 15, 99, 99), (25, 15, 5, 5)),
     ((50, 50, 5, 5), (0, 0, 30, 20)), ((3, 3, 0, 5), (0, 0, 30, 20))],
)  # fmt: skip
def test_a_box_is_clipped_and_never_empty(box, inside):
    assert clip_box(box, (30, 20)) == inside


def test_the_content_box_is_tight():
    rgba = np.zeros((20, 30, 4), np.uint8)
    assert content_box(rgba) == (0, 0, 30, 20)
    rgba[4:9, 10:25, 3] = 200
    assert content_box(rgba) == (10, 4, 15, 5)


@pytest.mark.parametrize(
    ("ratio", "box"),
    [(1.0, (50, 0, 100, 100)), (2.0, (0, 0, 200, 100)), (4.0, (0, 25, 200, 50))],
)
def test_the_largest_box_of_a_ratio_is_centered(ratio, box):
    assert box_of_ratio((200, 100), ratio) == box


def test_shrinking_averages_areas_and_growing_uses_lanczos():
    picture = _noise(40, 60)
    smaller = cv2.resize(picture, (30, 40), interpolation=cv2.INTER_AREA)
    larger = Image.fromarray(picture).resize((61, 20), Image.Resampling.LANCZOS)
    assert (resize(picture, (30, 40)) == smaller).all()
    assert (resize(picture, (61, 20)) == np.asarray(larger)).all()
    assert (resize(picture, (60, 40)) == picture).all()


def test_hidden_colors_do_not_bleed_into_the_edge():
    rgba = np.zeros((32, 32, 4), np.uint8)
    rgba[..., :3] = (0, 255, 0)
    rgba[:, :15] = (255, 0, 0, 255)
    for size in ((9, 9), (50, 50)):
        small = resize(rgba, size)
        seen = small[small[..., 3] > 8]
        assert seen[:, 0].min() > 240
        assert seen[:, 1].max() < 12
    assert 0 < small[0, :, 3].astype(float).mean() < 255
