"""Which cells of a grid are shown: hidden lines, sorting, and filters by marks and measures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt

from engine.validation.manifest import open_grid
from tests.app.validation.grids import LEFT, axes_of, draw, settle

FIT = {0.5: 0.3, 1.0: 0.7}


@pytest.fixture
def shown(qtbot, view, session, run):
    """The page with a drawn grid of 4 x 4 cells: copying grows with the epoch, fit with weight."""
    view.state.checkpoints = {item.path: item for item in run.checkpoints}
    view.state.open(open_grid(draw(session, axes_of(run))))
    settle(qtbot, view)
    epochs = {item.path: item.epoch for item in run.checkpoints}
    for key, _ in view.state.finished():
        view.state.set_evidence(key, epochs.get(key.checkpoint, 0) / 10 + 0.004, "x.png")
    rows = [
        SimpleNamespace(checkpoint=path, weight=weight, style_fit=fit, diversity=None)
        for path in epochs
        for weight, fit in FIT.items()
    ]
    view.evidence.evidence = SimpleNamespace(rows=rows)
    view._measured()
    keys = [key for key, _ in view.state.finished()]
    view.state.choose(keys[5])
    view.state.compare_with(keys[10])
    yield view
    view.evidence.evidence = None


def opened(view):
    """What opens under the filter button."""
    view.bar.filter.click()
    return view.bar.panel


def bound(qtbot, panel, measure, text, at_least=True):
    """Type a bound as a user does."""
    row = panel.rows[measure]
    row.relation.set_value(at_least)
    row.relation._tell()
    row.field.selectAll()
    qtbot.keyClick(row.field, Qt.Key.Key_Delete)
    qtbot.keyClicks(row.field, text)


def first_values(view):
    return [row.own[0] for row in view.state.table.rows]


def test_only_starred_shows_their_lines_and_the_baseline(qtbot, shown):
    shown.chosen.mark_at("starred", shown.state.second)
    shown.state.shown.set_only_starred(True)
    table = shown.state.table
    assert [row.own[0] for row in table.rows] == ["", shown.state.second.checkpoint]
    assert shown.grid.grid.place(shown.state.second) == (1, 0)
    assert shown.grid.grid.place(shown.state.first) is None
    assert shown.bar.filter.isChecked()
    shown.state.shown.show_all()
    assert len(shown.state.table.rows) == 4


def test_a_hidden_row_is_gone_until_all_are_shown_and_the_baseline_cannot_be(shown):
    rows = shown.state.table.rows
    shown.state.shown.hide_row(rows[2])
    shown.state.shown.hide_row(rows[0])
    assert [row.own for row in shown.state.table.rows] == [rows[0].own, rows[1].own, rows[3].own]
    shown.state.shown.hide_column(shown.state.table.columns[0])
    assert len(shown.state.table.columns) == 3
    key = shown.grid.grid.key(1, 0)
    settled = shown.grid.cell_rect(key)
    assert shown.grid.key_at(settled.center()) == key
    next(one for one in shown.actions() if one.id == "validate.show_all").run()
    assert len(shown.state.table.rows) * len(shown.state.table.columns) == 16


def test_rows_are_sorted_by_a_measure_below_the_baseline(qtbot, shown, run):
    for key, _ in shown.state.finished():
        epoch = next((c.epoch for c in run.checkpoints if c.path == key.checkpoint), 0)
        shown.state.set_evidence(key, {2: 0.9, 4: 0.2, 6: 0.5}.get(epoch, 0.0), "x.png")
    shown._measured()
    shown.bar.sort.set_value("copying")
    shown.bar.sort._tell()
    paths = [item.path for item in run.checkpoints]
    assert [row.own[0] for row in shown.state.table.rows] == ["", paths[1], paths[2], paths[0]]
    shown.state.shown.set_sort("held_out")
    assert [row.own[0] for row in shown.state.table.rows] == ["", *reversed(paths)]


def test_a_bound_of_copying_leaves_cells_and_lines_out_but_never_the_baseline(qtbot, shown, run):
    paths = [item.path for item in run.checkpoints]
    panel = opened(shown)
    assert panel.rows["copying"].range.text() == "0.20 to 0.60, of each cell"
    bound(qtbot, panel, "copying", "0.4")
    assert first_values(shown) == ["", paths[1], paths[2]]
    assert panel.count.text() == "8 of 12 cells"
    bound(qtbot, panel, "copying", "0.4", at_least=False)
    assert first_values(shown) == ["", paths[0], paths[1]]  # 0.404 is shown as 0.40


def test_a_measure_of_checkpoint_and_weight_leaves_columns_out(qtbot, shown):
    panel = opened(shown)
    bound(qtbot, panel, "style_fit", "0.5")
    assert {column.own[0] for column in shown.state.table.columns} == {1.0}
    assert len(shown.state.table.rows) == 4
    bound(qtbot, panel, "style_fit", "")
    assert {column.own[0] for column in shown.state.table.columns} == {0.5, 1.0}


def test_bounds_hold_together_and_each_has_a_chip_that_takes_it_away(qtbot, shown, run):
    line = shown.shown_line
    assert line.isHidden()
    panel = opened(shown)
    bound(qtbot, panel, "copying", "0.4")
    bound(qtbot, panel, "held_out", "0.04", at_least=False)
    panel.close()
    assert first_values(shown) == ["", run.checkpoints[2].path]
    assert not line.isHidden()
    assert [chip.text() for chip in line.chips] == [
        "Copying at least 0.4",
        "Held-out loss at most 0.04",
    ]
    qtbot.mouseClick(line.chips[0], LEFT)
    assert [chip.text() for chip in line.chips] == ["Held-out loss at most 0.04"]
    qtbot.mouseClick(line.all, LEFT)
    assert line.isHidden()
    assert len(first_values(shown)) == 4


def test_it_is_said_when_no_cell_is_left(qtbot, shown):
    bound(qtbot, opened(shown), "copying", "0.9")
    assert first_values(shown) == [""]
    assert shown.shown_line.count.text() == "No cell is like that."
    shown.grid.go(1, 0)
    shown.grid.viewport().repaint()


def test_what_was_not_measured_cannot_be_bounded(shown):
    panel = opened(shown)
    assert not panel.rows["diversity"].field.isEnabled()
    assert panel.rows["diversity"].range.text() == "not measured"
    assert panel.rows["style_fit"].field.isEnabled()
    assert panel.rows["style_fit"].range.text() == "0.30 to 0.70, of each checkpoint and weight"
    assert panel.rows["held_out"].range.text() == "0.0333 to 0.1000, of each checkpoint"


def test_a_text_that_is_no_number_is_marked_and_bounds_nothing(qtbot, shown):
    panel = opened(shown)
    bound(qtbot, panel, "copying", "much")
    assert panel.rows["copying"].field.property("state") == "error"
    assert len(first_values(shown)) == 4


def test_the_panel_opens_with_the_bounds_that_hold_and_esc_keeps_them(qtbot, shown):
    panel = opened(shown)
    bound(qtbot, panel, "copying", "0.4", at_least=False)
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert shown.state.shown.bounds
    again = opened(shown)
    assert again.rows["copying"].field.text() == "0.4"
    assert again.rows["copying"].relation.value is False
    qtbot.mouseClick(again.all, LEFT)
    assert again.rows["copying"].field.text() == ""
    assert not shown.state.shown.bounds


def test_marks_are_chosen_in_the_panel(qtbot, shown):
    shown.chosen.mark_at("starred", shown.state.second)
    panel = opened(shown)
    qtbot.mouseClick(panel.starred, LEFT)
    assert len(first_values(shown)) == 2
    assert [chip.text() for chip in shown.shown_line.chips] == ["Only starred"]


def test_another_grid_is_shown_whole(qtbot, shown, session, run):
    bound(qtbot, opened(shown), "copying", "0.9")
    shown.state.open(open_grid(draw(session, axes_of(run), name="other")))
    assert len(first_values(shown)) == 4
    assert shown.shown_line.isHidden()
