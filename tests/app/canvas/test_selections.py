"""Selections: drawn on the real surface, joined, moved and changed; what they look like."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication

from engine.canvas import mask_text
from engine.canvas.rect import Rect
from tests.app.canvas.test_painting import LEFT, composite, drag

SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


def mask(state) -> np.ndarray:
    assert state.selection is not None
    return state.selection.read(Rect(0, 0, 200, 160))


def take(qtbot, view, tool: str) -> None:
    view.state.set_tool(tool)


def click(qtbot, view, x: float, y: float, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    spot = view.surface.view.to_screen(QPointF(x, y)).toPoint()
    qtbot.mouseClick(view.surface, LEFT, modifier, spot)


def test_an_ellipse_is_drawn(qtbot, view, state):
    qtbot.mouseClick(view.tools.buttons["select"], LEFT)
    qtbot.mouseClick(view.options.options.variants["select"].buttons["select_ellipse"], LEFT)
    drag(qtbot, view.surface, (20, 30), (120, 110))
    drawn = mask(state)
    assert state.selected == QRect(20, 30, 100, 80)
    assert drawn[70, 70] == 255
    assert drawn[31, 22] == 0
    assert abs(int((drawn > 127).sum()) - np.pi * 50 * 40) < 60


def test_the_column_brings_back_the_tool_used_last_of_a_place(qtbot, view, state):
    state.set_tool("polygon")
    state.set_tool("brush")
    qtbot.mouseClick(view.tools.buttons["lasso"], LEFT)
    assert state.tool == "polygon"
    qtbot.keyClick(view.surface, "L")
    assert state.tool == "lasso"
    qtbot.keyClick(view.surface, "W")
    assert state.tool == "wand"


def test_shift_adds_alt_takes_away_both_intersect(qtbot, view, state):
    state.set_tool("select")
    drag(qtbot, view.surface, (20, 20), (60, 60))
    drag(qtbot, view.surface, (100, 20), (140, 60), modifier=SHIFT)
    assert mask(state)[40, 40] == mask(state)[40, 120] == 255
    assert mask(state)[40, 80] == 0
    drag(qtbot, view.surface, (110, 10), (150, 70), modifier=ALT)
    assert mask(state)[40, 105] == 255
    assert mask(state)[40, 120] == 0
    drag(qtbot, view.surface, (10, 10), (40, 150), modifier=SHIFT | ALT)
    assert state.selected == QRect(20, 20, 20, 40)
    for expected in (105, 120, 40):
        state.undo()
        assert mask(state)[40, expected] == 255


@pytest.mark.parametrize(
    ("how", "inside", "outside"), [("add", 15, 100), ("subtract", 25, 45), ("intersect", 45, 25)]
)
def test_the_buttons_of_the_bar_join_without_keys(qtbot, view, state, how, inside, outside):
    state.select(QRect(20, 20, 40, 40))
    state.set_tool("select")
    qtbot.mouseClick(view.options.options.joinings.buttons[how], LEFT)
    if how == "add":
        drag(qtbot, view.surface, (5, 30), (19, 50))
    else:
        drag(qtbot, view.surface, (40, 10), (80, 80))
    assert mask(state)[40, inside] == 255
    assert mask(state)[40, outside] == 0


def test_shift_makes_it_square_where_there_is_nothing_to_add_to(qtbot, view, state):
    state.set_tool("select")
    spots = [view.surface.view.to_screen(QPointF(*at)) for at in ((20, 20), (60, 100))]
    for kind, spot in (
        (QEvent.Type.MouseButtonPress, spots[0]),
        (QEvent.Type.MouseMove, spots[1]),
        (QEvent.Type.MouseButtonRelease, spots[1]),
    ):
        there = QPointF(view.surface.mapToGlobal(spot.toPoint()))
        QApplication.sendEvent(view.surface, QMouseEvent(kind, spot, there, LEFT, LEFT, SHIFT))
    assert state.selected == QRect(20, 20, 80, 80)


def test_a_lasso_follows_the_hand(qtbot, view, state):
    state.set_tool("lasso")
    drag(qtbot, view.surface, (20, 20), (120, 20), (120, 100), (70, 60), (20, 100))
    drawn = mask(state)
    assert drawn[40, 70] == 255
    assert drawn[90, 70] == 0
    assert state.can_undo()
    state.undo()
    assert state.selection is None


def test_a_polygon_takes_corners_back_and_closes(qtbot, view, state):
    state.set_tool("polygon")
    for x, y in ((20, 20), (120, 20), (180, 150), (120, 100)):
        click(qtbot, view, x, y)
    qtbot.keyClick(view.surface, Qt.Key.Key_Backspace)
    assert state.selection is None
    qtbot.keyClick(view.surface, Qt.Key.Key_Backspace)
    click(qtbot, view, 120, 100)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    assert state.draft is None
    assert state.selected == QRect(20, 20, 100, 80)
    assert mask(state)[90, 160] == 0
    assert mask(state)[30, 110] == 255


def test_a_double_click_closes_a_polygon_and_escape_gives_it_up(qtbot, view, state):
    state.set_tool("polygon")
    for x, y in ((20, 20), (120, 20)):
        click(qtbot, view, x, y)
    qtbot.keyClick(view.surface, Qt.Key.Key_Escape)
    assert state.draft is None
    for x, y in ((20, 20), (120, 20), (120, 100)):
        click(qtbot, view, x, y)
    spot = view.surface.view.to_screen(QPointF(120, 100)).toPoint()
    qtbot.mouseDClick(view.surface, LEFT, pos=spot)
    assert state.draft is None
    assert mask(state)[30, 110] == 255


def test_another_tool_gives_up_what_was_begun(qtbot, view, state):
    state.set_tool("polygon")
    click(qtbot, view, 20, 20)
    click(qtbot, view, 80, 20)
    assert state.draft is not None
    state.set_tool("brush")
    assert state.draft is None
    state.set_tool("polygon")
    click(qtbot, view, 100, 100)
    assert len(state.draft.points) == 2


def test_a_drag_inside_moves_the_outline_as_one_step(qtbot, view, state):
    state.set_tool("select_ellipse")
    drag(qtbot, view.surface, (20, 20), (80, 80))
    before = mask(state)
    picture = composite(state)
    drag(qtbot, view.surface, (50, 50), (60, 60), (90, 75))
    assert state.selected == QRect(60, 45, 60, 60)
    assert (mask(state)[45:105, 60:120] == before[20:80, 20:80]).all()
    assert (composite(state) == picture).all()
    state.undo()
    assert (mask(state) == before).all()


def test_the_wand_selects_by_color(qtbot, view, state):
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[...] = (200, 30, 30, 255)
    state.add_layer("Roof", pixels, QPoint(30, 30))
    state.add_layer("Door", pixels[:10, :10], QPoint(120, 30))
    state.set_tool("wand")
    click(qtbot, view, 50, 50)
    assert state.selected == QRect(30, 30, 40, 40)
    click(qtbot, view, 122, 32, SHIFT)
    assert mask(state)[50, 50] == mask(state)[35, 125] == 255
    wand = view.options.options.wand
    assert wand.isVisible()
    qtbot.mouseClick(wand.contiguous, LEFT, pos=QPoint(6, wand.contiguous.height() // 2))
    assert not state.wand.contiguous
    click(qtbot, view, 50, 50)
    assert state.selected == QRect(30, 30, 100, 40)
    qtbot.mouseClick(wand.all_layers, LEFT, pos=QPoint(6, wand.all_layers.height() // 2))
    click(qtbot, view, 50, 50)  # transparent there, as all of the layer but the door
    assert mask(state)[50, 50] == 255
    assert mask(state)[35, 125] == 0


def test_a_color_range_is_picked_and_shown_before_it_is_taken(qtbot, view, state):
    pixels = np.zeros((80, 100, 4), np.uint8)
    pixels[...] = (20, 160, 40, 255)
    state.add_layer("Grass", pixels, QPoint(0, 80))
    view.selecting.ask_range()
    dialog = view.selecting.dialog
    place = dialog.picture.place()
    spot = QPointF(place.left() + place.width() * 0.25, place.top() + place.height() * 0.75)
    qtbot.mouseClick(dialog.picture, LEFT, pos=spot.toPoint())
    assert dialog.colors == [(20, 160, 40, 255)]
    shown = dialog.shown_mask.grab().toImage()
    assert shown.pixelColor(spot.toPoint()).red() > 250
    assert shown.pixelColor(int(place.center().x()), int(place.top()) + 10).red() < 5
    qtbot.mouseClick(dialog.select_button, LEFT)
    assert state.selected == QRect(0, 80, 100, 80)


def test_the_edge_grows_shrinks_and_fades_by_the_number_in_the_bar(qtbot, view, state):
    edge = view.options.options.edge
    state.set_tool("select")
    assert not edge.grow.isEnabled()
    state.select(QRect(60, 60, 40, 40))
    edge.distance.set_value(6)
    qtbot.mouseClick(edge.grow, LEFT)
    assert state.selected == QRect(54, 54, 52, 52)
    qtbot.mouseClick(edge.shrink, LEFT)
    assert state.selected == QRect(60, 60, 40, 40)
    qtbot.mouseClick(edge.feather, LEFT)
    assert 0 < mask(state)[80, 55] < 128
    assert mask(state)[80, 80] > 250
    for _ in range(3):
        state.undo()
    assert state.selected == QRect(60, 60, 40, 40)


def test_invert_none_and_again(view, state):
    state.select(QRect(60, 60, 40, 40))
    state.invert_selection()
    assert mask(state)[70, 70] == 0
    assert mask(state)[0, 0] == 255
    state.select(None)
    assert state.can_reselect()
    state.reselect()
    assert mask(state)[0, 0] == 255
    assert not state.can_reselect()


def test_painting_keeps_to_a_selection_that_is_no_rectangle(qtbot, view, state):
    state.set_tool("select_ellipse")
    drag(qtbot, view.surface, (50, 30), (150, 130))
    state.set_tool("brush")
    state.set_color(QColor(0, 0, 0))
    state.set_brush(size=200, hardness=1.0)
    drag(qtbot, view.surface, (100, 80), (104, 80))
    inside = mask(state)
    painted = composite(state)[..., 0]
    assert (painted[inside == 0] == 255).all()
    assert (painted[inside == 255] == 0).all()


def test_the_outline_is_drawn_where_the_edge_is(view, state):
    state.select(QRect(60, 40, 80, 60))
    surface = view.surface
    dark_or_light = set()
    shown = surface.grab().toImage()
    box = surface.view.rect_to_screen(QRect(60, 40, 80, 60)).toRect()
    for x in range(box.left() + 12, box.right() - 12):
        dark_or_light.add(shown.pixelColor(x, box.top()).value() < 128)
    assert dark_or_light == {True, False}
    assert shown.pixelColor(box.center()) == QColor(255, 255, 255)


def test_only_the_edge_is_painted_again_while_it_marches(view, state):
    state.select(QRect(10, 10, 180, 140))
    region = view.surface._scene.ants.region()
    middle = view.surface.view.to_screen(QPointF(100, 80)).toPoint()
    corner = view.surface.view.to_screen(QPointF(10, 10)).toPoint()
    assert region.contains(corner)
    assert not region.contains(middle)


def test_the_repaint_gets_the_true_mask(qtbot, view, state, session):
    state.set_tool("select_ellipse")
    drag(qtbot, view.surface, (50, 30), (150, 130))
    view.repainting.start()
    request = session.bridge.submitted[-1].request
    written = mask_text.from_text(request.mask)
    shown = Rect(*request.origin, written.shape[1], written.shape[0])
    assert (written == mask(state)[shown.slices]).all()
    assert not np.delete(mask(state), np.s_[shown.y : shown.bottom], 0).any()
    assert request.rect == (50, 30, 100, 100)


def test_a_rectangle_needs_no_mask_for_the_repaint(view, state, session):
    state.select(QRect(50, 30, 60, 40))
    view.repainting.start()
    request = session.bridge.submitted[-1].request
    assert request.mask is None
    assert request.rect == (50, 30, 60, 40)
