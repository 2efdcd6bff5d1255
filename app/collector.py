"""Collect cyclic garbage on the UI thread only.

Python runs its collector in whichever thread happens to allocate. When that is the engine or a
file worker, a widget that lies in a reference cycle would be destroyed there, and Qt crashes. So
the automatic collector is off while the window is open, and a timer here does its work. Where the
engine wants it, to have the memory of a model, it is done here too.
"""

from __future__ import annotations

import functools
import gc

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app.ui_thread import done_there
from engine.runtime import garbage

PERIOD_MS = 500
AWAY_MS = 10_000
"""How long the user is in another program before everything is looked through."""
PATIENCE_S = 2.0
"""How long the engine waits for it: a window that is closing may itself wait for the engine."""
MANY = 15_000
"""Objects that are looked through within a frame, at about a microsecond each."""


class UiThreadCollector(QObject):
    """Runs the generations that are due, as the automatic collector would, from a timer.

    20,000 pictures are 150,000 objects, which take a tenth of a second to look through and hold no
    cycles. What has become many is put aside, which costs nothing, and looked through while the
    user is in another program.
    """

    def __init__(self, application: QGuiApplication) -> None:
        super().__init__(application)
        gc.disable()
        garbage.collect_by(functools.partial(done_there, gc.collect, PATIENCE_S))
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self.collect_due)
        self._timer.start()
        self._away = QTimer(self)
        self._away.setSingleShot(True)
        self._away.setInterval(AWAY_MS)
        self._away.timeout.connect(self.collect_all)
        application.applicationStateChanged.connect(self._follow)

    def collect_due(self) -> None:
        """Collect the oldest generation whose threshold is passed."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = [n for n in range(3) if thresholds[n] and counts[n] > thresholds[n]]
        if not due:
            return
        if sum(len(gc.get_objects(n)) for n in range(max(due) + 1)) > MANY:
            gc.freeze()
        else:
            gc.collect(max(due))

    def collect_all(self) -> None:
        """Collect also what was put aside."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _follow(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self._away.stop()
        else:
            self._away.start()
