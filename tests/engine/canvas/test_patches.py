from __future__ import annotations

import numpy as np
import pytest

from engine.canvas.patches import patched


def stripes(height: int = 220, width: int = 260) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    dark = ((x + y) // 12 % 2)[..., None] > 0
    return np.where(dark, (200, 120, 40), (40, 80, 160)).astype(np.uint8)


def hole_in(picture: np.ndarray, top: int, left: int, height: int, width: int) -> np.ndarray:
    hole = np.zeros(picture.shape[:2], bool)
    hole[top : top + height, left : left + width] = True
    return hole


def without(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    spoiled = picture.copy()
    spoiled[hole] = (255, 0, 255)
    return spoiled


def test_a_pattern_goes_on_through_the_hole() -> None:
    picture = stripes()
    hole = hole_in(picture, 80, 90, 60, 70)
    result = patched(without(picture, hole), hole)
    assert np.abs(result[hole].astype(int) - picture[hole]).mean() < 4
    np.testing.assert_array_equal(result[~hole], picture[~hole])


def test_nothing_of_the_hole_shows_through_and_the_same_hole_is_filled_alike() -> None:
    picture = stripes()
    hole = hole_in(picture, 60, 60, 40, 90)
    one, other = picture.copy(), picture.copy()
    one[hole], other[hole] = 0, 255
    np.testing.assert_array_equal(patched(one, hole), patched(other, hole))


def test_every_pixel_comes_from_outside_and_transparency_is_filled_too() -> None:
    picture = np.dstack([stripes(), np.full((220, 260), 255, np.uint8)])
    picture[:, 130:, 3] = 0
    picture[:, 130:, :3] = 0
    hole = hole_in(picture, 90, 100, 40, 60)
    result = patched(picture, hole)
    colors = {tuple(color) for color in picture[~hole].tolist()}
    assert {tuple(color) for color in result[hole].tolist()} <= colors
    assert result[110, 102, 3] == 255
    assert result[110, 157, 3] == 0


@pytest.mark.parametrize(
    ("size", "hole"),
    [
        ((1, 1), (0, 0, 1, 1)),
        ((9, 7), (2, 2, 3, 3)),
        ((4, 300), (0, 100, 4, 90)),
        ((60, 60), (0, 0, 59, 60)),
        ((60, 60), (30, 30, 1, 1)),
        ((64, 1024), (0, 0, 64, 500)),
    ],
)
def test_small_thin_and_nearly_whole_holes_are_filled(
    size: tuple[int, int], hole: tuple[int, int, int, int]
) -> None:
    picture = stripes(*size)
    missing = hole_in(picture, *hole)
    result = patched(without(picture, missing), missing)
    assert result.shape == picture.shape
    np.testing.assert_array_equal(result[~missing], picture[~missing])
    if not missing.all():
        assert not (result[missing] == (255, 0, 255)).all(axis=1).any()


def test_a_large_hole_is_filled_in_detail_without_laying_out_all_patches() -> None:
    picture = stripes(900, 900)
    hole = hole_in(picture, 300, 300, 240, 240)
    result = patched(without(picture, hole), hole)
    assert np.abs(result[hole].astype(int) - picture[hole]).mean() < 25
