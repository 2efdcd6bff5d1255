"""The history panel: steps by name, going there by clicks, and snapshots."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLineEdit

from app.canvas.history_list import STEP_ICONS
from app.i18n import language, set_language
from app.theme import color
from engine.canvas import storage
from tests.app.canvas.test_layer_tree import LEFT
from tests.app.canvas.test_painting import drag


@pytest.fixture
def history(qtbot, view):
    view.beneath.show_history(True)
    return view.history


def stroke(qtbot, view, y, rgb=(0, 0, 0)):
    view.state.set_brush(size=10, hardness=1.0)
    view.state.set_color(QColor(*rgb))
    drag(qtbot, view.surface, (40, y), (120, y))


def go(qtbot, history, row):
    rect = history.steps.visualRect(history.steps.rows.index(row))
    qtbot.mouseClick(history.steps.viewport(), LEFT, pos=rect.center())


def words(history):
    rows = history.steps.rows
    return [rows.index(row).data() for row in range(rows.rowCount())]


def test_a_click_goes_to_a_step_and_dims_what_is_undone(qtbot, view, state, history):
    states = [state.document.composite()]
    for y in (40, 60, 80):
        stroke(qtbot, view, y)
        states.append(state.document.composite())
    assert words(history) == ["Brush stroke", "Brush stroke", "Brush stroke", "Opened"]
    for row in (2, 0, 3, 1):
        go(qtbot, history, row)
        assert (state.document.composite() == states[3 - row]).all()
        assert history.steps.currentIndex().row() == row
    picture = history.steps.viewport().grab().toImage()
    rect = history.steps.visualRect(history.steps.rows.index(1))
    assert picture.pixelColor(rect.topLeft() + QPoint(3, 3)) == color("acc_wash")
    assert brightest(picture, history, 0) < brightest(picture, history, 2)


def brightest(picture, history, row):
    """How light the name of a step is."""
    rect = history.steps.visualRect(history.steps.rows.index(row))
    line = [(x, y) for x in range(36, 130) for y in range(rect.top() + 4, rect.bottom() - 4)]
    return max(picture.pixelColor(x, y).lightness() for x, y in line)


def test_another_stroke_takes_the_place_of_what_was_undone(qtbot, view, state, history):
    for y in (40, 60):
        stroke(qtbot, view, y)
    go(qtbot, history, 2)
    state.set_tool("eraser")
    drag(qtbot, view.surface, (40, 90), (60, 90))
    assert words(history) == ["Erase", "Opened"]


def test_two_hundred_steps_and_more_are_listed(qtbot, view, state, history):
    for number in range(230):
        state.set_opacity(0.3 + (number % 7) / 10)
    assert len(words(history)) == 231
    state.go_to(5)
    assert history.steps.currentIndex().row() == 225
    assert state.document.history.position == 5
    assert history.header.count.text().startswith("230 steps")


def test_names_follow_the_language(qtbot, view, state, history):
    before = language()
    stroke(qtbot, view, 40)
    set_language("zh_CN")
    try:
        assert words(history) == ["画笔", "已打开"]
    finally:
        set_language(before)


def test_a_snapshot_is_taken_gone_to_and_can_be_undone(qtbot, view, state, history):
    stroke(qtbot, view, 40, (255, 0, 0))
    then = state.document.composite()
    qtbot.mouseClick(history.camera, LEFT)
    stroke(qtbot, view, 80)
    later = state.document.composite()
    snapshots = history.snapshots
    assert snapshots.isVisible()
    place = snapshots.visualRect(snapshots.rows.index(0))
    shown = snapshots.viewport().grab().toImage()
    reds = [shown.pixelColor(x, y) for x in range(12, 56) for y in range(4, 36)]
    assert any(one.red() > 200 and one.green() < 120 for one in reds)
    qtbot.mouseClick(snapshots.viewport(), LEFT, pos=place.center())
    assert (state.document.composite() == then).all()
    assert words(history)[0] == "Go to snapshot"
    state.undo()
    assert (state.document.composite() == later).all()


def test_snapshots_are_renamed_let_go_and_saved(qtbot, view, state, session, history):
    for _ in range(2):
        qtbot.mouseClick(history.camera, LEFT)
    snapshots = history.snapshots
    snapshots.setFocus()
    snapshots.setCurrentIndex(snapshots.rows.index(0))
    qtbot.keyClick(snapshots, Qt.Key.Key_F2)
    editor = snapshots.findChild(QLineEdit)
    editor.setText("Before the crown")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: state.document.snapshots[1].name == "Before the crown")
    snapshots.setCurrentIndex(snapshots.rows.index(1))
    qtbot.keyClick(snapshots, Qt.Key.Key_Delete)
    assert [one.name for one in state.document.snapshots] == ["Before the crown"]
    assert state.modified
    view.commands.save()
    kept = storage.load(state.path).snapshots
    assert [one.name for one in kept] == ["Before the crown"]


def test_layers_and_history_are_tabs_where_there_is_no_room_for_both(qtbot, view, qapp):
    beneath = view.beneath
    beneath.show_history(False)
    beneath.resize(344, 700)
    assert view.layers.isVisible()
    assert view.history.isVisible()
    assert not view.layers.other.isVisible()
    beneath.resize(304, 400)
    assert view.layers.isVisible()
    assert not view.history.isVisible()
    qtbot.mouseClick(view.layers.other, LEFT)
    assert view.history.isVisible()
    assert not view.layers.isVisible()
    qtbot.mouseClick(view.history.other, LEFT)
    assert view.layers.isVisible()


def test_every_kind_of_step_has_an_icon_that_exists(qapp):
    from app.theme import icons

    for name in STEP_ICONS.values():
        assert not icons.pixmap(name, 14).isNull()
