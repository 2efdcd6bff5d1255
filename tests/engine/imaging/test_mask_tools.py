"""Masks are painted, filled, thinned out, grown and combined."""

from __future__ import annotations

import numpy as np
import pytest

from engine.imaging.dabs import Trail
from engine.imaging.mask_tools import (
    MaskStroke,
    combined,
    feathered,
    holes_filled,
    inverted,
    largest_part,
)


def _blank(side=100):
    return np.zeros((side, side), np.uint8)


def _disc(side, middle, radius):
    rows, columns = np.ogrid[:side, :side]
    distance = np.hypot(rows + 0.5 - middle[0], columns + 0.5 - middle[1])
    return np.rint(np.clip(radius - distance + 0.5, 0, 1) * 255).astype(np.uint8)


def test_a_stroke_adds_within_its_radius_and_says_what_it_touched():
    mask = _blank()
    stroke = MaskStroke(mask, 10, 1.0)
    box = stroke.to(30, 50)
    assert mask[50, 30] == 255
    assert mask[50, 38] == 255
    assert mask[50, 42] == 0
    left, top, width, height = box
    outside = mask.copy()
    outside[top : top + height, left : left + width] = 0
    assert not outside.any()
    stroke.to(70, 50)
    assert (mask[50, 30:70] == 255).all()
    assert not stroke.before.any()


def test_erasing_takes_away_and_a_soft_brush_fades():
    mask = np.full((100, 100), 255, np.uint8)
    MaskStroke(mask, 20, 0.0, erase=True).to(50, 50)
    row = mask[50, 50:80].astype(int)
    assert row[0] < 10
    assert (np.diff(row) >= 0).all()
    assert 60 < row[10] < 200
    assert mask[0, 0] == 255


def test_dabs_of_one_stroke_do_not_add_up():
    once, twice = _blank(), _blank()
    MaskStroke(once, 20, 0.0).to(50, 50)
    stroke = MaskStroke(twice, 20, 0.0)
    stroke.to(50, 50)
    stroke.to(51.2, 50)
    stroke.to(50, 50)
    assert np.abs(once.astype(int) - twice).max() < 25
    assert twice[50, 65] < 200


def test_a_stroke_beside_the_picture_changes_nothing():
    mask = _blank()
    stroke = MaskStroke(mask, 5)
    assert stroke.to(-50, -50) is None
    assert stroke.to(-40, -50) is None
    assert not mask.any()


def test_dabs_are_evenly_spaced_however_the_path_is_cut_up():
    whole, parts = Trail(lambda p: 10.0), Trail(lambda p: 10.0)
    first = [*whole.to((0, 0, 1)), *whole.to((60, 0, 1))]
    second = [dab for x in (0, 3.3, 17.9, 20, 60) for dab in parts.to((x, 0, 1))]
    assert [dab[0] for dab in second] == pytest.approx([dab[0] for dab in first])
    assert np.diff([dab[0] for dab in first]) == pytest.approx(2.0)


def test_holes_are_filled_without_a_rim_and_bays_are_not():
    disc, hole, bay = _disc(100, (50, 50), 40), _disc(100, (40, 50), 8), _disc(100, (88, 50), 12)
    mask = np.minimum(disc, 255 - np.maximum(hole, bay))
    filled = holes_filled(mask)
    assert (filled[25:55, 35:65] == 255).all()
    assert filled[85, 50] == 0
    assert (filled[:20] == mask[:20]).all()


def test_only_the_largest_part_stays_with_its_soft_edge():
    large, small = _disc(100, (60, 60), 25), _disc(100, (15, 15), 8)
    kept = largest_part(np.maximum(large, small))
    assert (kept == large).all()


@pytest.mark.parametrize("value", [0, 255])
def test_masks_that_are_all_one_value_stay_so(value):
    mask = np.full((7, 1), value, np.uint8)
    assert (holes_filled(mask) == value).all()
    assert (largest_part(mask) == value).all()


def test_growing_reaches_as_far_as_said():
    mask = _blank()
    mask[50, 50] = 255
    assert (np.flatnonzero(feathered(mask, 30, 0)[50]) == np.arange(20, 81)).all()
    disc = _disc(100, (50, 50), 30) // 255 * 255
    shrunk = feathered(disc, -10, 0)
    assert np.count_nonzero(shrunk[50]) == np.count_nonzero(disc[50]) - 20
    soft = feathered(disc, 0, 6)
    assert ((soft > 0) & (soft < 255)).sum() > 500


def test_masks_are_combined_and_inverted():
    one, other = _blank(4), _blank(4)
    one[:2], other[:, :2] = 255, 255
    assert (combined(one, other, "add") > 0).sum() == 12
    assert (combined(one, other, "take") > 0).sum() == 4
    assert (combined(one, other, "keep") > 0).sum() == 4
    assert (inverted(one) == 255 - one).all()
