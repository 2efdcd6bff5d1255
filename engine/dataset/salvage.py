"""What the user decided about each picture, for a new index: out of the journal, and out of a
damaged index as far as it goes.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.edits import Recipe
from engine.dataset.folders import natural_key
from engine.dataset.journal import MARKS, Marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.dataset.journal import Journal

log = logging.getLogger(__name__)

_NAMES = ", ".join(MARKS)
_NEXT = f"SELECT id, path, {_NAMES} FROM pictures WHERE id > ? ORDER BY id LIMIT 1"
_PLAIN: dict[str, Any] = dict(zip(MARKS, (None, 0, "", 0, ""), strict=True))
# Rows of a new index that wait for their files: the next scan reads the rest.
_WAITING = f"""INSERT OR IGNORE INTO pictures (path, sort_key, {_NAMES}, folder, present, mtime,
    bytes, width, height, has_alpha, problem, repeats, category, is_reg)
    VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, -1, -1, 0, 0, 0, '', 1, '', 0)"""
_APART = """INSERT OR IGNORE INTO not_duplicates
    SELECT min(one.id, two.id), max(one.id, two.id) FROM pictures one, pictures two
    WHERE one.path = ? AND two.path = ?"""
_LARGEST_GAP = 1000


def carry_over(damaged: Path | None, journal: Journal, connection: sqlite3.Connection) -> None:
    """Put the marks that ``damaged`` and ``journal`` still tell into a new index, inside the
    transaction that makes it. Where both tell something the journal is right: it is written last.
    """
    marks = _from_index(damaged) if damaged is not None else {}
    told = journal.read()
    for path, found in told.marks.items():
        for name, value in found.items():
            with contextlib.suppress(ValueError, TypeError):
                marks.setdefault(path, dict(_PLAIN))[name] = _sound(name, value)
    paired = {path for pair in told.apart for path in pair}
    for path in paired:
        marks.setdefault(path, dict(_PLAIN))
    rows = [
        (path, natural_key(path), *(found[name] for name in MARKS))
        for path, found in marks.items()
        if found != _PLAIN or path in paired
    ]
    connection.executemany(_WAITING, rows)
    connection.executemany(_APART, sorted(told.apart))
    if rows:
        log.warning("the marks of %d pictures were carried over", len(rows))


def marked_rows(connection: sqlite3.Connection) -> tuple[Marks, list[tuple[str, str]]]:
    """Everything the user decided that ``connection`` holds: marks by path, pairs of paths."""
    chosen = " OR ".join(f"{name} IS NOT ?" for name in MARKS)
    rows = connection.execute(
        f"SELECT path, {_NAMES} FROM pictures WHERE {chosen}", tuple(_PLAIN.values())
    )
    marks = {
        row[0]: {n: v for n, v in zip(MARKS, row[1:], strict=True) if v != _PLAIN[n]}
        for row in map(tuple, rows)
    }
    pairs = connection.execute(
        "SELECT one.path, two.path FROM not_duplicates"
        " JOIN pictures one ON one.id = a JOIN pictures two ON two.id = b"
    )
    return marks, [(row[0], row[1]) for row in pairs]


def _from_index(damaged: Path) -> Marks:
    """Marks by path. Row by row, so that a bad page costs only what lies on it."""
    marks: Marks = {}
    with (
        contextlib.suppress(sqlite3.DatabaseError),  # then those marks are lost
        contextlib.closing(sqlite3.connect(damaged)) as connection,
    ):
        connection.text_factory = bytes
        for path, *values in _rows(connection):
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                found = {n: _sound(n, v) for n, v in zip(MARKS, values, strict=True)}
                marks[path.decode()] = found
    return marks


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    last = gap = 0
    while gap < _LARGEST_GAP:
        try:
            row = connection.execute(_NEXT, (last,)).fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if "no such" in str(error) or "not a database" in str(error):
                return
            last, gap = last + 1, gap + 1
            continue
        if row is None:
            return
        last, gap = row[0], 0
        yield row[1:]


def _sound(name: str, value: Any) -> Any:
    """``value`` if the column ``name`` can hold it, else ValueError or TypeError."""
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        value.encode()  # half a pair of surrogates cannot be stored
    right = {
        "own_category": lambda: value is None or isinstance(value, str),
        "stars": lambda: value in range(6),
        "flag": lambda: value in ("", "picked", "rejected"),
        "held_out": lambda: value in (0, 1),
        "recipe": lambda: value == "" or bool(Recipe.model_validate_json(value)),
    }
    if not right[name]():
        raise ValueError(f"{name} is not ours")
    return value
