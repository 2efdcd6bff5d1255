"""Steps that can be taken back: what a field held before and after, per picture.

Captions are a field like the others, only that their value lies in a file beside the picture.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.dataset.captions import caption_path, read_caption, remove_caption, write_caption
from engine.runtime.errors import StylekilnError

UNDO_STEPS = 200
"""How many operations can be taken back; older ones are forgotten."""


def current(connection: sqlite3.Connection, field: str, ids: Iterable[int]) -> dict[int, Any]:
    """The present value of ``field`` for each known id. A caption without a file is None."""
    column = (
        "CASE WHEN caption_bytes IS NULL THEN NULL ELSE caption END"
        if (field == "caption")
        else field
    )
    query = f"SELECT {column} FROM pictures WHERE id = ?"
    found = ((key, connection.execute(query, (key,)).fetchone()) for key in ids)
    return {key: row[0] for key, row in found if row is not None}


def apply(
    connection: sqlite3.Connection, field: str, pairs: Mapping[int, list[Any]]
) -> tuple[StylekilnError | None, dict[int, list[Any]]]:
    """Set each id to the second of its pair; the first error, and what was set."""
    if field == "caption":
        return _apply_captions(connection, pairs)
    connection.executemany(
        f"UPDATE pictures SET {field} = ? WHERE id = ?",
        [(after, key) for key, (_, after) in pairs.items()],
    )
    return None, dict(pairs)


def _apply_captions(
    connection: sqlite3.Connection, pairs: Mapping[int, list[Any]]
) -> tuple[StylekilnError | None, dict[int, list[Any]]]:
    done: dict[int, list[Any]] = {}
    for key, (before, after) in pairs.items():
        row = connection.execute("SELECT path FROM pictures WHERE id = ?", (key,)).fetchone()
        try:
            if _write(connection, key, Path(row["path"]), before, after):
                done[key] = [before, after]
        except StylekilnError as error:
            return error, done
    return None, done


def _write(
    connection: sqlite3.Connection, key: int, picture: Path, before: str | None, after: str | None
) -> bool:
    """Write or remove one caption file if it still holds ``before``; whether it now holds
    ``after``. A file that another program changed is only read again.
    """
    path = caption_path(picture)
    now = read_caption(path)
    if not picture.exists():
        return False
    untouched = not now.problem and (now.text if now.exists else None) == before
    if untouched and after is None:
        remove_caption(path)
    elif untouched and after is not None:
        write_caption(path, after, now)
    _note_caption(connection, key, path)
    return untouched


def _note_caption(connection: sqlite3.Connection, key: int, path: Path) -> None:
    """Bring the index up to date with a caption file."""
    caption = read_caption(path)
    try:
        facts = path.stat()
        stamp: tuple[int | None, int | None] = (facts.st_mtime_ns, facts.st_size)
    except OSError:
        stamp = (None, None)
    connection.execute(
        "UPDATE pictures SET caption = ?, caption_problem = ?, caption_mtime = ?,"
        " caption_bytes = ? WHERE id = ?",
        (caption.text, caption.problem.to_record(), *stamp, key),
    )


def remember(
    connection: sqlite3.Connection, label: str, field: str, pairs: Mapping[int, list[Any]]
) -> None:
    """Store a step; what was undone before it can no longer be made again."""
    connection.execute("DELETE FROM edits WHERE undone = 1")
    connection.execute(
        "INSERT INTO edits (label, field, before_after) VALUES (?, ?, ?)",
        (label, field, json.dumps(pairs)),
    )
    connection.execute(
        "DELETE FROM edits WHERE id <= (SELECT max(id) FROM edits) - ?", (UNDO_STEPS,)
    )
