"""The places of one grid: its axes with the sides they lie on, and the key of each place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.validation.table import Axis, Side, Values
from engine.validation.labels import value_labels
from engine.validation.resolve import Position, Resolver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.validation.request import GridRequest
    from engine.validation.sides import Sides


class Places:
    """Without a request there is no place."""

    def __init__(self, request: GridRequest | None = None) -> None:
        self.axes: tuple[Axis, ...] = ()
        self._known: dict[Values, Position] = {}
        self._values: list[frozenset[Any]] = []
        self._labels: dict[str, dict[Any, str]] = {}
        self._resolver: Resolver | None = None
        self.tests_lora = False
        if request is not None:
            self._take(request)

    def _take(self, request: GridRequest) -> None:
        sides = request.sides()
        self._resolver = Resolver(request)
        self.axes = tuple(
            Axis(axis.setting, axis.values, _side(sides, axis.setting)) for axis in request.axes
        )
        self._values = [frozenset(axis.values) for axis in request.axes]
        self._labels = {
            axis.setting: dict(zip(axis.values, value_labels(axis), strict=True))
            for axis in request.axes
        }
        names = {axis.setting for axis in request.axes}
        self.tests_lora = bool(names & {"checkpoint", "second_checkpoint"})

    @property
    def paged(self) -> tuple[Axis, ...]:
        """The axes of several values that turn pages."""
        return tuple(one for one in self.axes if one.side == "pages" and len(one.values) > 1)

    def position(self, place: Values) -> Position:
        """The key of the cell at ``place``, a value for each axis."""
        found = self._known.get(place)
        if found is None:
            assert self._resolver is not None
            found = self._known[place] = self._resolver.position(place)
        return found

    def find(self, wanted: Mapping[str, Any], pages: Mapping[str, Any]) -> Position | None:
        """The place with the values ``wanted`` where an axis has them, on the ``pages`` shown."""
        if not self.axes:
            return None
        place = []
        for axis in self.axes:
            tries = (wanted.get(axis.name), pages.get(axis.name), axis.values[0])
            place.append(next(value for value in tries if value in axis.values))
        return self.position(tuple(place))

    def has(self, key: Position) -> bool:
        """Whether ``key`` is a place of this grid."""
        return len(key.place) == len(self.axes) and all(
            value in values for value, values in zip(key.place, self._values, strict=True)
        )

    def short(self, axis: str, value: Any) -> str:
        """A value as a header shows it; a translation key where it has no name of its own."""
        return self._labels.get(axis, {}).get(value, str(value))


def _side(sides: Sides, name: str) -> Side:
    places: dict[str, Side] = {
        sides.group_x: "column_groups",
        sides.group_y: "row_groups",
        sides.x: "columns",
        sides.y: "rows",
    }
    return places.get(name, "pages")
