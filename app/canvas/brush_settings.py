"""The brush in hand: what the option bar shows, within what can be painted with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.imaging import curves

if TYPE_CHECKING:
    import numpy as np

SMALLEST_BRUSH, LARGEST_BRUSH = 1.0, 1000.0
LIMITS = {
    "size": (SMALLEST_BRUSH, LARGEST_BRUSH),
    "hardness": (0.0, 1.0),
    "opacity": (0.01, 1.0),
    "flow": (0.01, 1.0),
    "spacing": (0.02, 2.0),
    "smoothing": (0.0, 200.0),
}


@dataclass(frozen=True)
class BrushSettings:
    """``size`` is the diameter in document pixels; hardness, opacity and flow are 0 to 1.

    ``spacing`` is from dab to dab in diameters. ``smoothing`` is the length of the string on which
    the pointer pulls the brush, in document pixels; 0 is the bare hand. ``curve`` says what is felt
    of the pen's pressure, both 0 to 255.
    """

    size: float = 24.0
    hardness: float = 0.8
    opacity: float = 1.0
    flow: float = 1.0
    spacing: float = 0.1
    smoothing: float = 0.0
    pressure_size: bool = True
    pressure_opacity: bool = False
    tilts: bool = False
    curve: tuple[tuple[float, float], ...] = curves.STRAIGHT

    def felt(self, pressure: float) -> float:
        """The pressure 0..1 that the brush acts on, for that of the pen."""
        if self.curve == curves.STRAIGHT:
            return pressure
        return float(_table(self.curve)[round(255 * min(1.0, max(0.0, pressure)))]) / 255

    def with_values(self, **values: Any) -> BrushSettings:
        """Another brush with these values; what is out of range is clamped."""
        limited = {
            name: min(LIMITS[name][1], max(LIMITS[name][0], value)) if name in LIMITS else value
            for name, value in values.items()
        }
        return replace(self, **limited)

    def scaled_size(self, factor: float) -> float:
        """The size times ``factor`` in whole pixels, changed by at least one."""
        size = self.size * factor
        if abs(size - self.size) < 1:
            size = self.size + (1 if factor > 1 else -1)
        return float(round(size))


@lru_cache(maxsize=4)
def _table(points: tuple[tuple[float, float], ...]) -> np.ndarray:
    return curves.table(points)
