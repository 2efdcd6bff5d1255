"""Turned, mirrored and straightened pictures hold the pixels they should."""

from __future__ import annotations

import numpy as np
import pytest

from engine.imaging.geometry import straighten, straightened_size, turn, turned_size


def test_a_quarter_turn_is_clockwise_and_mirroring_comes_first():
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, 0] = (255, 0, 0)
    assert turn(picture, 1)[0, -1, 0] == 255
    assert turn(picture, 2)[-1, -1, 0] == 255
    assert turn(picture, 3)[-1, 0, 0] == 255
    assert turn(picture, 0, mirror=True)[0, -1, 0] == 255
    assert turn(picture, 1, mirror=True)[-1, -1, 0] == 255
    for quarters in range(4):
        shape = turn(picture, quarters).shape
        assert turned_size((3, 2), quarters) == (shape[1], shape[0])


def test_four_quarters_and_two_mirrors_give_the_picture_back():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 4), np.uint8)
    found = picture
    for _ in range(4):
        found = turn(found, 1)
    assert (found == picture).all()
    assert (turn(turn(picture, 0, mirror=True), 0, mirror=True) == picture).all()


@pytest.mark.parametrize("degrees", [-45.0, -7.3, 0.4, 12.0, 45.0])
@pytest.mark.parametrize("size", [(200, 120), (90, 160), (64, 64)])
def test_the_inside_frame_has_no_empty_corner_and_the_shape_of_the_picture(degrees, size):
    rgba = np.full((size[1], size[0], 4), 255, np.uint8)
    kept = straighten(rgba, degrees, frame="all")
    inside = straightened_size(size, degrees)
    left, top = (size[0] - inside[0]) // 2, (size[1] - inside[1]) // 2
    within = kept[top : top + inside[1], left : left + inside[0], 3]
    # The bicubic kernel reaches two pixels beyond the edge.
    assert (within[2:-2, 2:-2] == 255).all()
    assert abs(inside[0] / inside[1] - size[0] / size[1]) < 0.05
    assert straighten(rgba, degrees).shape[:2] == (inside[1], inside[0])


@pytest.mark.parametrize("degrees", [-45.0, -7.3, 12.0, 45.0])
@pytest.mark.parametrize("size", [(200, 120), (64, 64)])
def test_the_whole_frame_keeps_every_pixel_and_its_corners_are_transparent(degrees, size):
    rgba = np.full((size[1], size[0], 4), 255, np.uint8)
    found = straighten(rgba, degrees, frame="whole")
    assert found.shape[:2] == straightened_size(size, degrees, frame="whole")[::-1]
    solid = found[..., 3] > 128
    assert abs(int(solid.sum()) - size[0] * size[1]) < 0.02 * size[0] * size[1]
    assert [found[y, x, 3] for y in (0, -1) for x in (0, -1)] == [0, 0, 0, 0]
    # Nothing of it is wider than needed: the picture touches all four sides.
    assert all(side.any() for side in (found[1], found[-2], found[:, 1], found[:, -2]))


def test_straightening_turns_clockwise():
    picture = np.zeros((101, 101), np.uint8)
    picture[10:14, 48:53] = 255  # near the top
    found = straighten(picture, 45, frame="all")
    rows, columns = np.nonzero(found > 128)
    assert columns.mean() > 70
    assert rows.mean() < 35


def test_hidden_colors_do_not_bleed_into_the_edge():
    rgba = np.zeros((60, 60, 4), np.uint8)
    rgba[..., :3] = (255, 0, 255)
    rgba[20:40, 20:40] = (0, 200, 0, 255)
    found = straighten(rgba, 10, frame="all")
    seen = found[..., 3] > 16
    assert found[seen][:, 0].max() < 40
