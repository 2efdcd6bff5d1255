"""Whether the user is at work: work that nobody waits for steps aside until the hands rest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

REST = 0.3
"""Seconds without a sign of the user after which the window is at rest."""
_LOOK = 0.03


class Calm:
    """Told of the user by :meth:`stir`, in the window's thread; workers :meth:`wait`."""

    def __init__(self) -> None:
        self._stirred = -REST

    def stir(self, *_: object) -> None:
        """The user scrolls, types, walks through pictures, or waits for what is in view."""
        self._stirred = time.monotonic()

    def wait(self, most: float) -> None:
        """Return when the window is at rest, after ``most`` seconds at the latest."""
        end = time.monotonic() + most
        while (pause := self._pause(end)) > 0:
            time.sleep(pause)

    async def rest(self, most: float, enough: Callable[[], object] = bool) -> None:
        """The same for who waits in the window's thread, and no longer than ``enough`` is false."""
        import asyncio

        end = time.monotonic() + most
        while not enough() and (pause := self._pause(end)) > 0:
            await asyncio.sleep(pause)

    def _pause(self, end: float) -> float:
        now = time.monotonic()
        return min(_LOOK, min(end, self._stirred + REST) - now)
