"""Numbers of a chart: ranges with air, round ticks, places in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """Values from ``low`` to ``high`` on pixels from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """The pixel of ``value``."""
        span = (self.high - self.low) or 1.0
        return self.start + (float(value) - self.low) / span * (self.end - self.start)

    def value(self, place: float) -> float:
        """The value at a pixel."""
        span = (self.end - self.start) or 1.0
        return self.low + (place - self.start) / span * (self.high - self.low)


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


def ticks(low: float, high: float, count: int) -> list[float]:
    """About ``count`` round values from ``low`` to ``high``."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    raw = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)] or [low]


def label_text(value: float) -> str:
    """A number of an axis: 1,024, 0.08, 5e-05 as 5e-5."""
    number = float(value)
    if number and (abs(number) < 1e-3 or abs(number) >= 1e6):
        mantissa, _, exponent = f"{number:.2e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if number == round(number):
        return f"{round(number):,}"
    return f"{number:.4f}".rstrip("0").rstrip(".")


def thinned(values: Sequence[float], most: int) -> Sequence[float]:
    """At most ``most`` of ``values``, evenly, the last one kept."""
    if len(values) <= most:
        return values
    last = len(values) - 1
    return [values[index * last // (most - 1)] for index in range(most)]
