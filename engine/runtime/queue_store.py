"""The queue on disk, so that a restart finds what was waiting and what was interrupted."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.runtime.job import JobHandle, JobState

log = logging.getLogger(__name__)

_COLUMNS = ("id", "record", "title", "state", "created", "changed", "message")
_TABLE = """CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, record TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL,
    created REAL NOT NULL, changed REAL NOT NULL, message TEXT NOT NULL DEFAULT '')"""
_KEEP_ENDED = 100
# What was running when the file was last used did not end: the process was closed or killed.
_INTERRUPT = "UPDATE jobs SET state='interrupted', changed=? WHERE state IN ('running', 'paused')"


@dataclass(frozen=True)
class StoredJob:
    """A job as the queue file remembers it. ``created`` and ``changed`` are unix seconds."""

    id: str
    record: dict[str, Any]
    title: str
    state: JobState
    created: float
    changed: float
    message: str


class QueueStore:
    """SQLite (WAL) behind a lock; a file that cannot be read is moved aside, never trusted."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._base = self._open()
        except sqlite3.OperationalError:
            raise  # locked or not to be opened: nothing says that it is damaged
        except sqlite3.DatabaseError:
            aside = self._path.with_suffix(f".broken-{int(time.time())}")
            self._path.rename(aside)
            log.warning("The queue file could not be read; it was moved to %s.", aside)
            self._base = self._open()

    def _open(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        try:
            base.execute("PRAGMA journal_mode=WAL")
            base.execute("PRAGMA synchronous=NORMAL")
            base.execute(_TABLE)
            (health,) = base.execute("PRAGMA quick_check(1)").fetchone()
            columns = base.execute("PRAGMA table_info(jobs)").fetchall()
            if health != "ok" or tuple(column[1] for column in columns) != _COLUMNS:
                raise sqlite3.DatabaseError(health)
            base.execute(_INTERRUPT, (time.time(),))
        except sqlite3.DatabaseError:
            base.close()
            raise
        return base

    def save(self, handle: JobHandle, state: JobState, message: str = "") -> None:
        """Write the state of ``handle``; interactive jobs are short and are not stored."""
        now = time.time()
        record = json.dumps(handle.request.to_record())  # in ASCII: names may hold half letters
        title = handle.request.title.encode("utf-8", "replace").decode()
        with self._lock:
            self._base.execute(
                "INSERT INTO jobs VALUES (?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
                "state=excluded.state, changed=excluded.changed, message=excluded.message",
                (handle.id, record, title, state, now, now, message),
            )
            self._base.execute(
                "DELETE FROM jobs WHERE state IN ('done','cancelled') AND id NOT IN (SELECT id "
                "FROM jobs WHERE state IN ('done','cancelled') ORDER BY changed DESC LIMIT ?)",
                (_KEEP_ENDED,),
            )

    def jobs(self, *states: JobState) -> list[StoredJob]:
        """Stored jobs, oldest first; all of them, or those in one of ``states``."""
        with self._lock:
            rows = self._base.execute("SELECT * FROM jobs ORDER BY created, rowid").fetchall()
        found = []
        for identifier, record, title, state, created, changed, message in rows:
            if states and state not in states:
                continue
            with contextlib.suppress(json.JSONDecodeError):
                found.append(
                    StoredJob(
                        identifier, json.loads(record), title, state, created, changed, message
                    )
                )
        return found

    def forget(self, job_id: str) -> None:
        """Remove one job from the file."""
        with self._lock:
            self._base.execute("DELETE FROM jobs WHERE id=?", (job_id,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()
