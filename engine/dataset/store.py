"""The SQLite file behind the library: made, checked, and replaced when it is damaged."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.dataset.folders import natural_key
from engine.dataset.salvage import carry_over
from engine.runtime.errors import JobCancelled, StorageError
from engine.runtime.files import storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.runtime.job import Job

log = logging.getLogger(__name__)

T = TypeVar("T")
VERSION = 1
_ASK_AGAIN_S = 2.0
_PATIENCE_S = 60.0
_APPLICATION = 0x53544B4C  # "STKL": tells our index from any other SQLite file
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SHORT_READ = sqlite3.SQLITE_IOERR_SHORT_READ  # the file ends before what it says it holds
_SCHEMA = """
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    folder TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    present INTEGER NOT NULL DEFAULT 1,
    mtime INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    has_alpha INTEGER NOT NULL,
    problem TEXT NOT NULL,
    repeats INTEGER NOT NULL,
    category TEXT NOT NULL,
    is_reg INTEGER NOT NULL,
    caption TEXT NOT NULL DEFAULT '',
    caption_problem TEXT NOT NULL DEFAULT '',
    caption_mtime INTEGER,
    caption_bytes INTEGER,
    measured INTEGER NOT NULL DEFAULT 0,
    sharpness REAL,
    dhash INTEGER,
    mean_color INTEGER,
    own_category TEXT,
    stars INTEGER NOT NULL DEFAULT 0,
    flag TEXT NOT NULL DEFAULT '',
    held_out INTEGER NOT NULL DEFAULT 0,
    recipe TEXT NOT NULL DEFAULT ''
);
CREATE INDEX pictures_in_order ON pictures (folder, sort_key);
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    field TEXT NOT NULL,
    before_after TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
);
"""
# Where the index lay when it was last used, so that a moved project is noticed.
_PLACE = "CREATE TABLE IF NOT EXISTS place (root TEXT NOT NULL)"
_MOVED = "UPDATE OR IGNORE pictures SET {0} = ? || substr({0}, ?) WHERE substr({0}, 1, ?) = ?"


class IndexReplacedError(StorageError):
    """The index was damaged; a new one has taken its place and waits for a scan."""


class Store:
    """One connection with a lock. ``set_aside`` is where a damaged file was moved, else None."""

    def __init__(self, path: Path, on_wait: Callable[[], None] | None = None) -> None:
        self.path = Path(path)
        self.set_aside: Path | None = None
        self.on_wait = on_wait or _wait_quietly
        self._lock = threading.RLock()
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = self._open()

    def close(self) -> None:
        """Close the file; later calls raise JobCancelled."""
        with self._lock:
            self._connection.close()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a SELECT."""
        with self._lock, self._errors():
            return self._connection.execute(query, values).fetchall()

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of the block's statements, or none. Raises StorageError."""
        with self._lock, self._errors():
            self._patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"))
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.rollback()
                raise
            self._connection.commit()

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do ``work``; while another process writes, ``on_wait`` hears of it and it is tried
        again.
        """
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= end:
                    raise
                self.on_wait()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            if "closed" not in str(error):
                raise
            raise JobCancelled() from error
        except UnicodeDecodeError as error:
            raise self.start_over() from error
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                raise self.start_over() from error
            raise _storage_error(self.path, error) from error

    def start_over(self) -> IndexReplacedError:
        """Replace the index, which turned out to be damaged; gives the error to raise."""
        with self._lock:
            self._connection.close()
            self._move_aside()
            self._connection = self._open_anew()
        return IndexReplacedError(
            "The index of this project was damaged and is started anew.",
            remedy="Read the folders again.",
        )

    def _open(self) -> sqlite3.Connection:
        try:
            return self._patiently(lambda: _connect(self.path))
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _storage_error(self.path, error) from error
            self._move_aside()
        return self._open_anew()

    def _open_anew(self) -> sqlite3.Connection:
        """A new index with what the user decided, as far as the old one still tells."""
        try:
            connection = _connect(self.path)
            if self.set_aside is not None:
                with contextlib.suppress(sqlite3.DatabaseError):  # then the marks are lost
                    carry_over(self.set_aside, connection)
        except sqlite3.DatabaseError as error:
            raise _storage_error(self.path, error) from error
        return connection

    def _move_aside(self) -> None:
        number = 1
        while (aside := Path(f"{self.path}.broken-{number}")).exists():
            number += 1
        with storage_errors(self.path):
            os.replace(self.path, aside)
            for suffix in ("-wal", "-shm"):  # they belong to the damaged file
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        log.warning("%s was damaged; it is kept as %s and rebuilt", self.path, aside)
        self.set_aside = aside


class _Damaged(sqlite3.DatabaseError):
    """The file opens but is not a sound index of ours."""


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_ASK_AGAIN_S, check_same_thread=False, isolation_level=None
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables in a new file; raise _Damaged for a file that is not ours or not sound."""
    connection.execute("BEGIN IMMEDIATE")
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={_APPLICATION}")
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.commit()
        _follow(connection, path)
        return
    connection.rollback()
    if application != _APPLICATION:
        raise _Damaged("not an index of this application")
    if version > VERSION:
        raise StorageError(
            "{path} was written by a newer version of the application.",
            path=path,
            remedy="Update the application.",
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise _Damaged("the index is not sound")
    _follow(connection, path)


def _follow(connection: sqlite3.Connection, path: Path) -> None:
    """Let the pictures inside a project that was moved or copied keep their marks."""
    root = os.path.abspath(path.parent)
    known = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE name = 'place'"
    ).fetchone()[0]
    before = connection.execute("SELECT root FROM place").fetchone() if known else None
    if before is not None and before[0] == root:
        return
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_PLACE)
    if before is not None:
        old, new = before[0] + os.sep, root + os.sep
        for column in ("path", "folder", "sort_key"):
            change = (natural_key(old), natural_key(new)) if column == "sort_key" else (old, new)
            values = (change[1], len(change[0]) + 1, len(change[0]), change[0])
            connection.execute(_MOVED.format(column), values)
        connection.execute("DELETE FROM place")
    connection.execute("INSERT INTO place VALUES (?)", (root,))
    connection.commit()


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # The low byte is the primary result code; the rest tells variants of it apart.
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, _Damaged) or code == _SHORT_READ:
        return True
    # Texts that are no UTF-8 and tables of other columns have no code of their own.
    told = str(error).startswith(("Could not decode", "no such table", "no such column"))
    return told or (code is not None and code & 0xFF in _DAMAGE)


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", None) or 0
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def told_by(job: Job | None, path: Path) -> Callable[[], None]:
    """Let ``job`` say what it waits for, and be cancelled while it does."""

    def tell() -> None:
        if job is not None:
            job.breathe()
            job.progress(0, 0, "Waiting for another program to release {name}", name=path.name)

    return tell


def _wait_quietly() -> None:
    """Where nobody has asked to hear of it."""


def _storage_error(path: Path, error: sqlite3.DatabaseError) -> StorageError:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
        return StorageError(
            "The disk is full; {name} was not written.",
            name=path,
            remedy="Free some space and try again.",
        )
    if _is_busy(error):
        return StorageError(
            "The index {path} is in use by another program.",
            path=path,
            remedy="Close the other program and try again.",
        )
    return StorageError(
        "The index {path} cannot be used: {reason}.",
        path=path,
        reason=error,
        remedy="Check the folder's permissions, and close other programs on it.",
    )
