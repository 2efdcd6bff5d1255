"""Stalls of the window: how long its thread did not answer, and what it did meanwhile."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer


class Beat:
    """A timer of 1 ms in the window's thread; a stall is the time between two beats.

    Of the longest one it tells the processor time of the thread, and how long the thread was ready
    while other processes and threads had all the cores, which no program can change.
    """

    def __init__(self) -> None:
        status = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        # Open all the time: a thousand times a second, opening it would slow what is measured.
        self._status = os.open(status, os.O_RDONLY) if status.exists() else None
        self._last = self._now()
        self._longest = (0.0, 0.0, 0.0)
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def _now(self) -> tuple[float, float, float]:
        waited = 0
        if self._status is not None:
            waited = int(os.pread(self._status, 64, 0).split()[1])
        return time.perf_counter(), time.thread_time(), waited / 1e9

    def _beat(self) -> None:
        now = self._now()
        gap = tuple(after - before for after, before in zip(now, self._last, strict=True))
        self._last = now
        if gap[0] - gap[2] > self._longest[0] - self._longest[2]:
            self._longest = gap  # type: ignore[assignment]

    def take(self) -> tuple[float, float, float]:
        """Of the longest stall since the last call, in ms: all of it, the thread's processor time,
        and its wait for a core.
        """
        self._beat()
        wall, own, waited = self._longest
        self._longest = (0.0, 0.0, 0.0)
        return wall * 1e3, own * 1e3, waited * 1e3
