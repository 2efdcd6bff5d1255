from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.validation.filling import Filling, Keep
from engine.validation.planning import PlannedCell, plan
from engine.validation.request import GridRequest, four_axes
from engine.validation.small import EDGE, fresh_small, small_path, write_small
from engine.validation.store import CellStore

CELL = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> CellStore:
    return CellStore(tmp_path / "cells")


def _halves() -> np.ndarray:
    """Red above blue, twice as wide as high."""
    picture = np.zeros((128, 256, 3), np.uint8)
    picture[:64, :, 0] = 255
    picture[64:, :, 2] = 255
    return picture


def test_a_cell_that_is_drawn_has_a_small_copy_beside_its_folder(store: CellStore) -> None:
    path = store.put(CELL, _halves(), "")
    small = fresh_small(path)
    assert small == small_path(path)
    assert store.names() == {path.name}
    with Image.open(small_path(path)) as image:
        assert image.size == (EDGE, EDGE // 2)
        assert image.getpixel((5, 5)) == (255, 0, 0)
        assert image.getpixel((5, EDGE // 2 - 5)) == (0, 0, 255)


def test_a_copy_of_what_lay_there_before_does_not_count_whatever_the_times_are(
    store: CellStore,
) -> None:
    path = store.put(CELL, _halves(), "")
    times, copy = path.stat(), small_path(path).read_bytes()
    other = _halves()
    other[100, 100, 1] = 1
    store.put(CELL, other, "")
    small_path(path).write_bytes(copy)
    for file in (path, small_path(path)):
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fresh_small(path) is None
    write_small(path, other)
    os.utime(small_path(path), ns=(1, 1))
    assert fresh_small(path) == small_path(path)
    with Image.open(small_path(path)) as image:
        image.load()


def test_a_cell_is_kept_where_its_copy_cannot_be(store: CellStore, tmp_path: Path) -> None:
    (tmp_path / "cells-small").write_text("in the way")
    path = store.put(CELL, _halves(), "")
    assert store.find(CELL) == path
    with pytest.raises(FileNotFoundError):
        fresh_small(tmp_path / "cells" / "gone.png")


def test_copies_of_cells_that_were_removed_go_with_the_next_drawing(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"a")
    axes = four_axes((str(tmp_path / "a.safetensors"),), (1,), tuple(range(6)), ("castle",))
    request = GridRequest(folder=str(tmp_path / "grid"), axes=axes)
    cells = plan(request)
    _draw(request)
    store = CellStore(request.cells_folder)
    copies = small_path(store.path(cells[0].id)).parent
    for cell in cells[:4]:
        store.path(cell.id).unlink()
    (copies / "mine.png").write_bytes(b"of the user")
    _draw(request.with_values("seed", (4, 5)))
    kept = {store.name(cell.id) for cell in cells[4:]}
    assert set(os.listdir(copies)) == kept | {"mine.png"}


def _draw(request: GridRequest) -> None:
    def paint(image: ImageRequest, part: list[PlannedCell], job: Job, keep: Keep) -> None:
        for cell in part:
            keep(cell, _halves(), "")

    store = CellStore(request.cells_folder)
    Filling(request, plan(request), store, Job.detached()).run(paint)


def test_also_cells_in_the_uppermost_folder_have_a_place_for_copies() -> None:
    root = Path(Path.cwd().anchor)
    assert small_path(root / "a.png") == root / "-small" / "a.png"
