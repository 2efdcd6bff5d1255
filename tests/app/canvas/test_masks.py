"""Masks: added, painted, shown alone, turned off, applied, with real clicks on their thumbnails."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor

from app.theme import color
from tests.app.canvas.test_layer_tree import ALT, LEFT, SHIFT, click, named, row, seen
from tests.app.canvas.test_painting import drag


@pytest.fixture
def masked(qtbot, view, state):
    """A red layer over all with an empty mask that is painted next."""
    state.add_layer("Red", np.full((160, 200, 4), (255, 0, 0, 255), np.uint8))
    state.set_brush(size=20, hardness=1.0)
    qtbot.mouseClick(view.layers.mask_button, LEFT)
    return state


def mask_spot(view):
    """Places on the screen: the edge of the mask's thumbnail, and its middle."""
    from app.canvas.layer_rows import RowPlaces

    rect = RowPlaces(named(view.state, "Red")).mask.translated(row(view, "Red").topLeft())
    return QPoint(rect.left() - 1, rect.center().y()), rect.center()


def on_stage(view, x, y):
    spot = view.surface.view.to_screen(QPointF(x + 0.5, y + 0.5)).toPoint()
    return view.surface.grab().toImage().pixelColor(spot)


def test_a_new_mask_is_painted_and_framed_in_the_accent(qtbot, view, masked):
    assert masked.paints_mask
    assert not view.layers.mask_button.isEnabled()
    edge, middle = mask_spot(view)
    assert seen(view, edge) == color("acc")
    assert seen(view, middle) == QColor(255, 255, 255)
    masked.set_color(QColor(0, 0, 0))
    drag(qtbot, view.surface, (90, 80), (110, 80))
    assert on_stage(view, 95, 80) == QColor(255, 255, 255)
    assert (masked.layer.pixels(masked.document.bounds)[..., 3] == 255).all()
    assert seen(view, middle) == QColor(0, 0, 0)
    masked.undo()
    assert on_stage(view, 95, 80) == QColor(255, 0, 0)
    assert seen(view, middle) == QColor(255, 255, 255)


def test_the_eraser_hides_by_the_mask_and_white_brings_back(qtbot, view, masked):
    masked.set_tool("eraser")
    drag(qtbot, view.surface, (40, 80), (160, 80))
    assert on_stage(view, 95, 80) == QColor(255, 255, 255)
    masked.set_tool("brush")
    masked.set_color(QColor(255, 255, 255))
    drag(qtbot, view.surface, (100, 80), (120, 80))
    assert on_stage(view, 105, 80) == QColor(255, 0, 0)
    assert on_stage(view, 50, 80) == QColor(255, 255, 255)


def test_clicks_on_the_thumbnails_choose_what_is_painted(qtbot, view, masked):
    click(qtbot, view, "Red", "picture")
    assert not masked.paints_mask
    assert seen(view, mask_spot(view)[0]) != color("acc")
    masked.set_color(QColor(0, 0, 255))
    drag(qtbot, view.surface, (90, 80), (110, 80))
    assert on_stage(view, 95, 80) == QColor(0, 0, 255)
    click(qtbot, view, "Red", "mask")
    assert masked.paints_mask
    click(qtbot, view, "Background")
    assert not masked.paints_mask


def test_a_mask_begins_with_the_selection(qtbot, view, state):
    state.add_layer("Red", np.full((160, 200, 4), (255, 0, 0, 255), np.uint8))
    state.select(QRect(50, 40, 100, 80))
    qtbot.mouseClick(view.layers.mask_button, LEFT)
    state.select(None)
    assert on_stage(view, 95, 80) == QColor(255, 0, 0)
    assert on_stage(view, 20, 20) == QColor(255, 255, 255)


def test_shift_click_turns_the_mask_off_with_a_red_cross(qtbot, view, masked):
    masked.clear_selection_pixels()
    assert on_stage(view, 95, 80) == QColor(255, 255, 255)
    assert seen(view, mask_spot(view)[1]) == QColor(0, 0, 0)
    click(qtbot, view, "Red", "mask", SHIFT)
    assert on_stage(view, 95, 80) == QColor(255, 0, 0)
    cross = seen(view, mask_spot(view)[1])
    assert cross.red() > 150
    assert cross.red() > 1.3 * cross.green()
    click(qtbot, view, "Red", "mask", SHIFT)
    assert on_stage(view, 95, 80) == QColor(255, 255, 255)


def test_alt_click_shows_the_mask_alone_on_the_stage(qtbot, view, masked):
    masked.select(QRect(0, 0, 100, 160))
    masked.clear_selection_pixels()
    masked.select(None)
    click(qtbot, view, "Red", "mask", ALT)
    assert on_stage(view, 20, 80) == QColor(0, 0, 0)
    assert on_stage(view, 150, 80) == QColor(255, 255, 255)
    masked.set_tool("eraser")
    drag(qtbot, view.surface, (150, 80), (160, 80))
    assert on_stage(view, 155, 80) == QColor(0, 0, 0)
    click(qtbot, view, "Red", "mask", ALT)
    assert on_stage(view, 180, 20) == QColor(255, 0, 0)
    click(qtbot, view, "Red", "mask", ALT)
    click(qtbot, view, "Background")
    assert on_stage(view, 180, 20) == QColor(255, 0, 0)


def test_delete_on_the_stage_hides_by_a_painted_mask_and_spares_the_pixels(qtbot, view, masked):
    masked.select(QRect(10, 10, 40, 40))
    qtbot.keyClick(view.surface, Qt.Key.Key_Delete)
    assert on_stage(view, 30, 30) == QColor(255, 255, 255)
    assert (masked.layer.pixels(masked.document.bounds)[..., 3] == 255).all()
    click(qtbot, view, "Red", "picture")
    qtbot.keyClick(view.surface, Qt.Key.Key_Delete)
    assert not masked.layer.pixels(masked.document.bounds)[10:50, 10:50, 3].any()


def test_a_mask_is_inverted_applied_and_deleted_from_the_menu(qtbot, view, masked):
    masked.select(QRect(0, 0, 100, 160))
    masked.clear_selection_pixels()
    masked.select(None)

    def choose(text):
        view.layers.menu.open(row(view, "Red").center())
        menu = view.layers.menu.menu
        next(one for one in menu.actions() if one.text().split("\t")[0] == text).trigger()
        menu.close()

    choose("Invert mask")
    assert on_stage(view, 20, 80) == QColor(255, 0, 0)
    assert on_stage(view, 150, 80) == QColor(255, 255, 255)
    choose("Apply mask")
    assert masked.layer.mask is None
    assert not masked.layer.pixels(masked.document.bounds)[:, 100:, 3].any()
    assert on_stage(view, 20, 80) == QColor(255, 0, 0)
    masked.undo()
    choose("Delete mask")
    assert masked.layer.mask is None
    assert on_stage(view, 150, 80) == QColor(255, 0, 0)


def test_a_group_has_a_mask_that_can_be_painted(qtbot, view, state, session):
    state.add_layer("Red", np.full((160, 200, 4), (255, 0, 0, 255), np.uint8))
    state.group_layers()
    qtbot.mouseClick(view.layers.mask_button, LEFT)
    state.set_brush(size=20, hardness=1.0)
    state.set_tool("eraser")
    drag(qtbot, view.surface, (90, 80), (110, 80))
    assert session.errors == []
    assert on_stage(view, 95, 80) == QColor(255, 255, 255)
    assert not {one.id: one for one in view.actions()}["canvas.apply_mask"].enabled()
