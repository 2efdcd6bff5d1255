"""Waiting for another process that writes the same index."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from engine.runtime.job import Job

T = TypeVar("T")
ASK_AGAIN_S = 2.0
"""How long SQLite itself waits before somebody hears of it."""
_PATIENCE_S = 60.0


def patiently(work: Callable[[], T], on_wait: Callable[[], None]) -> T:
    """Do ``work``; while another process writes, ``on_wait`` hears of it and it is tried again."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= end:
                raise
            on_wait()


def is_busy(error: sqlite3.DatabaseError) -> bool:
    """Whether another process holds the index."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def told_by(job: Job | None, path: Path) -> Callable[[], None]:
    """Let ``job`` say what it waits for, and be cancelled while it does."""

    def tell() -> None:
        if job is not None:
            job.breathe()
            job.progress(0, 0, "Waiting for another program to release {name}", name=path.name)

    return tell
