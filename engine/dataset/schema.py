"""The tables of the index: made in a new file, brought up to date in an old one, and checked."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from engine.dataset.agreement import agree
from engine.dataset.folders import natural_key
from engine.dataset.journal import Journal
from engine.dataset.paths import to_text
from engine.runtime.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = 2
LARGE = 4 << 20
"""Bytes of an index that is read as a whole, to see whether it is sound, once its pictures are
shown: for one of 20,000 it takes as long as to show them.
"""
_APPLICATION = 0x53544B4C  # "STKL": tells our index from any other SQLite file
_PICTURES = """
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
    recipe TEXT NOT NULL DEFAULT '',
    descriptor BLOB
);
CREATE INDEX pictures_in_order ON pictures (folder, sort_key);
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    field TEXT NOT NULL,
    before_after TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,
    step INTEGER NOT NULL DEFAULT 0
);
"""
# Pairs the user told apart; what captions are about to become, written down before any file is;
# and captions that two programs changed at once, until the user chooses.
_SINCE_2 = """
CREATE INDEX edits_by_step ON edits (undone, step);
CREATE TABLE not_duplicates (
    a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b)
) WITHOUT ROWID;
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    step INTEGER NOT NULL,
    finished INTEGER
);
CREATE TABLE writes (
    batch INTEGER NOT NULL,
    picture INTEGER NOT NULL,
    before TEXT,
    after TEXT,
    mtime INTEGER,
    PRIMARY KEY (batch, picture)
) WITHOUT ROWID;
CREATE INDEX writes_by_picture ON writes (picture);
CREATE TABLE conflicts (picture INTEGER PRIMARY KEY, base TEXT NOT NULL, mine TEXT NOT NULL);
"""
_TO_2 = f"""
ALTER TABLE pictures ADD COLUMN descriptor BLOB;
ALTER TABLE edits ADD COLUMN step INTEGER NOT NULL DEFAULT 0;
UPDATE edits SET step = id;
UPDATE pictures SET measured = 0;
{_SINCE_2}
"""
# Where the index lay when it was last used, so that a moved project is noticed.
_PLACE = "CREATE TABLE IF NOT EXISTS place (root TEXT NOT NULL)"
_MOVED = "UPDATE OR IGNORE pictures SET {0} = ? || substr({0}, ?) WHERE substr({0}, 1, ?) = ?"


class Damaged(sqlite3.DatabaseError):
    """The file opens but is not a sound index of ours."""


def prepare(
    connection: sqlite3.Connection, path: Path, fill: Callable[[sqlite3.Connection], None]
) -> None:
    """Make the tables in a new file and ``fill`` them, all or nothing; bring older ones, and the
    journal beside them, up to date.

    Raises Damaged for a file that is not ours or not sound, StorageError for a newer one.
    """
    _make_tables(connection, path, fill)
    _follow(connection, path)
    agree(connection, Journal(path.with_suffix(".journal")))


def _make_tables(
    connection: sqlite3.Connection, path: Path, fill: Callable[[sqlite3.Connection], None]
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        _run(connection, _PICTURES + _SINCE_2)
        connection.execute(f"PRAGMA application_id={_APPLICATION}")
        fill(connection)
        connection.commit()
        return
    if application != _APPLICATION:
        raise Damaged("not an index of this application")
    if version > VERSION:
        raise StorageError(
            "{path} was written by a newer version of the application.",
            path=path,
            remedy="Update the application.",
        )
    if version < 2:
        _run(connection, _TO_2)
    connection.commit()
    if os.path.getsize(path) <= LARGE:
        check(connection)


def check(connection: sqlite3.Connection) -> None:
    """Read the whole index; raises Damaged where it is not sound."""
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise Damaged("the index is not sound")


def _run(connection: sqlite3.Connection, statements: str) -> None:
    """One by one: ``executescript`` would end the transaction that makes it all or nothing."""
    for statement in statements.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version={VERSION}")


def _follow(connection: sqlite3.Connection, path: Path) -> None:
    """Let the pictures inside a project that was moved or copied keep their marks."""
    root = to_text(os.path.abspath(path.parent))
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
