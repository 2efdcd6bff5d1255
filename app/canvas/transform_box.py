"""The box around what is transformed: four corners, and what a drag of a handle makes of them.

Corners run clockwise from the top left one. All are document points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.canvas.rect import Rect
from engine.canvas.warping import quad_matrix

Way = Literal["scale", "skew", "distort", "perspective"]
CORNERS = ("nw", "ne", "se", "sw")
SIDES = {"n": (0, 1), "e": (1, 2), "s": (2, 3), "w": (3, 0)}
SNAPPED = math.radians(15)
# A side never gets shorter than this part of what it was: a box without area cannot be taken back.
_LEAST = 1e-3
Vector = np.ndarray


@dataclass(frozen=True)
class Box:
    """``corners`` [4, 2]; ``source`` is the rectangle that they were at first."""

    source: Rect
    corners: np.ndarray

    @classmethod
    def around(cls, source: Rect) -> Box:
        """The box that changes nothing."""
        left, top, right, bottom = source.x, source.y, source.right, source.bottom
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        return cls(source, np.array(corners, np.float64))

    # What it is

    @property
    def matrix(self) -> np.ndarray:
        """The matrix that it stands for. Raises ValueError when its corners lie in a line."""
        first = Box.around(self.source).corners
        return quad_matrix([tuple(one) for one in first], [tuple(one) for one in self.corners])

    @property
    def center(self) -> Vector:
        """The middle of the four corners."""
        middle: Vector = self.corners.mean(axis=0)
        return middle

    @property
    def angle(self) -> float:
        """How far it is turned, in degrees clockwise, from -180 to 180."""
        across, _ = self._axes()
        return math.degrees(math.atan2(across[1], across[0]))

    @property
    def size(self) -> tuple[float, float]:
        """The lengths of its upper and left side, halfway between both of each."""
        across, down = self._axes()
        return float(np.hypot(*across)), float(np.hypot(*down))

    @property
    def place(self) -> tuple[float, float]:
        """The left and top of the rectangle around it."""
        left, top = self.corners.min(axis=0)
        return float(left), float(top)

    @property
    def is_changed(self) -> bool:
        """Whether it is no longer where it was."""
        return not np.allclose(self.corners, Box.around(self.source).corners, atol=1e-6)

    def holds(self, point: Vector) -> bool:
        """Whether ``point`` lies inside."""
        sides = np.roll(self.corners, -1, axis=0) - self.corners
        away = point - self.corners
        turns = sides[:, 0] * away[:, 1] - sides[:, 1] * away[:, 0]
        return bool((turns >= 0).all() or (turns <= 0).all())

    def handles(self) -> dict[str, Vector]:
        """The corners and the middles of the sides, by compass name."""
        named = {name: self.corners[place] for place, name in enumerate(CORNERS)}
        named |= {name: self.corners[list(ends)].mean(axis=0) for name, ends in SIDES.items()}
        return named

    # What is made of it

    def moved(self, dx: float, dy: float) -> Box:
        """Elsewhere."""
        return self._with(self.corners + np.array((dx, dy)))

    def turned(self, radians: float) -> Box:
        """Turned clockwise around its middle."""
        cos, sin = math.cos(radians), math.sin(radians)
        turn = np.array(((cos, sin), (-sin, cos)))
        return self._with((self.corners - self.center) @ turn + self.center)

    def quarter(self, times: int) -> Box:
        """Turned by whole 90 degrees around its middle, on whole pixels where it was on them."""
        turned = self.turned(times * math.pi / 2)
        off = turned.corners[0] - np.rint(turned.corners[0])
        on_pixels = np.allclose(self.corners, np.rint(self.corners), atol=1e-6)
        made = turned.moved(-off[0], -off[1]) if on_pixels else turned
        return made._with(np.rint(made.corners)) if on_pixels else made

    def flipped(self, *, across: bool) -> Box:
        """Mirrored, left with right or top with bottom."""
        (left, top), (right, bottom) = self.corners.min(axis=0), self.corners.max(axis=0)
        made = self.corners.copy()
        if across:
            made[:, 0] = left + right - made[:, 0]
        else:
            made[:, 1] = top + bottom - made[:, 1]
        return self._with(made)

    def sized(self, width: float | None = None, height: float | None = None) -> Box:
        """With other lengths of its sides, around its middle."""
        now = self.size
        first = 1.0 if width is None else width / max(_LEAST, now[0])
        second = 1.0 if height is None else height / max(_LEAST, now[1])
        return self._scaled(self.center, first, second)

    def at_angle(self, degrees: float) -> Box:
        """Turned so that :attr:`angle` is ``degrees``."""
        return self.turned(math.radians(degrees - self.angle))

    def scaled(self, handle: str, to: Vector, *, free: bool, centered: bool) -> Box:
        """With ``handle`` dragged to ``to``: corners keep the proportions unless it is ``free``.

        The opposite side stays, or the middle when ``centered``. Beyond it the box is mirrored.
        """
        held, anchor = self._held(handle, centered)
        if len(handle) == 2 and not free:
            reach = held - anchor
            factor = float((to - anchor) @ reach / max(_LEAST, reach @ reach))
            return self._scaled(anchor, factor, factor)
        was, now = self._along(held - anchor), self._along(to - anchor)
        factors = [
            now[axis] / was[axis] if wanted else 1.0
            for axis, wanted in enumerate(
                (bool({"e", "w"} & set(handle)), bool({"n", "s"} & set(handle)))
            )
        ]
        return self._scaled(anchor, *factors)

    def skewed(self, handle: str, by: Vector) -> Box:
        """With a side moved along itself, or a corner along the side it is dragged along."""
        if handle in SIDES:
            return self._shifted(SIDES[handle], self._on_axis(by, 0 if handle in "ns" else 1))
        along = self._along(by)
        axis = 0 if abs(along[0] * self.size[0]) >= abs(along[1] * self.size[1]) else 1
        return self._shifted((CORNERS.index(handle),), self._on_axis(by, axis))

    def distorted(self, handle: str, by: Vector) -> Box:
        """With a corner, or both of a side, moved freely."""
        ends = SIDES[handle] if handle in SIDES else (CORNERS.index(handle),)
        return self._shifted(ends, by)

    def in_perspective(self, handle: str, by: Vector) -> Box:
        """With a corner moved along a side, and its neighbor there the other way."""
        if handle in SIDES:
            return self.skewed(handle, by)
        corner, along = CORNERS.index(handle), self._along(by)
        axis = 0 if abs(along[0] * self.size[0]) >= abs(along[1] * self.size[1]) else 1
        neighbor = ([1, 0, 3, 2] if axis == 0 else [3, 2, 1, 0])[corner]
        step = self._on_axis(by, axis)
        return self._shifted((corner,), step)._shifted((neighbor,), -step)

    def snapped(self) -> Box:
        """With its corners on whole pixels, when its sides run along them."""
        upright = np.isclose(self.corners - np.roll(self.corners, 1, axis=0), 0, atol=1e-6)
        return self._with(np.rint(self.corners)) if upright.any(axis=1).all() else self

    # How

    def _with(self, corners: np.ndarray) -> Box:
        return Box(self.source, corners)

    def _axes(self) -> tuple[Vector, Vector]:
        nw, ne, se, sw = self.corners
        return (ne - nw + se - sw) / 2, (sw - nw + se - ne) / 2

    def _along(self, vector: Vector) -> Vector:
        """A vector in lengths of the two sides."""
        across, down = self._axes()
        basis = np.array((across, down)).T
        if abs(np.linalg.det(basis)) < _LEAST:
            return np.array((1.0, 1.0))
        solved: Vector = np.linalg.solve(basis, vector)
        return solved

    def _on_axis(self, vector: Vector, axis: int) -> Vector:
        made: Vector = self._axes()[axis] * self._along(vector)[axis]
        return made

    def _scaled(self, anchor: Vector, first: float, second: float) -> Box:
        across, down = self._axes()
        factors = [_apart(first), _apart(second)]
        made = [
            anchor + across * factors[0] * along[0] + down * factors[1] * along[1]
            for along in (self._along(corner - anchor) for corner in self.corners)
        ]
        return self._with(np.array(made))

    def _held(self, handle: str, centered: bool) -> tuple[Vector, Vector]:
        opposite = handle.translate(str.maketrans("nsew", "snwe"))
        points = self.handles()
        return points[handle], self.center if centered else points[opposite]

    def _shifted(self, which: tuple[int, ...], by: Vector) -> Box:
        corners = self.corners.copy()
        corners[list(which)] += by
        return self._with(corners)


def _apart(factor: float) -> float:
    return math.copysign(max(_LEAST, abs(factor)), factor)


DRAGS: dict[Way, Callable[[Box, str, Vector], Box]] = {
    "skew": Box.skewed,
    "distort": Box.distorted,
    "perspective": Box.in_perspective,
}
"""What a drag of a handle by so much does, by the way that is chosen."""
