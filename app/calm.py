"""Whether the user is at work: work that nobody waits for steps aside until the hands rest.

Two threads that run Python take turns at one interpreter: a worker that decodes pictures makes
the writing of a thousand captions take five times as long.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REST = 0.3
"""Seconds without a sign of the user after which the window is at rest."""
HELD = 60.0
"""Seconds that work waits at most, beside its own limit, while the user waits for other work."""
_LOOK = 0.03


class Calm:
    """Told of the user by :meth:`stir` and :meth:`working`; workers :meth:`wait`."""

    def __init__(self) -> None:
        self._stirred = -REST
        self._lock = threading.Lock()
        self._wanted = 0

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Inside the block something is done that the user waits for."""
        with self._lock:
            self._wanted += 1
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1

    def stir(self, *_: object) -> None:
        """The user scrolls, types, walks through pictures, or waits for what is in view."""
        self._stirred = time.monotonic()

    @property
    def is_rest(self) -> bool:
        """Whether the user does nothing and waits for nothing."""
        return not self._wanted and time.monotonic() >= self._stirred + REST

    def wait(self, most: float) -> None:
        """Return when the window is at rest and nothing is waited for; while only the user moves,
        after ``most`` seconds at the latest.
        """
        end = time.monotonic() + most
        while (pause := self._pause(end)) > 0:
            time.sleep(pause)

    async def rest(self, most: float, enough: Callable[[], object] = bool) -> None:
        """The same for who waits in the window's thread, and no longer than ``enough`` is false."""
        end = time.monotonic() + most
        while not enough() and (pause := self._pause(end)) > 0:
            await _sleep(pause)

    async def stillness(self, most: float) -> None:
        """Return when nothing moves, whatever is waited for; after ``most`` seconds at the latest:
        for who is waited for, and has time until what is in view is painted.
        """
        end = time.monotonic() + most
        while (pause := self._moving(end)) > 0:
            await _sleep(pause)

    def _pause(self, end: float) -> float:
        if self._wanted and time.monotonic() < end + HELD:
            return _LOOK
        return self._moving(end)

    def _moving(self, end: float) -> float:
        return min(_LOOK, min(end, self._stirred + REST) - time.monotonic())


async def _sleep(seconds: float) -> None:
    """As asyncio's, also while Qt turns the window's loop and nobody waits inside it."""
    import asyncio

    loop = asyncio.get_event_loop()
    woken = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    timer = loop.call_later(seconds, wake)
    try:
        await woken
    finally:
        timer.cancel()
