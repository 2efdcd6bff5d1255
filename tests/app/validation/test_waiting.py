"""A grid that waits for its turn, and the run that is trained meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QPushButton

from app.validation.cell import Checkpoint
from engine.runtime.events import Event
from engine.training.config import TrainRequest
from tests.app.validation.grids import LEFT, axes_of, draw


@pytest.fixture
def training(session, tmp_path):
    """A run of the engine that was asked for before any grid."""
    made = session.bridge.submit(TrainRequest(output_name="harvest", project=str(tmp_path)))
    made.state = "running"
    return made


@pytest.fixture
def waiting(qtbot, view, session, training):
    """The grid of the form behind that run."""
    qtbot.mouseClick(view.panel.start, LEFT)
    return session.bridge.submitted[-1]


def saved(run, tmp_path, epoch=8):
    """``run`` with another checkpoint."""
    more = Checkpoint(str(tmp_path / f"style-{epoch}.safetensors"), f"style-{epoch}", epoch)
    return replace(run, checkpoints=(*run.checkpoints, more), is_training=True)


def test_what_a_grid_waits_for_is_said(view, session, training, waiting):
    assert view.panel.cached.text() == "Waits for Train harvest."
    training.pause()
    session.job_changed.emit(training)
    assert view.panel.cached.text() == "Waits for Train harvest, which is paused."
    waiting.state = "running"
    session.job_changed.emit(waiting)
    assert "harvest" not in view.panel.cached.text()


def test_a_grid_that_never_had_its_turn_gives_back_the_one_before(
    qtbot, view, session, run, training
):
    folder = draw(session, axes_of(run))
    session.start(view.reader.show_latest())
    assert view.state.request.folder == str(folder)
    view.setup.type("seed", "7, 8, 9")
    qtbot.mouseClick(view.panel.start, LEFT)
    handle = session.bridge.submitted[-1]
    assert view.state.request.folder != str(folder)
    qtbot.mouseClick(view.panel.cancel, LEFT)
    session.end(handle)
    assert view.state.request.folder == str(folder)
    assert len(list(view.state.finished())) == len(view.state.request.positions())
    assert view.setup.axes.get("seed").text == "7, 8, 9"
    assert not session.errors


def test_without_a_grid_before_it_the_stage_says_how_to_begin(qtbot, view, session, waiting):
    qtbot.mouseClick(view.panel.cancel, LEFT)
    session.end(waiting)
    assert view.stage.currentWidget() is view.empty
    assert view.evidence.problem is None
    assert not any(one.text() == "Measure" and one.isVisible() for one in buttons(view.right))


def buttons(widget):
    return widget.findChildren(QPushButton)


def test_the_run_that_is_trained_is_listed_before_it_saved_anything(
    view, session, run, monkeypatch
):
    begun = replace(run, folder="later", name="harvest", checkpoints=(), is_training=True)
    monkeypatch.setattr("app.validation.reader.read_runs", lambda runs: [begun, run])
    session.engine_event.emit(Event("a", "train.started", {}))
    assert [view.panel.source._options[at][1] for at in (0, 1)] == [
        "harvest, training", "pixel-style",
    ]  # fmt: skip
    assert view.setup.run == run
    view.setup.choose("later")
    assert str(view.setup.problem()).startswith("harvest has saved no checkpoint yet.")


def test_all_checkpoints_are_all_also_when_another_is_saved(
    view, session, run, tmp_path, monkeypatch, waiting
):
    grown = saved(run, tmp_path)
    monkeypatch.setattr("app.validation.reader.read_runs", lambda runs: [grown])
    session.engine_event.emit(Event("a", "train.checkpoint", {}))
    assert view.setup.axes.get("checkpoint").text == "2, 4 … 8"
    assert view.runner.more
    waiting.state = "running"
    session.job_changed.emit(waiting)
    assert view.panel.cached.text() == "What was added is drawn after these."


def test_epochs_that_were_typed_stay_as_they_were_typed(view, session, run, tmp_path, monkeypatch):
    view.setup.type("checkpoint", "2, 4, 6")
    monkeypatch.setattr("app.validation.reader.read_runs", lambda runs: [saved(run, tmp_path)])
    session.engine_event.emit(Event("a", "train.checkpoint", {}))
    assert view.setup.axes.get("checkpoint").text == "2, 4, 6"


def _told(session, handle, request, ids):
    rows = [
        {"id": name, "place": list(position.place)}
        for name, position in zip(ids, request.positions(), strict=True)
    ]
    asked = request.model_dump(mode="json")
    session.tell(handle, "grid.planned", folder="", cells=rows, cached=0, request=asked)


def test_another_grid_begins_without_pictures_of_the_one_before(qtbot, view, session, run):
    draw(session, axes_of(run))
    session.start(view.reader.show_latest())
    assert len(list(view.state.finished())) == 16
    view.setup.type("seed", "2, 3")
    qtbot.mouseClick(view.panel.start, LEFT)
    assert not list(view.state.finished())


def test_a_cell_whose_recipe_has_changed_is_not_shown_as_drawn(qtbot, view, session, run):
    draw(session, axes_of(run))
    session.start(view.reader.show_latest())
    view.setup.type("seed", "1, 2")
    qtbot.mouseClick(view.panel.start, LEFT)
    assert len(list(view.state.finished())) == 16
    request = view.state.request
    ids = [
        cell.id if cell is not None and number % 4 else f"{number + 500:064x}"
        for number, cell in enumerate(map(view.state.cell, request.positions()))
    ]
    kept = sum(len(name) == 64 and int(name, 16) < 500 for name in ids)
    _told(session, session.bridge.submitted[-1], request, ids)
    assert len(list(view.state.finished())) == kept < 16


def test_nothing_is_drawn_while_another_plan_is_on_its_way(view, session, run):
    draw(session, axes_of(run))
    session.start(view.reader.show_latest())
    view.setup.type("seed", "5")
    assert view.panel.start.isEnabled()
    view.setup.set_awaited(True)
    assert not view.panel.start.isEnabled()
    assert not view.drawing.possible
    assert view.panel.cached.text() == "The check of this run is being planned."
    view.setup.set_awaited(False)
    assert view.panel.start.isEnabled()


def test_an_earlier_grid_is_listed_and_opened_again(qtbot, view, session, run):
    first = draw(session, axes_of(run), name="first")
    session.start(view.reader.show_latest())
    second = draw(session, axes_of(run, seeds=(4, 5)), name="second")
    session.start(view.reader.show_latest())
    assert view.state.request.folder == str(second)
    qtbot.mouseClick(view.bar.earlier, LEFT)
    menu = QApplication.activePopupWidget()
    entries = {action.text().split("  ·  ")[0]: action for action in menu.actions()}
    assert {"first", "second"} <= entries.keys()
    assert entries["second"].isChecked()
    assert "16 of 16 cells" in entries["first"].text()
    entries["first"].trigger()
    menu.close()
    assert view.state.request.folder == str(first)
    assert view.setup.asks_for(view.state.request)
    view.receive(grid=str(second))
    assert view.state.request.folder == str(second)
