"""What rows are sorted by: measures of the evidence, by the value of a row's first axis."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from app.validation.model import GridState
    from engine.validation.evidence import Evidence


def row_measures(state: GridState, evidence: Evidence | None) -> dict[str, dict[Hashable, float]]:
    """Means over all cells with the same value of the first axis of rows, by measure.

    Copying is known of every cell; style fit and diversity of checkpoints, over their weights.
    """
    held_out = {path: item.held_out for path, item in state.checkpoints.items()}
    found: dict[str, dict[Hashable, float]] = {
        "copying": _copying(state),
        "held_out": {path: loss for path, loss in held_out.items() if loss is not None},
    }
    rows = evidence.rows if evidence is not None else ()
    for measure in ("style_fit", "diversity"):
        found[measure] = _means((row.checkpoint, getattr(row, measure)) for row in rows)
    return found


def _copying(state: GridState) -> dict[Hashable, float]:
    names = [axis.name for axis in state.places.axes]
    rows = state.table.names("rows") if state.table.axes else ()
    if not rows:
        return {}
    at = names.index(rows[0])
    return _means((key.place[at], cell.copying) for key, cell in state.finished())


def _means(pairs: Iterable[tuple[Hashable, float | None]]) -> dict[Hashable, float]:
    values: dict[Hashable, list[float]] = {}
    for key, value in pairs:
        if value is not None:
            values.setdefault(key, []).append(value)
    return {key: fmean(found) for key, found in values.items()}
