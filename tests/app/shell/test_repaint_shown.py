"""A repaint is seen outside its panel; the tour shows its sheet while it is painted."""

from __future__ import annotations

from engine.canvas.repaint import RepaintRequest
from engine.runtime.events import Event, Progress
from engine.tour.plan import STAGES, TourRequest


def test_a_repaint_is_in_the_status_line_on_the_rail_and_in_the_queue(window, session):
    handle = session.bridge.submit(RepaintRequest(picture="a.png"), interactive=True)
    assert window.bar.queue.text() == "Queue 1"
    handle.state = "running"
    handle.meter._latest = Progress(3, 12, "")
    session.job_changed.emit(handle)
    assert window.status._job.text().startswith("Repaint")
    assert "25" in window.status._left.text()
    assert window.rail.buttons["canvas"].progress == 0.25


def test_a_repaint_that_goes_between_two_steps_of_a_training_is_what_the_line_tells(
    window, session
):
    training = session.bridge.submit(TourRequest(project="p", stage="train"))
    repaint = session.bridge.submit(RepaintRequest(picture="a.png"), interactive=True)
    for handle in (training, repaint):
        handle.state = "running"
        session.job_changed.emit(handle)
    assert window.status._job.text().startswith("Repaint")


def test_the_guide_opens_the_sheet_as_soon_as_it_is_made(window, session, monkeypatch):
    shown = []
    window.show_guide(STAGES)
    window.guide.go_to(3)
    window.guide._handle = session.bridge.submit(TourRequest(project="p", stage="canvas"))
    monkeypatch.setattr(session, "go", lambda page, **payload: shown.append((page, payload)))
    job = window.guide._handle.id
    data = {"document": "/p/tour.kiln", "seeds": (11, 12), "strength": 0.75}
    session.engine_event.emit(Event("another", "tour.sheet", data))
    session.engine_event.emit(Event(job, "tour.sheet", data))
    assert shown == [("canvas", {**data, "job": job})]
    window.guide._handle = None
