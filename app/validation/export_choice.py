"""Which cells of a grid can be exported: all, those shown, those with a star."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.i18n import tr
from app.i18n.format import number

if TYPE_CHECKING:
    from app.validation.model import GridState


@dataclass(frozen=True)
class Part:
    """Some cells under a name, by the identifiers of their recipes; None are all."""

    name: str
    words: str
    identifiers: tuple[str, ...] | None


def parts_of(state: GridState) -> list[Part]:
    """What can be chosen now; what would be the same as all, or nothing, is left out."""
    everything = {Path(cell.path).stem for _, cell in state.finished()}
    shown = _shown(state)
    parts = [Part("all", tr("All {n}", n=number(len(everything))), None)]
    if shown and shown < everything:
        words = tr("Shown, {n}", n=number(len(shown)))
        parts.append(Part("shown", words, tuple(sorted(shown))))
    return parts


def _shown(state: GridState) -> set[str]:
    return {
        Path(cell.path).stem
        for key, cell in state.finished()
        if state.shown_seed in (None, key.seed)
    }
