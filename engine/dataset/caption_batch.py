"""Many caption files as one step that survives anything: intent first, then files, then the step.

What the files are about to become is in the index before the first one is touched. A process that
is killed leaves that record, and the next one that opens the index finishes the work, so that
captions and undo agree. Files are replaced atomically but not synced one by one: after a power
failure the record tells what to write once more.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from engine.dataset.caption_files import (
    Wish,
    Written,
    caption_columns,
    caption_file,
    put,
    rewrite_lost,
    take_back,
)
from engine.dataset.history import Pairs, load, remember, replay_marks, turn
from engine.dataset.problem import Problem
from engine.runtime.errors import JobCancelled, StorageError, StylekilnError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from engine.dataset.store import Store
    from engine.runtime.job import Job

Kind = Literal["edit", "undo", "redo"]

_SETTLED = 60
"""Seconds after which every system has written its files to the disk by itself."""

_AT_ONCE, _PART, _FEW = 4, 32, 64
"""Files that are written at once, and between two looks whether the user has changed their mind;
a few are written one after the other.
"""

_PATIENCE = 60
"""Seconds to wait for another process that writes the same captions."""

_WISHES = (
    "SELECT picture, path, before, after, writes.mtime FROM writes"
    " JOIN pictures ON pictures.id = picture WHERE batch = ?"
)


@dataclass(frozen=True)
class Batch:
    """``step`` is the step it belongs to; 0 for a new one."""

    label: str
    kind: Kind
    step: int = 0


@dataclass
class Outcome:
    """What became of a batch. ``failure`` is the error that ended it early."""

    written: list[Written] = field(default_factory=list)
    failure: StylekilnError | None = None
    marks: set[int] = field(default_factory=set)
    unmarked: set[int] = field(default_factory=set)
    step: int = 0

    @property
    def problem(self) -> Problem:
        """Why the first one that was skipped was."""
        told = (one.failure or one.unreadable for one in self.written)
        return next(filter(None, told), Problem())

    @property
    def blocked(self) -> StorageError | None:
        """The first error of writing a file, None when every one that was tried was written."""
        failures = (one.failure for one in self.written if one.failure)
        found = next(failures, None)
        return StorageError(found.sentence, remedy=found.remedy, **found.facts) if found else None

    def ids(self, *results: str) -> list[int]:
        """The pictures whose captions ended in one of ``results``."""
        return [one.wish.picture for one in self.written if one.result in results]


def write_captions(
    store: Store,
    batch: Batch,
    ids: Collection[int],
    plan: Callable[[sqlite3.Connection], Pairs],
    job: Job | None = None,
) -> Outcome:
    """Bring the captions of ``ids`` to what ``plan`` says: pairs of before and after by id.

    Cancelling ``job`` gives every file its bytes back and raises JobCancelled. A full disk ends
    the batch, and what was written stays, as a step.
    """
    number, wishes = _begin(store, batch, ids, plan)
    outcome = Outcome()
    try:
        _write_files(wishes, outcome, job, merging=batch.kind == "edit")
    except JobCancelled:
        _take_back(store, number, outcome)
        raise
    _finish(store, number, batch, outcome)
    return outcome


def resume(store: Store) -> None:
    """Finish what processes that have ended left undone. Raises StorageError."""
    for row in store.rows("SELECT * FROM batches ORDER BY id"):
        if row["finished"] is None and not _is_alive(row["owner"]):
            _resume_one(store, row)
        elif row["finished"] is not None and row["finished"] < _boot_time():
            for *values, mtime in store.tuples(_WISHES, (row["id"],)):
                rewrite_lost(Wish(*values), mtime)
    forget_settled(store)


def forget_settled(store: Store) -> None:
    """Drop records of files that are on the disk by now."""
    old = (int(time.time()) - _SETTLED,)
    if store.tuples("SELECT 1 FROM batches WHERE finished < ? LIMIT 1", old):
        with store.change() as connection:
            _drop(connection, "finished < ?", *old)


def _begin(
    store: Store, batch: Batch, ids: Collection[int], plan: Callable[[sqlite3.Connection], Pairs]
) -> tuple[int, list[Wish]]:
    """Write the intent down, when no other process is at the same pictures."""
    end = time.monotonic() + _PATIENCE
    keys = json.dumps(list(ids))
    while True:
        with store.change(durable=True) as connection:
            busy = connection.execute(
                "SELECT DISTINCT batches.* FROM batches JOIN writes ON batch = batches.id"
                " WHERE finished IS NULL AND picture IN (SELECT value FROM json_each(?))",
                (keys,),
            ).fetchone()
            if busy is None:
                return _note_intent(connection, batch, plan(connection))
        if not _is_alive(busy["owner"]):
            _resume_one(store, busy)
        elif time.monotonic() > end:
            raise StorageError(
                "Another window is writing these captions.", remedy="Try again when it is done."
            )
        time.sleep(0.02)


def _note_intent(
    connection: sqlite3.Connection, batch: Batch, pairs: Pairs
) -> tuple[int, list[Wish]]:
    keys = json.dumps(list(pairs))
    connection.execute(
        "DELETE FROM writes WHERE picture IN (SELECT value FROM json_each(?))", (keys,)
    )
    number = connection.execute(
        "INSERT INTO batches (owner, label, kind, step) VALUES (?, ?, ?, ?)",
        (_owner(), batch.label, batch.kind, batch.step),
    ).lastrowid
    assert number is not None
    connection.executemany(
        "INSERT INTO writes (batch, picture, before, after) VALUES (?, ?, ?, ?)",
        [(number, key, before, after) for key, (before, after) in pairs.items()],
    )
    rows = connection.execute(
        "SELECT id, path FROM pictures WHERE id IN (SELECT value FROM json_each(?))", (keys,)
    )
    paths = {row[0]: row[1] for row in rows}
    return number, [Wish(key, paths[key], *pair) for key, pair in pairs.items()]


def _write_files(
    wishes: Iterable[Wish], outcome: Outcome, job: Job | None, *, merging: bool
) -> None:
    """Some files at a time: the system waits for the disk at every one that it replaces. Those at
    work when one fails are finished, and are part of the outcome.
    """
    by_file: dict[Path, list[Wish]] = {}
    for wish in wishes:  # two pictures of one stem have one caption: one after the other
        by_file.setdefault(caption_file(wish), []).append(wish)
    files, keep = list(by_file.values()), job is not None
    part = _PART if len(files) > _FEW else 1

    def work(file: list[Wish]) -> tuple[list[Written], StylekilnError | None]:
        done: list[Written] = []
        try:
            done.extend(put(wish, merging=merging, keep_original=keep) for wish in file)
        except StylekilnError as error:
            return done, error
        return done, None

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="caption") as pool:
        for start in range(0, len(files), part):
            if job is not None:
                job.breathe()
                job.progress(start, len(files), "Writing captions")
            for done, error in pool.map(work, files[start : start + part]):
                outcome.written += done
                outcome.failure = outcome.failure or error
            if outcome.failure is not None:
                return
    if job is not None:
        job.progress(len(files), len(files), "Writing captions")


def _finish(store: Store, number: int, batch: Batch, outcome: Outcome) -> None:
    """Make the step what the files have become."""
    step = None if batch.kind == "edit" else load(store, batch.step, undone=batch.kind == "redo")
    with store.change() as connection:
        _note_files(connection, outcome.written)
        done = {
            one.wish.picture: [one.before, one.after]
            for one in outcome.written
            if one.result == "written"
        }
        if step is None and done:
            outcome.step = remember(connection, batch.label, {"caption": done}, batch.step or None)
        elif step is not None and outcome.failure is None and not _nothing_can_be_written(outcome):
            outcome.marks, outcome.unmarked = replay_marks(store, connection, step)
            turn(connection, step.number, undone=batch.kind == "undo")
        connection.execute(
            "DELETE FROM writes WHERE batch = ? AND picture NOT IN"
            " (SELECT value FROM json_each(?))",
            (number, json.dumps(list(done))),
        )
        connection.executemany(
            "UPDATE writes SET after = ?, mtime = ? WHERE batch = ? AND picture = ?",
            [(w.after, w.stamp[0], number, w.wish.picture) for w in outcome.written],
        )
        connection.execute(
            "UPDATE batches SET finished = ? WHERE id = ?", (int(time.time()), number)
        )
        _drop(connection, "finished < ?", int(time.time()) - _SETTLED)


def _nothing_can_be_written(outcome: Outcome) -> bool:
    """A folder that is read-only or away keeps its step for later."""
    return bool(outcome.written) and all(one.failure for one in outcome.written)


def _take_back(store: Store, number: int, outcome: Outcome) -> None:
    """The user changed their mind: every file gets its bytes back."""
    for one in reversed(outcome.written):
        take_back(one)
    with store.change() as connection:
        for one in outcome.written:
            values = caption_columns(one.wish.path)
            names = ", ".join(f"{name} = ?" for name in values)
            connection.execute(
                f"UPDATE pictures SET {names} WHERE id = ?", (*values.values(), one.wish.picture)
            )
        _drop(connection, "id = ?", number)


def _note_files(connection: sqlite3.Connection, written: Iterable[Written]) -> None:
    written = list(written)
    connection.executemany(
        "UPDATE pictures SET caption = ?, caption_problem = ?, caption_mtime = ?,"
        " caption_bytes = ? WHERE id = ?",
        [(w.after or "", w.unreadable.to_record(), *w.stamp, w.wish.picture) for w in written],
    )
    connection.executemany(
        "DELETE FROM conflicts WHERE picture = ?",
        [(w.wish.picture,) for w in written if w.result in ("written", "same")],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO conflicts VALUES (?, ?, ?)",
        [
            (w.wish.picture, w.wish.before or "", w.wish.after or "")
            for w in written
            if w.result == "conflict"
        ],
    )


def _resume_one(store: Store, row: sqlite3.Row) -> None:
    batch = Batch(row["label"], row["kind"], row["step"])
    with store.change() as connection:
        # Of two processes that open the index at once, one finishes the work.
        taken = connection.execute(
            "UPDATE batches SET owner = ? WHERE id = ? AND owner = ? AND finished IS NULL",
            (_owner(), row["id"], row["owner"]),
        ).rowcount
    if not taken:
        return
    outcome = Outcome()
    wishes = [Wish(*values) for *values, _ in store.tuples(_WISHES, (row["id"],))]
    _write_files(wishes, outcome, None, merging=False)
    outcome.written = [_as_ours(one) for one in outcome.written]
    _finish(store, row["id"], batch, outcome)


def _as_ours(written: Written) -> Written:
    """What the killed process wrote itself counts as written."""
    if written.result != "same":
        return written
    wish = written.wish
    return Written(wish, "written", wish.before, wish.after, stamp=written.stamp)


def _drop(connection: sqlite3.Connection, which: str, value: int) -> None:
    connection.execute(
        f"DELETE FROM writes WHERE batch IN (SELECT id FROM batches WHERE {which})", (value,)
    )
    connection.execute(f"DELETE FROM batches WHERE {which}", (value,))


def _owner() -> str:
    """This process, so that another one can tell whether it still runs."""
    import psutil

    return json.dumps([platform.node(), os.getpid(), psutil.Process().create_time()])


def _is_alive(owner: str) -> bool:
    """Whether the process runs. Of another computer nobody can tell: it gets the benefit."""
    import psutil

    node, process, began = json.loads(owner)
    if node != platform.node():
        return True
    try:
        return abs(psutil.Process(process).create_time() - began) < 1
    except psutil.Error:
        return False


def _boot_time() -> float:
    import psutil

    return psutil.boot_time()
