"""A curve that grows: values by step, and their running mean."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

FIRST = 256


class Points:
    """Values in step order. ``steps`` and ``values`` are float64 arrays that nobody changes later;
    adding one costs nothing that grows with their number.
    """

    def __init__(self, steps: Iterable[float] = (), values: Iterable[float] = ()) -> None:
        self._room = np.empty((2, FIRST))
        self._count = 0
        self.extend(list(steps), list(values))

    def __len__(self) -> int:
        return self._count

    @property
    def steps(self) -> np.ndarray:
        """The steps, ascending."""
        return self._room[0, : self._count]

    @property
    def values(self) -> np.ndarray:
        """One value for each step."""
        return self._room[1, : self._count]

    @property
    def last(self) -> float | None:
        """The newest value."""
        return float(self._room[1, self._count - 1]) if self._count else None

    def add(self, step: float, value: float | None) -> None:
        """Append one point; a missing value is left out."""
        if value is None or value != value:
            return
        if self._count == self._room.shape[1]:
            self._make_room(self._count + 1)
        self._room[:, self._count] = step, value
        self._count += 1

    def extend(self, steps: Iterable[float], values: Iterable[float]) -> None:
        """Append many; missing values are left out."""
        rows = np.array([list(steps), list(values)], dtype=np.float64)
        rows = rows[:, np.isfinite(rows[1])]
        count = self._count + rows.shape[1]
        if count > self._room.shape[1]:
            self._make_room(count)
        self._room[:, self._count : count] = rows
        self._count = count

    def _make_room(self, count: int) -> None:
        # Into new memory: arrays that were given out keep the old.
        room = np.empty((2, max(count, 2 * self._room.shape[1])))
        room[:, : self._count] = self._room[:, : self._count]
        self._room = room


class Smoothed:
    """The running mean of ``source`` over about ``window`` steps; it only goes on where it was."""

    def __init__(self, source: Points, window: int) -> None:
        self.source, self.window = source, window
        self._points = Points()
        self._taken = 0
        self._sum = self._weight = 0.0

    def points(self) -> Points:
        """All that is known by now."""
        values = self.source.values[self._taken :].tolist()
        if values:
            steps = self.source.steps[self._taken :]
            self._points.extend(steps, [self._next(value) for value in values])
            self._taken += len(values)
        return self._points

    def _next(self, value: float) -> float:
        # Divided by the sum of the weights, so that it does not start at zero.
        kept = 1 - 1 / self.window
        self._sum = kept * self._sum + value
        self._weight = kept * self._weight + 1
        return self._sum / self._weight
