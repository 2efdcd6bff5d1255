"""Adjustments in their dialog: seen at once, one step when kept, nothing when given up."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt

from app.canvas.adjust_dialog import FIELDS
from engine.canvas.adjusting import Levels
from engine.runtime.errors import JobCancelled
from tests.app.canvas.hand import pull
from tests.app.canvas.test_painting import LEFT, composite


@pytest.fixture
def gray(view, state):
    """A layer of two grays over everything."""
    pixels = np.full((160, 200, 4), 100, np.uint8)
    pixels[:, 100:, :3] = 180
    pixels[..., 3] = 255
    state.add_layer("grays", pixels)
    return state


def asked(view, kind):
    view.adjusting.ask(kind)
    assert view.adjusting.dialog is not None
    return view.adjusting.dialog


def on_screen(view, x, y):
    shown = view.surface.grab().toImage()
    return shown.pixelColor(view.surface.view.to_screen(QPointF(x, y)).toPoint()).red()


def test_levels_are_seen_inside_the_selection_and_kept_as_one_step(qtbot, view, gray):
    gray.select(QRect(0, 0, 50, 160))
    before, steps = composite(gray), gray.document.history.position
    dialog = asked(view, "levels")
    dialog.sliders["white"].changed.emit(100.0)
    assert on_screen(view, 20, 60) == 255
    assert on_screen(view, 70, 60) == 100
    assert (composite(gray) == before).all()
    dialog.preview.click()
    assert on_screen(view, 20, 60) == 100
    qtbot.mouseClick(dialog.keep, LEFT)
    assert view.adjusting.dialog is None
    after = composite(gray)
    assert after[60, 20, 0] == 255
    assert (after[:, 50:] == before[:, 50:]).all()
    assert gray.document.history.position == steps + 1
    gray.undo()
    assert (composite(gray) == before).all()
    assert asked(view, "levels").adjustment.white == 100  # as it was last


def test_cancel_shows_the_document_again(qtbot, view, gray):
    dialog = asked(view, "light")
    dialog.sliders["brightness"].changed.emit(60.0)
    assert on_screen(view, 20, 60) > 150
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert view.adjusting.dialog is None
    assert on_screen(view, 20, 60) == 100
    assert gray.document.history.steps[-1].what == "Add layer"


def test_a_curve_is_dragged_and_a_point_thrown_away(qtbot, view, gray):
    dialog = asked(view, "curves")
    qtbot.mousePress(dialog.curve, LEFT, pos=QPoint(101, 156))
    qtbot.mouseMove(dialog.curve, QPoint(101, 56))
    qtbot.mouseRelease(dialog.curve, LEFT, pos=QPoint(101, 56))
    assert dialog.curve.points == [(0, 0), (100, 200), (255, 255)]
    assert on_screen(view, 20, 60) == 200
    assert dialog.output.value == 200
    dialog.output.changed.emit(50)
    assert on_screen(view, 20, 60) == 50
    qtbot.keyClick(dialog.curve, Qt.Key.Key_Up)
    assert dialog.curve.points[1] == (100, 51)
    qtbot.keyClick(dialog.curve, Qt.Key.Key_Delete)
    assert on_screen(view, 20, 60) == 100
    dialog.channel.set_value("red")
    dialog.channel.changed.emit("red")
    dialog.curve.move_current(0, 120)
    assert dialog.adjustment.red[0] == (0, 120)
    assert dialog.adjustment.all == ((0, 0), (255, 255))


def test_automatic_levels_find_the_ends(view, gray):
    dialog = asked(view, "levels")
    dialog.find_ends()
    assert (dialog.adjustment.black, dialog.adjustment.white) == (100, 180)
    dialog.reset()
    assert dialog.adjustment == Levels()


@pytest.mark.parametrize("kind", [kind for kind in FIELDS if kind not in ("levels", "curves")])
def test_every_slider_changes_what_is_kept(qtbot, view, gray, kind):
    before = composite(gray)
    dialog = asked(view, kind)
    for field in FIELDS[kind]:
        value = field.low if field.name == "threshold" else field.low + (field.high - field.low) / 5
        dialog.sliders[field.name].changed.emit(value)
        assert getattr(dialog.adjustment, field.name) == pytest.approx(value, abs=0.51)
    if kind == "hue":
        dialog.colorized.click()
        assert dialog.adjustment.colorized
    qtbot.mouseClick(dialog.keep, LEFT)
    assert (composite(gray) != before).any()


def test_while_it_is_tried_the_picture_can_only_be_moved(qtbot, view, gray):
    dialog = asked(view, "blur")
    origin, before = view.surface.view.origin, composite(gray)
    pull(view.surface, (40, 40), (60, 50))
    assert view.surface.view.origin == origin + QPointF(20, 10)
    assert (composite(gray) == before).all()
    assert view.adjusting.dialog is dialog


def test_another_change_of_the_document_closes_it(qtbot, view, gray):
    asked(view, "blur")
    gray.undo()
    assert view.adjusting.dialog is None
    assert gray.stand_in is None
    asked(view, "blur")
    gray.close()
    assert view.adjusting.dialog is None


def test_a_locked_layer_is_told(session, view, gray):
    gray.set_locked(True)
    view.adjusting.ask("levels")
    assert view.adjusting.dialog is None
    assert "locked" in str(session.errors[-1])


def test_giving_up_stops_the_work(qtbot, view, gray, monkeypatch):
    dialog = asked(view, "blur")
    bridge = view._session.bridge
    done = []

    async def io(function, *args):
        view.adjusting.end()  # Cancel, while the worker is busy
        done.append(function)
        return function(*args)

    monkeypatch.setattr(bridge, "io", io)
    before = composite(gray)
    with qtbot.captureExceptions() as raised:
        qtbot.mouseClick(dialog.keep, LEFT)
    assert done
    assert [kind for kind, *_ in raised] in ([], [JobCancelled])  # which a session lets pass
    assert (composite(gray) == before).all()
