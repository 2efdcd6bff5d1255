"""Whether what looks well at one weight is sound: a LoRA that memorized hides when turned down.

Artists use a LoRA at full weight or a little below. A checkpoint whose pictures pass only because
its weight was lowered has still learned the training pictures by heart, and a stronger prompt or
another seed brings them back. So a row is read together with the other weights of its checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from engine.validation.evidence import RowEvidence
from engine.validation.overfit_rules import Flag, Rules, Sign, SignKind

FULL = 1.0
"""The weight that a LoRA is used at unless somebody lowers it; what is above it is on purpose."""

MEMORIZED = ("copies", "overfit")
"""Flags that tell of the file itself, at whichever weight they are raised."""

_Model = tuple[str, tuple[str, ...]]
_NEAR: tuple[SignKind, ...] = ("excess", "share")


class Standing(IntEnum):
    """How a row stands, best first.

    SOUND: nothing speaks against it nor against its checkpoint up to full weight. NEAR: no flag,
    but pictures nearer to the training than they may be. HIDDEN: flagged at another weight only.
    FLAGGED: flagged itself.
    """

    SOUND = 0
    NEAR = 1
    HIDDEN = 2
    FLAGGED = 3


@dataclass(frozen=True)
class Reading:
    """A row with what speaks against it, and ``elsewhere`` what speaks against its checkpoint at
    other weights that it may be used at; ``near`` are the signs that pictures come too near to the
    training, and ``near_at`` the weight they were seen at.
    """

    row: RowEvidence
    flags: tuple[Flag, ...]
    signs: tuple[Sign, ...]
    elsewhere: tuple[Flag, ...] = ()
    near: tuple[Sign, ...] = ()
    near_at: float = 0.0

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if self.flags:
            return Standing.FLAGGED
        if self.elsewhere:
            return Standing.HIDDEN
        return Standing.NEAR if self.near else Standing.SOUND

    @property
    def memorized(self) -> bool:
        """Whether another weight shows that the checkpoint memorized."""
        return any(flag.kind in MEMORIZED for flag in self.elsewhere)

    @property
    def shows_memory(self) -> bool:
        """Whether it is flagged itself as what memorized, at a weight that it may be used at."""
        return self.row.weight <= FULL and any(flag.kind in MEMORIZED for flag in self.flags)


def readings(rows: Sequence[RowEvidence], rules: Rules) -> tuple[Reading, ...]:
    """Every row with what its checkpoint's other weights tell of it."""
    plain = [Reading(row, rules.flags(row), rules.signs(row)) for row in rows]
    groups: dict[_Model, list[Reading]] = {}
    for one in plain:
        groups.setdefault(_model(one), []).append(one)
    return tuple(_read_among(one, groups) for one in plain)


def _model(one: Reading) -> _Model:
    """What its other weights are weights of."""
    return one.row.checkpoint, one.row.variant.others


def _read_among(one: Reading, groups: Mapping[_Model, Sequence[Reading]]) -> Reading:
    usual = [
        other for other in groups[_model(one)] if other is not one and 0 < other.row.weight <= FULL
    ]
    stronger = [other for other in usual if other.row.weight > one.row.weight]
    found = [flag for other in usual for flag in other.flags if flag.kind in MEMORIZED]
    found += [
        flag
        for other in stronger
        for flag in other.flags
        if flag.kind not in (*MEMORIZED, "unlearned")
    ]
    near: tuple[Sign, ...] = ()
    at = one.row.weight
    for other in (one, *sorted(stronger, key=lambda other: -other.row.weight)):
        if signs := tuple(sign for sign in other.signs if sign.kind in _NEAR):
            near, at = signs, other.row.weight
            break
    # The gravest first, and of these the one at the highest weight: it tells most.
    found.sort(key=lambda flag: (flag.kind not in MEMORIZED, flag.kind != "copies", -flag.weight))
    return Reading(one.row, one.flags, one.signs, tuple(found), near, at)
