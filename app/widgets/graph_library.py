"""Brings pyqtgraph when the first chart is seen, without a stop of the window.

Its import takes 300 ms of a processor. Two thirds of that is every class of Qt being made, because
PySide6 makes one only when it is asked for. They are made here between two events, since PySide6
guards nothing against two threads that make the same one; the rest is imported by a worker.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from types import ModuleType

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer, Signal

GRAPH = "app.widgets.graph"
SLICE = 0.003
"""Seconds of the window's thread that are taken at a time."""


class GraphLibrary(QObject):
    """``came`` tells once that :data:`GRAPH` is imported."""

    came = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._left: list[tuple[ModuleType, str]] = []
        self._asked = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._make_some)

    @property
    def is_here(self) -> bool:
        """Whether a chart can be drawn at once."""
        return GRAPH in sys.modules and not self._asked

    def ask(self) -> None:
        """Bring it; asking again changes nothing."""
        if self._asked or self.is_here:
            return
        self._asked = True
        self._left = [(part, name) for part in (QtCore, QtGui, QtWidgets) for name in dir(part)]
        self._timer.start(0)

    def _make_some(self) -> None:
        end = time.perf_counter() + SLICE
        while self._left and time.perf_counter() < end:
            getattr(*self._left.pop(), None)
        if not self._left:
            self._timer.stop()
            threading.Thread(target=self._bring, name="charts").start()

    def _bring(self) -> None:
        importlib.import_module(GRAPH)
        self._asked = False
        self.came.emit()


library = GraphLibrary()
