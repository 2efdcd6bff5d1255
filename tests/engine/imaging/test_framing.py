"""Crops are found around content, and fill their buckets."""

from __future__ import annotations

import numpy as np
import pytest

from engine.imaging.alpha import has_hidden_color
from engine.imaging.framing import (
    around,
    auto_crop,
    content,
    fills,
    fit_bucket,
    keeping_most,
    ratio_name,
    share_kept,
)


def _on_white(box, size=(120, 80)):
    picture = np.full((size[1], size[0], 4), 255, np.uint8)
    left, top, width, height = box
    picture[top : top + height, left : left + width, :3] = (30, 60, 90)
    return picture


def _holds(outer, inner):
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[0] + outer[2] >= inner[0] + inner[2]
        and outer[1] + outer[3] >= inner[1] + inner[3]
    )


def test_content_is_found_by_alpha_and_by_a_plain_background():
    box = (30, 20, 40, 25)
    picture = _on_white(box)
    assert content(picture) == box
    picture[:, :100, 3] = 0
    assert content(picture) == (100, 0, 20, 80)
    assert content(np.random.default_rng(0).integers(0, 256, (50, 50, 4), np.uint8) | 128) is None


def test_pictures_without_content_are_not_cropped():
    for picture in (_on_white((0, 0, 1, 1))[5:, 5:], np.zeros((9, 9, 4), np.uint8)):
        assert auto_crop(picture) is None
    one = np.full((1, 1, 4), 255, np.uint8)
    assert auto_crop(one) is None


def test_an_automatic_crop_has_a_margin_and_stays_inside():
    assert auto_crop(_on_white((30, 20, 40, 25)), margin=0.1) == (26, 16, 48, 33)
    assert auto_crop(_on_white((1, 20, 40, 25)), margin=0.1) == (0, 16, 45, 33)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 0.5])
def test_an_automatic_crop_of_a_ratio_holds_the_content(ratio):
    box = auto_crop(_on_white((70, 20, 40, 25)), ratio=ratio)
    assert _holds(box, (70, 20, 40, 25))
    assert box[2] / box[3] == pytest.approx(ratio, rel=0.03)
    assert _holds((0, 0, 120, 80), box)


def test_content_too_long_for_a_ratio_is_cut_about_its_middle():
    assert around((0, 40, 120, 10), 0.5, (120, 80)) == (40, 0, 40, 80)


@pytest.mark.parametrize("bucket", [(896, 1152), (1024, 1024), (832, 1216), (1152, 896)])
@pytest.mark.parametrize("size", [(2400, 1800), (900, 1300), (513, 771), (3000, 700)])
def test_a_bucket_is_filled_exactly_by_nearly_the_largest_box(bucket, size):
    box = fit_bucket(size, bucket)
    assert fills(box[2:], bucket)
    assert _holds((0, 0, *size), box)
    largest = min(size[0], size[1] * bucket[0] / bucket[1])
    assert box[2] > 0.96 * largest
    assert abs(box[0] * 2 + box[2] - size[0]) <= 1
    assert abs(box[1] * 2 + box[3] - size[1]) <= 1


def test_a_bucket_box_moves_only_as_far_as_its_content_needs():
    size, bucket = (2000, 1000), (512, 512)
    assert fit_bucket(size, bucket, (600, 100, 700, 700)) == (500, 0, 1000, 1000)
    assert fit_bucket(size, bucket, (100, 100, 700, 700)) == (100, 0, 1000, 1000)
    assert fit_bucket(size, bucket, (1500, 100, 500, 500)) == (1000, 0, 1000, 1000)
    assert fit_bucket(size, bucket, (100, 0, 1600, 900)) == (400, 0, 1000, 1000)


def test_the_crop_that_loses_least_content_is_found():
    weights = np.zeros((50, 200), np.uint8)
    weights[10:40, 120:190] = 255
    weights[10:40, 0:20] = 255
    box = keeping_most(weights, (80, 50))
    assert _holds(box, (120, 10, 70, 30))
    assert share_kept(weights, box) == pytest.approx(70 / 90)
    assert keeping_most(np.zeros((50, 200), np.uint8), (80, 50)) == (60, 0, 80, 50)
    assert keeping_most(weights, (999, 999)) == (0, 0, 200, 50)


def test_known_ratios_have_names():
    assert ratio_name((1920, 1080)) == "16:9"
    assert ratio_name((683, 1024)) == "2:3"
    assert ratio_name((1000, 613)) == ""


def test_hidden_colors_are_told_from_one_color_under_transparency():
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[16:48, 16:48] = (200, 100, 50, 255)
    assert not has_hidden_color(rgba)
    rgba[..., :3][rgba[..., 3] == 0] = 255
    assert not has_hidden_color(rgba)
    rgba[:8, :, :3] = np.random.default_rng(0).integers(0, 256, (8, 64, 3))
    assert has_hidden_color(rgba)
    rgba[..., 3] = 255
    assert not has_hidden_color(rgba)
