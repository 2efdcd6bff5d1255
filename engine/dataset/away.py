"""Pictures of a folder that is missing as a whole: an unplugged drive, a renamed folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.dataset.paths import clean, from_text, to_text
from engine.dataset.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.dataset.scan import Known
    from engine.dataset.store import Store

_SENTENCE = "{name} is not there: the folder {folder} is missing."
MARK = "the folder {folder} is missing."
"""Tells such a problem from any other in the index."""


def mark_away(store: Store, known: Mapping[str, Known], missing: Sequence[str]) -> list[int]:
    """Say of every picture of a missing folder that it is not there, so that nothing counts it."""
    away = {to_text(os.path.abspath(path)) for path in missing}
    rows = {
        path: row
        for path, row in known.items()
        if row.present and row.subset[0] in away and not row.has_problem
    }
    if rows:
        with store.change() as connection:
            connection.executemany(
                "UPDATE pictures SET problem = ? WHERE id = ?",
                [(_problem(path, row.subset[0]), row.id) for path, row in rows.items()],
            )
    return [row.id for row in rows.values()]


def _problem(path: str, folder: str) -> str:
    return Problem(
        _SENTENCE,
        remedy="Connect its drive.",
        name=clean(os.path.basename(from_text(path))),
        folder=clean(from_text(folder)),
    ).to_record()
