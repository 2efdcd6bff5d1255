from __future__ import annotations

from itertools import pairwise

import pytest

from engine.runtime.events import ProgressMeter


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def meter(clock):
    return ProgressMeter(clock=clock)


def _walk(meter, clock, seconds, total=200, start=0):
    """One step after each of ``seconds``; gives the times left that were said."""
    said = []
    for number, wait in enumerate(seconds, start + 1):
        clock.now += wait
        meter.update(number, total, "")
        said.append(meter.latest.seconds_left)
    return said


def test_no_time_is_said_before_three_seconds(meter, clock):
    meter.update(0, 200, "")
    said = _walk(meter, clock, [0.5] * 8)
    assert said[:5] == [None] * 5
    assert said[5] == pytest.approx(194 * 0.5)


def test_steps_that_come_in_turns_slow_and_quick_do_not_throw_the_time_about(meter, clock):
    meter.update(0, 200, "")
    said = _walk(meter, clock, [3.0, 0.01, 0.01, 0.98] * 25)
    settled = said[20:]
    assert all(abs(now - before) < before / 10 for before, now in pairwise(settled))
    assert settled[-1] == pytest.approx(100, rel=0.1)


def test_a_change_of_pace_is_followed(meter, clock):
    meter.update(0, 200, "")
    _walk(meter, clock, [0.2] * 50)
    said = _walk(meter, clock, [2.0] * 60, start=50)
    assert said[-1] == pytest.approx(90 * 2.0, rel=0.1)


def test_a_burst_at_the_start_does_not_promise_an_early_end(meter, clock):
    meter.update(0, 200, "")
    clock.now += 0.1
    meter.update(50, 200, "")
    said = _walk(meter, clock, [1.0] * 10, start=50)
    assert said[-1] == pytest.approx(140)


def test_a_small_step_back_does_not_start_a_phase(meter, clock):
    meter.update(0, 200, "")
    _walk(meter, clock, [1.0] * 20)
    meter.update(18, 200, "")
    assert meter.latest.seconds_left == pytest.approx(182)


def test_nothing_is_left_at_the_end_and_a_new_phase_starts_afresh(meter, clock):
    meter.update(0, 4, "")
    assert _walk(meter, clock, [2.0] * 4, total=4)[-1] is None
    assert meter.latest.fraction == 1.0
    meter.update(0, 10, "")
    assert meter.latest.rate is None


def test_steps_of_unlike_length_are_told_by_the_share_of_the_work(meter, clock):
    shares = [0.0, 0.01, 0.02, 0.03, 0.53]
    for step, share in enumerate(shares):
        meter.update(step, 5, "", share=share)
        clock.now += 100 * (([*shares, 1.0][step + 1]) - share)
    assert meter.latest.fraction == 0.53
    assert meter.latest.step == 4
    assert meter.latest.seconds_left == pytest.approx(47)


@pytest.mark.parametrize("rest", [3600.0, 8 * 3600.0])
def test_a_computer_that_slept_does_not_make_the_work_look_slow(meter, clock, rest):
    meter.update(0, 200, "")
    _walk(meter, clock, [1.0] * 20)
    said = _walk(meter, clock, [rest, 1.0, 1.0], start=20)
    assert said == [pytest.approx(179), pytest.approx(178), pytest.approx(177)]


def test_work_whose_steps_take_long_is_told_as_slow(meter, clock):
    meter.update(0, 200, "")
    said = _walk(meter, clock, [700.0] * 4)
    assert said[-1] == pytest.approx(196 * 700)


def test_what_is_no_step_changes_neither_rate_nor_time_left(meter, clock):
    meter.update(0, 200, "")
    _walk(meter, clock, [0.5] * 20)
    with meter.aside():
        clock.now += 300
        with meter.aside():  # a pause amid the samples
            clock.now += 1000
    said = _walk(meter, clock, [0.5], start=20)
    assert said == [pytest.approx(179 * 0.5)]
    assert meter.left_out == 1300


def test_what_is_still_to_be_done_beside_the_steps_is_added(meter, clock):
    meter.update(0, 200, "")
    _walk(meter, clock, [0.5] * 20)
    clock.now += 0.5
    meter.update(21, 200, "", to_come=40.0)
    assert meter.latest.seconds_left == pytest.approx(179 * 0.5 + 40)
