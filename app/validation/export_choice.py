"""Which cells of a grid can be exported: all, those shown, those with a star."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.i18n import tr
from app.i18n.format import number

if TYPE_CHECKING:
    from app.validation.model import GridState
    from engine.validation.resolve import Position


@dataclass(frozen=True)
class Part:
    """Some cells under a name, by the identifiers of their recipes; None are all."""

    name: str
    words: str
    identifiers: tuple[str, ...] | None


def parts_of(state: GridState) -> list[Part]:
    """What can be chosen now; what would be the same as all, or nothing, is left out."""
    everything = {cell.id for _, cell in state.finished()}
    shown = _shown(state)
    parts = [Part("all", tr("All {n}", n=number(len(everything))), None)]
    if shown and shown < everything:
        words = tr("Shown, {n}", n=number(len(shown)))
        parts.append(Part("shown", words, tuple(sorted(shown))))
    if starred := {cell.id for key, cell in state.finished() if state.has_mark("starred", key)}:
        words = tr("Starred, {n}", n=number(len(starred)))
        parts.append(Part("starred", words, tuple(sorted(starred))))
    return parts


def _shown(state: GridState) -> set[str]:
    return {cell.id for key, cell in state.finished() if _is_seen(state, key)}


def _is_seen(state: GridState, key: Position) -> bool:
    return state.table.place(key) is not None and state.shown.passes(key)
