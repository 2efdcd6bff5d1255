"""Waiting for another process that writes the same index."""

from __future__ import annotations

import shutil
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
_LEAST_FREE = 64 * 1024
"""Bytes. The file -shm grows by 32 KB at a time."""


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


def is_full(error: sqlite3.DatabaseError, path: Path) -> bool:
    """Whether nothing more fits on the disk of the index at ``path``. Of the index itself SQLite
    says so; of the files beside it (-wal, -shm) it only tells of an I/O error, or that they cannot
    be opened.
    """
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return True
    if code not in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return False
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_FREE
    except OSError:
        return False


def told_by(job: Job | None, path: Path) -> Callable[[], None]:
    """Let ``job`` say what it waits for, and be cancelled while it does. It takes no breath: work
    in the background breathes only when nobody waits, and here somebody may wait for it.
    """

    def tell() -> None:
        if job is not None:
            job.stop_if_asked()
            job.progress(0, 0, "Waiting for another program to release {name}", name=path.name)

    return tell
