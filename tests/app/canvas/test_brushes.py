"""Stamp, smudge, push, symmetry, the pen, and the turned view, on the real surface."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QInputDevice,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QTabletEvent,
)
from PySide6.QtWidgets import QApplication

from app.canvas.axis_tool import AXIS
from app.canvas.pen_memory import read
from app.canvas.view import View
from engine.canvas.symmetry import Symmetry
from tests.app.canvas.hand import pull
from tests.app.canvas.test_painting import LEFT, composite

ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def halves(view, state):
    """Red on the left, blue on the right, on a layer of its own."""
    pixels = np.full((160, 200, 4), (200, 0, 0, 255), np.uint8)
    pixels[:, 100:] = (0, 0, 200, 255)
    state.add_layer("halves", pixels)
    state.set_brush(size=16, hardness=1.0, pressure_size=False)
    return state


def test_the_stamp_clones_from_where_alt_was_clicked(qtbot, session, view, halves):
    qtbot.mouseClick(view.tools.buttons["stamp"], LEFT)
    pull(view.surface, (150, 80), (155, 80))
    assert "clone from" in str(session.errors[-1])
    pull(view.surface, (40, 40), modifier=ALT)
    assert halves.color.getRgb()[:3] != (200, 0, 0)  # Alt picks no color with this tool
    pull(view.surface, (150, 80), (160, 80))
    seen = composite(halves)
    assert tuple(seen[80, 155]) == (200, 0, 0, 255)
    assert tuple(seen[100, 155]) == (0, 0, 200, 255)
    # Aligned: the next stroke keeps the distance and so takes blue here.
    pull(view.surface, (195, 120), (196, 120))
    assert tuple(composite(halves)[120, 195]) == (200, 0, 0, 255)
    assert halves.document.history.steps[-1].what == "Clone"
    assert view.options.options.stamp.isVisible()


def test_smudge_and_push_share_a_place_and_move_color(qtbot, view, halves):
    qtbot.keyClick(view.surface, "y")
    assert halves.tool == "smudge"
    before = composite(halves)
    pull(view.surface, *[(80 + 4 * n, 60) for n in range(12)])
    assert composite(halves)[60, 110, 0] > 100
    halves.undo()
    assert (composite(halves) == before).all()
    qtbot.keyClick(view.surface, "y")
    assert halves.tool == "push"
    pull(view.surface, *[(90 + 2 * n, 60) for n in range(20)])
    assert composite(halves)[60, 106, 0] > 100
    assert halves.document.history.steps[-1].what == "Push"


def test_brushes_are_mirrored_along_axes_that_can_be_dragged(qtbot, view, state):
    state.set_color(QColor(0, 0, 0))
    state.set_brush(size=10, hardness=1.0, pressure_size=False)
    button = view.options.symmetry
    button.open()
    button.menu.actions()[1].trigger()
    assert state.symmetry == Symmetry(100, None)
    assert button.button.isChecked()
    pull(view.surface, (40, 50), (60, 60))
    dark = composite(state)[..., 0] < 128
    assert dark[50, 40]
    assert (dark == dark[:, ::-1]).all()
    assert state.document.history.position == 1

    grip = view.surface.view.to_document(AXIS.grips(state, view.surface.view)["x"])
    pull(view.surface, grip.toTuple(), (120, grip.y()))
    assert state.symmetry == Symmetry(120, None)
    assert state.document.history.position == 1
    button.open()
    button.menu.actions()[0].trigger()
    assert state.symmetry is None
    assert not button.button.isChecked()


# The pen


@pytest.fixture
def pen():
    return QPointingDevice(
        "pen",
        7,
        QInputDevice.DeviceType.Stylus,
        QPointingDevice.PointerType.Pen,
        QInputDevice.Capability.Pressure | QInputDevice.Capability.XTilt,
        1,
        3,
        "",
        QPointingDeviceUniqueId(),
    )


def touch(view, pen, kind, point, pressure=1.0, tilt=(0.0, 0.0)):
    at = view.surface.view.turn.map(view.surface.view.to_screen(QPointF(*point)))
    there = QPointF(view.surface.mapToGlobal(at.toPoint()))
    up = kind == QEvent.Type.TabletRelease
    buttons = Qt.MouseButton.NoButton if up else LEFT
    none = Qt.KeyboardModifier.NoModifier
    event = QTabletEvent(kind, pen, at, there, pressure, *tilt, 0.0, 0.0, 0.0, none, LEFT, buttons)
    QApplication.sendEvent(view.surface, event)


def test_the_pressure_goes_through_its_curve(view, state, pen):
    state.set_color(QColor(0, 0, 0))
    state.set_brush(size=40, hardness=1.0, curve=((0, 0), (128, 255), (255, 255)))
    touch(view, pen, QEvent.Type.TabletPress, (100, 80), 0.5)
    touch(view, pen, QEvent.Type.TabletRelease, (100, 80), 0.0)
    wide = (composite(state)[80, :, 0] < 128).sum()
    assert abs(int(wide) - 40) <= 1


def test_a_pen_that_leans_paints_a_longer_dab(view, state, pen):
    state.set_color(QColor(0, 0, 0))
    state.set_brush(size=20, hardness=1.0, tilts=True)
    touch(view, pen, QEvent.Type.TabletPress, (100, 80), 1.0, (60.0, 0.0))
    touch(view, pen, QEvent.Type.TabletRelease, (100, 80), 0.0)
    dark = composite(state)[..., 0] < 128
    assert dark.any(axis=0).sum() > 1.8 * dark.any(axis=1).sum()


def test_a_pen_unplugged_in_mid_stroke_ends_it(view, state, pen):
    state.set_color(QColor(0, 0, 0))
    state.set_brush(size=10, hardness=1.0)
    touch(view, pen, QEvent.Type.TabletPress, (40, 40))
    touch(view, pen, QEvent.Type.TabletMove, (80, 40))
    assert state.document.history.position == 0
    application = QApplication.instance()
    application.sendEvent(application, QEvent(QEvent.Type.TabletLeaveProximity))
    assert state.document.history.position == 1
    assert composite(state)[40, 60, 0] == 0
    # Nothing hangs on: a mouse that moves does not paint, and the next stroke is one of its own.
    pull(view.surface, (40, 100), (80, 100))
    assert state.document.history.position == 2
    assert (composite(state)[60:90, :, 0] == 255).all()


def test_a_device_that_goes_away_ends_the_stroke_too(view, state, pen):
    state.set_brush(size=10, hardness=1.0)
    touch(view, pen, QEvent.Type.TabletPress, (40, 40))
    touch(view, pen, QEvent.Type.TabletMove, (80, 40))
    pen.destroyed.emit()
    assert state.document.history.position == 1


def test_the_brush_popup_has_tilt_and_the_pressure_curve(qtbot, view, state):
    view.options.options.tip.open_more()
    popup = view.options.options.tip.popup
    popup.tilts.click()
    assert state.brush.tilts
    popup.curve.move_current(0, 60)
    assert state.brush.curve[0] == (0, 60)
    qtbot.mouseClick(popup.reset, LEFT)
    assert state.brush.curve == ((0, 0), (255, 255))
    popup.close()


# The turned view


def test_the_view_is_turned_and_painted_on(qtbot, view, state):
    surface = view.surface
    state.add_layer("square", np.full((40, 40, 4), (200, 0, 0, 255), np.uint8), QPoint(150, 20))
    qtbot.keyClick(surface, "r")
    assert state.tool == "rotate"
    middle = QPointF(surface.width() / 2, surface.height() / 2)
    right = surface.view.to_document(middle + QPointF(120, 0))
    below = surface.view.to_document(middle + QPointF(0, 120))
    pull(surface, right.toTuple(), below.toTuple(), modifier=SHIFT)
    assert surface.view.angle == pytest.approx(90)
    at = surface.view.turn.map(surface.view.to_screen(QPointF(170, 40))).toPoint()
    assert surface.grab().toImage().pixelColor(at) == QColor(200, 0, 0)
    document = surface.document_point(QPointF(at))
    assert (document - QPointF(170, 40)).manhattanLength() < 1.5
    state.set_tool("brush")
    state.set_color(QColor(0, 200, 0))
    state.set_brush(size=12, hardness=1.0)
    pull(surface, (60, 60), (90, 60))
    assert tuple(composite(state)[60, 75]) == (0, 200, 0, 255)
    shown = surface.grab().toImage()
    at = surface.view.turn.map(surface.view.to_screen(QPointF(75, 60))).toPoint()
    assert shown.pixelColor(at) == QColor(0, 200, 0)
    known = {action.id: action for action in view.actions()}
    known["canvas.upright"].run()
    assert surface.view.angle == 0
    assert not known["canvas.upright"].enabled()


def test_a_double_click_turns_the_view_back(qtbot, view, state):
    view.surface.view.set_angle(200)
    assert view.surface.view.angle == -160
    state.set_tool("rotate")
    qtbot.mouseDClick(view.surface, LEFT, pos=QPoint(50, 50))
    assert view.surface.view.angle == 0


def test_a_selection_and_guides_are_seen_turned(view, state):
    view.surface.view.set_angle(30)
    state.select(QRect(20, 20, 60, 40))
    state.set_crop(QRect(10, 10, 100, 100))
    before = view.surface.grab().toImage()
    view.surface._march()
    view.surface.view.set_angle(0)
    assert view.surface.grab().toImage() != before


def test_the_pressure_curve_and_tilt_are_kept_for_the_next_session(qtbot, session, view, state):
    view.options.options.tip.open_more()
    popup = view.options.options.tip.popup
    popup.curve.move_current(0, 60)
    popup.tilts.click()
    view.pen.rest.timeout.emit()
    assert session.settings.pen_curve == "0,60 255,255"
    assert session.settings.pen_tilts
    again = View(session)
    qtbot.addWidget(again)
    assert again.state.brush.curve == ((0, 60), (255, 255))
    assert again.state.brush.tilts
    popup.close()


@pytest.mark.parametrize("text", ["", "nonsense", "1,2", "0,0 0,5", "0,0 300,5", "1,2,3 4,5"])
def test_a_stored_curve_that_cannot_be_one_is_straight(text):
    assert read(text) == ((0, 0), (255, 255))
