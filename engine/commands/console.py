"""Follow a job from a terminal: progress on stderr, Ctrl+C cancels, results to the caller."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from engine.runtime.events import Event, Progress
from engine.runtime.job import JobHandle

_PERIOD = 0.25


def follow(handle: JobHandle, on_event: Callable[[Event], None] | None = None) -> Any:
    """Wait for ``handle`` and return its result, or raise its StylekilnError.

    Progress is one line on stderr, rewritten in place on a terminal and at most every ten seconds
    otherwise. Ctrl+C asks the job to stop at its next step; finished work is kept.
    """
    line = _ProgressLine()
    while True:
        try:
            result = handle.result(timeout=_PERIOD)
        except FutureTimeout:
            _drain(handle, on_event)
            line.show(handle.progress)
        except KeyboardInterrupt:
            handle.cancel()
        except Exception:
            line.end()
            _drain(handle, on_event)
            raise
        else:
            line.end()
            _drain(handle, on_event)
            return result


def _drain(handle: JobHandle, on_event: Callable[[Event], None] | None) -> None:
    for event in handle.take_events():
        if on_event is not None:
            on_event(event)


class _ProgressLine:
    """One line of progress on stderr."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown = ""
        self._next = 0.0

    def show(self, progress: Progress) -> None:
        text = describe(progress)
        if not text or text == self._shown or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (0.0 if self._live else 10.0)
        self._shown = text
        sys.stderr.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        sys.stderr.flush()

    def end(self) -> None:
        if self._live and self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def describe(progress: Progress) -> str:
    """Progress in words: text, step, total, and time left as m:ss."""
    parts = [progress.text, f"{progress.step}/{progress.total}" if progress.total else ""]
    if progress.seconds_left is not None:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        parts.append(f"{minutes}:{seconds:02} left")
    return "  ".join(part for part in parts if part)
