"""Small things that come out of a job: the latest progress, and events that must not be lost."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, NamedTuple


class Event(NamedTuple):
    """Something that happened in a job; ``data`` holds plain values, path strings, uint8 arrays."""

    job_id: str
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """Where a job stands. ``rate`` is steps per second; ``seconds_left`` is None when unknown."""

    step: int = 0
    total: int = 0
    text: str = ""
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """Done part, 0 to 1."""
        return min(1.0, self.step / self.total) if self.total else 0.0


class ProgressMeter:
    """Keeps the latest progress and a rate over the last seconds; the reader polls it."""

    def __init__(self, window: float = 20.0) -> None:
        self._lock = threading.Lock()
        self._latest = Progress()
        self._marks: deque[tuple[float, int, int]] = deque(maxlen=512)
        self._window = window

    @property
    def latest(self) -> Progress:
        """The newest progress."""
        with self._lock:
            return self._latest

    def update(self, step: int, total: int, text: str) -> None:
        """Note ``step`` of ``total``; a smaller step or another total starts a new phase."""
        now = time.monotonic()
        with self._lock:
            if self._marks and (step < self._marks[-1][1] or total != self._marks[-1][2]):
                self._marks.clear()
            self._marks.append((now, step, total))
            while len(self._marks) > 2 and now - self._marks[0][0] > self._window:
                self._marks.popleft()
            seconds = now - self._marks[0][0]
            done = step - self._marks[0][1]
            rate = done / seconds if seconds > 0 and done > 0 else None
            left = (total - step) / rate if rate else None
            self._latest = Progress(step, total, text, rate, left)
