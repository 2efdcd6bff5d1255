from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect

from app.validation.layout import CellKey, GridAxes, GridLayout


def test_one_seed_gives_one_row_per_checkpoint_and_all_give_one_each(axes):
    assert len(GridLayout(axes, 1).rows) == 3
    assert len(GridLayout(axes, None).rows) == 6


def test_every_cell_is_found_under_its_own_middle(axes):
    grid = GridLayout(axes, None)
    for row in range(len(grid.rows)):
        for column in range(len(grid.columns)):
            assert grid.at(grid.rect(row, column).center()) == (row, column)
            assert grid.place(grid.key(row, column)) == (row, column)


def test_cells_do_not_touch_and_groups_stand_further_apart(axes):
    grid = GridLayout(axes, 1)
    rects = [grid.rect(0, column) for column in range(4)]
    gaps = [b.left() - a.right() - 1 for a, b in pairwise(rects)]
    assert gaps == [4, 14, 4]


def test_between_cells_there_is_no_cell(axes):
    grid = GridLayout(axes, 1)
    assert grid.at(QPoint(grid.rect(0, 0).right() + 2, grid.rect(0, 0).center().y())) is None


def test_only_cells_in_sight_are_listed():
    grid = GridLayout(
        GridAxes(tuple(str(n) for n in range(500)), tuple(range(40)), (1,), ("p",)), 1
    )
    rows, columns = grid.visible(QRect(0, 0, 800, 600))
    assert len(rows) * len(columns) < 100
    assert rows.start == 0


def test_a_cell_that_is_not_shown_has_no_place(axes):
    assert GridLayout(axes, 1).place(CellKey("a", 0.5, 2, "castle")) is None


@pytest.mark.parametrize("empty", [GridAxes(), GridAxes(("a",), (1.0,), (1,), ())])
def test_an_empty_grid_has_no_size(empty):
    grid = GridLayout(empty, 1)
    assert grid.content.isEmpty()
    assert grid.at(QPoint(200, 200)) is None
