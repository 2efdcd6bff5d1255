"""How large cells are: easily judged at first, all in sight when asked for."""

from __future__ import annotations

import pytest

from app.theme import fonts
from app.validation.labels import line_label
from tests.app.validation.grids import LEFT, axes_of, draw


@pytest.fixture
def wide(view, session, run):
    """A grid of more columns than can be judged side by side."""
    folder = draw(session, axes_of(run, (0.6, 0.8, 1.0), (1,), tuple("abcdefgh")), side=32)
    session.start(view.reader.show_latest())
    assert view.state.request.folder == str(folder)
    return view


def seen_whole(view):
    port = view.grid.viewport().rect()
    keys = view.state.request.positions()
    return sum(port.contains(view.grid.cell_rect(key)) for key in keys)


def test_fit_brings_every_cell_into_sight(qtbot, wide):
    count = len(wide.state.request.positions())
    assert seen_whole(wide) < count
    qtbot.mouseClick(wide.bar.whole, LEFT)
    assert seen_whole(wide) == count
    assert wide.grid.horizontalScrollBar().maximum() == 0
    wide.resize(1300, 800)
    assert seen_whole(wide) == count


def test_at_first_cells_are_large_enough_to_judge(wide):
    assert wide.grid.grid.cell >= 72


def test_titles_of_rows_have_room_for_what_is_said_below_them(view, session, run):
    draw(session, axes_of(run, (0.5,), (1, 2), ("castle",)), side=32)
    session.start(view.reader.show_latest())
    view.setup.set_runs([run])
    grid = view.grid.grid
    names = grid.table.names("rows")
    for row in grid.table.rows:
        title, detail = line_label(view.state, names, row)
        assert detail == "" or fonts.width_of(detail, 11) <= grid.titles - 6
        assert fonts.width_of(title, 12, 600) <= grid.titles - 6
