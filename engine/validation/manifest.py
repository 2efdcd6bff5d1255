"""``grid.json``: what a grid asked for and which cell lies where, so that it can be reopened.

Files inside the project are links (:mod:`engine.project.links`), so that the project can be moved.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from engine.project import links
from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.files import require_file, write_json
from engine.validation.axes import Value
from engine.validation.request import MOST_CELLS, GridRequest
from engine.validation.resolve import Position, Resolver
from engine.validation.store import CellStore

FORMAT_VERSION = 2
"""1 named four axes and wrote their values with each cell; it is still read."""
NAME = "grid.json"
LARGEST = 64 << 20
"""Bytes: several times what the largest grid has."""
_NO_FILES: Mapping[str, str] = MappingProxyType({})
_IDENTIFIER = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class GridCell:
    """One place of a grid. ``path`` is None while it is not drawn; ``error`` says why it failed."""

    id: str
    position: Position
    path: Path | None = None
    error: str = ""


@dataclass(frozen=True)
class Grid:
    """A grid on disk: its request and its cells, in the order of ``request.positions()``. ``files``
    are the hashes of models and LoRAs that the cells were drawn with, by path; empty when the grid
    was written before they were noted.
    """

    folder: Path
    request: GridRequest
    cells: tuple[GridCell, ...]
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def picture(self) -> Path:
        """Where the picture of the whole grid is."""
        return self.folder / "grid.png"

    def at(self, position: Position) -> GridCell | None:
        """The cell of ``position``."""
        return next((cell for cell in self.cells if cell.position == position), None)


def write_manifest(
    request: GridRequest,
    cells: Sequence[tuple[str, Position]],
    errors: Mapping[str, str],
    files: Mapping[str, str] = _NO_FILES,
) -> None:
    """Write ``grid.json`` into the grid's folder. ``cells`` pairs identifiers and positions,
    ``files`` paths and hashes of what the cells are drawn with.
    """
    folder, places = Path(request.folder), _places_of(request)
    record = {
        "format_version": FORMAT_VERSION,
        "request": request.model_dump(mode="json"),
        "cells_folder": _relative(request.cells_folder, folder),
        "files": [{"path": path, "sha256": digest} for path, digest in files.items()],
        "cells": [
            {"id": cell, "at": _indices(places, position), "error": errors.get(cell, "")}
            for cell, position in cells
        ],
    }
    write_json(folder / NAME, links.portable(record, links.root_of(folder / NAME)))


def open_grid(folder: Path) -> Grid:
    """Read a grid back; MissingFileError or BadInputError when it cannot be."""
    path = require_file(Path(folder) / NAME, remedy="Render the grid again.")
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(path)
        record = links.absolute(json.loads(path.read_text("utf-8")), links.root_of(path))
        if record["format_version"] > FORMAT_VERSION:
            raise _NewerError(
                "{name} was written by a newer version of this application.",
                name=path,
                remedy="Update the application to open it.",
            )
        request = GridRequest.model_validate(record["request"] | {"folder": str(folder)})
        store = CellStore(_cells_folder(path, record["cells_folder"]))
        cells = _Cells(request, store).read(record["cells"])
        files = {str(one["path"]): str(one["sha256"]) for one in record.get("files", ())}
    except _NewerError:
        raise
    except (
        BadInputError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
        RuntimeError, ValidationError, OSError,
    ) as error:  # fmt: skip
        raise BadInputError(
            "{name} is damaged.", name=path, remedy="Render the grid again."
        ) from error
    return Grid(Path(folder), request.model_copy(update={"cells": str(store.folder)}), cells, files)


def list_grids(folder: Path) -> Iterator[Grid]:
    """The readable grids in the folders of ``folder``, newest first; each is read when it is its
    turn, so who has found the right one reads no further.
    """
    for path in sorted(Path(folder).glob(f"*/{NAME}"), key=_written, reverse=True):
        try:
            yield open_grid(path.parent)
        except (BadInputError, MissingFileError):
            # A damaged grid is not offered; opening it by name says what is wrong.
            continue


def _cells_folder(path: Path, named: str) -> Path:
    """The folder that the file ``path`` has ``named``. ValueError where that leads out of the
    project: the cells that are added to a grid are written there.
    """
    root, found = links.root_of(path), Path(os.path.abspath(path.parent / named))
    if root is not None and not found.is_relative_to(root):
        raise ValueError(named)
    return found.resolve()


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # removed meanwhile
        return 0.0


def _places_of(request: GridRequest) -> list[dict[Value, int]]:
    """Along each axis, where a value is."""
    return [{value: at for at, value in enumerate(axis.values)} for axis in request.axes]


def _indices(places: Sequence[Mapping[Value, int]], position: Position) -> list[int]:
    """A cell by where it is along each axis: short, and right also when files have moved."""
    return [at[value] for at, value in zip(places, position.place, strict=True)]


class _NewerError(BadInputError):
    """The file is whole, but of another application."""


class _Cells:
    """Reads the records of cells."""

    def __init__(self, request: GridRequest, store: CellStore) -> None:
        self._axes = request.axes
        self._resolver = Resolver(request)
        self._store = store

    def read(self, records: Sequence[Mapping[str, Any]]) -> tuple[GridCell, ...]:
        """The cells; pictures are looked for in one listing of their folder."""
        drawn = self._store.names()
        if len(records) > MOST_CELLS:
            raise ValueError(len(records))
        return tuple(self._cell(record, drawn) for record in records)

    def _cell(self, record: Mapping[str, Any], drawn: Collection[str]) -> GridCell:
        identifier = record["id"]
        if not _IDENTIFIER.fullmatch(identifier):
            raise ValueError(identifier)  # it becomes the name of a file
        # A path costs more than all else here, and of a grid that is begun few cells are drawn.
        path = self._store.path(identifier) if self._store.name(identifier) in drawn else None
        position = self._resolver.position(self._place(record))
        return GridCell(identifier, position, path, str(record["error"]))

    def _place(self, record: Mapping[str, Any]) -> list[Value]:
        if "at" not in record:  # format 1
            return [_former(axis.setting, record[axis.setting]) for axis in self._axes]
        if any(index < 0 for index in record["at"]):
            raise ValueError(record["at"])  # it would count from the end
        return [axis.values[index] for axis, index in zip(self._axes, record["at"], strict=True)]


def _former(setting: str, value: Any) -> Value:
    return float(value) if setting == "weight" else int(value) if setting == "seed" else str(value)


def _relative(path: Path, folder: Path) -> str:
    """``path`` as seen from ``folder``, so that a project can be moved; absolute across drives."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return str(path.resolve())
