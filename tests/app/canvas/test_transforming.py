"""Transforming on the real surface: handles, numbers, keys, and one step that takes it back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor

from app.canvas.transform_box import Box
from engine.canvas.core import Guide
from engine.canvas.rect import Rect
from tests.app.canvas.hand import pull
from tests.app.canvas.test_painting import LEFT, composite

RED = (200, 20, 20, 255)
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def boxed(view, state):
    """A red rectangle of 40 x 20 at (60, 50) on a layer of its own, in the transform."""
    pixels = np.full((20, 40, 4), RED, np.uint8)
    pixels[:10, :10] = (0, 0, 250, 255)  # so that a turn can be told
    state.add_layer("shape", pixels, QPointF(60, 50).toPoint())
    state.set_transforming(resampling="nearest")
    state.set_tool("transform")
    assert state.transform is not None
    return state


def red(state) -> QRect:
    """Where the red is."""
    seen = composite(state)
    rows, columns = np.nonzero(seen[..., 1] < 128)
    return QRect(
        int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    )


def test_a_corner_scales_in_proportion_and_enter_makes_one_step(qtbot, view, boxed):
    before = composite(boxed)
    pull(view.surface, (100, 70), (120, 80), (140, 90))
    shown = view.surface.grab().toImage()
    spot = view.surface.view.to_screen(QPointF(130, 85)).toPoint()
    assert shown.pixelColor(spot).getRgb() == RED  # already before it is kept
    assert (composite(boxed) == before).all()
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    assert boxed.transform is None
    assert boxed.tool == "brush"
    assert red(boxed) == QRect(60, 50, 80, 40)
    assert tuple(composite(boxed)[65, 75]) == (0, 0, 250, 255)
    boxed.undo()
    assert (composite(boxed) == before).all()


def test_escape_gives_up_and_so_does_undo(qtbot, view, boxed):
    before = composite(boxed)
    pull(view.surface, (80, 60), (100, 90))
    assert boxed.transform.box.place == (80, 80)
    qtbot.keyClick(view.surface, Qt.Key.Key_Escape)
    assert boxed.transform is None
    assert (composite(boxed) == before).all()
    boxed.set_tool("transform")
    boxed.undo()
    assert boxed.transform is None
    assert (composite(boxed) == before).all()


def test_shift_frees_the_proportions_and_alt_keeps_the_middle(qtbot, view, boxed):
    pull(view.surface, (100, 70), (130, 75), modifier=SHIFT)
    assert boxed.transform.box.size == (70, 25)
    boxed.set_box(Box.around(boxed.transform.lifted.bounds))
    pull(view.surface, (100, 60), (110, 60), modifier=Qt.KeyboardModifier.AltModifier)
    assert boxed.transform.box.place == (50, 50)
    assert boxed.transform.box.size == (60, 20)


def test_a_drag_beside_the_box_turns_it(qtbot, view, boxed):
    # From the right of the middle to below it is a quarter turn.
    pull(view.surface, (150, 60), (140, 100), (80, 130), modifier=SHIFT)
    assert boxed.transform.box.angle == pytest.approx(90)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    assert red(boxed) == QRect(70, 40, 20, 40)
    assert tuple(composite(boxed)[42, 88]) == (0, 0, 250, 255)


def test_ctrl_distorts_a_corner(qtbot, view, boxed):
    pull(view.surface, (60, 50), (50, 30), modifier=CTRL)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    where = red(boxed)
    assert abs(where.left() - 50) <= 2
    assert abs(where.top() - 30) <= 2
    assert (where.right(), where.bottom()) == (99, 69)


def test_numbers_and_buttons_change_the_box(qtbot, view, boxed):
    options = view.options.options.transform
    assert options.isVisible()
    options.width_field.changed.emit(80.0)
    assert boxed.transform.box.size == pytest.approx((80, 20))
    options.left.changed.emit(10.0)
    assert boxed.transform.box.place == pytest.approx((10, 50))
    options.angle.changed.emit(90.0)
    assert boxed.transform.box.angle == pytest.approx(90)
    assert options.angle.value == 90
    boxed.set_box(Box.around(boxed.transform.lifted.bounds))
    qtbot.mouseClick(options.turns[1], LEFT)
    qtbot.mouseClick(options.turns[2], LEFT)
    qtbot.mouseClick(options.keep, LEFT)
    assert red(boxed) == QRect(70, 40, 20, 40)
    # Turned right the blue corner lies at the top right, mirrored at the top left.
    assert tuple(composite(boxed)[42, 72]) == (0, 0, 250, 255)


def test_only_what_is_selected_is_transformed(qtbot, view, boxed):
    boxed.end_transform()
    boxed.select(QRect(60, 50, 10, 10))
    boxed.set_tool("transform")
    pull(view.surface, (65, 55), (85, 95))
    shown = view.surface.grab().toImage()
    spot = view.surface.view.to_screen(QPointF(65, 55)).toPoint()
    assert shown.pixelColor(spot) == QColor(255, 255, 255)  # it has left its place
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    seen = composite(boxed)
    assert tuple(seen[95, 85]) == (0, 0, 250, 255)
    assert tuple(seen[55, 65]) == (255, 255, 255, 255)
    assert tuple(seen[65, 65]) == RED
    assert boxed.selected == QRect(80, 90, 10, 10)
    assert boxed.document.history.steps[-1].what == "Transform"


def test_arrows_move_and_a_whole_move_keeps_the_tiles(qtbot, view, boxed):
    layer = boxed.layer
    tiles = layer.tiles
    for _ in range(3):
        qtbot.keyClick(view.surface, Qt.Key.Key_Right)
    boxed.set_tool("brush")  # another tool keeps what is shown
    assert boxed.transform is None
    assert boxed.tool == "brush"
    assert layer.tiles is tiles
    assert red(boxed) == QRect(63, 50, 40, 20)


def test_choosing_another_layer_keeps_the_transform(qtbot, view, boxed):
    qtbot.keyClick(view.surface, Qt.Key.Key_Down)
    boxed.set_active(boxed.document.layers[0].id)
    assert boxed.transform is None
    assert red(boxed) == QRect(60, 51, 40, 20)


def test_an_empty_or_locked_layer_is_told_and_the_tool_is_put_away(session, view, state):
    state.add_layer("empty")
    state.set_tool("transform")
    assert state.transform is None
    assert state.tool == "brush"
    assert "nothing" in str(session.errors[-1])


def test_what_lies_above_stays_above_while_it_moves(qtbot, view, boxed):
    boxed.end_transform()
    below = boxed.active
    boxed.add_layer("above", np.full((160, 100, 4), (0, 200, 0, 255), np.uint8))
    boxed.set_active(below)
    boxed.set_tool("transform")
    pull(view.surface, (80, 60), (81, 60))
    shown = view.surface.grab().toImage()
    spot = view.surface.view.to_screen(QPointF(80, 60)).toPoint()
    assert shown.pixelColor(spot) == QColor(0, 200, 0)


def test_ways_of_handles_are_what_they_say():
    box = Box.around(Rect(0, 0, 100, 50))
    assert box.skewed("n", np.array((10.0, 7.0))).corners.tolist() == [
        [10, 0],
        [110, 0],
        [100, 50],
        [0, 50],
    ]
    tapered = box.in_perspective("nw", np.array((20.0, 3.0))).corners.tolist()
    assert tapered == [[20, 0], [80, 0], [100, 50], [0, 50]]
    assert box.distorted("se", np.array((4.0, 5.0))).corners.tolist()[2] == [104, 55]
    mirrored = box.scaled("e", np.array((-100.0, 25.0)), free=False, centered=False)
    assert mirrored.corners.tolist() == [[0, 0], [-100, 0], [-100, 50], [0, 50]]
    assert box.quarter(1).corners[0].tolist() == [75, -25]


def test_the_action_gives_the_stage_the_keyboard(qtbot, view, boxed):
    boxed.end_transform()
    view.panel.setFocus()
    known = {action.id: action for action in view.actions()}
    known["canvas.transform"].run()
    assert boxed.transform is not None
    assert view.focusWidget() is view.surface


def test_a_box_snaps_to_guides_and_to_the_middle(view, boxed):
    boxed.set_guides([Guide("x", 150)])
    pull(view.surface, (80, 60), (126, 62))  # the right edge comes to 146
    assert boxed.transform.box.place[0] == 110
    assert boxed.transform.box.place[1] == 52
    pull(view.surface, (130, 62), (130, 87))  # the upper edge comes to 77
    assert boxed.transform.box.place[1] == 80


def test_without_a_layer_the_tool_is_put_away(view, state):
    state.remove_layers()
    state.set_tool("transform")
    assert state.tool == "brush"
