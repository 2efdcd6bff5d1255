"""Groups, several chosen layers, modes and locks: real clicks on the list of layers."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox

from app.canvas.layer_keys import OpacityKeys
from app.canvas.layer_list import CLOSED
from app.canvas.layer_rows import EYE, RowPlaces
from app.canvas.layers_state import PASS_THROUGH
from app.theme import color
from engine.canvas.blending import MODES
from engine.canvas.layer import Group
from tests.app.canvas.test_painting import drag
from tests.app.canvas.test_repaint import begin, ready

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
ALT = Qt.KeyboardModifier.AltModifier


def shape(state):
    def told(node):
        if isinstance(node, Group):
            return (node.name, [told(child) for child in node.children])
        return node.name

    return [told(node) for node in state.document.root.children]


def named(state, name):
    return next(node for node in state.document.nodes() if node.name == name)


def row(view, name):
    return view.layers.list.visualRect(view.layers.model.index_of(named(view.state, name).id))


def click(qtbot, view, name, part="", modifier=NONE):
    """Click the row of a node, or a part of it."""
    rect = row(view, name)
    places = RowPlaces(named(view.state, name))
    spot = QPoint(places.text + 20, 20)
    if part:
        spot = EYE.center() if part == "eye" else getattr(places, part).center()
    qtbot.mouseClick(view.layers.list.viewport(), LEFT, modifier, rect.topLeft() + spot)


def seen(view, at):
    """The color of a pixel of the list as it is on the screen."""
    return view.layers.list.viewport().grab().toImage().pixelColor(at)


@pytest.fixture
def abc(state):
    """Three small squares over the white background: red A, green B, blue C."""
    for name, rgb in (("A", (255, 0, 0)), ("B", (0, 255, 0)), ("C", (0, 0, 255))):
        place = QPoint(20 * (ord(name) - 64), 20)
        state.add_layer(name, np.full((20, 20, 4), (*rgb, 255), np.uint8), place)
    return state


def test_chosen_layers_are_grouped_and_freed(qtbot, view, abc):
    click(qtbot, view, "A")
    click(qtbot, view, "C", modifier=CTRL)
    assert abc.document.node(abc.active).name == "C"
    before = abc.document.composite()
    qtbot.mouseClick(view.layers.group, LEFT)
    assert shape(abc) == ["Background", "B", ("Group 1", ["A", "C"])]
    assert (abc.document.composite() == before).all()
    assert abc.node.name == "Group 1"
    known = {action.id: action for action in view.actions()}
    known["canvas.ungroup"].run()
    assert shape(abc) == ["Background", "B", "A", "C"]
    assert len(view.layers.list.selectionModel().selectedIndexes()) == 2
    abc.undo()
    assert shape(abc) == ["Background", "B", ("Group 1", ["A", "C"])]


def test_shift_chooses_a_range_that_is_hidden_copied_and_deleted_at_once(qtbot, view, abc):
    click(qtbot, view, "A")
    click(qtbot, view, "C", modifier=SHIFT)
    steps = abc.document.history.position
    click(qtbot, view, "B", "eye")
    assert [node.visible for node in abc.document.nodes()] == [True, False, False, False]
    assert abc.document.history.position == steps + 1
    abc.duplicate_layers()
    assert shape(abc) == ["Background", "A", "A copy", "B", "B copy", "C", "C copy"]
    qtbot.mouseClick(view.layers.delete, LEFT)
    assert shape(abc) == ["Background", "A", "B", "C"]
    assert abc.document.history.position == steps + 3


def test_children_stand_to_the_right_and_groups_stay_closed_with_the_document(qtbot, view, abc):
    click(qtbot, view, "B")
    abc.group_layers()
    assert row(view, "B").left() == row(view, "A").left() + 22
    click(qtbot, view, "Group 1", "chevron")
    assert row(view, "B").isEmpty()
    group = named(abc, "Group 1").id
    assert abc.document.settings[CLOSED] == [group]
    document = abc.document
    abc.add_layer("New")
    assert row(view, "B").isEmpty()
    abc.open(document, None)
    assert row(view, "B").isEmpty()
    click(qtbot, view, "Group 1", "chevron")
    assert not row(view, "B").isEmpty()
    assert abc.document.settings[CLOSED] == []


def test_rows_are_dropped_into_a_group_and_out_of_it(qtbot, view, abc):
    click(qtbot, view, "B")
    abc.group_layers()
    model = view.layers.model
    group = model.index_of(named(abc, "Group 1").id)
    data = model.mimeData([model.index_of(named(abc, name).id) for name in ("C", "A")])
    before = abc.document.composite()
    model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, group)
    assert shape(abc) == ["Background", ("Group 1", ["B", "A", "C"])]
    assert (abc.document.composite() == before).all()
    data = model.mimeData([model.index_of(named(abc, "B").id)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, 1, 0, QModelIndex())
    assert shape(abc) == ["Background", "B", ("Group 1", ["A", "C"])]
    abc.undo()
    abc.undo()
    assert shape(abc) == ["Background", "A", ("Group 1", ["B"]), "C"]
    into_itself = model.mimeData([model.index_of(named(abc, "Group 1").id)])
    model.dropMimeData(
        into_itself, Qt.DropAction.MoveAction, 0, 0, model.index_of(named(abc, "Group 1").id)
    )
    assert shape(abc) == ["Background", "A", ("Group 1", ["B"]), "C"]


def test_the_list_shows_where_a_drop_would_go(qtbot, view, abc):
    """Round the whole group, or a line that begins where the row begins."""
    click(qtbot, view, "B")
    abc.group_layers()
    tree, model = view.layers.list, view.layers.model
    tree.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)  # this drag comes from nowhere
    data = model.mimeData([model.index_of(named(abc, "C").id)])

    def drag_to(at):
        for kind in (QDragEnterEvent, QDragMoveEvent):
            event = kind(at, Qt.DropAction.MoveAction, data, LEFT, NONE)
            QApplication.sendEvent(tree.viewport(), event)

    def drop(at):
        event = QDropEvent(QPointF(at), Qt.DropAction.MoveAction, data, LEFT, NONE)
        QApplication.sendEvent(tree.viewport(), event)

    group, inside = row(view, "Group 1"), row(view, "B")
    drag_to(group.center())
    assert seen(view, QPoint(1, group.center().y())) == color("acc")
    assert seen(view, QPoint(100, group.top() + 1)) == color("acc")
    drag_to(group.center())
    drop(QPoint(150, group.center().y()))
    assert shape(abc) == ["Background", "A", ("Group 1", ["B", "C"])]
    abc.undo()
    drag_to(QPoint(150, inside.bottom() - 1))
    assert seen(view, QPoint(inside.left() + 60, inside.bottom())) == color("acc")
    assert seen(view, QPoint(inside.left() - 8, inside.bottom())) != color("acc")
    assert seen(view, QPoint(1, group.center().y())) != color("acc")
    drop(QPoint(150, inside.bottom() - 1))
    assert shape(abc) == ["Background", "A", ("Group 1", ["C", "B"])]
    assert seen(view, QPoint(inside.left() + 60, inside.bottom())) != color("acc")


def test_painting_on_a_group_is_refused_and_says_what_to_choose(qtbot, view, abc, session):
    click(qtbot, view, "B")
    abc.group_layers()
    before = abc.document.composite()
    drag(qtbot, view.surface, (45, 25), (55, 25))
    assert (abc.document.composite() == before).all()
    assert "Choose one of its layers" in str(session.errors[-1])
    assert len(session.errors) == 1


def test_a_group_is_dragged_with_the_move_tool_as_one_step(qtbot, view, abc):
    click(qtbot, view, "A")
    click(qtbot, view, "B", modifier=SHIFT)
    abc.group_layers()
    steps = abc.document.history.position
    abc.set_tool("move")
    drag(qtbot, view.surface, (25, 25), (30, 30), (35, 65))
    assert abc.document.composite()[65, 35].tolist() == [255, 0, 0, 255]
    assert abc.document.composite()[65, 55].tolist() == [0, 255, 0, 255]
    assert abc.document.history.position == steps + 1
    abc.undo()
    assert abc.document.composite()[25, 25].tolist() == [255, 0, 0, 255]


def choose_mode(qtbot, view, text):
    mode: QComboBox = view.layers.mode
    mode.setCurrentIndex(mode.findText(text))
    mode.activated.emit(mode.currentIndex())


def test_the_mode_acts_on_the_picture_and_groups_can_pass_through(qtbot, view, abc):
    click(qtbot, view, "A")
    choose_mode(qtbot, view, "Difference")
    assert abc.document.composite()[25, 25].tolist() == [0, 255, 255, 255]
    mode = view.layers.mode
    assert mode.findText("Pass through") < 0
    abc.group_layers()
    assert mode.currentText() == "Pass through"
    choose_mode(qtbot, view, "Normal")
    assert abc.document.composite()[25, 25].tolist() == [255, 0, 0, 255]
    assert (abc.node.passes_through, abc.node.mode) == (False, "normal")
    choose_mode(qtbot, view, "Pass through")
    assert abc.document.composite()[25, 25].tolist() == [0, 255, 255, 255]


def test_the_chooser_has_all_modes_in_order_with_lines_between_the_kinds(view, abc):
    mode = view.layers.mode
    shown = [mode.itemText(index) for index in range(mode.count())]
    assert [text for text in shown if text] == [one.label for one in MODES.values()]
    role = Qt.ItemDataRole.AccessibleDescriptionRole
    lines = [n for n in range(mode.count()) if mode.itemData(n, role) == "separator"]
    assert [shown[line + 1] for line in lines] == [
        "Darken", "Lighten", "Overlay", "Difference", "Hue",
    ]  # fmt: skip


def test_shift_and_plus_or_minus_step_through_the_modes(qtbot, view, abc):
    click(qtbot, view, "C")
    qtbot.keyClick(view.surface, Qt.Key.Key_Plus, SHIFT)
    assert abc.node.mode == "darken"
    qtbot.keyClick(view.surface, Qt.Key.Key_Underscore, SHIFT)
    qtbot.keyClick(view.surface, Qt.Key.Key_Minus, SHIFT)
    assert abc.node.mode == "luminosity"
    abc.group_layers()
    qtbot.keyClick(view.surface, Qt.Key.Key_Plus, SHIFT)
    assert abc.node.mode == "normal"
    assert abc.mode != PASS_THROUGH


def test_digits_set_the_opacity_of_the_brush_or_else_of_the_layer(qtbot, view, abc):
    keys = abc.findChild(OpacityKeys)
    keys.pair.setInterval(10**6)  # nothing here hangs on how fast this machine is
    qtbot.keyClick(view.surface, "5")
    assert abc.brush.opacity == 0.5
    keys.pair.timeout.emit()
    abc.set_tool("move")
    steps = abc.document.history.position
    qtbot.keyClick(view.surface, "4")
    qtbot.keyClick(view.surface, "5")
    assert (abc.node.opacity, view.layers.opacity.value) == (0.45, 45)
    assert abc.document.history.position == steps + 1
    keys.pair.timeout.emit()
    qtbot.keyClick(view.surface, "0")
    assert abc.node.opacity == 1.0
    assert abc.brush.opacity == 0.5


def test_digits_write_numbers_while_a_field_has_the_focus(qtbot, view, abc):
    field = view.options.options.tip.size_field
    qtbot.keyClick(field, "5")
    assert abc.brush.opacity == 1.0


def test_alt_click_between_two_rows_clips_the_upper_one(qtbot, view, abc):
    abc.document.move_layer(named(abc, "C").id, 50, 30)
    rect = row(view, "C")
    line = QPoint(rect.left() + 150, rect.bottom() - 2)
    qtbot.mouseClick(view.layers.list.viewport(), LEFT, ALT, line)
    assert named(abc, "C").clipping
    assert abc.document.composite()[35, 55].tolist() == [0, 0, 255, 255]
    assert abc.document.composite()[45, 65].tolist() == [255, 255, 255, 255]
    assert RowPlaces(named(abc, "C")).picture.left() > RowPlaces(named(abc, "B")).picture.left()
    below = row(view, "B").topLeft() + QPoint(150, 2)
    qtbot.mouseClick(view.layers.list.viewport(), LEFT, ALT, below)
    assert not named(abc, "C").clipping


def test_the_lowest_layer_has_nothing_to_be_clipped_to(qtbot, view, abc):
    click(qtbot, view, "Background")
    assert not {one.id: one for one in view.actions()}["canvas.clip"].enabled()
    abc.toggle_clipping()
    assert not named(abc, "Background").clipping


def test_the_toggles_lock_transparency_and_all(qtbot, view, abc, session):
    click(qtbot, view, "A")
    abc.set_color(view.palette().text().color())
    qtbot.mouseClick(view.layers.alpha_lock, LEFT)
    abc.set_brush(size=60, hardness=1.0)
    drag(qtbot, view.surface, (30, 30), (32, 30))
    layer = named(abc, "A")
    assert layer.bounds == (20, 20, 20, 20)
    assert abc.document.composite()[30, 30].tolist()[:3] != [255, 0, 0]
    qtbot.mouseClick(view.layers.lock, LEFT)
    steps = abc.document.history.position
    qtbot.mouseClick(view.layers.delete, LEFT)
    assert abc.document.history.position == steps
    assert "locked" in str(session.errors[-1])
    qtbot.mouseClick(view.layers.lock, LEFT)
    assert not layer.locked


def test_merging_a_group_and_what_is_visible_keeps_the_looks(qtbot, view, abc):
    click(qtbot, view, "A")
    click(qtbot, view, "B", modifier=SHIFT)
    abc.group_layers()
    abc.set_opacity(0.5)
    before = abc.document.composite()
    abc.merge_visible()
    assert shape(abc) == ["Background", ("Group 1", ["A", "B"]), "C", "Merged layers"]
    assert (abc.layer.pixels(abc.document.bounds) == before).all()
    abc.undo()
    abc.set_active(named(abc, "Group 1").id)
    abc.flatten_group()
    assert shape(abc) == ["Background", "Group 1", "C"]
    assert abc.layer.opacity == 1.0
    assert np.abs(abc.document.composite().astype(int) - before).max() <= 1


def test_several_chosen_layers_are_merged_by_one_step(qtbot, view, abc):
    click(qtbot, view, "A")
    click(qtbot, view, "B", modifier=CTRL)
    before, steps = abc.document.composite(), abc.document.history.position
    merge = {one.id: one for one in view.actions()}["canvas.merge"]
    assert merge.enabled()
    merge.run()
    assert shape(abc) == ["Background", "B", "C"]
    assert abc.layer.name == "B"
    assert (abc.document.composite() == before).all()
    assert abc.document.history.position == steps + 1


def test_the_menu_of_a_row_offers_what_can_be_done_with_it(qtbot, view, abc):
    click(qtbot, view, "A")
    menu = view.layers.menu
    menu.open(row(view, "B").center())
    texts = [one.text().split("\t")[0] for one in menu.menu.actions() if one.text()]
    assert texts == [
        "Rename", "Duplicate", "Delete", "Group layers", "Clip to layer below",
        "Lock transparency", "Lock", "Add mask", "Merge down", "Merge visible",
        "Copy", "Edit in another program", "Edit as PSD",
    ]  # fmt: skip
    assert abc.node.name == "B"
    next(one for one in menu.menu.actions() if one.text().startswith("Clip")).trigger()
    assert named(abc, "B").clipping
    menu.menu.close()


def test_chosen_rows_are_washed_from_edge_to_edge(qtbot, view, abc):
    click(qtbot, view, "B")
    abc.group_layers()
    click(qtbot, view, "B")
    middle = row(view, "B").center().y()
    assert seen(view, QPoint(2, middle)) == color("acc_wash")
    assert seen(view, QPoint(2, row(view, "A").center().y())) != color("acc_wash")


def test_only_rows_that_look_different_are_painted_again(qtbot, view, state):
    for group in range(20):
        ids = [state.document.add_layer(f"{group}/{number}").id for number in range(10)]
        state.document.group_nodes(ids, f"Group {group}")
    state.layers_changed.emit()
    told = []
    view.layers.model.dataChanged.connect(lambda first, last: told.append(first.data()))
    resets = []
    view.layers.model.modelReset.connect(lambda: resets.append(1))
    state.set_active(named(state, "7/3").id)
    state.begin_stroke((30.0, 30.0, 1.0), erase=False)
    state.end_stroke()
    told.clear()
    state.begin_stroke((60.0, 60.0, 1.0), erase=False)
    state.end_stroke()
    assert told == ["7/3"]
    assert resets == []


def test_the_tree_is_one_that_qt_can_walk_also_with_a_candidate_above(
    qtbot, view, abc, session, qtmodeltester
):
    click(qtbot, view, "B")
    abc.group_layers()
    abc.add_mask()
    begin(qtbot, view, abc)
    ready(view, session, 0, (10, 250, 10))
    assert abc.has_shown_candidate()
    model = view.layers.model
    first = model.index(0, 0)
    assert first.data() == "Candidate 1"
    assert model.rowCount(first) == 0
    assert model.parent(model.index(0, 0, model.index_of(abc.active))).data() == "Group 1"
    qtmodeltester.check(model, force_py=True)
    view.accept()
    assert shape(abc)[-2] == abc.layer.name  # above the group that was chosen


def test_rows_move_among_those_below_a_candidate(qtbot, view, abc, session):
    begin(qtbot, view, abc)
    ready(view, session, 0, (10, 250, 10))
    model = view.layers.model
    data = model.mimeData([model.index_of(named(abc, "A").id)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, 1, 0, QModelIndex())
    assert shape(abc) == ["Background", "B", "C", "A"]
    model.dropMimeData(data, Qt.DropAction.MoveAction, 5, 0, QModelIndex())
    assert shape(abc) == ["A", "Background", "B", "C"]
