"""Steps that can be taken back: what each field held before and after.

A step is one or more rows of ``edits``, one per field: marks of pictures by id, captions by id
(text files beside the pictures), pairs told apart as ``"a b"``, and values of the project file by
name.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.dataset.agreement import note
from engine.dataset.journal import APART, MARKS
from engine.dataset.line_ends import of_record, to_record
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from engine.dataset.store import Store

UNDO_STEPS = 200
"""How many operations can be taken back; older ones are forgotten."""

CAPTION, PROJECT = "caption", "project"
FIELDS = (*MARKS, CAPTION, APART, PROJECT)

Pairs = dict[Any, list[Any]]


@dataclass(frozen=True)
class Step:
    """One operation: for each field what was changed, from and to, in the direction to go."""

    number: int
    label: str
    parts: dict[str, Pairs]


def newest(store: Store, *, undone: bool) -> tuple[int, str] | None:
    """Number and label of the step that undo (or redo, of the ``undone``) would take."""
    order = "ASC" if undone else "DESC"
    rows = store.tuples(
        f"SELECT step, label FROM edits WHERE undone = ? ORDER BY step {order}, id LIMIT 1",
        (int(undone),),
    )
    return rows[0] if rows else None


def load(store: Store, number: int, *, undone: bool) -> Step:
    """A step as undo (or redo, of the ``undone``) goes through it. A record that cannot be read
    is forgotten, with BadInputError.
    """
    rows = store.tuples(
        "SELECT label, field, before_after FROM edits WHERE step = ? ORDER BY id", (number,)
    )
    try:
        parts = _combined((field, json.loads(record)) for _, field, record in rows)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        with store.change() as connection:
            connection.execute("DELETE FROM edits WHERE step = ?", (number,))
        raise BadInputError("The record of this step is damaged; it was forgotten.") from error
    if not undone:
        parts = {
            field: {key: [after, before] for key, (before, after) in pairs.items()}
            for field, pairs in parts.items()
        }
    return Step(number, rows[0][0], parts)


def current(connection: sqlite3.Connection, field: str, keys: Iterable[Any]) -> dict[Any, Any]:
    """The present value of ``field`` for each known picture (or any pair, for pairs told apart).
    A caption without a file is None.
    """
    keys = list(keys)
    if field == APART:
        query = "SELECT 1 FROM not_duplicates WHERE a = ? AND b = ?"
        return {key: int(bool(connection.execute(query, _pair(key)).fetchone())) for key in keys}
    column = (
        "CASE WHEN caption_bytes IS NULL THEN NULL ELSE caption END" if field == CAPTION else field
    )
    rows = connection.execute(
        f"SELECT id, {column} FROM pictures WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(keys),),
    )
    found = {row[0]: row[1] for row in rows}
    return {key: found[key] for key in keys if key in found}


def set_marks(store: Store, connection: sqlite3.Connection, field: str, pairs: Pairs) -> None:
    """Set each key to the second of its pair, in the index and in the journal."""
    if field == APART:
        for key, (_, told) in pairs.items():
            change = "INSERT OR IGNORE INTO not_duplicates VALUES (?, ?)" if told else (
                "DELETE FROM not_duplicates WHERE a = ? AND b = ?"
            )  # fmt: skip
            connection.execute(change, _pair(key))
        paths = _paths(connection, {one for key in pairs for one in _pair(key)})
        written = store.journal.tell_apart(
            {(paths[a], paths[b]): pairs[key][1] for key in pairs for a, b in [_pair(key)]}
        )
        note(connection, store.journal, written=written)
        return
    connection.executemany(
        f"UPDATE pictures SET {field} = ? WHERE id = ?",
        [(after, key) for key, (_, after) in pairs.items()],
    )
    paths = _paths(connection, pairs)
    written = store.journal.add(field, {paths[key]: after for key, (_, after) in pairs.items()})
    note(connection, store.journal, written=written)


def replay_marks(
    store: Store, connection: sqlite3.Connection, step: Step
) -> tuple[set[int], set[int]]:
    """Bring marks and pairs to the second of each pair, where they hold the first: the ids that
    were changed, and those that were not.
    """
    changed: set[int] = set()
    left: set[int] = set()
    for field, pairs in step.parts.items():
        if field in (CAPTION, PROJECT):
            continue
        now = current(connection, field, pairs)
        fitting = {key: pair for key, pair in pairs.items() if now.get(key) == pair[0]}
        set_marks(store, connection, field, fitting)
        for key in pairs:
            ids = (*_pair(key),) if field == APART else (key,)
            (changed if key in fitting else left).update(ids)
    return changed, left - changed


def remember(
    connection: sqlite3.Connection,
    label: str,
    parts: Mapping[str, Mapping[Any, list[Any]]],
    step: int | None = None,
) -> int:
    """Store a step, or more of ``step``; its number. What was undone before it can no longer be
    made again.
    """
    connection.execute("DELETE FROM edits WHERE undone = 1")
    if step is None:
        step = connection.execute("SELECT coalesce(max(step), 0) + 1 FROM edits").fetchone()[0]
    connection.executemany(
        "INSERT INTO edits (label, field, before_after, step) VALUES (?, ?, ?, ?)",
        [(label, field, _record(field, pairs), step) for field, pairs in parts.items() if pairs],
    )
    connection.execute(
        "DELETE FROM edits WHERE step <= (SELECT max(step) FROM edits) - ?", (UNDO_STEPS,)
    )
    return int(step)


def turn(connection: sqlite3.Connection, number: int, *, undone: bool) -> None:
    """Mark a step as taken back or as made again."""
    connection.execute("UPDATE edits SET undone = ? WHERE step = ?", (int(undone), number))


def pair_key(a: int, b: int) -> str:
    """The key of a pair of pictures, the same both ways round."""
    return f"{min(a, b)} {max(a, b)}"


def _record(field: str, pairs: Mapping[Any, list[Any]]) -> str:
    if field == CAPTION:
        pairs = {
            key: [to_record(before), to_record(after)] for key, (before, after) in pairs.items()
        }
    return json.dumps(pairs)


def _combined(rows: Iterable[tuple[str, Any]]) -> dict[str, Pairs]:
    """Rows of a step, first to last, as one pair per key: what was at first and at last."""
    parts: dict[str, Pairs] = {}
    for field, record in rows:
        if field not in FIELDS:
            raise ValueError(field)
        pairs = parts.setdefault(field, {})
        for text, (before, after) in record.items():
            key = text if field in (APART, PROJECT) else int(text)
            if field == APART:
                _pair(key)
            if field == CAPTION:
                before, after = of_record(before), of_record(after)
            pairs[key] = [pairs[key][0] if key in pairs else before, after]
    return parts


def _pair(key: Any) -> tuple[int, int]:
    a, b = key.split()
    return int(a), int(b)


def _paths(connection: sqlite3.Connection, keys: Iterable[int]) -> dict[int, str]:
    rows = connection.execute(
        "SELECT id, path FROM pictures WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    )
    return {row[0]: row[1] for row in rows}
