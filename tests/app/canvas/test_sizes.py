"""Crop, image size, canvas size and guides, with the real widgets."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication

from engine.canvas.core import Guide
from tests.app.canvas.hand import pull
from tests.app.canvas.test_painting import LEFT, composite


@pytest.fixture
def marked(view, state):
    """A red square from (50, 40) to (90, 80) on the white of 200 x 160."""
    pixels = np.full((40, 40, 4), (200, 0, 0, 255), np.uint8)
    state.add_layer("square", pixels, QPoint(50, 40))
    return state


def test_a_crop_is_dragged_kept_and_taken_back(qtbot, view, marked):
    before = composite(marked)
    qtbot.mouseClick(view.tools.buttons["crop"], LEFT)
    assert marked.crop == QRect(0, 0, 200, 160)
    pull(view.surface, (0, 0), (50, 40))
    pull(view.surface, (200, 160), (110, 100))
    assert marked.crop == QRect(50, 40, 60, 60)
    assert marked.size == QSize(200, 160)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    assert marked.size == QSize(60, 60)
    assert (composite(marked) == before[40:100, 50:110]).all()
    assert view.surface.view.document_size == QSize(60, 60)
    spot = view.surface.view.to_screen(QPointF(10, 10)).toPoint()
    assert view.surface.grab().toImage().pixelColor(spot).red() == 200
    marked.set_tool("brush")
    marked.undo()
    assert marked.size == QSize(200, 160)
    assert (composite(marked) == before).all()
    spot = view.surface.view.to_screen(QPointF(70, 60)).toPoint()
    assert view.surface.grab().toImage().pixelColor(spot) == QColor(200, 0, 0)


def test_a_crop_keeps_its_ratio_and_takes_numbers(qtbot, view, marked):
    marked.set_tool("crop")
    options = view.options.options.crop
    options.ratio.changed.emit(1.0)
    assert (marked.crop.width(), marked.crop.height()) == (160, 160)
    pull(view.surface, (180, 160), (120, 90))
    assert marked.crop == QRect(20, 0, 100, 100)
    options.width_field.set_value(60)
    options.width_field.changed.emit(60)
    assert marked.crop == QRect(20, 0, 60, 60)
    options.ratio.changed.emit(0.0)
    options.left.set_value(-10)
    options.left.changed.emit(-10)
    qtbot.mouseClick(options.crop, LEFT)
    assert marked.size == QSize(60, 60)
    assert tuple(composite(marked)[5, 5]) == (0, 0, 0, 0)  # it reaches beyond the picture


def test_escape_starts_the_crop_again_and_another_tool_gives_it_up(qtbot, view, marked):
    marked.select(QRect(10, 10, 50, 50))
    marked.set_tool("crop")
    assert marked.crop == QRect(10, 10, 50, 50)
    qtbot.keyClick(view.surface, Qt.Key.Key_Escape)
    assert marked.crop == QRect(0, 0, 200, 160)
    marked.set_tool("brush")
    assert marked.crop is None
    assert marked.size == QSize(200, 160)


def test_going_to_a_snapshot_of_another_size_shows_it(view, marked):
    marked.take_snapshot("whole")
    marked.crop_to(QRect(0, 0, 40, 40))
    assert marked.picture.size == (40, 40)
    marked.go_to_snapshot(marked.document.snapshots[0])
    assert marked.picture.size == (200, 160)
    spot = view.surface.view.to_screen(QPointF(150, 120)).toPoint()
    assert view.surface.grab().toImage().pixelColor(spot) == QColor(255, 255, 255)


def test_the_image_size_keeps_proportions_and_is_one_step(qtbot, view, marked):
    before = composite(marked)
    view.sizing.ask_image()
    dialog = view.sizing.image_dialog
    dialog.width_field.set_value(400)
    dialog.width_field.changed.emit(400)
    assert dialog.size_asked == QSize(400, 320)
    dialog.resampling.set_value("nearest")
    qtbot.mouseClick(dialog.resize_button, LEFT)
    assert marked.size == QSize(400, 320)
    assert (composite(marked) == np.repeat(np.repeat(before, 2, 0), 2, 1)).all()
    marked.undo()
    assert (composite(marked) == before).all()


def test_the_canvas_size_keeps_the_picture_where_it_is_anchored(qtbot, view, marked):
    view.sizing.ask_canvas()
    dialog = view.sizing.canvas_dialog
    dialog.width_field.set_value(300)
    dialog.height_field.set_value(200)
    dialog.anchors.button(8).click()
    qtbot.mouseClick(dialog.resize_button, LEFT)
    assert marked.size == QSize(300, 200)
    seen = composite(marked)
    assert tuple(seen[85, 155]) == (200, 0, 0, 255)
    assert not seen[:40, :, 3].any()


def ruler_drag(ruler, surface, *points, let_go=True):
    """Press on the ruler and drag to document points."""
    for kind, point in zip(
        [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * len(points)],
        (None, *points),
        strict=True,
    ):
        if point is None:
            there = QPointF(ruler.mapToGlobal(QPoint(5, 5)))
        else:
            there = QPointF(surface.mapToGlobal(surface.view.to_screen(QPointF(*point)).toPoint()))
        at = QPointF(ruler.mapFromGlobal(there.toPoint()))
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(ruler, QMouseEvent(kind, at, there, LEFT, LEFT, none))
    kind, button = QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton
    QApplication.sendEvent(ruler, QMouseEvent(kind, at, there, LEFT, button, none))


def test_a_guide_is_pulled_out_of_the_ruler_as_one_step(view, state):
    across, down = view.rulers
    ruler_drag(across, view.surface, (80, 20), (80, 60))
    ruler_drag(down, view.surface, (30, 20), (120, 20))
    assert state.document.guides == (Guide("y", 60), Guide("x", 120))
    assert state.document.history.position == 2
    at = view.surface.view.to_screen(QPointF(120, 30)).toPoint()
    shown = view.surface.grab().toImage().pixelColor(at)
    assert shown != QColor(255, 255, 255)
    state.undo()
    assert state.document.guides == (Guide("y", 60),)


def test_a_guide_is_moved_and_thrown_away_with_the_move_tool(view, state):
    state.set_guides([Guide("x", 100)])
    state.set_tool("move")
    pull(view.surface, (100, 50), (130, 60))
    assert state.document.guides == (Guide("x", 130),)
    pull(view.surface, (130, 50), (150, 50), (230, 50))
    assert state.document.guides == ()
    state.undo()
    assert state.document.guides == (Guide("x", 130),)


def test_points_snap_to_guides_while_they_are_shown(view, state):
    state.set_guides([Guide("x", 100), Guide("y", 60)])
    state.set_tool("select")
    pull(view.surface, (20, 20), (97, 64))
    assert state.selected == QRect(20, 20, 80, 40)
    state.toggle_guides()
    state.select(None)
    pull(view.surface, (20, 20), (97, 64))
    assert state.selected == QRect(20, 20, 77, 44)
