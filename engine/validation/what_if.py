"""What would change: how far a limit can be moved before another row would be picked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.runtime.schema import Setting, settings_of
from engine.validation.evidence import Evidence
from engine.validation.limit_scale import Scale, scale_of
from engine.validation.limits import Limits
from engine.validation.pick import Pick, pick
from engine.validation.sentences import Sentence, decimal

_STEPS = 20


@dataclass(frozen=True)
class WhatIf:
    """From ``value`` of the limit ``name`` on (upwards or downwards) the answer would be
    ``checkpoint`` at ``weight``; ``sound`` whether it could be used then.
    """

    name: str
    value: float
    checkpoint: str
    weight: float
    sound: bool
    sentence: Sentence


def what_if(
    evidence: Evidence,
    limits: Limits,
    losses: Mapping[str, float | None],
    names: Mapping[str, str],
) -> tuple[WhatIf, ...]:
    """The nearest changes of each limit, down and up, that change the answer. A limit that is not
    among them can be moved through its whole range without one.

    Raises BadInputError as :func:`~engine.validation.pick.pick`.
    """
    now = pick(evidence, losses, names, limits)
    found = []
    for item in settings_of(Limits):
        for values in _ways(item, float(getattr(limits, item.name))):
            for value in values:
                moved = limits.model_copy(update={item.name: _as(item, value)})
                then = pick(evidence, losses, names, moved)
                if _answer(then) != _answer(now):
                    found.append(_told(item, value, then, now, names, evidence))
                    break
    return tuple(found)


def _answer(picked: Pick) -> tuple[str, float, bool]:
    return picked.checkpoint, picked.weight, picked.sound


def _ways(item: Setting, now: float) -> tuple[Iterable[float], Iterable[float]]:
    """Values below and above ``now``, the nearest first, on round steps."""
    low, high = item.minimum or 0.0, item.maximum or 1.0
    step = item.step or max(1.0, (high - low) / _STEPS)
    count = round((high - low) / step)
    values = [round(low + step * number, 6) for number in range(count + 1)]
    if item.name == "copy_similarity":
        values = [value for value in values if value >= 0.5]  # 0 stands for the calibrated one
    below = [value for value in reversed(values) if value < now - 1e-9]
    return below, [value for value in values if value > now + 1e-9]


def _as(item: Setting, value: float) -> float | int:
    return round(value) if item.kind == "int" else value


def _told(
    item: Setting,
    value: float,
    then: Pick,
    now: Pick,
    names: Mapping[str, str],
    evidence: Evidence,
) -> WhatIf:
    scale = scale_of(item.name, evidence) or Scale()
    facts = {
        "limit": item.label,
        "value": f"{value:g}" if item.kind == "int" else decimal(scale.shown(value)),
        "name": names[then.checkpoint],
        "weight": f"{then.weight:g}",
    }
    words = "With “{limit}” at {value} the answer would be {name} at weight {weight}."
    if _answer(then)[:2] == _answer(now)[:2] and then.sound:
        words = "With “{limit}” at {value} nothing would speak against {name} at weight {weight}."
    elif not then.sound:
        words = "With “{limit}” at {value} no checkpoint would be good enough."
    sentence = Sentence(words, facts)
    return WhatIf(item.name, value, then.checkpoint, then.weight, then.sound, sentence)
