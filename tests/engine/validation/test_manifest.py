"""Grids keep their links when a project is moved, and never follow a link out of their cells."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.project.project import Project
from engine.runtime.errors import BadInputError
from engine.sampling.request import ImageRequest, LoraUse
from engine.validation.manifest import list_grids, open_grid, write_manifest
from engine.validation.request import GridRequest
from engine.validation.store import CellStore
from engine.validation.survey import problems

CELL = "ab" * 32


def drawn(project: Project, outside: Path) -> GridRequest:
    """A grid of two checkpoints, one of them outside the project, with its cells on disk."""
    inside = project.runs / "one" / "checkpoints" / "a.safetensors"
    request = GridRequest(
        folder=str(project.grids / "g"),
        cells=str(project.cache / "cells"),
        checkpoints=(str(inside), str(outside)),
        prompts=("project: a castle",),
        image=ImageRequest(loras=(LoraUse(path=str(project.root / "extra.safetensors")),)),
    )
    CellStore(request.cells_folder).put(CELL, np.zeros((8, 8, 3), np.uint8), "")
    write_manifest(request, [(CELL, position) for position in request.positions()], {})
    return request


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_grid_of_a_moved_project_names_the_checkpoints_where_they_are_now(
    tmp_path: Path, move
) -> None:
    outside = tmp_path / "elsewhere.safetensors"
    drawn(Project.create(tmp_path / "old", "P"), outside)
    move(tmp_path / "old", tmp_path / "new")
    root = tmp_path / "new"
    (grid,) = list_grids(root / "grids")
    inside = str(root / "runs" / "one" / "checkpoints" / "a.safetensors")
    assert grid.request.checkpoints == (inside, str(outside))
    assert grid.request.image.loras[0].path == str(root / "extra.safetensors")
    assert grid.request.prompts == ("project: a castle",)
    assert [cell.position for cell in grid.cells] == grid.request.positions()
    assert all(cell.path == root / ".cache" / "cells" / f"{CELL}.png" for cell in grid.cells)


def test_a_grid_with_absolute_paths_is_still_read(tmp_path: Path) -> None:
    """As they were written before links."""
    project = Project.create(tmp_path / "p", "P")
    request = drawn(project, tmp_path / "elsewhere.safetensors")
    path = project.grids / "g" / "grid.json"
    path.write_text(path.read_text().replace("project:/", f"{project.root}/"))
    assert open_grid(path.parent).request == request


@pytest.mark.parametrize("identifier", ["../../../secret", "/etc/passwd", 5, None, ""])
def test_an_identifier_that_is_none_is_refused(tmp_path: Path, identifier: object) -> None:
    project = Project.create(tmp_path / "p", "P")
    drawn(project, tmp_path / "a.safetensors")
    path = project.grids / "g" / "grid.json"
    record = json.loads(path.read_text())
    record["cells"][0]["id"] = identifier
    path.write_text(json.dumps(record))
    with pytest.raises(BadInputError, match="damaged"):
        open_grid(path.parent)


@pytest.mark.parametrize(
    "change",
    [{"request": 5}, {"cells": 5}, {"cells": [5]}, {"cells_folder": 5}, {"format_version": "x"},
     {"request": {"weights": ["x"]}}, {"cells_folder": "a\0b"}],
)  # fmt: skip
def test_values_of_other_types_are_one_sentence(tmp_path: Path, change: dict) -> None:
    project = Project.create(tmp_path / "p", "P")
    drawn(project, tmp_path / "a.safetensors")
    path = project.grids / "g" / "grid.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadInputError, match="damaged"):
        open_grid(path.parent)
    assert list(list_grids(project.grids)) == []


@pytest.mark.parametrize("named", ["../../../etc", "/etc", "../../../p2/cells"])
def test_cells_outside_the_project_are_not_those_of_its_grid(tmp_path: Path, named: str) -> None:
    project = Project.create(tmp_path / "p", "P")
    request = drawn(project, tmp_path / "a.safetensors")
    path = project.grids / "g" / "grid.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"cells_folder": named}))
    with pytest.raises(BadInputError, match="damaged"):
        open_grid(path.parent)
    outside = request.model_copy(update={"cells": str(path.parent / named)})
    (problem,) = (one for one in problems(outside) if one.setting == "cells")
    assert "lie in the project" in str(problem.error)
    assert "cells" not in [one.setting for one in problems(request)]


def test_a_project_may_keep_its_cells_behind_a_link(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", "P")
    (tmp_path / "large disk").mkdir()
    project.cache.mkdir(parents=True, exist_ok=True)
    (project.cache / "cells").symlink_to(tmp_path / "large disk")
    request = drawn(project, tmp_path / "a.safetensors")
    grid = open_grid(project.grids / "g")
    assert all(cell.path is not None and cell.path.is_file() for cell in grid.cells)
    assert "cells" not in [one.setting for one in problems(request)]


def test_brackets_without_end_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "grid.json").write_text("[" * 99_999)
    with pytest.raises(BadInputError, match="damaged"):
        open_grid(tmp_path)


def test_a_grid_of_the_first_format_is_still_read(tmp_path: Path) -> None:
    """It named the four axes that there were, and wrote their values with each cell."""
    values = {"checkpoint": "", "weight": 0.5, "seed": 2, "prompt": "a castle"}
    record = {
        "format_version": 1,
        "request": {
            "folder": "elsewhere",
            "cells": "",
            "image": {"steps": 4},
            "checkpoints": ["", "a.safetensors"],
            "weights": [0.5, 1],
            "seeds": [1, 2],
            "prompts": ["a castle"],
        },
        "cells_folder": "cells",
        "cells": [{"id": CELL, "error": "No room.", **values}],
    }
    (tmp_path / "grid.json").write_text(json.dumps(record))
    grid = open_grid(tmp_path)
    assert (grid.request.checkpoints, grid.request.weights) == (("", "a.safetensors"), (0.5, 1))
    (cell,) = grid.cells
    assert cell.position.place == ("", 0.5, "a castle", 2)
    assert (cell.path, cell.error) == (None, "No room.")
    assert grid.at(grid.request.position(["", 0.5, "a castle", 2])) is cell


@pytest.mark.parametrize("at", [[-1, 0], [0, 5], [0], [0.0, 0], ["0", 0], 7])
def test_a_cell_at_a_place_that_the_grid_has_not_is_damage(tmp_path: Path, at: object) -> None:
    project = Project.create(tmp_path / "p", "P")
    drawn(project, tmp_path / "elsewhere.safetensors")
    path = project.grids / "g" / "grid.json"
    record = json.loads(path.read_text())
    record["cells"][0]["at"] = at
    path.write_text(json.dumps(record))
    with pytest.raises(BadInputError, match="damaged"):
        open_grid(path.parent)


@pytest.mark.parametrize(("limit", "most"), [("LARGEST", 900), ("MOST_CELLS", 1)])
def test_what_is_larger_than_any_grid_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    project = Project.create(tmp_path / "p", "P")
    drawn(project, tmp_path / "elsewhere.safetensors")
    assert len(open_grid(project.grids / "g").cells) == 2
    monkeypatch.setattr(f"engine.validation.manifest.{limit}", most)
    with pytest.raises(BadInputError, match="damaged"):
        open_grid(project.grids / "g")
