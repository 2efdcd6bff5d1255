from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.runtime.job import Job
from engine.validation.filling import Filling
from engine.validation.legend import draw_grid
from engine.validation.manifest import Grid, open_grid
from engine.validation.planning import plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore
from tests.engine.validation.exports import color_of as color_in_export
from tests.engine.validation.exports import make_grid

SIDE = 64


def color_of(seed: int, prompt: str, weight: float) -> tuple[int, int, int]:
    return 10 * seed, 20 * len(prompt), round(100 * weight) + 1


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    (tmp_path / "style-e1.safetensors").write_bytes(b"1")
    request = GridRequest(
        folder=str(tmp_path),
        checkpoints=(str(tmp_path / "style-e1.safetensors"),),
        weights=(0, 0.5, 1),
        seeds=(1, 2),
        prompts=("key", "tower"),
    )

    def draw(image, cells, job, keep) -> None:
        weight = image.loras[0].weight if image.loras else 0.0
        for cell in cells:
            color = color_of(cell.image.seed, cell.image.prompt, weight)
            keep(cell, np.full((SIDE, SIDE, 3), color, np.uint8), "")

    Filling(request, plan(request), CellStore(request.cells_folder), Job.detached()).run(draw)
    return open_grid(tmp_path)


def sheet_of(grid: Grid) -> np.ndarray:
    with Image.open(draw_grid(grid)) as image:
        return np.asarray(image.convert("RGB"))


def area_of(sheet: np.ndarray, color: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height of the one rectangle of ``color``."""
    ys, xs = np.nonzero((sheet == color).all(axis=2))
    left, top = int(xs.min()), int(ys.min())
    width, height = int(xs.max()) - left + 1, int(ys.max()) - top + 1
    assert len(xs) == width * height
    return left, top, width, height


def test_cells_lie_in_rows_of_seeds_and_columns_of_prompts_and_weights(grid: Grid) -> None:
    sheet = sheet_of(grid)
    lefts, tops = {}, {}
    for cell in grid.cells:
        at = cell.position
        left, top, width, height = area_of(sheet, color_of(at.seed, at.prompt, at.weight))
        assert width == height == 96
        lefts.setdefault((at.prompt, at.weight), left)
        tops.setdefault(at.seed, top)
        assert (lefts[at.prompt, at.weight], tops[at.seed]) == (left, top)
    columns = [(prompt, weight) for prompt in ("key", "tower") for weight in (0.0, 0.5, 1.0)]
    assert sorted(lefts, key=lefts.__getitem__) == columns
    assert tops[1] < tops[2]


def test_the_legend_is_dark_on_white_above_and_beside_the_cells(grid: Grid) -> None:
    sheet = sheet_of(grid)
    left, top, _, _ = area_of(sheet, color_of(1, "key", 0.0))
    above, beside = sheet[:top, left:], sheet[top:, :left]
    for legend in (above, beside):
        assert (legend.max(axis=2) < 60).any()
        assert (legend == 255).all(axis=2).mean() > 0.8


def test_pages_lie_one_below_the_other_each_with_the_names_of_its_columns(tmp_path: Path) -> None:
    grid = make_grid(tmp_path / "paged", side=96, seeds=(1, 2, 3), prompts=("key", "tower"))
    assert grid.request.sides().pages == ("seed",)
    sheet = sheet_of(grid)
    blocks: dict[int, list[tuple[int, int]]] = {1: [], 2: [], 3: []}
    for cell in (cell for cell in grid.cells if cell.position.uses_lora):
        at = cell.position
        color = color_in_export(at.seed, at.prompt, at.weight, int(Path(at.checkpoint).stem[-1]))
        left, top, width, height = area_of(sheet, color)
        assert width == height == 96
        blocks[at.seed].append((top, left))
    tops = {seed: sorted({top for top, _ in found}) for seed, found in blocks.items()}
    assert [len(rows) for rows in tops.values()] == [2, 2, 2]
    down = list(itertools.chain.from_iterable(tops.values()))
    assert down == sorted(down)
    # Above its first row, which is the base model, each page has the same names of columns.
    left = min(left for found in blocks.values() for _, left in found)
    above = [rows[0] - 96 - 4 for rows in tops.values()]
    names = [sheet[top - 40 : top, left:] for top in above]
    assert all((name == names[0]).all() for name in names)
    assert (names[0].max(axis=2) < 60).any()
    # Beside it stands which page it is, which differs.
    titles = [sheet[top : top + 20, :left] for top in above]
    assert all((title.max(axis=2) < 60).any() for title in titles)
    assert len({title.tobytes() for title in titles}) == 3


def test_missing_and_failed_cells_are_frames_with_a_word(grid: Grid) -> None:
    first = dataclasses.replace(grid.cells[0], path=None, error="It broke.")
    second = dataclasses.replace(grid.cells[1], path=None)
    partial = dataclasses.replace(grid, cells=(first, second, *grid.cells[2:]))
    sheet = sheet_of(partial)
    assert sheet.shape == sheet_of(grid).shape
    assert not (sheet == color_of(1, "key", 0.0)).all(axis=2).any()
    assert not (sheet == color_of(2, "key", 0.0)).all(axis=2).any()


def test_long_and_chinese_prompts_are_wrapped_inside_their_columns(grid: Grid) -> None:
    for prompt in ("红色的苹果，白色背景" * 9, "a very long prompt " * 20, "x" * 400, ""):
        request = grid.request.with_values("prompt", (prompt, "tower"))
        cells = tuple(cell for cell in grid.cells if cell.position.prompt == "tower")
        sheet = sheet_of(dataclasses.replace(grid, request=request, cells=cells))
        assert sheet.shape[1] == sheet_of(grid).shape[1]
        left, top, _, _ = area_of(sheet, color_of(1, "tower", 0.0))
        gap = sheet[:top, left - 12 : left - 2]
        assert (gap == 255).all()


def test_a_huge_grid_is_made_smaller(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.validation.legend.LARGEST_PIXELS", 12 * 20 * 20)
    for cell in grid.cells:
        Image.new("RGB", (200, 200), "red").save(cell.path)
    assert sheet_of(grid).shape[1] < 12 * 100
