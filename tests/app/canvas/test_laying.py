"""Shapes, fills and gradients: dragged on the real surface, seen in the pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor

from tests.app.canvas.test_painting import LEFT, composite, drag
from tests.app.canvas.test_selections import ALT, click

RED = (200, 20, 20, 255)


@pytest.fixture
def red(state):
    state.set_color(QColor(*RED))
    state.set_background(QColor(0, 0, 200))
    return state


def test_a_rectangle_is_filled_or_stroked_as_one_step(qtbot, view, red):
    red.set_tool("rectangle")
    before = composite(red)
    drag(qtbot, view.surface, (40, 30), (60, 60), (120, 100))
    seen = composite(red)
    assert (seen[30:100, 40:120] == RED).all()
    assert (seen[:30] == 255).all()
    assert red.draft is None
    red.undo()
    assert (composite(red) == before).all()
    assert not red.can_undo()
    shape = view.options.options.shape
    assert shape.filled.isVisible()
    red.set_laying(filled=False, width=4)
    assert shape.width_field.isVisible()
    drag(qtbot, view.surface, (40, 30), (120, 100))
    seen = composite(red)
    assert tuple(seen[32, 80]) == RED
    assert tuple(seen[60, 80]) == (255, 255, 255, 255)


def test_an_ellipse_has_its_size(qtbot, view, red):
    red.set_tool("ellipse")
    drag(qtbot, view.surface, (40, 30), (120, 110))
    inside = (composite(red)[..., 1] < 128).sum()
    assert abs(int(inside) - np.pi * 40 * 40) < 60


def test_a_line_is_as_wide_as_the_bar_says(qtbot, view, red):
    red.set_tool("line")
    assert not view.options.options.shape.filled.isVisible()
    view.options.options.shape.width_field.changed.emit(10.0)
    drag(qtbot, view.surface, (30, 80), (100, 80), (170, 80))
    column = composite(red)[:, 100, 1]
    assert (column < 128).sum() == 10
    assert tuple(composite(red)[80, 165]) == RED


def test_a_click_with_a_shape_lays_nothing_and_escape_gives_up(qtbot, view, red):
    red.set_tool("rectangle")
    click(qtbot, view, 50, 50)
    assert not red.can_undo()
    spots = [view.surface.view.to_screen(QPointF(*at)).toPoint() for at in ((20, 20), (90, 90))]
    qtbot.mousePress(view.surface, LEFT, pos=spots[0])
    qtbot.mouseMove(view.surface, spots[1])
    assert red.draft is not None
    qtbot.keyClick(view.surface, Qt.Key.Key_Escape)
    qtbot.mouseRelease(view.surface, LEFT, pos=spots[1])
    assert red.draft is None
    assert not red.can_undo()


def test_a_silhouette_is_filled_between_clicked_corners(qtbot, view, red):
    red.set_tool("polygon_fill")
    for x, y in ((20, 20), (120, 20), (70, 120)):
        click(qtbot, view, x, y)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    assert tuple(composite(red)[40, 70]) == RED
    assert tuple(composite(red)[100, 30]) == (255, 255, 255, 255)
    assert red.selection is None


def test_a_mass_of_color_is_drawn_in_one_gesture(qtbot, view, red):
    red.select(QRect(0, 0, 100, 160))
    red.set_tool("lasso_fill")
    drag(qtbot, view.surface, (20, 20), (150, 20), (150, 120), (20, 120))
    seen = composite(red)
    assert tuple(seen[60, 60]) == RED
    assert tuple(seen[60, 120]) == (255, 255, 255, 255)  # beside the selection
    assert red.selected == QRect(0, 0, 100, 160)
    red.undo()
    assert (composite(red) == 255).all()


def test_the_bucket_fills_what_hangs_together(qtbot, view, red):
    wall = np.zeros((160, 4, 4), np.uint8)
    wall[...] = (0, 0, 0, 255)
    red.add_layer("Wall", wall, QPoint(100, 0))
    red.set_active(red.document.layers[0].id)
    red.set_tool("bucket")
    click(qtbot, view, 30, 30)
    seen = composite(red)
    assert (seen[:, :100] == RED).all()
    assert (seen[:, 104:] == 255).all()
    red.undo()
    red.set_wand(all_layers=False)
    click(qtbot, view, 30, 30)
    assert (composite(red)[:, 104:] == RED).all()


def test_a_gradient_runs_between_both_colors_within_the_selection(qtbot, view, red):
    red.select(QRect(20, 20, 160, 100))
    red.set_tool("gradient")
    drag(qtbot, view.surface, (20, 60), (100, 60), (180, 60))
    row = composite(red)[60]
    assert tuple(row[10]) == (255, 255, 255, 255)
    assert row[22, 0] > 190
    assert row[178, 2] > 190
    assert abs(int(row[100, 0]) - 100) < 4
    red.undo()
    gradient = view.options.options.gradient
    gradient.end.changed.emit(True)
    gradient.shape.changed.emit(True)
    drag(qtbot, view.surface, (100, 70), (140, 70))
    seen = composite(red)
    assert abs(int(seen[70, 120, 1]) - (255 + 20) // 2) < 8
    assert tuple(seen[70, 145]) == (255, 255, 255, 255)


def test_opacity_of_the_bar_counts(qtbot, view, red):
    red.set_tool("rectangle")
    view.options.options.opacity.field.changed.emit(50.0)
    drag(qtbot, view.surface, (40, 30), (120, 100))
    assert abs(int(composite(red)[60, 60, 1]) - 138) <= 1


def test_alt_takes_a_color_with_shapes_too(qtbot, view, red):
    red.set_tool("bucket")
    drag(qtbot, view.surface, (20, 20), modifier=ALT)
    assert red.color == QColor(255, 255, 255)
    assert not red.can_undo()


def test_a_locked_layer_says_why_it_is_not_filled(qtbot, view, red, session):
    red.document.set_locked(red.active, True)
    red.set_tool("rectangle")
    drag(qtbot, view.surface, (40, 30), (120, 100))
    assert "locked" in str(session.errors[0])
    assert (composite(red) == 255).all()


def test_shapes_are_laid_on_the_mask_that_is_painted(qtbot, view, red):
    red.add_mask()
    assert red.paints_mask
    red.set_color(QColor(0, 0, 0))
    red.set_tool("rectangle")
    drag(qtbot, view.surface, (40, 30), (120, 100))
    assert (composite(red)[30:100, 40:120, 3] == 0).all()
    assert (composite(red)[:30, :, 3] == 255).all()
    assert (red.layer.tiles.read(red.document.bounds) == 255).all()


def test_x_swaps_the_colors_and_d_makes_them_black_and_white(qtbot, view, red):
    qtbot.keyClick(view.surface, "X")
    assert red.color == QColor(0, 0, 200)
    assert red.background == QColor(200, 20, 20)
    qtbot.keyClick(view.surface, "D")
    assert (red.color, red.background) == (QColor(0, 0, 0), QColor(255, 255, 255))
    shown = view.tools.well.grab().toImage()
    assert shown.pixelColor(10, 10) == QColor(0, 0, 0)
    assert shown.pixelColor(24, 24) == QColor(255, 255, 255)


def test_the_swatch_behind_chooses_the_background(qtbot, view, red):
    qtbot.mouseClick(view.tools.well, LEFT, pos=QPoint(24, 24))
    view.tools.well.dialog.setCurrentColor(QColor(1, 2, 3))
    assert red.background == QColor(1, 2, 3)
    view.tools.well.dialog.reject()
    assert red.background == QColor(0, 0, 200)
