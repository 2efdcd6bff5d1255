"""Collect cyclic garbage on the UI thread only.

Python runs its collector in whichever thread happens to allocate. When that is the engine or a
file worker, a widget that lies in a reference cycle would be destroyed there, and Qt crashes. So
the automatic collector is off while the window is open, and a timer here does its work.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, QTimer

PERIOD_MS = 500
LONG = 0.01
"""Seconds of the window's thread that a collection may take again and again."""


class UiThreadCollector(QObject):
    """Runs the generations that are due, as the automatic collector would, from a timer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self.collect_due)
        self._timer.start()

    def collect_due(self) -> None:
        """Collect the oldest generation whose threshold is passed."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = [n for n in range(3) if thresholds[n] and counts[n] > thresholds[n]]
        if not due:
            return
        began = time.thread_time()
        gc.collect(max(due))
        if max(due) == 2 and time.thread_time() - began > LONG:
            # The libraries, and 20,000 pictures: what has survived until now is not looked at
            # again. That any of it becomes a cycle later costs memory, and no stall.
            gc.freeze()
