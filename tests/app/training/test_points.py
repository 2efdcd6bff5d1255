"""Curves that grow."""

from __future__ import annotations

import numpy as np
import pytest

from app.training.points import FIRST, Points, Smoothed


def test_what_was_given_out_stays_as_it_was_while_the_curve_grows():
    points = Points([1], [0.5])
    early = points.steps
    for step in range(2, 3 * FIRST):
        points.add(step, float(step))
    assert early.tolist() == [1]
    assert points.steps.tolist() == list(range(1, 3 * FIRST))
    assert (points.values[0], points.last) == (0.5, 3 * FIRST - 1)


def test_a_missing_value_is_left_out():
    points = Points([1, 2, 3], [0.1, np.nan, 0.3])
    points.add(4, None)
    points.add(5, float("nan"))
    assert points.steps.tolist() == [1, 3]
    assert Points().last is None


def test_a_running_mean_goes_on_where_it_was_and_begins_at_the_first_value():
    values = np.random.default_rng(0).random(400)
    whole, grown = Points(range(400), values), Points()
    later = Smoothed(grown, 20)
    for step, value in enumerate(values):
        grown.add(step, value)
        if step % 70 == 0:
            later.points()
    mean = Smoothed(whole, 20).points().values
    assert later.points().values == pytest.approx(mean)
    assert mean[0] == values[0]
    weights = (1 - 1 / 20) ** np.arange(400)
    assert mean[-1] == pytest.approx((values[::-1] * weights).sum() / weights.sum())
