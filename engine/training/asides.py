"""What a run does between its steps: how often it is due, how long it takes, what is to come."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from engine.runtime.job import Job
from engine.training.cadence import Cadence
from engine.training.config import TrainRequest
from engine.training.route import Position, Stretch
from engine.training.schedules import Length

if TYPE_CHECKING:
    from engine.training.recorder import Recorder

Aside = Literal["samples", "held_out", "save", "check"]
TOOK = "train.aside"
"""The event that tells how long one took."""
CHECKED = "train.check"
"""The event that tells a row of the over-fit check, with its numbers."""
CELL = "train.check_cell"
"""The event that tells one of its pictures as soon as it is drawn; it is not kept, the row is."""
ASIDES: tuple[Aside, ...] = ("samples", "held_out", "save", "check")


def due(request: TrainRequest, length: Length, *, measures: bool) -> dict[Aside, list[int]]:
    """The steps after which samples are drawn, held-out pictures measured (where ``measures`` says
    that there are some), checkpoints saved and checked; step 0 is before the first.
    """
    cadence = Cadence(request, length)
    found: dict[Aside, list[int]] = {
        "samples": [0] if request.sample_at_first else [], "held_out": [0], "save": [],
        "check": [0],
    }  # fmt: skip
    for at in _ends(request, length):
        step, saves = at.end.step, cadence.saves(at)
        if cadence.samples(at):
            found["samples"].append(step)
        found["save"] += [step] * len(saves)
        found["check"] += [step] * bool(saves)
        if cadence.measures(at) or any(save.kind != "step" for save in saves):
            found["held_out"].append(step)
    empty = {
        "samples": not request.sample_prompts,
        "held_out": not measures,
        "save": False,
        "check": not request.check_overfit,
    }
    return {kind: [] if empty[kind] else steps for kind, steps in found.items()}


def _ends(request: TrainRequest, length: Length) -> Iterator[Stretch]:
    """The ends of the updates after which something may be due: a long run has many others."""
    rhythms = (length.updates_per_epoch, request.save_every_n_steps, request.sample_every_n_steps,
               request.validate_every_n_steps, length.updates)  # fmt: skip
    steps = {step for every in rhythms if every for step in range(every, length.updates + 1, every)}
    for step in sorted(steps):
        place = (step - 1) % length.updates_per_epoch + 1
        last = step == length.updates
        epoch = (step - 1) // length.updates_per_epoch + 1
        ends = last or place == length.updates_per_epoch
        yield Stretch(place - 1, (), Position(epoch, place, step), ends, last)


def seconds_to_come(
    steps: Mapping[Aside, list[int]], seconds: Mapping[Aside, float], done: int
) -> float:
    """What is due after ``done`` steps takes, by the ``seconds`` that each of it takes."""
    return sum(
        (len(steps[kind]) - bisect_right(steps[kind], done)) * seconds.get(kind, 0.0)
        for kind in ASIDES
    )


class Asides:
    """Keeps what one run does between its steps out of the time of a step, and measures it."""

    def __init__(self, job: Job, recorder: Recorder, steps: Mapping[Aside, list[int]]) -> None:
        self._job, self._recorder, self._steps = job, recorder, steps
        self._took: dict[Aside, list[float]] = {kind: [] for kind in ASIDES}

    @contextmanager
    def of(self, kind: Aside) -> Iterator[None]:
        """The block is work of ``kind``; what it says of itself holds as long as it lasts."""
        meter = self._job.handle.meter
        before, words = meter.left_out, meter.latest
        with self._job.aside():
            yield
        meter.say(words.key, words.facts)
        self._took[kind].append(meter.left_out - before)
        self._recorder.event(TOOK, what=kind, seconds=round(self._took[kind][-1], 3))

    def to_come(self, done: int) -> float:
        """The seconds that what is due after ``done`` steps takes, as far as some of it was done.
        The middle one counts: it may have been held.
        """
        known = {kind: statistics.median(took) for kind, took in self._took.items() if took}
        return seconds_to_come(self._steps, known, done)
