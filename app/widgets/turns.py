"""What takes long to draw is drawn one after the other, so that no frame pays for all."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QTimer
from shiboken6 import isValid


class Drawn(Protocol):
    """Draws, or a part of it, in its turn; gives whether it needs another one."""

    def take_turn(self) -> bool: ...


class Turns:
    """One of those that wait is called in each turn of the event loop, in the order they came."""

    def __init__(self) -> None:
        self._waiting: list[Drawn] = []
        self._timer: QTimer | None = None

    def ask(self, one: Drawn) -> None:
        """Let ``one`` have a turn, once."""
        if one not in self._waiting:
            self._waiting.append(one)
        if self._timer is None:
            self._timer = QTimer()
            self._timer.setInterval(0)
            self._timer.timeout.connect(self._next)
        self._timer.start()

    def drop(self, one: Drawn) -> bool:
        """``one`` needs none any more; gives whether it waited for one."""
        waited = one in self._waiting
        if waited:
            self._waiting.remove(one)
        return waited

    def _next(self) -> None:
        self._waiting = [one for one in self._waiting if isValid(one)]
        if self._waiting:
            one = self._waiting.pop(0)
            if one.take_turn():
                self.ask(one)
        if not self._waiting and self._timer is not None:
            self._timer.stop()


turns = Turns()
