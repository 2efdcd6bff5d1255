"""Steps that can be taken back and made again, of a value that is replaced and never changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """``now`` gives the value; ``restore`` puts another in its place, which is no step."""

    def __init__(self, now: Callable[[], T], restore: Callable[[T], None]) -> None:
        self._now, self._restore = now, restore
        # What each step is called, what was before it, and when it was made.
        self._back: list[tuple[str, T, float]] = []
        self._again: list[tuple[str, T, float]] = []

    def clear(self) -> None:
        """There is nothing to take back any more."""
        self._back, self._again = [], []

    def record(self, words: str) -> None:
        """The step called ``words`` is about to be made."""
        self._back.append((words, self._now(), time.monotonic()))
        self._again.clear()

    def undo(self) -> None:
        """Take the last step back."""
        self._turn(self._back, self._again)

    def redo(self) -> None:
        """Make it again."""
        self._turn(self._again, self._back)

    @property
    def newest(self) -> float:
        """When the step was made that undo would take back, in seconds; 0 without one."""
        return self._back[-1][2] if self._back else 0.0

    def about_undo(self) -> str:
        """What undo would take back."""
        return self._back[-1][0] if self._back else ""

    def about_redo(self) -> str:
        """What redo would make again."""
        return self._again[-1][0] if self._again else ""

    def _turn(self, source: list[tuple[str, T, float]], other: list[tuple[str, T, float]]) -> None:
        if source:
            words, value, when = source.pop()
            other.append((words, self._now(), when))
            self._restore(value)
