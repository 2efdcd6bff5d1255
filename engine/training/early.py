"""When a run begins to copy its pictures: the held-out loss rises while the trained one falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """The losses of held-out and of trained pictures at one place of a run, on the same noise."""

    epoch: int
    step: int
    held_out: float
    seen: float


@dataclass(frozen=True)
class Suggestion:
    """To stop at ``now`` and take the weights of ``best``."""

    best: Measured
    now: Measured


def suggestion(history: Sequence[Measured], patience: int) -> Suggestion | None:
    """The suggestion that the newest measurement of ``history`` gives rise to, else None.

    It comes once for each best place: when ``patience`` measurements after it were no better and
    trained pictures have become easier meanwhile. The measurement before the first step, of the
    base model, counts like any other.
    """
    if not patience or len(history) <= patience:
        return None
    best = min(range(len(history)), key=lambda at: history[at].held_out)
    now = history[-1]
    waited = len(history) - 1 - best
    if waited < patience or now.seen >= history[best].seen:
        return None
    told_before = any(
        history[at].seen < history[best].seen for at in range(best + patience, len(history) - 1)
    )
    return None if told_before else Suggestion(history[best], now)
