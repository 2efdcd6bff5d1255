"""Index and journal say the same.

A mark is written into the journal before the transaction of the index ends, and a process can be
killed in between. So the index knows how long the journal was at the end of its last transaction;
where the journal is of another length, it is written anew from the index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dataset.salvage import marked_rows

if TYPE_CHECKING:
    import sqlite3

    from engine.dataset.journal import Journal

_TABLE = "CREATE TABLE IF NOT EXISTS journaled (bytes INTEGER NOT NULL)"
_UNKNOWN = -1  # no journal has this length


def note(connection: sqlite3.Connection, journal: Journal, *, written: bool) -> None:
    """Remember, inside the transaction that has added to ``journal``, how long it is now;
    ``written`` is False when not all could be added.
    """
    length = journal.size() if written else _UNKNOWN
    connection.execute("UPDATE journaled SET bytes = ?", (length,))


def agree(connection: sqlite3.Connection, journal: Journal) -> None:
    """Write ``journal`` anew when it is not what the index has written last. What a process was
    killed over is in neither then.
    """
    if _are_one(connection, journal):
        return
    # Once more when no other process can add to either.
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _are_one(connection, journal):
            written = journal.rewrite(*marked_rows(connection))
            connection.execute(_TABLE)
            connection.execute("DELETE FROM journaled")
            connection.execute("INSERT INTO journaled VALUES (?)", (_UNKNOWN,))
            note(connection, journal, written=written)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _are_one(connection: sqlite3.Connection, journal: Journal) -> bool:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'journaled'").fetchone()
    if known is None or journal.wants_rewrite():
        return False
    row = connection.execute("SELECT bytes FROM journaled").fetchone()
    return row is not None and row[0] == journal.size()
