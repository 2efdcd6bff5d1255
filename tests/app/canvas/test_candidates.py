"""Candidates stay until they are decided on: beside new ones, over a restart, and for the tour."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, Qt

from app.canvas import candidates
from app.canvas.candidate_words import tip, told
from app.canvas.view import View
from engine.canvas import mask_text, selection, shelf, storage
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


def tell_done(session, handle, index, color):
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[10:30, 10:30] = (*color, 255)
    data = {"index": index, "seed": 7 + index, "array": pixels, "x": 60, "y": 50, "recipe": {}}
    session.tell(handle, "candidate.done", **data)


def begin_here(qtbot, view):
    view.repainting.change(prompt="castle", count=3, seed=7)
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)


def click_card(qtbot, view, index):
    cards = view.strip.cards
    place = cards.card_rect(index).center()
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=place)


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
    for _ in range(2):
        again(qtbot, view, session, 16)
    assert not session.notes
    again(qtbot, view, session, 16)
    assert numbers(state) == list(range(4, 52))
    session.offers["The oldest candidates made room."]()
    assert numbers(state) == list(range(1, 52))
    assert state.candidates.items[0].pixels is not None


def test_large_ones_go_when_memory_holds_no_more(qtbot, view, state, session, monkeypatch):
    monkeypatch.setattr(candidates, "MOST_BYTES", 5 * 2 * 40 * 40 * 4)
    begin(qtbot, view, state)
    finish(session, view, 0, 1, 2)
    for _ in range(2):
        again(qtbot, view, session)
    assert numbers(state) == [2, 3, 4, 5, 6, 7, 8, 9]
    session.offers["The oldest candidates made room."]()
    assert numbers(state) == list(range(1, 10))


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


def test_what_was_not_painted_when_the_window_was_killed_can_be_asked_for_again(
    qapp, qtbot, view, state, session
):
    state.join(selection.ellipse((200, 160), Rect(60, 50, 40, 40)), "replace")
    begin_here(qtbot, view)
    asked = session.bridge.submitted[-1].request
    ready(view, session, 0)
    session.start(view.keeper.write_safety_copy())
    later = View(session)
    qtbot.addWidget(later)
    later.show()
    session.start(later.keeper.open_latest())
    found = later.state.candidates
    assert [item.state for item in found.items] == ["ready", "parked", "parked"]
    assert len(session.bridge.submitted) == 1
    later.state.select(QRect(0, 0, 10, 10))
    click_card(qtbot, later, 2)
    again = [handle.request for handle in session.bridge.submitted[1:]]
    assert [(one.image.seed, one.image.count) for one in again] == [(8, 1), (9, 1)]
    assert {(one.mask, one.frame) for one in again} == {(asked.mask, asked.frame)}
    assert {one.image.prompt for one in again} == {"castle"}
    assert [item.state for item in found.items] == ["ready", "queued", "queued"]
    assert not any(found.parked_like(item) for item in found.items)


def test_what_waits_is_kept_at_its_place_on_a_cropped_canvas_until_it_is_clicked(
    qtbot, view, state, session
):
    state.select(QRect(60, 50, 40, 40))
    state.set_region(QRect(40, 30, 80, 80))
    begin_here(qtbot, view)
    state.crop_to(QRect(30, 20, 150, 120))
    assert [item.batch.frame for item in state.candidates.items] == [QRect(10, 10, 80, 80)] * 3
    view.keep()
    for _ in range(2):  # what nobody has asked for still waits the next time
        later = View(session)
        qtbot.addWidget(later)
        later.show()
        session.start(later.keeper.open_latest())
        assert [item.state for item in later.state.candidates.items] == ["parked"] * 3
        later.state.candidates.revision += 1
        later.keep()
    assert len(session.bridge.submitted) == 1
    click_card(qtbot, later, 0)
    request = session.bridge.submitted[-1].request
    assert request.frame == (40, 30, 80, 80)
    shown = later.state.candidates.items[0].batch
    assert shown.frame == QRect(10, 10, 80, 80)


def test_a_parked_card_says_that_it_waits(qtbot, view, state, session):
    begin(qtbot, view, state)
    view.keep()
    later = View(session)
    qtbot.addWidget(later)
    later.resize(1500, 900)
    later.show()
    session.start(later.keeper.open_latest())
    item = later.state.candidates.items[0]
    assert "Click to paint" in tip(item)
    card = later.strip.cards.card_rect(0)
    drawn = later.strip.cards.viewport().grab(card).toImage()
    item.state = "queued"
    later.strip.cards.follow()
    assert later.strip.cards.viewport().grab(card).toImage() != drawn
    item.state = "parked"
    later.card_menu.open(item, later.mapToGlobal(later.rect().center()))
    offered = {one.text(): one for one in later.card_menu.menu.actions()}
    offered["Paint this one"].trigger()
    assert [one.request.image.seed for one in session.bridge.submitted[1:]] == [7]
    assert [one.state for one in later.state.candidates.items] == ["parked", "parked", "queued"]


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


def test_ten_requests_wait_for_each_other_and_each_has_its_own_line(qtbot, view, state, session):
    state.select(QRect(70, 60, 20, 20))
    for number in range(10):
        view.repainting.change(prompt=f"castle {number}", count=2, strength=0.1 * number + 0.05)
        qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)
    asked = [handle.request for handle in session.bridge.submitted]
    assert [one.image.prompt for one in asked] == [f"castle {number}" for number in range(10)]
    assert len({one.picture for one in asked}) == 10
    batches = state.candidates.batches
    assert [batch.prompt for batch in batches] == [f"castle {number}" for number in range(10)]
    assert told(state.candidates, batches[3]) == ("castle 3", "0.35")
    heads = [view.strip.cards.head_rect(batch) for batch in batches]
    assert all(one.right() < other.left() for one, other in itertools.pairwise(heads[5:]))
    state.select(None)
    state.begin_stroke((20.0, 20.0, 1.0), erase=False)
    state.end_stroke()
    assert state.document.composite()[20, 20, 0] != 255


def test_requests_come_in_on_their_own_cards_in_any_order(qtbot, view, state, session):
    begin(qtbot, view, state)
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)
    first, second = session.bridge.submitted
    for handle, index, red in ((second, 1, 200), (first, 0, 100)):
        tell_done(session, handle, index, (red, 0, 0))
    ready_ones = [item for item in state.candidates.items if item.state == "ready"]
    assert [item.number for item in ready_ones] == [1, 5]
    assert [int(item.pixels[20, 20, 0]) for item in ready_ones] == [100, 200]
    view.repainting.stop(state.candidates.batches[1])
    assert (first.cancel_asked, second.cancel_asked) == (False, True)


def test_looking_back_is_not_disturbed_by_what_comes_in(qtbot, view, state, session):
    begin(qtbot, view, state)
    finish(session, view, 0, 1, 2)
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)
    ready(view, session, 0)
    assert state.shown_number() == 4
    cards = view.strip.cards
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=cards.card_rect(0).center())
    ready(view, session, 1)
    assert state.shown_number() == 1


def test_the_first_card_of_a_request_shows_the_picture_as_it_is(qtbot, view, state, session):
    begin(qtbot, view, state)
    finish(session, view, 0)
    assert state.preview() is not None
    cards, batch = view.strip.cards, state.candidates.batches[0]
    spot = cards.before_rect(batch).center()
    assert cards.viewport().grab().toImage().pixelColor(spot).getRgb()[:3] == (255, 255, 255)
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert state.preview() is None
    assert not view.strip.accept.isEnabled()


def test_a_preview_is_seen_in_its_place_and_only_where_it_will_be_painted(
    qtbot, view, state, session
):
    begin(qtbot, view, state)
    frame = state.region_frame()
    latents = np.full((8, 8, 3), (20, 200, 20), np.uint8)
    session.tell(
        session.bridge.submitted[-1],
        "candidate.preview",
        index=0,
        step=3,
        total=12,
        array=latents,
    )

    def seen(x, y):
        spot = view.surface.view.to_screen(QPointF(x + 0.5, y + 0.5)).toPoint()
        return view.surface.grab().toImage().pixelColor(spot).getRgb()[:3]

    assert seen(80, 70) == (20, 200, 20)
    assert seen(frame.left() + 1, frame.top() + 4) == (255, 255, 255)
    cards = view.strip.cards
    at = cards.card_rect(0).center()
    assert cards.viewport().grab().toImage().pixelColor(at).green() > 190
    assert not view.strip.accept.isEnabled()
    ready(view, session, 0)
    assert seen(80, 70) == (250, 10, 10)
    assert view.strip.accept.isEnabled()


def test_more_of_a_request_has_its_place_and_the_next_seeds(qtbot, view, state, session):
    state.join(selection.ellipse((200, 160), Rect(60, 50, 40, 40)), "replace")
    begin_here(qtbot, view)
    finish(session, view, 0, 1, 2)
    first = session.bridge.submitted[-1].request
    state.select(QRect(0, 0, 10, 10))
    view.repainting.change(prompt="boat", seed=500)
    cards = view.strip.cards
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=cards.more_rect().center())
    more = session.bridge.submitted[-1].request
    assert (more.mask, more.frame, more.rect) == (first.mask, first.frame, first.rect)
    assert (more.image.prompt, more.image.seed, more.image.count) == ("castle", 10, 3)
    assert numbers(state) == [1, 2, 3, 4, 5, 6]
    assert len(state.candidates.batches) == 1


def test_the_mask_of_a_request_is_inside_it(qtbot, view, state, session):
    round_one = selection.ellipse((200, 160), Rect(60, 50, 40, 40))
    state.join(round_one, "replace")
    begin_here(qtbot, view)
    request = session.bridge.submitted[-1].request
    mask = mask_text.from_text(request.mask)
    shown = Rect(*request.origin, mask.shape[1], mask.shape[0])
    assert shown == Rect(*request.frame)
    assert (mask == round_one.read(shown)).all()


def test_the_picture_of_a_request_goes_when_it_is_done(qtbot, view, state, session):
    begin(qtbot, view, state)
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)
    first, second = session.bridge.submitted
    session.end(first)
    assert not Path(first.request.picture).exists()
    assert Path(second.request.picture).exists()


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
