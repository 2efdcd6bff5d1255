"""Transparent parts are filled as chosen, and colors hidden under them never show."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from engine.imaging.alpha import (
    Fill,
    fill,
    fill_color,
    fill_edge,
    fill_picture_color,
    has_transparency,
    parse_color,
    picture_color,
)


def _disc(color=(200, 40, 40), hidden=(0, 255, 0)):
    """A disc of ``color`` on transparency that hides another color."""
    rgba = np.zeros((40, 40, 4), np.uint8)
    rgba[..., :3] = hidden
    y, x = np.mgrid[:40, :40]
    inside = (y - 20) ** 2 + (x - 20) ** 2 < 144
    rgba[inside] = (*color, 255)
    return rgba


def test_a_color_fills_what_is_transparent_and_nothing_else():
    rgba = _disc()
    rgb = fill(rgba, Fill(color="#1e90ff"))
    assert rgb.shape == (40, 40, 3)
    assert rgb[0, 0].tolist() == [0x1E, 0x90, 0xFF]
    assert rgb[20, 20].tolist() == [200, 40, 40]


def test_half_transparent_pixels_are_mixed_to_the_nearest_value():
    rgba = np.array([[[255, 0, 10, 128], [255, 0, 10, 0], [255, 0, 10, 255]]], np.uint8)
    assert fill_color(rgba, (0, 100, 20)).tolist() == [[[128, 50, 15], [0, 100, 20], [255, 0, 10]]]


def test_the_edge_color_is_carried_outwards():
    rgba = _disc()
    rgba[:, 20:][rgba[:, 20:, 3] > 0] = (30, 60, 220, 255)
    rgb = fill_edge(rgba)
    assert rgb[20, 0].tolist() == [200, 40, 40]
    assert rgb[20, 39].tolist() == [30, 60, 220]
    assert not (rgb == (0, 255, 0)).all(-1).any()


def test_the_edge_fill_of_a_soft_edge_shows_no_fringe():
    rgba = _disc(hidden=(0, 0, 0))
    rgba[..., 3][rgba[..., 3] == 0] = 0
    rgba[20, 33] = (255, 255, 255, 40)
    assert fill_edge(rgba)[20, 33].tolist() == pytest.approx([209, 74, 74], abs=2)
    assert fill_edge(rgba)[0, 0].tolist() == [200, 40, 40]


@pytest.mark.parametrize("way", [fill_edge, fill_picture_color])
def test_a_picture_without_visible_pixels_becomes_white(way):
    assert (way(np.zeros((5, 6, 4), np.uint8)) == 255).all()


@pytest.mark.parametrize("way", [fill_edge, fill_picture_color])
def test_an_opaque_picture_is_not_changed(way):
    rgba = np.random.default_rng(0).integers(0, 256, (9, 8, 4), np.uint8)
    rgba[..., 3] = 255
    assert (way(rgba) == rgba[..., :3]).all()


def test_each_picture_gets_a_quiet_color_that_sets_it_off():
    dark, light = picture_color(_disc((60, 20, 20))), picture_color(_disc((250, 240, 200)))
    assert min(dark) > 150
    assert max(light) < 110
    assert max(dark) - min(dark) < 40
    assert picture_color(_disc((200, 40, 40))) != picture_color(_disc((40, 40, 200)))
    assert fill_picture_color(_disc((60, 20, 20)))[0, 0].tolist() == list(dark)


def test_transparency_is_noticed():
    assert has_transparency(_disc())
    assert not has_transparency(np.full((3, 3, 4), 255, np.uint8))


def test_colors_are_written_as_hexadecimal():
    assert parse_color("#0a0B0c") == (10, 11, 12)
    assert Fill(color="#abcdef").color == "#ABCDEF"
    for wrong in ("abcdef", "#abcde", "#ggg000", "red"):
        with pytest.raises(ValidationError, match="#RRGGBB"):
            Fill(color=wrong)
        with pytest.raises(ValueError, match="#RRGGBB"):
            parse_color(wrong)


def test_a_blurred_fill_stays_near_the_edge_colors_and_keeps_the_subject():
    rgba = np.zeros((60, 60, 4), np.uint8)
    rgba[20:40, 20:30] = (200, 0, 0, 255)
    rgba[20:40, 30:40] = (0, 0, 200, 255)
    found = fill(rgba, Fill(kind="blurred"))
    assert (found[20:40, 20:40] == rgba[20:40, 20:40, :3]).all()
    assert found[30, 2, 0] > 190
    assert 40 < found[5, 30, 0] < 160  # where both colors meet they mix
    assert found[..., 1].max() == 0


def test_a_gradient_runs_between_its_colors_along_its_angle():
    rgba = np.zeros((21, 31, 4), np.uint8)
    down = fill(rgba, Fill(kind="gradient", color="#000000", second="#FFFFFF"))
    assert (down[0] == 0).all()
    assert (down[-1] == 255).all()
    assert (down[10] == 128).all()
    sideways = fill(rgba, Fill(kind="gradient", color="#FF0000", second="#0000FF", angle=270))
    assert sideways[5, 0].tolist() == [255, 0, 0]
    assert sideways[5, -1].tolist() == [0, 0, 255]


def test_a_picture_of_one_s_own_covers_what_is_transparent():
    rgba = np.zeros((20, 40, 4), np.uint8)
    rgba[5:15, 15:25] = (200, 0, 0, 255)
    behind = np.zeros((60, 30, 3), np.uint8)  # taller: its middle is taken
    behind[:22] = (0, 255, 0)
    behind[22:38, :15] = (0, 0, 255)
    behind[22:38, 15:] = (255, 255, 0)
    found = fill(rgba, Fill(kind="image", image="0" * 32), behind)
    assert (found[5:15, 15:25] == (200, 0, 0)).all()
    assert found[10, 2].tolist() == [0, 0, 255]
    assert found[10, 37].tolist() == [255, 255, 0]
    assert not ((found[..., 1] == 255) & (found[..., 0] == 0)).any()
    with pytest.raises(ValueError, match="names a stored one"):
        Fill(kind="image")


def test_the_clean_edge_has_the_color_of_the_subject_and_its_softness():
    rgba = np.zeros((9, 20, 4), np.uint8)
    rgba[:, 5:15] = (0, 180, 0, 255)
    rgba[:, 4] = (250, 250, 250, 128)  # a rim of the white it once stood on
    rgba[:, 15] = (250, 250, 250, 128)
    black = fill(rgba, Fill(color="#000000"))
    clean = fill(rgba, Fill(color="#000000", clean=100))
    half = fill(rgba, Fill(color="#000000", clean=50))
    assert black[4, 4, 0] > 120
    assert clean[4, 4].tolist() == [0, 90, 0]
    assert clean[4, 4, 0] < half[4, 4, 0] < black[4, 4, 0]
    assert (clean[:, 5:15] == black[:, 5:15]).all()
    assert (clean[:, :4] == 0).all()


def test_every_mix_of_two_values_is_rounded_to_the_nearest():
    over, under, alpha = np.meshgrid(*[np.array([0, 1, 90, 254, 255])] * 2, np.arange(256))
    rgba = np.stack([over, over, over, alpha], -1)[0].astype(np.uint8)
    for value in np.unique(under):
        mixed = fill_color(rgba, (int(value), int(value), int(value)))[..., 0]
        share = rgba[..., 3] / 255
        exact = rgba[..., 0] * share + int(value) * (1 - share)
        assert np.abs(mixed - exact).max() <= 0.5


def test_a_green_rim_counts_as_lighter_than_a_blue_one():
    green, blue = picture_color(_disc((0, 255, 0))), picture_color(_disc((0, 0, 255)))
    # Luma of pure green is 150, of yellow 226: only what is lighter than 160 gets a dark ground.
    assert min(green) > 150
    assert min(blue) > 150
    assert max(picture_color(_disc((255, 255, 0)))) < 110
