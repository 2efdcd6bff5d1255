"""The state of the Dataset workspace: what the library holds, what is shown, what is selected."""

from __future__ import annotations

import asyncio
from itertools import zip_longest
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.dataset import snapshot as snapshots
from app.dataset.counts import Scope
from app.dataset.find import ORDERS, Order, Wish, find
from app.dataset.held import Held
from app.dataset.judging import Judging
from app.dataset.outlook_settings import spec_of
from app.dataset.snapshot import Snapshot
from engine.dataset.bucket_places import BucketPlaces
from engine.dataset.columns import Columns
from engine.dataset.query import Query, QueryError, parse
from engine.runtime.errors import JobCancelled, StylekilnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.session import Session
    from engine.dataset.edits import Recipe
    from engine.dataset.library import Library, Picture

    Read = Callable[[Library, Snapshot, "set[int] | None"], Snapshot]

FEW = 1500
"""Pictures that are filtered and judged within a frame, at once and not by a worker."""

PAINTED = 0.03
"""Seconds in which the first pictures are painted before the others are read: two threads that run
Python take turns, and the paint would take ten times as long.
"""


class DatasetState(QObject, Held):
    """Pictures, suggestions, filter and selection. Views read it and react to its signals."""

    reloaded = Signal()
    shown_changed = Signal()
    selection_changed = Signal()
    baked_changed = Signal(bool)
    query_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._buckets = BucketPlaces()
        self.snapshot = self._nothing()
        self.shown: list[Picture] = []
        self.scope = Scope()
        self.words = ""
        self.error: StylekilnError | None = None
        self.order, self.down = _order_of(session.settings.dataset_order)
        self.baked = False
        self.loading = False
        self.copied: tuple[Recipe, tuple[int, int]] | None = None  # edits, and their picture's size
        self._query: Query | None = None
        self._selected: tuple[int, ...] = ()
        self._changed: set[int] | None = set()
        self._due = self._reading = False
        self.judging = Judging(self)
        self.version = self._shown_version = 0
        session.project_changed.connect(self._project_changed)
        session.pictures_changed.connect(self._pictures_changed)
        session.run_settings.changed.connect(self._settings_changed)
        if session.project is not None:
            self._project_changed(session.project)
            self._pictures_changed(None)

    # What is selected

    @property
    def selected(self) -> list[Picture]:
        """The selected pictures that still exist, in the order of the grid."""
        return [self.pictures[key] for key in self._selected if key in self.pictures]

    @property
    def current(self) -> Picture | None:
        """The picture the right column is about."""
        last = next((key for key in reversed(self._selected) if key in self.pictures), None)
        return None if last is None else self.pictures[last]

    def select(self, ids: Iterable[int]) -> None:
        """Make ``ids`` the selection; the last one is current."""
        chosen = tuple(ids)
        if chosen != self._selected:
            self.session.calm.stir()
            self._selected = chosen
            self.selection_changed.emit()

    # What is shown

    def set_scope(self, scope: Scope) -> None:
        """Show only the pictures of ``scope``."""
        if scope != self.scope:
            self.scope = scope
            self._show()

    def set_words(self, words: str) -> None:
        """Show only what the filter ``words`` finds. One that cannot be understood is told as
        ``error``, and what is shown stays.
        """
        if words == self.words and self.error is None:
            return
        self.session.calm.stir()
        self.words, self.error = words, None
        try:
            self._query = parse(words) if words else None
        except QueryError as error:
            self.error = error
            self.query_changed.emit()
            return
        self.query_changed.emit()
        self._show()

    def set_order(self, order: Order, down: bool | None = None) -> None:
        """Sort the grid by ``order``; ``down`` begins at the large end, None at the usual one."""
        downward = ORDERS[order] if down is None else down
        if (order, downward) != (self.order, self.down):
            self.order, self.down = order, downward
            self.session.change_settings(dataset_order=f"{order} {'down' if downward else 'up'}")
            self._show()

    def set_baked(self, baked: bool) -> None:
        """Show the pictures as trained (True) or as they are on disk."""
        if baked != self.baked:
            self.baked = baked
            self.baked_changed.emit(baked)

    # Reading the library

    async def reload(self) -> None:
        """Read what changed until nothing is left to read; an answer that comes late is dropped."""
        if self._reading:
            return
        self._reading = True
        try:
            while self._due or self.judging.is_done:
                judged = self.judging.take()
                if judged is not None:
                    await self._put(judged)
                if self._due:
                    changed, self._changed, self._due = self._changed, set(), False
                    await self._read(changed)
        finally:
            self._reading = False

    async def _read(self, changed: set[int] | None) -> None:
        version, library = self.version, self.session.library
        if library is None:
            return
        scanning = self.session.is_listing
        try:
            known = self.pictures and self.snapshot.whole
            if not known and await self._look(version, library):
                await self._count(version, library)
            elif len(self.pictures) <= FEW and not scanning:
                await self._take(version, library, changed, snapshots.read_and_judge)
                return
            else:
                await self._take(version, library, changed, snapshots.read)
            if not scanning:
                self.judging.want()
        except JobCancelled:
            if version == self.version:  # else the project was left meanwhile
                raise

    async def _look(self, version: int, library: Library) -> bool:
        """Show many pictures before anything of them is counted, and the first ones before the
        others are read; False when there are few.
        """
        first = await self.session.bridge.io(snapshots.glance, library, self.snapshot, FEW)
        if first.whole:
            return False
        if version == self.version and self._wish() == Wish():
            await self._put(first)
            await asyncio.sleep(PAINTED)
        found = await self.session.bridge.io(snapshots.look, library, self.snapshot)
        if version == self.version:
            await self._put(found)
        return True

    async def _count(self, version: int, library: Library) -> None:
        found = await self.session.bridge.io(snapshots.count, library, self.snapshot)
        if version == self.version:
            await self._put(found)

    async def _take(
        self, version: int, library: Library, changed: set[int] | None, read: Read
    ) -> None:
        found = await self.session.bridge.io(read, library, self.snapshot, changed)
        if version == self.version:
            await self._put(found)

    async def _put(self, found: Snapshot) -> None:
        """Take ``found`` over; what it shows was made by a worker where it is many."""
        wish, shown = self._wish(), None
        if len(found.columns) > FEW:
            shown = await self._found(found, wish)
        self.loading = self.session.is_listing and not found.pictures
        version, before = self.version, self.selected
        self.snapshot = found
        self.reloaded.emit()
        if shown is not None:  # the views of many pictures take their time, one after the other
            await asyncio.sleep(0)
        if version != self.version:
            return
        if shown is None or wish != self._wish():
            self._show()
        else:
            self._shown_version += 1
            self._take_shown(shown)
        if shown is None or any(p is not q for p, q in zip_longest(before, self.selected)):
            self.selection_changed.emit()

    def _wish(self) -> Wish:
        return Wish(self.scope, self._query, self.order, self.down)

    def _show(self) -> None:
        self._shown_version += 1
        wish = self._wish()
        if len(self.snapshot.columns) > FEW or (wish.is_slow and self.snapshot.pictures):
            self.session.start(self._show_later(self._shown_version, wish))
            return
        try:
            self._take_shown(find(self.snapshot, wish))
        except QueryError as error:
            self._fail(error)

    async def _show_later(self, version: int, wish: Wish) -> None:
        def breathe() -> None:
            if version != self._shown_version:
                raise JobCancelled

        shown = await self._found(self.snapshot, wish, breathe)
        if version == self._shown_version and shown is not None:
            self._take_shown(shown)

    async def _found(
        self, snapshot: Snapshot, wish: Wish, breathe: Callable[[], object] | None = None
    ) -> list[Picture] | None:
        try:
            return await self.session.bridge.io(find, snapshot, wish, breathe)
        except (JobCancelled, StylekilnError) as error:
            if not isinstance(error, JobCancelled):
                self._fail(error)  # a model's tokenizer is broken, or an expression takes too long
            return None

    def _fail(self, error: StylekilnError) -> None:
        self.error = error
        self.query_changed.emit()

    def _take_shown(self, shown: list[Picture]) -> None:
        if shown:
            self.session.calm.stir()  # they are painted now
        self.shown = shown
        self.shown_changed.emit()

    def _project_changed(self, project: object) -> None:
        self.scope, self.words, self._query, self._selected = Scope(), "", None, ()
        self.error = self.copied = None
        self.loading = project is not None
        self.version += 1
        self._shown_version += 1
        self._changed, self._due = set(), False
        self.judging.forget()
        self._buckets = BucketPlaces(spec_of(self.session))
        self.snapshot, self.shown = self._nothing(), []
        self.query_changed.emit()
        self.reloaded.emit()
        self.shown_changed.emit()
        self.selection_changed.emit()

    def _nothing(self) -> Snapshot:
        return Snapshot(columns=Columns([], buckets=self._buckets))

    def _settings_changed(self, _by: object) -> None:
        """Pictures are in other buckets now."""
        spec = spec_of(self.session)
        if spec != self._buckets.spec:
            self._buckets.spec = spec
            if self._query is not None and "bucket" in self._query.keys:
                self._show()

    def _pictures_changed(self, ids: set[int] | None) -> None:
        self._changed = None if ids is None or self._changed is None else self._changed | set(ids)
        self._due = True
        self.session.start(self.reload())


def _order_of(stored: str) -> tuple[Order, bool]:
    """The order that the settings remember."""
    name, _, end = stored.partition(" ")
    for order in ORDERS:
        if order == name:
            return order, end == "down"
    return "name", False
