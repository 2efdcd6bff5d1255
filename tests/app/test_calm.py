"""Background work steps aside while the user is at work, and never stands still for good."""

from __future__ import annotations

import asyncio

import pytest

from app import calm as calms
from app.calm import Calm


@pytest.fixture
def clock(monkeypatch):
    """A clock that only sleeping moves."""

    class Clock:
        now = 100.0
        slept = 0

        def monotonic(self):
            return self.now

        def sleep(self, seconds):
            self.now += seconds
            self.slept += 1

    made = Clock()
    monkeypatch.setattr(calms, "time", made)
    return made


def test_nobody_waits_while_the_window_rests(clock):
    Calm().wait(5)
    assert clock.slept == 0


def test_work_goes_on_when_the_hands_rest(clock):
    calm = Calm()
    calm.stir()
    calm.wait(5)
    assert clock.now == pytest.approx(100 + calms.REST, abs=0.05)


def test_a_user_who_never_rests_holds_no_work_up_for_good(clock, monkeypatch):
    calm = Calm()
    calm.stir()
    sleep = clock.sleep
    monkeypatch.setattr(clock, "sleep", lambda seconds: (sleep(seconds), calm.stir()))
    calm.wait(2)
    assert clock.now == pytest.approx(102, abs=0.001)


def test_who_waits_in_the_window_waits_no_longer_than_needed(clock):
    calm = Calm()
    calm.stir()
    asyncio.run(calm.rest(5, lambda: True))
    assert clock.now == 100


def test_work_behind_stands_still_while_the_user_waits_for_other_work(clock, monkeypatch):
    calm = Calm()
    sleep, ends = clock.sleep, []

    def slept(seconds):
        sleep(seconds)
        if clock.now > 110 and not ends:
            ends.append(clock.now)
            waited_for.__exit__(None, None, None)

    monkeypatch.setattr(clock, "sleep", slept)
    waited_for = calm.working()
    waited_for.__enter__()
    calm.wait(1)
    assert ends
    assert clock.now == pytest.approx(ends[0], abs=0.05)


def test_what_is_waited_for_and_never_ends_does_not_hold_work_up_for_good(clock):
    calm = Calm()
    with calm.working():
        calm.wait(1)
    assert clock.now == pytest.approx(100 + 1 + calms.HELD, abs=0.1)


def test_who_rests_needs_no_loop_that_somebody_runs():
    """Qt may turn the window's loop while nobody waits inside it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        calm = Calm()
        calm.stir()
        waiting = calm.rest(5)
        woken = waiting.send(None)  # the first step of a task, outside any running loop
        assert asyncio.isfuture(woken)
        waiting.close()
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_who_is_waited_for_waits_only_until_nothing_moves(clock, monkeypatch):
    async def sleep(seconds):
        clock.sleep(seconds)

    monkeypatch.setattr(calms, "_sleep", sleep)
    calm = Calm()
    calm.stir()
    with calm.working():
        asyncio.run(calm.stillness(5))
        assert clock.now == pytest.approx(100 + calms.REST)
        calm.stir()
        asyncio.run(calm.stillness(0.1))
        assert clock.now == pytest.approx(100 + calms.REST + 0.1)
