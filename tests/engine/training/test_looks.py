from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from engine.dataset.buckets import Assignment
from engine.training.looks import (
    PLAIN,
    Face,
    Look,
    colored,
    cut_numbers,
    draw_look,
    face_in_name,
    pixels,
    resized_with,
)
from engine.training.settings.pictures import PictureSettings
from engine.training.ways import Way

# 1000×1500 in a bucket of 384×640: resized to 427×640, 43 columns too many.
PLACE = Assignment((1000, 1500), (384, 640), (427, 640))


def looks(face=None, face_range=None, place=PLACE, count=300, **settings):
    way = Way(pictures=PictureSettings(**settings), face_range=face_range)
    chance = random.Random(1)
    return [draw_look(way, place, face, chance) for _ in range(count)]


def ramp(width, height):
    """Every pixel says where it is."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.dstack([columns, rows, columns * 0]).astype(np.uint8)


def test_nothing_asked_is_the_plain_look():
    assert set(looks()) == {PLAIN}


def test_half_of_the_draws_are_mirrored():
    assert 110 < sum(look.flipped for look in looks(flip_aug=True)) < 190


def test_random_cuts_reach_both_edges_of_what_is_too_much():
    corners = {look.corner for look in looks(random_crop=True)}
    assert {corner[0] for corner in corners} == set(range(44))
    assert {corner[1] for corner in corners} == {0}


def test_a_third_of_the_draws_change_hue_or_brightness():
    found = looks(color_aug=True, count=3000)
    hues = [look.hue for look in found if look.hue]
    gammas = [look.gamma for look in found if look.gamma != 1.0]
    assert 0.28 < (len(hues) + len(gammas)) / 3000 < 0.36
    assert (min(hues), max(hues)) == (-8, 8)
    assert min(gammas) >= 0.95
    assert max(gammas) <= 1.05
    assert not any(look.hue and look.gamma != 1.0 for look in found)


def test_the_plain_cut_is_the_middle_and_a_corner_moves_it():
    place = Assignment((20, 10), (10, 10), (20, 10))
    assert pixels(ramp(20, 10), place, PLAIN, "auto")[0, :, 0].tolist() == list(range(5, 15))
    moved = pixels(ramp(20, 10), place, Look(corner=(8, 0)), "auto")
    assert moved[0, :, 0].tolist() == list(range(8, 18))


def test_a_mirrored_look_mirrors_picture_and_mask():
    place = Assignment((20, 10), (10, 10), (20, 10))
    look = Look(flipped=True)
    assert pixels(ramp(20, 10), place, look, "auto")[0, :, 0].tolist() == list(range(14, 4, -1))
    mask = ramp(20, 10)[..., 0]
    assert pixels(mask, place, look, "auto")[0].tolist() == list(range(14, 4, -1))


def test_the_filter_is_the_one_asked_for():
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[3:5, 3:5] = 255
    names = ("nearest", "bilinear", "bicubic", "area", "lanczos", "box")
    found = {name: resized_with(picture, (5, 5), name).tobytes() for name in names}
    assert len(set(found.values())) >= 5
    assert resized_with(picture, (5, 5), "auto").tobytes() == found["area"]
    assert resized_with(picture, (5, 5), "linear").tobytes() == found["bilinear"]
    assert resized_with(picture, (5, 5), "cubic").tobytes() == found["bicubic"]
    large = resized_with(picture, (13, 13), "lanczos")
    assert (resized_with(picture, (13, 13), "auto") == large).all()
    assert set(np.unique(resized_with(picture, (13, 13), "nearest"))) == {0, 255}


def test_brightness_is_a_power_of_values_up_to_255():
    gray = np.full((2, 2, 3), 128, np.uint8)
    assert colored(gray, Look(gamma=1.05))[0, 0].tolist() == [163] * 3
    assert colored(gray, Look(gamma=0.95))[0, 0].tolist() == [100] * 3


def test_hue_turns_colors_and_leaves_grays():
    red = np.full((2, 2, 3), (200, 40, 40), np.uint8)
    turned = colored(red, Look(hue=8))[0, 0]
    assert turned[1] > 60
    assert turned[0] == 200
    assert colored(np.full((2, 2, 3), 90, np.uint8), Look(hue=8))[0, 0].tolist() == [90] * 3


def test_sdxl_is_told_the_true_cut():
    assert cut_numbers(PLACE, PLAIN, as_kohya=False) == (21, 0)
    assert cut_numbers(PLACE, Look(corner=(40, 0)), as_kohya=False) == (40, 0)
    # 43 columns are cut, 40 of them left: mirrored there are 3 left.
    mirrored = Look(flipped=True, corner=(40, 0))
    assert cut_numbers(PLACE, mirrored, as_kohya=False) == (3, 0)
    assert cut_numbers(PLACE, Look(flipped=True), as_kohya=False) == (22, 0)


def test_or_the_letterbox_as_kohya_tells_it():
    assert cut_numbers(PLACE, PLAIN, as_kohya=True) == (0, 32)
    wide = Assignment((1536, 640), (1024, 416), (1024, 427))
    # 416 · 2.4 = 998.4 wide: 12.8 px left at each side, of which the left one is rounded down.
    assert cut_numbers(wide, PLAIN, as_kohya=True) == (12, 0)
    assert cut_numbers(wide, Look(flipped=True), as_kohya=True) == (13, 0)


@pytest.mark.parametrize(
    ("name", "face"),
    [
        ("a_300_200_90_80", Face(300, 200, 90, 80)),
        ("two_words_300_200_90_80", Face(300, 200, 90, 80)),
        ("300_200_90_80", None),
        ("a_300_200_90", None),
        ("a_300_200_0_80", None),
        ("a_b_300_200_x", None),
    ],
)
def test_a_file_name_may_tell_a_face(name, face):
    assert face_in_name(Path(f"/folder_with_many_parts/{name}.png")) == face


SQUARE = Assignment((1000, 1000), (100, 100), (100, 100))


def test_a_face_is_cut_around_between_the_two_sizes():
    # 100 px for a face of 100 px that is to fill 1/4 to 1/2 of the cut: scales 0.25 to 0.5.
    found = looks(Face(300, 600, 100, 80), (2.0, 4.0), SQUARE)
    sides = [look.resized[0] for look in found]
    assert min(sides) >= 250
    assert max(sides) <= 500
    assert max(sides) - min(sides) > 200
    for look in found:
        scale = look.resized[0] / 1000
        middle = look.corner[0] + 50, look.corner[1] + 50
        assert abs(middle[0] - 300 * scale) <= 4
        assert abs(middle[1] - 600 * scale) <= 4


def test_one_enlargement_is_exact_and_stays_inside():
    found = set(looks(Face(20, 980, 100, 80), (4.0, 4.0), SQUARE))
    assert found == {Look(resized=(250, 250), corner=(0, 150))}


def test_random_cuts_around_a_face_go_further():
    near = looks(Face(500, 500, 100, 80), (4.0, 4.0), SQUARE)
    far = looks(Face(500, 500, 100, 80), (4.0, 4.0), SQUARE, random_crop=True)
    assert {look.corner for look in near} == {(75, 75)}
    lefts = [look.corner[0] for look in far]
    assert min(lefts) < 20
    assert max(lefts) > 130


def test_a_cut_always_covers_its_bucket():
    small = Assignment((90, 120), (100, 100), (100, 133))
    for look in looks(Face(45, 60, 80, 80), (1.0, 3.0), small):
        assert look.resized[0] >= 100
        assert look.resized[1] >= 100
        assert 0 <= look.corner[1] <= look.resized[1] - 100


def test_a_face_range_is_two_rising_numbers():
    assert PictureSettings(face_crop_aug_range=[2.0, 4.0]).face_range == (2.0, 4.0)
    assert PictureSettings(face_crop_aug_range="2, 4").face_range == (2.0, 4.0)
    for text in ("4,2", "2", "a,b", "0,1", "1,inf"):
        with pytest.raises(ValueError, match="two numbers"):
            PictureSettings(face_crop_aug_range=text)
