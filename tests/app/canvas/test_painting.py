"""The artist's hand: real mouse events on the real surface."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication

from app.canvas.document_state import to_qrect
from app.canvas.surface import Surface

LEFT = Qt.MouseButton.LeftButton


def drag(
    qtbot,
    surface: Surface,
    *points: tuple[float, float],
    button=LEFT,
    modifier=Qt.KeyboardModifier.NoModifier,
) -> None:
    """Drag over document points."""
    spots = [surface.view.to_screen(QPointF(*point)).toPoint() for point in points]
    qtbot.mousePress(surface, button, modifier, spots[0])
    for spot in spots[1:]:
        qtbot.mouseMove(surface, spot)
    qtbot.mouseRelease(surface, button, modifier, spots[-1])


def composite(state) -> np.ndarray:
    return state.document.composite()


def test_a_drag_with_the_brush_paints_and_is_one_undo_step(qtbot, view, state):
    before = composite(state)
    state.set_color(QColor(10, 20, 200))
    state.set_brush(size=10, hardness=1.0)
    drag(qtbot, view.surface, (40, 40), (80, 40), (120, 40))
    painted = composite(state)
    assert tuple(painted[40, 80]) == (10, 20, 200, 255)
    assert state.modified
    state.undo()
    assert (composite(state) == before).all()
    assert not state.can_undo()
    state.redo()
    assert (composite(state) == painted).all()


def test_the_screen_shows_what_was_painted(qtbot, view, state):
    state.set_color(QColor(200, 0, 0))
    state.set_brush(size=20, hardness=1.0)
    drag(qtbot, view.surface, (50, 50), (90, 50))
    shown = view.surface.grab().toImage()
    spot = view.surface.view.to_screen(QPointF(70, 50)).toPoint()
    assert shown.pixelColor(spot).getRgb()[:3] == (200, 0, 0)


def test_painting_stays_inside_the_selection(qtbot, view, state):
    state.select(QRect(60, 0, 20, 160))
    state.set_color(QColor(0, 0, 0))
    state.set_brush(size=20, hardness=1.0)
    drag(qtbot, view.surface, (20, 80), (150, 80))
    row = composite(state)[80, :, 0]
    assert (row[60:80] == 0).all()
    assert (row[:60] == 255).all()
    assert (row[80:] == 255).all()


def test_the_eraser_makes_the_layer_transparent(qtbot, view, state):
    state.set_tool("eraser")
    state.set_brush(size=12, hardness=1.0)
    drag(qtbot, view.surface, (30, 30), (60, 30))
    assert composite(state)[30, 45, 3] == 0


def test_alt_takes_a_color_while_the_brush_is_in_hand(qtbot, view, state):
    drag(qtbot, view.surface, (20, 20), modifier=Qt.KeyboardModifier.AltModifier)
    assert state.color == QColor(255, 255, 255)
    assert not state.can_undo()


def test_a_selection_is_drawn_with_the_mouse_and_undone(qtbot, view, state):
    qtbot.mouseClick(view.tools.buttons["select"], LEFT)
    drag(qtbot, view.surface, (20, 30), (120, 100))
    assert state.selected == QRect(20, 30, 100, 70)
    assert to_qrect(state.document.selection.bounds()) == state.selected
    state.undo()
    assert state.selection is None


def test_a_selection_never_leaves_the_document(qtbot, view, state):
    state.set_tool("select")
    drag(qtbot, view.surface, (150, 100), (400, 400))
    assert state.selected == QRect(150, 100, 50, 60)


def test_a_click_beside_the_selection_clears_it(qtbot, view, state):
    state.select(QRect(20, 20, 30, 30))
    state.set_tool("select")
    drag(qtbot, view.surface, (150, 100))
    assert state.selection is None


def test_the_region_frame_is_stretched_by_its_handle(qtbot, view, state):
    state.set_tool("region")
    state.set_region(QRect(40, 40, 60, 60))
    drag(qtbot, view.surface, (100, 100), (130, 120))
    assert state.region_frame() == QRect(40, 40, 88, 80)


def test_the_automatic_frame_goes_round_the_selection(view, state):
    state.select(QRect(90, 70, 20, 20))
    frame = state.region_frame()
    assert frame.contains(state.selected)
    assert frame.width() > 20


def test_moving_a_layer_is_one_undo_step(qtbot, view, state):
    state.add_layer("Sketch", np.full((10, 10, 4), 255, np.uint8), QPoint(5, 5))
    state.set_tool("move")
    drag(qtbot, view.surface, (8, 8), (20, 8), (58, 38))
    assert (state.layer.x, state.layer.y) == (55, 35)
    state.undo()
    assert (state.layer.x, state.layer.y) == (5, 5)


def test_middle_drag_pans_with_any_tool(qtbot, view, state):
    origin = view.surface.view.origin
    drag(qtbot, view.surface, (50, 50), (70, 60), button=Qt.MouseButton.MiddleButton)
    moved = view.surface.view.origin - origin
    assert (round(moved.x()), round(moved.y())) == (20, 10)
    assert not state.can_undo()


def test_space_pans_while_held(qtbot, view, state):
    surface = view.surface
    origin = surface.view.origin
    qtbot.keyPress(surface, Qt.Key.Key_Space)
    drag(qtbot, surface, (50, 50), (80, 50))
    qtbot.keyRelease(surface, Qt.Key.Key_Space)
    assert round((surface.view.origin - origin).x()) == 30
    assert not state.can_undo()
    drag(qtbot, surface, (50, 50), (80, 50))
    assert state.can_undo()


@pytest.mark.parametrize(
    ("key", "tool"),
    [
        ("E", "eraser"),
        ("M", "select"),
        ("V", "move"),
        ("N", "region"),
        ("H", "hand"),
        ("Z", "zoom"),
        ("I", "pick"),
        ("B", "brush"),
    ],
)
def test_single_keys_take_tools(qtbot, view, state, key, tool):
    state.set_tool("hand" if tool != "hand" else "zoom")
    qtbot.keyClick(view.surface, key)
    assert state.tool == tool
    assert view.tools.buttons[tool].isChecked()


def test_bracket_keys_change_the_brush(qtbot, view, state):
    size = state.brush.size
    qtbot.keyClick(view.surface, "]")
    assert state.brush.size > size
    assert view.options.options.tip.size_field.value == state.brush.size
    qtbot.keyClick(view.surface, "[")
    qtbot.keyClick(view.surface, "[")
    assert state.brush.size < size


def test_pen_pressure_makes_thin_lines(qtbot, view, state):
    state.set_brush(size=40, hardness=1.0)
    state.set_color(QColor(0, 0, 0))
    for kind, x, pressure in (
        (QEvent.Type.TabletPress, 40, 0.2),
        (QEvent.Type.TabletMove, 150, 0.2),
        (QEvent.Type.TabletRelease, 150, 0.0),
    ):
        spot = view.surface.view.to_screen(QPointF(x, 80))
        event = QTabletEvent(
            kind,
            QPointingDevice.primaryPointingDevice(),
            spot,
            QPointF(view.surface.mapToGlobal(spot.toPoint())),
            pressure,
            0,
            0,
            0,
            0,
            0,
            Qt.KeyboardModifier.NoModifier,
            LEFT,
            LEFT,
        )
        QApplication.sendEvent(view.surface, event)
    column = composite(state)[:, 100, 0]
    assert 6 <= (column == 0).sum() <= 12


def test_a_locked_layer_says_why_it_is_not_painted(qtbot, view, state, session):
    state.document.set_locked(state.active, True)
    drag(qtbot, view.surface, (20, 20), (60, 20))
    assert session.errors
    assert "locked" in str(session.errors[0])


def test_the_popup_of_the_brush_changes_what_is_painted(qtbot, view, state):
    state.set_color(QColor(0, 0, 0))
    state.set_brush(size=12, hardness=1.0)
    qtbot.mouseClick(view.options.options.tip.more, LEFT)
    popup = view.options.options.tip.popup
    popup.spacing.changed.emit(200.0)
    qtbot.mouseClick(popup.size_by_pen, LEFT, pos=QPoint(6, popup.size_by_pen.height() // 2))
    popup.close()
    assert not state.brush.pressure_size
    drag(qtbot, view.surface, (20, 80), (150, 80))
    row = composite(state)[80, :, 0]
    dabs = np.flatnonzero(np.diff((row < 128).astype(int)) == 1)
    assert len(dabs) == 6
    assert set(np.diff(dabs)) == {24}
    state.undo()
    state.set_brush(spacing=0.1, flow=0.1)
    drag(qtbot, view.surface, (20, 80), (150, 80))
    assert 0 < composite(state)[80, 80, 0] < 200


def test_smoothing_paints_to_the_end_of_the_hand(qtbot, view, state):
    state.set_color(QColor(0, 0, 0))
    state.set_brush(size=6, hardness=1.0, smoothing=30)
    zigzag = [(20 + 4 * step, 80 + (8 if step % 2 else -8)) for step in range(30)]
    drag(qtbot, view.surface, *zigzag)
    painted = composite(state)[..., 0] < 128
    rows = np.flatnonzero(painted[:, 50:100].any(axis=1))
    assert rows[-1] - rows[0] < 14
    assert painted[88, 136]
    state.undo()
    assert not state.can_undo()
