"""The SQLite file behind the library: opened, shared by threads, and replaced when it is damaged.

Reading and writing go through a connection each, so that an edit does not wait until 20,000 rows
are read.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.journal import Journal
from engine.dataset.salvage import carry_over
from engine.dataset.schema import Damaged, check, prepare
from engine.dataset.waiting import ASK_AGAIN_S, is_busy, is_full, patiently
from engine.runtime.errors import JobCancelled, StorageError
from engine.runtime.files import storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

log = logging.getLogger(__name__)

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SHORT_READ = sqlite3.SQLITE_IOERR_SHORT_READ  # the file ends before what it says it holds


class IndexReplacedError(StorageError):
    """The index was damaged; a new one has taken its place and waits for a scan."""


class Store:
    """The index, with a lock. ``set_aside`` is where a damaged file was moved, else None.

    ``journal`` is what the user decided, a second time: it outlives the index. ``on_wait`` hears
    of it while another process writes.
    """

    def __init__(self, path: Path, on_wait: Callable[[], None] | None = None) -> None:
        self.path = Path(path)
        self.set_aside: Path | None = None
        self.on_wait = on_wait or _wait_quietly
        self.journal = Journal(self.path.with_suffix(".journal"))
        self._is_checked = False
        self._lock = threading.RLock()
        self._read_lock = threading.RLock()
        with storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._connection, self._reader = self._open()

    def close(self) -> None:
        """Close the file; later calls raise JobCancelled."""
        with self._lock, self._read_lock:
            self._reader.close()
            self._connection.close()

    def check(self) -> None:
        """See once whether the whole index is sound, which of a large one opening does not; raises
        IndexReplacedError.
        """
        if not self._is_checked:
            self._is_checked = True
            with self._errors(), self._read_lock:
                check(self._reader)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a SELECT, as they were when the last transaction ended."""
        with self._errors(), self._read_lock:
            return self._reader.execute(query, values).fetchall()

    def tuples(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The same as plain tuples, which take half the time."""
        with self._errors(), self._read_lock:
            cursor = self._reader.cursor()
            cursor.row_factory = None
            return cursor.execute(query, values).fetchall()

    @contextlib.contextmanager
    def change(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction: all of the block's statements, or none. Raises StorageError.

        A ``durable`` one survives a power failure as soon as it ends.
        """
        with self._lock, self._errors():
            if durable:
                self._connection.execute("PRAGMA synchronous=FULL")
            try:
                patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"), self.on_wait)
                journal = self.journal.size()
                try:
                    yield self._connection
                    self._connection.commit()
                except BaseException:
                    self.journal.cut(journal)  # before others may write theirs
                    if self._connection.in_transaction:
                        self._connection.rollback()
                    raise
            finally:
                if durable:
                    self._connection.execute("PRAGMA synchronous=NORMAL")

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
        with self._lock, self._read_lock:
            self._reader.close()
            self._connection.close()
            self._move_aside()
            self._connection, self._reader = self._open_anew()
        return IndexReplacedError(
            "The index of this project was damaged and is started anew.",
            remedy="Read the folders again.",
        )

    def _open(self) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        try:
            return patiently(self._connect, self.on_wait)
        except UnicodeDecodeError:  # the text of the schema
            self._move_aside()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _storage_error(self.path, error) from error
            self._move_aside()
        return self._open_anew()

    def _open_anew(self) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            raise _storage_error(self.path, error) from error

    def _connect(self) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        """Two connections. A new index gets what the user decided, as far as the journal and
        a damaged index still tell.
        """
        connection = _connection(self.path)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            prepare(
                connection, self.path, lambda new: carry_over(self.set_aside, self.journal, new)
            )
            reader = _connection(self.path)
            reader.execute("PRAGMA query_only=1")
        except BaseException:
            connection.close()
            raise
        return connection, reader

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


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=ASK_AGAIN_S, check_same_thread=False, isolation_level=None
    )
    connection.row_factory = sqlite3.Row
    return connection


def _wait_quietly() -> None:
    """Where nobody has asked to hear of it."""


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # The low byte is the primary result code; the rest tells variants of it apart.
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, Damaged) or code == _SHORT_READ:
        return True
    # Texts that are no UTF-8 and tables of other columns have no code of their own.
    told = str(error).startswith(("Could not decode", "no such table", "no such column"))
    return told or (code is not None and code & 0xFF in _DAMAGE)


def _storage_error(path: Path, error: sqlite3.DatabaseError) -> StorageError:
    if is_full(error, path):
        return StorageError(
            "The disk is full; {name} was not written.",
            name=path,
            remedy="Free some space and try again.",
        )
    if is_busy(error):
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
