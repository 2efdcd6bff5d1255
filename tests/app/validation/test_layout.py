from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, QRect, QSize

from app.validation.layout import MARGIN, GridLayout
from app.validation.table import Axis, Line, lay


def key(values):
    return SimpleNamespace(place=values)


def axes(checkpoints=("", "a", "b"), weights=(0.5, 1.0), seeds=(1, 2), prompts=("castle", "apple")):
    return (
        Axis("checkpoint", checkpoints, "rows"),
        Axis("weight", weights, "columns"),
        Axis("prompt", prompts, "column_groups"),
        Axis("seed", seeds, "pages"),
    )


def grid(pages=None, cell=98, **values):
    return GridLayout(lay(axes(**values), pages or {}, key), cell)


def test_one_seed_gives_one_row_per_checkpoint_and_all_give_one_each():
    assert len(grid({"seed": 1}).table.rows) == 3
    assert len(grid().table.rows) == 6


def test_every_cell_is_found_under_its_own_middle():
    shown = grid()
    for row in range(len(shown.table.rows)):
        for column in range(len(shown.table.columns)):
            assert shown.at(shown.rect(row, column).center()) == (row, column)
            assert shown.place(shown.key(row, column)) == (row, column)


def test_cells_do_not_touch_and_groups_stand_further_apart():
    shown = grid({"seed": 1})
    rects = [shown.rect(0, column) for column in range(4)]
    gaps = [b.left() - a.right() - 1 for a, b in pairwise(rects)]
    assert gaps == [4, 14, 4]


def test_between_cells_there_is_no_cell():
    shown = grid({"seed": 1})
    assert shown.at(QPoint(shown.rect(0, 0).right() + 2, shown.rect(0, 0).center().y())) is None


def test_only_cells_in_sight_are_listed():
    shown = grid(
        {"seed": 1},
        checkpoints=tuple(map(str, range(500))),
        weights=tuple(range(40)),
        prompts=("p",),
    )
    rows, columns = shown.visible(QRect(0, 0, 800, 600))
    assert len(rows) * len(columns) < 100
    assert rows.start == 0


def test_a_cell_that_is_not_shown_has_no_place():
    assert grid({"seed": 1}).place(key(("a", 0.5, "castle", 2))) is None
    assert grid({"seed": 2}).place(key(("a", 0.5, "castle", 2))) == (1, 0)


@pytest.mark.parametrize("empty", [(), axes(prompts=())])
def test_an_empty_grid_has_no_size(empty):
    shown = GridLayout(lay(empty, {}, key))
    assert shown.content.isEmpty()
    assert shown.at(QPoint(200, 200)) is None


def test_groups_of_rows_have_a_header_before_each():
    sides = (Axis("size", ("64x64", "96x96"), "row_groups"), Axis("steps", (4, 8), "rows"))
    shown = GridLayout(lay((*sides, Axis("weight", (1.0,), "columns")), {}, key))
    assert [line.group for line in shown.table.rows] == [("64x64",)] * 2 + [("96x96",)] * 2
    gaps = [b - a - shown.cell for a, b in pairwise(shown.tops)]
    assert gaps == [4, 30, 4]
    assert shown.tops[0] == shown.head.height() + 26
    assert shown.key(2, 0).place == ("96x96", 4, 1.0)


def test_an_axis_of_one_value_that_turns_pages_takes_no_room():
    shown = grid(seeds=(7,))
    assert [line.own for line in shown.table.rows] == [("",), ("a",), ("b",)]
    assert shown.key(0, 0).place == ("", 0.5, "castle", 7)


def test_small_cells_stand_closer_so_that_a_hundred_rows_are_seen():
    shown = grid({"seed": 1}, cell=16, checkpoints=tuple(map(str, range(50))), prompts=("p",))
    assert shown.tops[1] - shown.tops[0] == 18


def test_a_line_is_found_by_its_values():
    assert Line(("apple",), (1.0,)) in grid({"seed": 1}).table.columns


def test_the_largest_cells_that_fit_fit_and_one_pixel_more_does_not():
    shown = grid({"seed": 1}, weights=(0.6, 0.8, 1.0), prompts=tuple("abcdef"))
    room = QSize(900, 400)
    wide, high = shown.largest_cells(room)
    assert shown.resized(wide).content.width() <= room.width()
    assert shown.resized(wide + 1).content.width() > room.width()
    assert shown.resized(high).content.height() <= room.height()
    assert shown.resized(high + 1).content.height() > room.height()


def test_cells_that_cannot_all_be_seen_are_sized_by_whole_groups():
    shown = grid({"seed": 1}, weights=(0.6, 0.8, 1.0), prompts=tuple("abcdef"))
    size = shown.cell_by_groups(930, 88)
    spans = shown.resized(size).group_spans()
    assert size >= 88
    assert spans[1][1] <= 930 < spans[2][1]
    assert 930 - spans[1][1] < MARGIN + 6  # the pixels that no six cells can share
