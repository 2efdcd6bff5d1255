"""The brush in hand: what the option bar shows, within what can be painted with."""

from __future__ import annotations

from dataclasses import dataclass, replace

SMALLEST_BRUSH, LARGEST_BRUSH = 1.0, 1000.0


@dataclass(frozen=True)
class BrushSettings:
    """``size`` is the diameter in document pixels, hardness and opacity are 0 to 1."""

    size: float = 24.0
    hardness: float = 0.8
    opacity: float = 1.0

    def with_values(self, **values: float) -> BrushSettings:
        """Another brush with these values; what is out of range is clamped."""
        changed = replace(self, **values)
        return BrushSettings(
            min(LARGEST_BRUSH, max(SMALLEST_BRUSH, changed.size)),
            min(1.0, max(0.0, changed.hardness)),
            min(1.0, max(0.01, changed.opacity)),
        )

    def scaled_size(self, factor: float) -> float:
        """The size times ``factor`` in whole pixels, changed by at least one."""
        size = self.size * factor
        if abs(size - self.size) < 1:
            size = self.size + (1 if factor > 1 else -1)
        return float(round(size))
