"""Small things that come out of a job: the latest progress, and events that must not be lost."""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.runtime.errors import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Event(NamedTuple):
    """Something that happened in a job; ``data`` holds plain values, path strings, uint8 arrays."""

    job_id: str
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """Where a job stands. ``key`` is what it does, a template that ``facts`` fill. ``rate`` is
    steps per second; ``seconds_left`` is None when unknown. ``share`` is the done part where steps
    take unlike long, or one of them is half done; None where they count alike.
    """

    step: int = 0
    total: int = 0
    key: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    rate: float | None = None
    seconds_left: float | None = None
    share: float | None = None

    @property
    def text(self) -> str:
        """What it does, in English."""
        return fill(self.key, self.facts)

    @property
    def fraction(self) -> float:
        """Done part, 0 to 1."""
        part = self.step / self.total if self.total else 0.0
        return min(1.0, part if self.share is None else self.share)


# What is done in the first instant of a phase was done before, such as the cells of a cache.
_INSTANT = 0.25
# A step that takes this many seconds, and this many times as long as those before, was a rest.
_REST, _LONG = 600.0, 20.0


class ProgressMeter:
    """Keeps the latest progress and a smooth rate; the reader polls it.

    A phase ends where another total comes, or a step that lies a tenth of the total back. The rate
    is the mean over the phase while that is young, then an exponential average of ``memory``
    seconds, so that one slow or quick step does not throw the time left about. Nothing is said of
    it before ``patience`` seconds, nor once all is done.
    """

    def __init__(
        self,
        memory: float = 30.0,
        patience: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._latest = Progress()
        self._memory, self._patience, self._clock = memory, patience, clock
        self._begun = self._start = self._last = 0.0
        self._top = self._rate = 0.0
        self._known = False
        self._aside_since, self._asides = 0.0, 0
        self._left_out = 0.0

    @property
    def latest(self) -> Progress:
        """The newest progress."""
        with self._lock:
            return self._latest

    @property
    def left_out(self) -> float:
        """The seconds that belonged to no step, by now."""
        with self._lock:
            going = self._clock() - self._aside_since if self._asides else 0.0
            return self._left_out + going

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The time inside the block belongs to no step, such as that of a pause."""
        with self._lock:
            if not self._asides:
                self._aside_since = self._clock()
            self._asides += 1
        try:
            yield
        finally:
            with self._lock:
                self._asides -= 1
                if not self._asides:
                    self._leave_out(self._clock() - self._aside_since)

    def _leave_out(self, seconds: float) -> None:
        self._left_out += seconds
        self._begun, self._start, self._last = (
            moment + seconds for moment in (self._begun, self._start, self._last)
        )

    def update(
        self,
        step: int,
        total: int,
        key: str,
        facts: Mapping[str, object] | None = None,
        share: float | None = None,
        to_come: float = 0.0,
    ) -> None:
        """Note ``step`` of ``total``; another total or a long way back starts a new phase.
        ``to_come`` are the seconds that is still to be done beside the steps.
        """
        now = self._clock()
        place = step if share is None else share * total
        with self._lock:
            if not self._known or total != self._latest.total or place < self._top - total / 10:
                self._begun = self._start = self._last = now
                self._top, self._rate, self._known = place, 0.0, True
            elif place > self._top:
                self._count(place - self._top, now)
                self._top = place
            ready = self._rate > 0 and now - self._begun >= self._patience
            rate = self._rate if ready else None
            left = (total - place) / self._rate + to_come if ready and place < total else None
            self._latest = Progress(step, total, key, facts or {}, rate, left, share)

    def say(self, key: str, facts: Mapping[str, object]) -> None:
        """What is done, in other words, at the same place."""
        with self._lock:
            self._latest = replace(self._latest, key=key, facts=facts)

    def _count(self, steps: float, now: float) -> None:
        if now - self._begun < _INSTANT:
            self._start = self._last = now
            return
        seconds = max(now - self._last, 1e-6)
        if self._rate and seconds > max(_REST, _LONG * steps / self._rate):
            # The computer slept or the work was held: that says nothing about its pace.
            self._start += seconds
            self._last = now
            return
        young = seconds / max(now - self._start, seconds)
        weight = max(young, 1 - math.exp(-seconds / self._memory))
        self._rate += weight * (steps / seconds - self._rate)
        self._last = now
