"""What can be asked of a job while it goes on."""

from __future__ import annotations

from typing import ClassVar

import pytest

from engine.runtime.errors import JobCancelled
from engine.runtime.job import Job, JobHandle, Request


class Offering(Request):
    controls: ClassVar[tuple[str, ...]] = ("save", "sample")


def test_a_job_takes_what_was_asked_in_order_and_once():
    handle = JobHandle(Offering())
    job = Job(handle)
    assert job.asked() == []
    assert [handle.ask(name) for name in ("sample", "save", "sample")] == [True] * 3
    assert job.asked() == ["sample", "save", "sample"]
    assert job.asked() == []


def test_what_is_not_offered_cannot_be_asked():
    handle = JobHandle(Offering())
    assert not handle.ask("fly")
    assert not JobHandle(Request()).ask("save")
    handle.set_result(None)
    assert not handle.ask("save")
    assert Job(handle).asked() == []


def test_a_pause_lets_what_was_asked_through_and_holds_again():
    handle = JobHandle(Offering())
    held = []

    def between():
        held.append(handle.state)
        if len(held) == 2:  # held for a while: then somebody asks
            handle.ask("save")
        if len(held) == 4:
            handle.cancel()

    job = Job(handle, between)
    handle.pause()
    job.breathe()
    assert job.asked() == ["save"]
    assert handle.paused
    with pytest.raises(JobCancelled):
        job.breathe()
    assert held[1::2] == ["paused", "paused"]
