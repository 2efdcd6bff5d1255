"""Steadies a hand: the path of a stroke without its tremble."""

from __future__ import annotations

import math

Sample = tuple[float, float, float]
"""x and y in document pixels, and pressure 0 to 1."""

WEIGHTS = (0.2, 0.6, 0.2)


class Smoother:
    """The pointer pulls the brush on a string ``length`` pixels long, and each point on its way is
    mixed with its neighbors. So it answers one point late; :meth:`end` gives the rest, up to where
    the pointer is. Without a length everything comes as it went in.
    """

    def __init__(self, length: float) -> None:
        self._length = length
        self._pulled: list[
            Sample
        ] = []  # the last points that the string was pulled to, two at most
        self._pointer: Sample | None = None

    def to(self, sample: Sample) -> list[Sample]:
        """The points to draw to, now that the pointer is at ``sample``."""
        self._pointer = sample
        if self._length <= 0:
            return [sample]
        if not self._pulled:
            self._pulled = [sample]
            return [sample]
        pulled = self._pull(sample)
        return [] if pulled is None else self._mixed(pulled)

    def end(self) -> list[Sample]:
        """The points up to where the pointer was last."""
        if self._length <= 0 or self._pointer is None or self._pointer == self._pulled[-1]:
            return self._pulled[1:]
        return [*self._mixed(self._pointer), self._pointer]

    def _pull(self, sample: Sample) -> Sample | None:
        x, y, _ = self._pulled[-1]
        across, down = sample[0] - x, sample[1] - y
        distance = math.hypot(across, down)
        if distance <= self._length:
            return None
        share = 1.0 - self._length / distance
        return x + across * share, y + down * share, sample[2]

    def _mixed(self, new: Sample) -> list[Sample]:
        """The point before ``new``, mixed with both of its neighbors."""
        if len(self._pulled) < 2:
            self._pulled.append(new)
            return []
        before, here = self._pulled
        self._pulled = [here, new]
        first, middle, last = WEIGHTS
        parts = zip(before, here, new, strict=True)
        x, y, pressure = (a * first + b * middle + c * last for a, b, c in parts)
        return [(x, y, pressure)]
