"""Which flags are told: one of a kind and checkpoint, for all weights that raise it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.validation.overfit_rules import Flag

if TYPE_CHECKING:
    from engine.validation.evidence import CellEvidence

_OF_COPIES = ("copies", "overfit")


def telling(
    flags: Sequence[Flag], weights: int, cells: Mapping[str, CellEvidence]
) -> tuple[Flag, ...]:
    """One flag for each kind and checkpoint, at its highest weight and with the others in ``also``;
    in the order of ``flags``. What tells of copies shows the most alike pictures of all its
    weights, as ``cells`` has them.

    That a checkpoint has not learned the style is told only if that is so at all ``weights``: at
    a low weight it is to be expected.
    """
    found: dict[tuple[str, str], list[Flag]] = {}
    for flag in flags:
        found.setdefault((flag.kind, flag.checkpoint), []).append(flag)
    return tuple(
        _together(group, cells)
        for (kind, _), group in found.items()
        if kind != "unlearned" or len(group) == weights
    )


def _together(group: Sequence[Flag], cells: Mapping[str, CellEvidence]) -> Flag:
    *others, highest = sorted(group, key=lambda flag: flag.weight)
    also = tuple(flag.weight for flag in others)
    if highest.kind not in _OF_COPIES:
        return replace(highest, also=also)
    every = dict.fromkeys(cell for flag in group for cell in flag.cells if cell in cells)
    worst = sorted(every, key=lambda cell: -(cells[cell].copying or 0.0))
    return replace(highest, also=also, cells=tuple(worst))
