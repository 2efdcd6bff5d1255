"""What the user decided about each picture, read out of a damaged index as far as it goes."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.edits import Recipe
from engine.dataset.folders import natural_key

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

_MARKS = "path, folder, own_category, stars, flag, held_out, recipe"
_NEXT = f"SELECT id, {_MARKS} FROM pictures WHERE id > ? ORDER BY id LIMIT 1"
# Rows of a new index that wait for their files: the next scan reads the rest.
_WAITING = f"""INSERT OR IGNORE INTO pictures ({_MARKS}, sort_key, present, mtime, bytes, width,
    height, has_alpha, problem, repeats, category, is_reg)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, -1, -1, 0, 0, 0, '', 1, '', 0)"""
_LARGEST_GAP = 1000


def carry_over(damaged: Path, connection: sqlite3.Connection) -> int:
    """Put the marks that ``damaged`` still tells into a new index; how many pictures have some."""
    rows = [(*row, natural_key(row[0])) for row in _rows(damaged)]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(_WAITING, rows)
    connection.commit()
    log.warning("the marks of %d pictures were carried over from %s", len(rows), damaged)
    return len(rows)


def _rows(damaged: Path) -> Iterator[tuple[Any, ...]]:
    """Rows with marks. One by one, so that a bad page costs only what lies on it."""
    with contextlib.closing(sqlite3.connect(damaged)) as connection:
        connection.text_factory = bytes
        last = gap = 0
        while gap < _LARGEST_GAP:
            try:
                found = connection.execute(_NEXT, (last,)).fetchone()
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if "no such" in str(error) or "not a database" in str(error):
                    return
                last, gap = last + 1, gap + 1
                continue
            if found is None:
                return
            last, gap = found[0], 0
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                row = _sound(*found[1:])
                if any(row[2:]):
                    yield row


def _sound(
    path: bytes, folder: bytes, category: bytes | None, stars: int, flag: bytes, held: int,
    recipe: bytes,
) -> tuple[Any, ...]:  # fmt: skip
    """The values of one row; ValueError, TypeError or AttributeError when one cannot be ours."""
    flags, text = flag.decode(), recipe.decode()
    if not 0 <= stars <= 5 or flags not in ("", "picked", "rejected") or held not in (0, 1):
        raise ValueError("not our values")
    if text:
        Recipe.model_validate_json(text)
    own = None if category is None else category.decode()
    return path.decode(), folder.decode(), own, stars, flags, held, text
