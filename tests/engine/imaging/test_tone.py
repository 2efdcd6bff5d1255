"""Light and color change as their names say, and leave alpha alone."""

from __future__ import annotations

import numpy as np
import pytest

from engine.imaging import tone


@pytest.fixture
def noise():
    rgba = np.random.default_rng(3).integers(40, 200, (24, 30, 4), np.uint8)
    rgba[:4, :, 3] = 0
    return rgba


def test_levels_put_black_and_white_where_they_are_asked_for():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    found = tone.levels(ramp, 50, 150)[0, :, 0]
    assert (found[:51] == 0).all()
    assert (found[150:] == 255).all()
    assert found[100] in (127, 128)
    assert (np.diff(found.astype(int)) >= 0).all()
    assert tone.levels(ramp, 0, 255, 2.0)[0, 64, 0] == round(255 * (64 / 255) ** 0.5)


def test_automatic_levels_spread_what_is_visible_and_ignore_hidden_colors(noise):
    noise[:4, :, :3] = 255  # hidden under full transparency
    found = tone.auto_levels(noise)
    luma = found[4:, :, :3] @ np.array([0.299, 0.587, 0.114])
    assert luma.min() < 8
    assert luma.max() > 247
    assert (found[..., 3] == noise[..., 3]).all()


def test_automatic_levels_leave_a_flat_or_empty_picture_alone():
    flat = np.full((8, 8, 4), 90, np.uint8)
    assert (tone.auto_levels(flat) == flat).all()
    flat[..., 3] = 0
    assert (tone.auto_levels(flat) == flat).all()


def test_no_amount_changes_nothing(noise):
    assert (tone.light(noise) == noise).all()
    assert (tone.levels(noise, 0, 255) == noise).all()
    assert (tone.saturation(noise, 0) == noise).all()
    difference = tone.white_balance(noise).astype(int) - noise
    assert np.abs(difference).max() <= 1  # through linear light and back


def test_brightness_and_contrast_turn_about_the_middle():
    greys = np.full((1, 1, 3), 128, np.uint8)
    assert abs(int(tone.light(greys, contrast=80)[0, 0, 0]) - 128) <= 2
    assert tone.light(greys, brightness=20)[0, 0, 0] > 150
    dark, bright = np.full((1, 1, 3), 60, np.uint8), np.full((1, 1, 3), 200, np.uint8)
    assert tone.light(dark, contrast=50)[0, 0, 0] < 60
    assert tone.light(bright, contrast=50)[0, 0, 0] > 200
    assert (tone.light(dark, contrast=-100) == tone.light(bright, contrast=-100)).all()


def test_saturation_goes_from_grey_of_the_same_luma_to_vivid():
    red = np.array([[[200, 80, 60]]], np.uint8)
    grey = tone.saturation(red, -100)[0, 0]
    assert len(set(grey.tolist())) == 1
    assert abs(int(grey[0]) - round(200 * 0.299 + 80 * 0.587 + 60 * 0.114)) <= 1
    vivid = tone.saturation(red, 60)[0, 0].astype(int)
    assert vivid[0] > 200
    assert vivid[2] < 60


def test_a_warmer_picture_has_more_red_and_less_blue():
    grey = np.full((2, 2, 3), 128, np.uint8)
    warm = tone.white_balance(grey, temperature=60)[0, 0].astype(int)
    cool = tone.white_balance(grey, temperature=-60)[0, 0].astype(int)
    assert warm[0] > 128 > warm[2]
    assert cool[0] < 128 < cool[2]
    magenta = tone.white_balance(grey, tint=60)[0, 0].astype(int)
    assert magenta[1] < 128 < magenta[0]


def test_automatic_white_balance_makes_the_mean_grey():
    rng = np.random.default_rng(1)
    cast = np.clip(rng.normal([150, 120, 80], 12, (40, 40, 3)), 0, 255).astype(np.uint8)
    found = tone.auto_white(cast).reshape(-1, 3).mean(0)
    assert found.max() - found.min() < 4
    pure = np.zeros((4, 4, 3), np.uint8)
    pure[..., 0] = 200
    assert (tone.auto_white(pure) == pure).all()
