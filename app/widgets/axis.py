"""Numbers of a chart: ranges with air, round ticks, and their words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_FACTORS = (1, 2, 5, 10)


def range_of(values: Sequence[float], air: float = 0.06) -> tuple[float, float]:
    """A range that holds every finite value with some air; 0 to 1 without values."""
    finite = [float(value) for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    if low == high:
        half = abs(low) * 0.1 or 0.5
        return low - half, high + half
    more = (high - low) * air
    # A chart of things that cannot be negative does not start below zero.
    return (max(0.0, low - more) if low >= 0 else low - more), high + more


def ticks(low: float, high: float, count: int, *, whole: bool = False) -> list[float]:
    """About ``count`` round values from ``low`` to ``high``, at least two wherever two fit.

    ``whole`` keeps to whole numbers, for steps and epochs.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    raw = (high - low) / max(1, count)
    if whole:
        return _multiples(low, high, whole_step(raw)) or [low]
    power = 10.0 ** math.floor(math.log10(raw))
    place = next(n for n, factor in enumerate(_FACTORS) if power * factor >= raw * 0.999)
    found = _multiples(low, high, power * _FACTORS[place])
    while len(found) < 2:
        place -= 1
        found = _multiples(low, high, power * 10.0 ** (place // 3) * _FACTORS[place % 3])
    return found


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round values for a logarithmic axis: 1, 2, 5, 10 …, or only powers of ten where that is more
    than ``count``. ``low`` is above 0.
    """
    if high < 10 * low:
        return ticks(low, high, count)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    inside = [round(value, 12) for value in found if low <= value <= high]
    tens = [10.0**power for power in powers if low <= 10.0**power <= high]
    return inside if len(inside) <= count or len(tens) < 2 else spread(tens, count)


def whole_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 25, 50, 100 … that is not under ``least``."""
    power = 1
    while True:
        for factor in (1, 2, 5) if power == 1 else (1, 2, 2.5, 5):
            if power * factor >= least * 0.999:
                return int(power * factor)
        power *= 10


def spread(values: Sequence[float], most: int) -> list[float]:
    """Every second, third … of evenly spaced ``values``, so that at most ``most`` are left."""
    return list(values[:: -(-len(values) // max(1, most)) or 1])


def _multiples(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def tick_texts(values: Sequence[float]) -> list[str]:
    """The numbers of one axis in one format: all 5e-4, 1e-3, or all 0.05, 0.10."""
    if any(_is_extreme(value) or 0 < abs(value) <= 1e-3 for value in values):
        return [_scientific(value) for value in values]
    places = max((len(label_text(value).partition(".")[2]) for value in values), default=0)
    return [f"{value:,.{places}f}" for value in values]


def _is_extreme(number: float) -> bool:
    return number != 0 and (abs(number) < 1e-3 or abs(number) >= 1e6)


def _scientific(number: float) -> str:
    if not number:
        return "0"
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def label_text(value: float) -> str:
    """One number by itself: 1,024, 0.08, 5e-05 as 5e-5."""
    number = float(value)
    if _is_extreme(number):
        return _scientific(number)
    if number == round(number):
        return f"{round(number):,}"
    return f"{number:.4f}".rstrip("0").rstrip(".")


def aligned(texts: Sequence[str]) -> list[str]:
    """Numbers that stand under each other, with as many places after the point each; powers of ten
    and whole numbers stay as they are.
    """
    short = [text for text in texts if "." in text and "e" not in text]
    places = max((len(text.rsplit(".", 1)[1]) for text in short), default=0)
    return [
        text + "0" * (places - len(text.rsplit(".", 1)[1])) if text in short else text
        for text in texts
    ]


def thinned(values: Sequence[float] | np.ndarray, most: int) -> Sequence[float] | np.ndarray:
    """At most ``most`` of ``values``, evenly, the last one kept."""
    if len(values) <= most:
        return values
    last = len(values) - 1
    return [values[index * last // (most - 1)] for index in range(most)]
