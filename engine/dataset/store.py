"""The SQLite file behind the library: made, checked, and replaced when it is damaged."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.runtime.errors import JobCancelled, StorageError
from engine.runtime.files import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

log = logging.getLogger(__name__)

VERSION = 1
_APPLICATION = 0x53544B4C  # "STKL": tells our index from any other SQLite file
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
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


class Store:
    """One connection with a lock. ``set_aside`` is where a damaged file was moved, else None."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.set_aside: Path | None = None
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
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.rollback()
                raise
            self._connection.commit()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            if "closed" not in str(error):
                raise
            raise JobCancelled() from error
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                self._start_over()
                raise StorageError(
                    "The index of this project was damaged and is started anew.",
                    remedy="Read the folders again.",
                ) from error
            raise _storage_error(self.path, error) from error

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _storage_error(self.path, error) from error
            self._move_aside()
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as error:
            raise _storage_error(self.path, error) from error

    def _start_over(self) -> None:
        self._connection.close()
        self._connection = self._open()

    def _move_aside(self) -> None:
        number = 1
        while (aside := Path(f"{self.path}.damaged-{number}")).exists():
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
    connection = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
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


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # The low byte is the primary result code; the rest tells variants of it apart.
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, _Damaged) or (code is not None and code & 0xFF in _DAMAGE)


def _storage_error(path: Path, error: sqlite3.DatabaseError) -> StorageError:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
        return StorageError(
            "The disk is full; {name} was not written.",
            name=path,
            remedy="Free some space and try again.",
        )
    return StorageError(
        "The index {path} cannot be used: {reason}.",
        path=path,
        reason=error,
        remedy="Check the folder's permissions, and close other programs on it.",
    )
