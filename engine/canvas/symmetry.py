"""Axes along which what a brush paints is mirrored."""

from __future__ import annotations

from typing import NamedTuple


class Symmetry(NamedTuple):
    """An upright axis at ``x`` and a level one at ``y``, in document points; None for no axis."""

    x: float | None = None
    y: float | None = None

    def images(self, x: float, y: float) -> list[tuple[float, float]]:
        """The point itself, and where its mirror images lie; always as many."""
        points = [(x, y)]
        if self.x is not None:
            points += [(2 * self.x - across, down) for across, down in points]
        if self.y is not None:
            points += [(across, 2 * self.y - down) for across, down in points]
        return points


NO_SYMMETRY = Symmetry()
