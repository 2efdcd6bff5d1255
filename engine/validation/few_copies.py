"""Copies that are too few for a red flag: they are told all the same, with the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.validation.evidence import Evidence
from engine.validation.limits import Limits
from engine.validation.overfit_rules import copies, facts_of, threshold
from engine.validation.sentences import Sentence
from engine.validation.soundness import Reading


@dataclass(frozen=True)
class FewCopies:
    """The copies among the pictures of a row: ``cells``, most like a training picture first."""

    checkpoint: str
    weight: float
    cells: tuple[str, ...]
    sentence: Sentence


def few_copies(
    read: Sequence[Reading], evidence: Evidence, limits: Limits, names: Mapping[str, str]
) -> tuple[FewCopies, ...]:
    """For each checkpoint that is not flagged for copies at all, its row with most of them."""
    flagged = {one.row.checkpoint for one in read if any(f.kind == "copies" for f in one.flags)}
    most: dict[str, tuple[int, Reading]] = {}
    for one in read:
        count, path = copies(one.row, evidence, limits), one.row.checkpoint
        if path not in flagged and count > most.get(path, (0, one))[0]:
            most[path] = (count, one)
    words = (
        "{name} at weight {weight}: {copies} of {count} pictures are above {threshold}. That is "
        "too few for a flag; look at the pairs."
    )
    line = threshold(evidence, limits)
    return tuple(
        FewCopies(
            path,
            one.row.weight,
            one.row.cells[:found],
            Sentence(
                words,
                facts_of(one.row, names, copies=found, count=one.row.count, threshold=line),
            ),
        )
        for path, (found, one) in most.items()
    )
