"""A rectangle of whole pixels."""

from __future__ import annotations

from typing import NamedTuple


class Rect(NamedTuple):
    """Left and top (inclusive), width and height, in pixels. Width or height 0 means empty."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def edges(cls, left: int, top: int, right: int, bottom: int) -> Rect:
        """The rectangle between its edges; right and bottom are exclusive."""
        return cls(left, top, max(0, right - left), max(0, bottom - top))

    @property
    def right(self) -> int:
        """The first column to the right of the rectangle."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below the rectangle."""
        return self.y + self.height

    @property
    def empty(self) -> bool:
        """Whether it covers no pixel."""
        return self.width <= 0 or self.height <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices for an array whose origin is this rectangle's origin."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def intersected(self, other: Rect) -> Rect:
        """The part that both cover; empty when they do not touch."""
        return Rect.edges(
            max(self.x, other.x),
            max(self.y, other.y),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def united(self, other: Rect) -> Rect:
        """The smallest rectangle around both; an empty one adds nothing."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Rect.edges(
            min(self.x, other.x),
            min(self.y, other.y),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def moved(self, dx: int, dy: int) -> Rect:
        """The same rectangle elsewhere."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def grown(self, margin: int) -> Rect:
        """``margin`` more pixels on each side."""
        return Rect.edges(
            self.x - margin, self.y - margin, self.right + margin, self.bottom + margin
        )


EMPTY = Rect(0, 0, 0, 0)
