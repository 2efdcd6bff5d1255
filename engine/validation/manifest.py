"""``grid.json``: what a grid asked for and which cell lies where, so that it can be reopened.

Files inside the project are links (:mod:`engine.project.links`), so that the project can be moved.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.project import links
from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.files import require_file, write_json
from engine.validation.request import GridRequest, Position
from engine.validation.store import CellStore

FORMAT_VERSION = 1
NAME = "grid.json"
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
    """A grid on disk: its request and its cells, in the order of ``request.positions()``."""

    folder: Path
    request: GridRequest
    cells: tuple[GridCell, ...]

    @property
    def picture(self) -> Path:
        """Where the picture of the whole grid is."""
        return self.folder / "grid.png"

    def at(self, position: Position) -> GridCell | None:
        """The cell of ``position``."""
        return next((cell for cell in self.cells if cell.position == position), None)


def write_manifest(
    request: GridRequest, cells: Sequence[tuple[str, Position]], errors: Mapping[str, str]
) -> None:
    """Write ``grid.json`` into the grid's folder. ``cells`` pairs identifiers and positions."""
    folder = Path(request.folder)
    record = {
        "format_version": FORMAT_VERSION,
        "request": request.model_dump(mode="json"),
        "cells_folder": _relative(request.cells_folder, folder),
        "cells": [_cell_record(cell, position, errors) for cell, position in cells],
    }
    write_json(folder / NAME, links.portable(record, links.root_of(folder / NAME)))


def open_grid(folder: Path) -> Grid:
    """Read a grid back; MissingFileError or BadInputError when it cannot be."""
    path = require_file(Path(folder) / NAME, remedy="Render the grid again.")
    try:
        record = links.absolute(json.loads(path.read_text("utf-8")), links.root_of(path))
        if record["format_version"] > FORMAT_VERSION:
            raise BadInputError(
                "{name} was written by a newer version of this application.",
                name=path,
                remedy="Update the application to open it.",
            )
        request = GridRequest.model_validate(record["request"] | {"folder": str(folder)})
        store = CellStore((Path(folder) / record["cells_folder"]).resolve())
        cells = tuple(_read_cell(item, store) for item in record["cells"])
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError,
            ValidationError, OSError) as error:  # fmt: skip
        raise BadInputError(
            "{name} is damaged.", name=path, remedy="Render the grid again."
        ) from error
    return Grid(Path(folder), request.model_copy(update={"cells": str(store.folder)}), cells)


def list_grids(folder: Path) -> list[Grid]:
    """The readable grids in the folders of ``folder``, newest first."""
    found = []
    for path in sorted(Path(folder).glob(f"*/{NAME}"), key=_written, reverse=True):
        try:
            found.append(open_grid(path.parent))
        except (BadInputError, MissingFileError):
            # A damaged grid is not offered; opening it by name says what is wrong.
            continue
    return found


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # removed meanwhile
        return 0.0


def _cell_record(cell: str, position: Position, errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": cell,
        "checkpoint": position.checkpoint,
        "weight": position.weight,
        "seed": position.seed,
        "prompt": position.prompt,
        "error": errors.get(cell, ""),
    }


def _read_cell(item: Mapping[str, Any], store: CellStore) -> GridCell:
    position = Position(
        str(item["checkpoint"]), float(item["weight"]), int(item["seed"]), str(item["prompt"])
    )
    if not _IDENTIFIER.fullmatch(item["id"]):
        raise ValueError(item["id"])  # it becomes the name of a file
    path = store.path(item["id"])
    return GridCell(item["id"], position, path if path.is_file() else None, str(item["error"]))


def _relative(path: Path, folder: Path) -> str:
    """``path`` as seen from ``folder``, so that a project can be moved; absolute across drives."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return str(path.resolve())
