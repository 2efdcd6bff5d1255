"""Candidates stay until they are decided on: beside new ones, over a restart, and for the tour."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRect, Qt

from app.canvas.view import View
from engine.canvas import shelf, storage
from engine.canvas.rect import Rect
from engine.runtime.errors import JobCancelled
from engine.tour.plan import TourRequest
from tests.app.canvas.test_repaint import begin, ready


def numbers(state):
    return [item.number for item in state.candidates.items]


def finish(session, view, *indices):
    for index in indices:
        ready(view, session, index, (10 * index, 250, 10))
    session.end(session.bridge.submitted[-1])


def again(qtbot, view, session, count=3):
    view.repainting.change(count=count)
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)
    finish(session, view, *range(count))


def test_repainting_again_adds_to_the_candidates_that_are_there(qtbot, view, state, session):
    begin(qtbot, view, state)
    finish(session, view, 0, 1, 2)
    first = list(state.candidates.items)
    again(qtbot, view, session)
    assert numbers(state) == [1, 2, 3, 4, 5, 6]
    assert state.candidates.items[:3] == first
    assert state.shown_number() == 4
    cards = view.strip.cards
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=cards.card_rect(1).center())
    assert state.shown_number() == 2


def test_beyond_the_most_the_oldest_go_and_can_be_had_again(qtbot, view, state, session):
    begin(qtbot, view, state)
    finish(session, view, 0, 1, 2)
    again(qtbot, view, session, 16)
    assert not session.notes
    again(qtbot, view, session, 8)
    assert numbers(state) == list(range(4, 28))
    session.offers["The oldest candidates made room."]()
    assert numbers(state) == list(range(1, 28))
    assert state.candidates.items[0].pixels is not None


def test_a_set_of_which_one_was_accepted_makes_room(qtbot, view, state, session):
    begin(qtbot, view, state)
    finish(session, view, 0, 1, 2)
    qtbot.mouseClick(view.strip.accept, Qt.MouseButton.LeftButton)
    assert view.strip.discard.text() == "Close"
    assert state.preview() is None
    again(qtbot, view, session)
    assert numbers(state) == [1, 2, 3]
    assert not state.candidates.decided


def test_undecided_candidates_are_there_after_the_window_was_closed(
    qapp, qtbot, view, state, session
):
    begin(qtbot, view, state)
    finish(session, view, 0, 1, 2)
    view.keep()
    later = View(session)
    qtbot.addWidget(later)
    later.show()
    session.start(later.keeper.open_latest())
    found = later.state.candidates
    assert [item.seed for item in found.items] == [7, 8, 9]
    assert later.strip.isVisible()
    found.show(1)
    later.surface.actual_size()
    spot = later.surface.view.to_screen(QPointF(80, 70)).toPoint()
    assert later.surface.grab().toImage().pixelColor(spot).getRgb()[:3] == (10, 250, 10)
    later.accept()
    assert tuple(later.state.document.composite()[70, 80]) == (10, 250, 10, 255)


def test_discarded_candidates_do_not_come_back(qtbot, view, state, session):
    begin(qtbot, view, state)
    finish(session, view, 0)
    session.start(view.keeper.flush())
    assert shelf.shelf_of(state.path).is_file()
    qtbot.mouseClick(view.strip.discard, Qt.MouseButton.LeftButton)
    session.start(view.keeper.flush())
    assert not shelf.shelf_of(state.path).exists()


def test_a_damaged_shelf_does_not_keep_the_canvas_from_opening(qtbot, view, state, session):
    session.start(view.keeper.save())
    shelf.shelf_of(state.path).write_bytes(b"PK half")
    session.start(view.keeper.open(state.path))
    assert state.document is not None
    assert not state.candidates.items
    assert "The candidates of {name} are damaged and were kept as {file}." in session.notes


@pytest.fixture
def sheet(view, state, session):
    """The tour's sheet, shown on the page while its repaint runs."""
    state.select(QRect(60, 50, 40, 40))
    session.start(view.keeper.save())
    job = session.bridge.submit(TourRequest(project="p", stage="canvas"))
    view.receive(document=str(state.path), prompt="apple", job=job.id, seeds=(11, 12), strength=0.7)
    return job


def test_the_tour_shows_its_region_and_its_candidates_as_they_come(view, state, session, sheet):
    assert state.selected == QRect(60, 50, 40, 40)
    assert state.region_frame() is not None
    assert [item.state for item in state.candidates.items] == ["queued", "queued"]
    assert view.strip.isVisible()
    ready(view, session, 0)
    assert state.candidates.items[0].state == "ready"
    assert not view.panel.start.isEnabled()


def test_the_tours_canvas_ends_with_the_accepted_candidate_marked(view, state, session, sheet):
    pixels = ready(view, session, 0)
    ready(view, session, 1)
    path, document = state.path, storage.load(state.path)
    layer = document.add_layer("Apple", pixels, x=60, y=50)
    storage.save(document, path)
    kept = {"x": 60, "y": 50, "pixels": pixels}
    shelf.save(
        [
            shelf.Kept(number=1, seed=11, layer=layer.id, **kept),
            shelf.Kept(number=2, seed=12, **kept),
        ],
        path,
    )
    session.end(sheet)
    view.receive(document=str(path))
    assert [item.accepted for item in state.candidates.items] == [True, False]
    assert state.selected == QRect(60, 50, 40, 40)
    assert view.strip.isVisible()
    state.candidates.show(1)
    assert view.strip.accept.isEnabled()


def test_what_a_stopped_tour_has_painted_is_kept(view, state, session, sheet):
    ready(view, session, 0)
    sheet.set_exception(JobCancelled())
    session.job_finished.emit(sheet)
    view.keep()
    assert [kept.seed for kept in shelf.load(state.path)] == [11]


def test_the_frame_is_kept_with_the_canvas(view, state, session):
    state.set_region(QRect(20, 30, 64, 48))
    session.start(view.keeper.save())
    session.start(view.keeper.open(state.path))
    assert state.region == QRect(20, 30, 64, 48)
    assert Rect(*storage.load(state.path).settings["frame"]) == Rect(20, 30, 64, 48)
