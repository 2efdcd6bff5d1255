"""The cells of a grid, found by their place, by their picture, and by what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.validation.cell import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.validation.manifest import Grid
    from engine.validation.resolve import Position


class Cells:
    """``at`` holds those that have come in. One of 50,000 is made in a worker."""

    def __init__(self) -> None:
        self.at: dict[Position, Cell] = {}
        self._by_path: dict[str, list[Position]] = {}
        self._by_id: dict[str, Position] = {}

    def put(self, key: Position, cell: Cell) -> None:
        """A cell has come in."""
        self.at[key] = cell
        self._by_path.setdefault(cell.path, []).append(key)
        self._by_id[cell.id] = key

    def drop_others(self, planned: Mapping[tuple[Any, ...], str]) -> list[Position]:
        """Take away the cells that are not called as ``planned`` for their place; gives these."""
        gone = [key for key, cell in self.at.items() if planned.get(key.place) != cell.id]
        for key in gone:
            cell = self.at.pop(key)
            self._by_path[cell.path].remove(key)
        return gone

    def places_of(self, path: str) -> list[Position]:
        """The places that show the picture ``path``."""
        return self._by_path.get(path, [])

    def place_called(self, identifier: str) -> Position | None:
        """One of the places whose picture is called ``identifier``."""
        key = self._by_id.get(identifier)
        return key if key in self.at and self.at[key].id == identifier else None


def cells_of(grid: Grid) -> Cells:
    """Those of ``grid`` that were drawn, or have failed."""
    found = Cells()
    for cell in grid.cells:
        if cell.path is not None or cell.error:
            found.put(cell.position, Cell(str(cell.path or ""), True, cell.error))
    return found
