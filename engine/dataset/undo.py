"""One list of steps for everything: undo, redo, and several operations as one step."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from engine.dataset.caption_batch import Batch, write_captions
from engine.dataset.history import (
    CAPTION,
    PROJECT,
    Pairs,
    Step,
    current,
    load,
    newest,
    remember,
    replay_marks,
    set_marks,
    turn,
)
from engine.dataset.picture import Changes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from engine.dataset.store import Store
    from engine.runtime.job import Job


class _Group(threading.local):
    """The step that operations of this thread belong to."""

    label: str | None = None
    step: int | None = None


class Undo:
    """The part of the library that remembers operations."""

    _store: Store

    def __init_subclass__(cls) -> None:
        cls._group = _Group()
        cls._replaying = threading.Lock()

    _group: _Group
    _replaying: threading.Lock

    @property
    def can_undo(self) -> str | None:
        """The label of the operation :meth:`undo` takes back, None without one."""
        step = newest(self._store, undone=False)
        return step[1] if step else None

    @property
    def can_redo(self) -> str | None:
        """The label of the operation :meth:`redo` makes again, None without one."""
        step = newest(self._store, undone=True)
        return step[1] if step else None

    def undo(self, job: Job | None = None) -> Changes | None:
        """Take the last operation back; None when there is none. What was changed otherwise
        since then is left alone and ``skipped``. Cancelling ``job`` takes nothing back.
        """
        with self._replaying:  # two that are asked for at once would take the same step
            return self._replay(undone=False, job=job)

    def redo(self, job: Job | None = None) -> Changes | None:
        """Make the last operation again that was taken back; None when there is none."""
        with self._replaying:
            return self._replay(undone=True, job=job)

    @contextlib.contextmanager
    def one_step(self, label: str) -> Iterator[None]:
        """All operations of this thread inside the block are one step, called ``label``.

        Each is done and remembered when it returns; an error in between keeps those before it.
        """
        if self._group.label is not None:
            yield  # inside another one: it belongs to that
            return
        self._group.label, self._group.step = label, None
        try:
            yield
        finally:
            self._group.label = self._group.step = None

    def _remember(
        self, connection: sqlite3.Connection, label: str, parts: Mapping[str, Pairs]
    ) -> None:
        step = remember(connection, self._group.label or label, parts, self._group.step)
        self._keep_step(step)

    def _keep_step(self, step: int) -> None:
        if self._group.label is not None and step:
            self._group.step = step

    def _batch(self, label: str) -> Batch:
        return Batch(self._group.label or label, "edit", self._group.step or 0)

    def _edit(self, label: str, field: str, after: Mapping[Any, Any]) -> Changes:
        """Set ``field`` of each id and remember the step."""
        with self._store.change() as connection:
            before = current(connection, field, after)
            wanted = {
                key: [before[key], value]
                for key, value in after.items()
                if key in before and before[key] != value
            }
            if wanted:
                set_marks(self._store, connection, field, wanted)
                self._remember(connection, label, {field: wanted})
        return Changes(changed=tuple(wanted), skipped=tuple(sorted({*after} - {*before})))

    def _replay(self, *, undone: bool, job: Job | None) -> Changes | None:
        found = newest(self._store, undone=undone)
        if found is None:
            return None
        step = load(self._store, found[0], undone=undone)
        captions = step.parts.get(CAPTION, {})
        project = step.parts.get(PROJECT, {})
        if captions:
            # First: the step is turned with the captions, and one that a kill left half done is
            # the newest still, and finished by going through it again.
            in_file = self._replay_project(project)
            try:
                changes = self._replay_captions(step, captions, undone=undone, job=job)
            finally:
                if newest(self._store, undone=undone) == found:  # it is for later
                    self._replay_project({name: pair[::-1] for name, pair in project.items()})
        else:
            with self._store.change() as connection:
                changed, left = replay_marks(self._store, connection, step)
                turn(connection, step.number, undone=not undone)
                in_file = self._replay_project(project)
            changes = Changes(changed=tuple(changed), skipped=tuple(sorted(left)))
        return Changes(
            changed=changes.changed,
            skipped=changes.skipped,
            project=in_file,
            problem=changes.problem,
        )

    def _replay_captions(
        self, step: Step, captions: Pairs, *, undone: bool, job: Job | None
    ) -> Changes:
        def plan(connection: sqlite3.Connection) -> Pairs:
            known = current(connection, CAPTION, captions)
            return {key: pair for key, pair in captions.items() if key in known}

        batch = Batch(step.label, "redo" if undone else "undo", step.number)
        outcome = write_captions(self._store, batch, list(captions), plan, job)
        if outcome.failure is not None:
            raise outcome.failure
        done = {*outcome.ids("written"), *outcome.marks}
        left = ({*captions} | outcome.unmarked) - done
        return Changes(changed=tuple(done), skipped=tuple(sorted(left)), problem=outcome.problem)

    def _replay_project(self, values: Pairs) -> bool:
        raise NotImplementedError
