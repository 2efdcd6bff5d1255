"""Candidates beside each other on the picture, by a line that is dragged, and by keys alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from tests.app.canvas.test_collage import BLUE, GREEN, LEFT, RED, WHITE, key, seen, three

__all__ = ["three"]


@pytest.fixture
def compared(qtbot, view, three):
    """The red candidate shown, compared with the picture as it is."""
    qtbot.mouseClick(view.strip.compare, LEFT)
    assert three.compare.on
    return three.compare


def sides(view, y=100):
    box = view.state.compare.frame
    return seen(view, box.left() + 4, y), seen(view, box.right() - 4, y)


def test_the_picture_lies_left_and_the_candidate_right_of_the_line(view, compared):
    frame = compared.frame
    assert seen(view, frame.center().x() - 14, 60) == WHITE
    assert seen(view, frame.center().x() + 14, 60) == RED


def test_the_line_is_dragged_with_any_tool_in_hand(qtbot, view, state, compared):
    frame, surface = compared.frame, view.surface
    state.set_tool("brush")
    before = state.document.version
    at = surface.view.to_screen(QPointF(frame.center().x() + 0.5, 100.0)).toPoint()
    at.setX(round(compared.line_at(surface.view)))
    to = at + QPoint(-40, 0)
    qtbot.mousePress(surface, LEFT, pos=at)
    qtbot.mouseMove(surface, to)
    qtbot.mouseRelease(surface, LEFT, pos=to)
    assert abs(compared.line_at(surface.view) - to.x()) <= 1
    assert seen(view, frame.center().x() - 20, 60) == RED
    assert state.document.version == before


def test_all_of_it_goes_by_keys(qtbot, view, state, three):
    key(qtbot, view, Qt.Key.Key_Y)
    compare = state.compare
    assert compare.on
    key(qtbot, view, Qt.Key.Key_Down)
    assert compare.other.number == 2
    left, right = 100 - 20, 100 + 30
    assert (seen(view, left, 60), seen(view, right, 60)) == (GREEN, RED)
    key(qtbot, view, Qt.Key.Key_Right)  # 2 is shown now, and not compared with itself
    assert compare.other is None
    key(qtbot, view, Qt.Key.Key_Down)
    key(qtbot, view, Qt.Key.Key_Down)
    assert compare.other.number == 3
    qtbot.keyPress(view.surface, Qt.Key.Key_B)
    assert {seen(view, left, 60), seen(view, right, 60)} == {BLUE}
    qtbot.keyRelease(view.surface, Qt.Key.Key_B)
    qtbot.keyClick(view.surface, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert compare.split == pytest.approx(0.55)
    key(qtbot, view, Qt.Key.Key_Escape)
    assert not compare.on
    assert state.preview() is not None
    key(qtbot, view, Qt.Key.Key_Return)
    assert state.layer.recipe["image"]["seed"] == 8


def test_it_ends_with_the_candidates(qtbot, view, state, compared):
    qtbot.mouseClick(view.strip.discard, LEFT)
    assert not compared.active
    assert not view.strip.isVisible()


def test_a_request_that_was_discarded_can_be_had_again(qtbot, view, state, session, three):
    qtbot.mouseClick(view.strip.discard, LEFT)
    assert not state.candidates.items
    session.offers["Discarded 1 candidate."]()
    assert [item.number for item in state.candidates.items] == [1, 2, 3]


def test_the_strip_has_the_same_keys(qtbot, view, state, three):
    cards = view.strip.cards
    cards.setFocus()
    qtbot.keyClick(cards, Qt.Key.Key_Y)
    assert state.compare.on
    qtbot.keyClick(cards, Qt.Key.Key_Down)
    assert state.compare.other.number == 2
    qtbot.keyClick(cards, Qt.Key.Key_C)
    assert state.collage.active
    assert view.focusWidget() is view.surface
