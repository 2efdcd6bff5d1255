from __future__ import annotations

import numpy as np
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtWidgets import QLineEdit

from app.canvas.layer_rows import EYE
from app.canvas.layer_tree import MIME


def names(state):
    return [layer.name for layer in state.document.layers]


def row_point(view, row):
    return view.layers.list.visualRect(view.layers.model.index(row, 0))


def test_plus_adds_a_layer_above_and_selects_it(qtbot, view, state):
    qtbot.mouseClick(view.layers.add, Qt.MouseButton.LeftButton)
    assert names(state) == ["Background", "Layer 2"]
    assert state.layer.name == "Layer 2"
    assert view.layers.list.currentIndex().row() == 0


def test_a_click_on_the_eye_hides_the_layer(qtbot, view, state):
    rect = row_point(view, 0)
    spot = rect.topLeft() + EYE.center()
    qtbot.mouseClick(view.layers.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert not state.document.layers[0].visible
    assert state.document.composite()[5, 5, 3] == 0
    state.undo()
    assert state.document.layers[0].visible


def test_a_double_click_renames_in_place(qtbot, view, state):
    viewport = view.layers.list.viewport()
    spot = row_point(view, 0).center()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=spot)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=spot)
    editor = viewport.findChild(QLineEdit)
    editor.setText("Sky")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(state) == ["Sky"])


def test_actions_reorder_and_duplicate_and_a_button_deletes(qtbot, view, state):
    state.add_layer("Tree")
    known = {action.id: action for action in view.actions()}
    known["canvas.lower"].run()
    assert names(state) == ["Tree", "Background"]
    known["canvas.lower"].run()
    assert names(state) == ["Tree", "Background"]
    known["canvas.duplicate"].run()
    assert names(state) == ["Tree", "Tree copy", "Background"]
    qtbot.mouseClick(view.layers.delete, Qt.MouseButton.LeftButton)
    assert names(state) == ["Tree", "Background"]
    assert state.node.name == "Tree"
    state.undo()
    assert names(state) == ["Tree", "Tree copy", "Background"]


def test_dragging_a_row_moves_the_layer(view, state):
    for name in ("Two", "Three"):
        state.add_layer(name)
    model = view.layers.model
    data = model.mimeData([model.index(0, 0)])
    assert data.hasFormat(MIME)
    model.dropMimeData(data, Qt.DropAction.MoveAction, 3, 0, QModelIndex())
    assert names(state) == ["Three", "Background", "Two"]
    bottom = model.mimeData([model.index(2, 0)])
    model.dropMimeData(bottom, Qt.DropAction.MoveAction, 0, 0, QModelIndex())
    assert names(state) == ["Background", "Two", "Three"]


def test_a_foreign_drop_is_refused(view, state):
    assert not view.layers.model.dropMimeData(
        QMimeData(), Qt.DropAction.MoveAction, 0, 0, QModelIndex()
    )


def test_opacity_acts_on_the_picture_and_a_drag_is_one_step(view, state):
    state.add_layer(
        "Black", np.dstack([np.zeros((160, 200, 3), np.uint8), np.full((160, 200), 255, np.uint8)])
    )
    slider = view.layers.opacity
    for value in (80.0, 60.0, 50.0):
        slider.track.moved.emit(value)
    assert abs(int(state.document.composite()[10, 10, 0]) - 128) <= 1
    state.undo()
    assert state.layer.opacity == 1.0
    assert slider.value == 100


def test_a_layer_added_far_outside_is_shown_where_it_overlaps(view, state):
    state.add_layer("Edge", np.full((20, 20, 4), 0, np.uint8), QPoint(-10, -10))
    state.set_brush(size=6)
    state.begin_stroke((2.0, 2.0, 1.0), erase=False)
    state.end_stroke()
    spot = view.surface.view.to_screen(QPointF(2, 2)).toPoint()
    assert view.surface.grab().toImage().pixelColor(spot) == state.color


def test_the_selected_layer_is_merged_with_the_one_below(qtbot, view, state):
    assert not state.can_merge()
    state.add_layer("Layer 2")
    state.begin_stroke((20.0, 20.0, 1.0), erase=False)
    state.end_stroke()
    looks = state.document.composite()
    state.merge_down()
    assert [layer.name for layer in state.document.layers] == ["Background"]
    assert state.layer is state.document.layers[0]
    assert (state.document.composite() == looks).all()
    state.undo()
    assert len(state.document.layers) == 2
    assert state.layer is not None
