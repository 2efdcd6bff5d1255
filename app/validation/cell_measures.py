"""The measures that cells are filtered and rows are sorted by, and what is known of each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.validation.model import GridState
    from engine.validation.evidence import Evidence
    from engine.validation.resolve import Position


@dataclass(frozen=True)
class Measure:
    """``scope`` says of what there is one number each: a cell, a row of the evidence (a checkpoint
    at a weight), or a checkpoint. ``decimals`` are those it is shown with.
    """

    name: str
    label: str
    scope: Literal["cell", "row", "checkpoint"]
    better: Literal["less", "more"]
    decimals: int = 2

    @property
    def more_is_better(self) -> bool:
        """Whether a high value speaks for a cell."""
        return self.better == "more"

    def written(self, value: float) -> str:
        """A value as it is shown."""
        return f"{value:.{self.decimals}f}"


MEASURES = (
    Measure("copying", "Copying", "cell", "less"),
    Measure("style_fit", "Style fit", "row", "more"),
    Measure("diversity", "Diversity", "row", "more"),
    Measure("held_out", "Held-out loss", "checkpoint", "less", decimals=4),
)
BY_NAME = {one.name: one for one in MEASURES}


@dataclass(frozen=True)
class Bound:
    """At least or at most ``value``."""

    value: float
    at_least: bool

    def holds(self, measure: Measure, found: float | None) -> bool:
        """Whether ``found`` keeps to it as it is shown: what reads 0.87 is at least 0.87. What was
        not measured does not.
        """
        if found is None:
            return False
        shown = round(found, measure.decimals)
        return shown >= self.value if self.at_least else shown <= self.value


class CellMeasures:
    """What was measured of a grid, asked for by cell."""

    def __init__(self, state: GridState, evidence: Evidence | None = None) -> None:
        self._state = state
        rows = evidence.rows if evidence is not None else ()
        self._rows = {(row.checkpoint, row.weight): row for row in rows}

    def of(self, measure: str, key: Position) -> float | None:
        """What was measured of the cell at ``key``, or of what it belongs to."""
        if measure == "copying":
            cell = self._state.cell(key)
            return cell.copying if cell is not None else None
        if measure == "held_out":
            known = self._state.checkpoints.get(key.checkpoint)
            return known.held_out if known is not None else None
        row = self._rows.get((key.checkpoint, key.weight))
        return None if row is None else getattr(row, measure)

    def span(self, measure: str) -> tuple[float, float] | None:
        """The lowest and the highest value that was measured with a LoRA."""
        known = [value for value in self._values(measure) if value is not None]
        return (min(known), max(known)) if known else None

    def _values(self, measure: str) -> Iterator[float | None]:
        state = self._state
        match BY_NAME[measure].scope:
            case "cell":
                drawn = (key for key, _ in state.finished() if not state.is_base(key))
                yield from (self.of(measure, key) for key in drawn)
            case "row":
                rows = (row for row in self._rows.values() if row.checkpoint)
                yield from (getattr(row, measure) for row in rows)
            case _:
                known = (state.checkpoints.get(path) for path in state.axes.checkpoints)
                yield from (item.held_out for item in known if item is not None)
