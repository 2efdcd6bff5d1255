"""What the grid shows: filter, scope and order over the columns of a snapshot. No widgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.dataset.counts import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.dataset.snapshot import Snapshot
    from engine.dataset.picture import Picture
    from engine.dataset.query import Query

Order = Literal["name", "date", "size", "aspect", "stars", "sharpness", "similarity"]
ORDERS: dict[Order, bool] = {
    "name": False,
    "date": True,
    "size": True,
    "aspect": False,
    "stars": True,
    "sharpness": False,
    "similarity": False,
}
"""Every order, and whether it begins at the large end when it is chosen."""

_SLOW_KEYS = {"tokens", "re"}
_COLUMNS = {"date": "modified", "size": "area"}


@dataclass(frozen=True)
class Wish:
    """What is to be shown. ``query`` None finds everything; ``down`` sorts from the large end."""

    scope: Scope = field(default_factory=Scope)
    query: Query | None = None
    order: Order = "name"
    down: bool = False

    @property
    def is_slow(self) -> bool:
        """Whether even a few pictures may take longer than a frame."""
        if self.order == "similarity":
            return True
        return self.query is not None and (
            bool(self.query.keys & _SLOW_KEYS) or "/" in self.query.text
        )


def find(
    snapshot: Snapshot, wish: Wish, breathe: Callable[[], object] | None = None
) -> list[Picture]:
    """The pictures of the grid, sorted; copies of one picture stand together. ``breathe`` as in
    :meth:`Query.mask`; raises QueryError.
    """
    columns = snapshot.columns
    if not len(columns):
        return []
    found = in_scope(snapshot, wish.scope)
    if wish.query is not None:
        found = found & wish.query.mask(columns, breathe)
    rows = np.flatnonzero(found)
    pictures = columns.pictures
    return [pictures[row] for row in _sorted(snapshot, wish, rows).tolist()]


def in_scope(snapshot: Snapshot, scope: Scope) -> np.ndarray:
    """bool, for each row whether it belongs to ``scope``."""
    columns = snapshot.columns
    if scope.kind == "all":
        return np.ones(len(columns), bool)
    if scope.kind == "ids":
        return np.isin(columns.ids, np.fromiter(scope.ids, np.int64, len(scope.ids)))
    if scope.kind == "suggestion":
        # A duplicate is judged beside the picture it copies, so the keeper is shown too.
        ids = {item.picture_id for item in snapshot.suggestions if item.kind == scope.value}
        return np.isin(columns.ids, np.fromiter(ids, np.int64, len(ids)))
    if scope.kind == "held-out":
        return columns.numbers("heldout") > 0
    if scope.kind == "tag":
        return _tagged(snapshot, scope.value)
    column, value = ("category", scope.value) if scope.kind == "category" else ("flag", scope.kind)
    codes, texts = columns.groups(column)
    return codes == (texts.index(value) if value in texts else -1)


def _tagged(snapshot: Snapshot, tag: str) -> np.ndarray:
    columns = snapshot.columns
    numbers, rows = columns.tag_table()
    found = np.zeros(len(columns), bool)
    tags = columns.vocabulary.tags
    if tag in tags:
        found[rows[numbers == tags.index(tag)]] = True
    return found


def _sorted(snapshot: Snapshot, wish: Wish, rows: np.ndarray) -> np.ndarray:
    """``rows`` in their order; what is unknown comes last, and equal ones follow their names."""
    names = snapshot.name_ranks()[rows]
    if wish.scope == Scope("suggestion", "duplicate"):
        groups = {i.picture_id: i.group or 0 for i in snapshot.suggestions if i.kind == "duplicate"}
        ids = snapshot.columns.ids[rows].tolist()
        return rows[np.lexsort((names, np.array([groups.get(key, 0) for key in ids], np.int64)))]
    if wish.order == "name":
        return rows[np.argsort(-names if wish.down else names, kind="stable")]
    if wish.order == "similarity":
        values = snapshot.similar_ranks()[rows]
    else:
        values = snapshot.columns.numbers(_COLUMNS.get(wish.order, wish.order))[rows]
    return rows[np.lexsort((names, -values if wish.down else values))]
