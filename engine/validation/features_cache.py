"""Vectors on disk: a training set is described once, a drawn cell once, however often it is judged.

One SQLite file, which may be thrown away at any time. What does not pass its checksum, or comes
from another version of its maker, is made again; so is the whole file when it is no database.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)

NAME = "features.sqlite"
_BATCH = 64  # described at once, and kept before the next ones
_TABLE = """CREATE TABLE IF NOT EXISTS vectors (
    key TEXT NOT NULL, maker TEXT NOT NULL, shape TEXT NOT NULL, crc INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (key, maker)) WITHOUT ROWID"""

Describe = Callable[[Sequence[np.ndarray]], np.ndarray]
Read = Callable[[int], np.ndarray]


def content_key(picture: np.ndarray) -> str:
    """What names a picture by its pixels: 64 hex digits of SHA-256 over its size and bytes."""
    digest = hashlib.sha256(str(picture.shape).encode())
    digest.update(np.ascontiguousarray(picture).data)
    return digest.hexdigest()


class FeatureCache:
    """Arrays by key and maker, float16 on disk; without a ``path`` in memory only.

    A file that cannot be read or written costs time, never the result.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._memory: dict[tuple[str, str], np.ndarray] = {}

    def get(self, keys: Sequence[str], maker: str, read: Read, describe: Describe) -> np.ndarray:
        """float32 ``[n, ...]`` for ``keys``. Of those not kept yet, ``read(place)`` gives the
        picture and ``describe`` the arrays of several.
        """
        found = self._find(list(dict.fromkeys(keys)), maker)
        missing = {key: place for place, key in enumerate(keys) if key not in found}
        wanted = list(missing.items())
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            made = describe([read(place) for _, place in batch])
            fresh = {key: row for (key, _), row in zip(batch, made, strict=True)}
            self._keep(fresh, maker)
            # As they will be read next time, so that a second look gives the very same numbers.
            found |= {key: row.astype(np.float16) for key, row in fresh.items()}
        if not keys:
            return np.zeros((0, 0), np.float32)
        return np.stack([found[key] for key in keys]).astype(np.float32)

    def missing(self, keys: Sequence[str], maker: str) -> set[str]:
        """Those of ``keys`` that would have to be made."""
        return set(keys) - set(self._find(list(dict.fromkeys(keys)), maker))

    def _find(self, keys: list[str], maker: str) -> dict[str, np.ndarray]:
        if self._path is None:
            return {key: self._memory[key, maker] for key in keys if (key, maker) in self._memory}
        found: dict[str, np.ndarray] = {}
        with self._opened() as database:
            if database is None:
                return found
            for key in keys:
                row = database.execute(
                    "SELECT shape, crc, data FROM vectors WHERE key = ? AND maker = ?", (key, maker)
                ).fetchone()
                array = _unpacked(row) if row is not None else None
                if array is not None:
                    found[key] = array
        return found

    def _keep(self, arrays: dict[str, np.ndarray], maker: str) -> None:
        if self._path is None:
            self._memory |= {(key, maker): row.astype(np.float16) for key, row in arrays.items()}
            return
        with self._opened() as database:
            if database is None:
                return
            rows = [(key, maker, *_packed(array)) for key, array in arrays.items()]
            database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)", rows)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection | None]:
        """The database in a transaction, or None where there can be none."""
        assert self._path is not None
        with self._lock:
            database, damaged = None, False
            try:
                database = _connected(self._path)
            except (OSError, sqlite3.Error) as error:
                log.warning("Features are not kept: %s", error)
            try:
                with database or contextlib.nullcontext():
                    yield database
            except sqlite3.OperationalError as error:
                log.warning("Features are not kept: %s", error)
            except sqlite3.DatabaseError as error:
                log.warning("The kept features are damaged and made again: %s", error)
                damaged = True
            finally:
                if database is not None:
                    database.close()
                if damaged:
                    self._path.unlink(missing_ok=True)


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _with_table(path)
    except sqlite3.OperationalError:
        raise  # locked, or the disk is full: no reason to throw it away
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
        return _with_table(path)


def _with_table(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=10.0)
    try:
        database.execute("PRAGMA synchronous = OFF")  # a checksum tells what a power cut left
        database.execute(_TABLE)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _packed(array: np.ndarray) -> tuple[str, int, bytes]:
    small = np.ascontiguousarray(array, np.float16)
    data = small.tobytes()
    return ",".join(map(str, small.shape)), zlib.crc32(data), data


def _unpacked(row: tuple[str, int, bytes]) -> np.ndarray | None:
    """The array of a row; None when it is not what was written."""
    try:
        shape = tuple(int(side) for side in row[0].split(",") if side)
        if zlib.crc32(row[2]) != row[1]:
            return None
        return np.frombuffer(row[2], np.float16).reshape(shape)
    except (TypeError, ValueError, AttributeError):
        return None
