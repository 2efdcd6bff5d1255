"""What was set for the next run is there again when the project is opened again."""

from __future__ import annotations

import json
import math

import pytest
from PySide6.QtTest import QTest

from app import kept_run
from app.bridge import Bridge
from app.kept_run import FILE_NAME, Kept, read
from app.session import Session
from app.training.view import View
from engine.project.settings import Settings
from engine.runtime.errors import StorageError
from engine.runtime.queue_store import QueueStore
from engine.runtime.refusals import Refusal
from engine.runtime.schema import settings_of
from engine.runtime.thread import Engine
from engine.training.config import TrainRequest


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(kept_run, "PAUSE", 0.0)


@pytest.fixture
def kind():
    return View


def kept(loop, session):
    """What lies in the project when all is written."""
    loop.run_until_complete(session.run_settings.flush())
    path = session.project.root / FILE_NAME
    return json.loads(path.read_text("utf-8"))["settings"] if path.exists() else {}


@pytest.fixture
def opened_again(qtbot, loop, tmp_path, settle):
    """The same project in another window, as after a crash of the first."""
    sessions = []

    def open_(folder):
        made = Session(Bridge(lambda: Engine(QueueStore(tmp_path / "again.sqlite"))), Settings())
        sessions.append(made)
        made.open_folder(folder)
        settle(made)
        view = View(made)
        qtbot.addWidget(view)
        settle(made)
        return view

    yield open_
    for made in sessions:
        loop.run_until_complete(made.close_project())
        made.bridge.close()
        made.bridge._pool.shutdown(wait=True)


def test_what_was_typed_is_there_again_after_the_window_was_lost(view, loop, settle, opened_again):
    name = view.settings.simple.name
    name.selectAll()
    QTest.keyClicks(name, "cozy props")
    name.editingFinished.emit()
    view.state.set_epochs(48)
    view.state.change(noise_offset=0.05, sample_prompts=("a red apple --d 11",))
    settle(view.session)
    kept(loop, view.session)

    again = opened_again(view.session.project.root)
    values = again.state.values
    assert again.settings.simple.name.text() == "cozy props"
    assert (values["max_train_epochs"], values["noise_offset"]) == (48, 0.05)
    assert values["sample_prompts"] == ("a red apple --d 11",)
    assert {"max_train_epochs", "noise_offset"} <= again.state.changed_names()


def test_a_missing_base_model_of_an_import_is_still_asked_for(view, loop, opened_again):
    view.state.ask_for_model(Refusal("base_model", "Choose one for {family}.", {"family": "SDXL"}))
    assert not view.state.can_start
    kept(loop, view.session)
    again = opened_again(view.session.project.root)
    assert not again.state.can_start
    assert "SDXL" in str(again.state.problem)


def test_only_what_differs_from_the_start_is_kept(view, loop, settle):
    view.state.change(network_dim=24)
    assert kept(loop, view.session) == {"network_dim": 24}
    view.state.replace(view.state.start_values(), "Back.")
    settle(view.session)
    assert kept(loop, view.session) == {}
    assert not (view.session.project.root / FILE_NAME).exists()


def test_what_is_set_in_dataset_before_train_is_opened_is_kept(opened, loop, opened_again, settle):
    opened.run_settings.put(None, resolution="96")
    settle(opened)
    assert kept(loop, opened) == {"resolution": "96"}
    assert opened_again(opened.project.root).state.values["resolution"] == "96"


def test_the_end_of_the_window_waits_for_what_was_set_last(view, loop, monkeypatch):
    monkeypatch.setattr(kept_run, "PAUSE", 60.0)
    view.state.change(network_dim=24)
    loop.run_until_complete(view.session.end())
    assert read(view.session.project.root).values == {"network_dim": 24}


def test_what_a_run_was_started_with_stays_and_its_name_counts_on(view, loop, monkeypatch):
    monkeypatch.setattr(view.session.bridge, "submit", lambda request: request)
    view.state.change(output_name="cozy_v4", network_dim=24)
    view.state.start()
    assert view.state.values["output_name"] == "cozy_v5"
    assert kept(loop, view.session) == {"network_dim": 24}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"settings": 3}', '{"settings": []}', "\u0000", "[" * 100_000],
)
def test_a_damaged_file_is_no_reason_not_to_open(opened, opened_again, loop, text):
    (opened.project.root / FILE_NAME).write_text(text, "utf-8")
    view = opened_again(opened.project.root)
    assert view.state.can_start


def test_of_a_strange_file_only_what_fits_is_taken(tmp_path):
    record = {
        "network_dim": "24", "noise_offset": 1, "seed": True, "sample_prompts": "one",
        "base_weights": ["a", None], "unknown": 1, "shuffle_caption": True,
    }  # fmt: skip
    (tmp_path / FILE_NAME).write_text(json.dumps({"settings": record}), "utf-8")
    assert read(tmp_path) == Kept({"noise_offset": 1.0, "shuffle_caption": True})


def written(folder, settings, missing=None):
    """A file as another version, or somebody with an editor, left it."""
    record = {"settings": settings, "missing_model": missing}
    (folder / FILE_NAME).write_text(json.dumps(record), "utf-8")


ODD = (
    10**30, -(10**30), 1e308, math.inf, math.nan, -1, 0, 3.5, "", "nothing", "{a.__class__}",
    "a.b(", "\x00", "x" * 3000, [], ["a"] * 300, [[1]], [math.inf], ["\x00"], True, None, {"a": 1},
)  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:12])
def test_the_page_opens_on_odd_values_and_says_what_is_wrong(opened, opened_again, odd):
    written(opened.project.root, dict.fromkeys(TrainRequest.model_fields, odd))
    view = opened_again(opened.project.root)
    state, settings = view.state, view.settings
    assert state.values["project"] == str(opened.project.root)
    assert (state.plan is None) != (state.problem is None)
    view.show()
    settings.level._choose(1)
    rows = [settings.advanced.row(name) for name in settings.advanced.items]
    assert any(row.error for row in rows) or state.can_start
    state.replace(state.start_values() | {"output_name": "mended"}, "Back.")
    assert state.can_start


def test_each_odd_value_alone_leaves_the_form_usable(view):
    state = view.state
    first = dict(state.values)
    for item in settings_of(TrainRequest):
        for odd in (10**30, -1, "nothing", ["nothing"]):
            written(view.session.project.root, {item.name: odd})
            found = read(view.session.project.root).values
            if not found:
                continue
            view.session.run_settings.share(None, found)
            assert (state.plan is None) != (state.problem is None), (item.name, odd)
            assert item.name not in ("project", "output_dir", "resume")
            view.session.run_settings.share(None, first)
    assert state.can_start


def test_what_no_field_can_hold_is_dropped(tmp_path):
    odd = {
        "optimizer_type": "NoSuch", "lr_scheduler": "{a.__class__}", "noise_offset": math.inf,
        "max_grad_norm": 10**400, "resume": "/elsewhere", "output_dir": "/elsewhere",
        "project": "/", "network_dim": 10**30, "unet_lr": -1,
    }  # fmt: skip
    written(tmp_path, odd)
    assert read(tmp_path) == Kept({"network_dim": 10**30, "unet_lr": -1.0})


def test_a_huge_file_is_not_read(tmp_path):
    written(tmp_path, {"network_dim": 24, "training_comment": "x" * (1 << 20)})
    assert read(tmp_path) == Kept()


@pytest.mark.parametrize(
    "missing",
    [
        3, [], "Choose one.", {"setting": 3}, {"setting": 3, "sentence": "Choose one."},
        {"setting": "base_model"}, {"setting": "base_model", "sentence": ""},
        {"setting": "base_model", "sentence": "{a.__class__}", "facts": {"a": "b"}},
        {"setting": "base_model", "sentence": "{a.no.such}", "facts": {"a": "b"}},
        {"setting": "base_model", "sentence": "{a:>999999999999}", "facts": {"a": "b"}},
        {"setting": "base_model", "sentence": "{a!r}", "facts": {"a": "b"}},
        {"setting": "base_model", "sentence": "{", "facts": {}},
        {"setting": "base_model", "sentence": "Choose {a}.", "facts": ["a"]},
        {"setting": "base_model", "sentence": "Choose {a}.", "facts": {"a": {"b": 1}}},
        {"setting": "base_model", "sentence": "Choose one.", "more": 1},
    ],
)  # fmt: skip
def test_a_malformed_wish_for_a_base_model_is_dropped(opened, opened_again, missing):
    written(opened.project.root, {"network_dim": 24}, missing)
    view = opened_again(opened.project.root)
    assert view.state.can_start
    assert view.state.values["network_dim"] == 24


def test_a_project_that_cannot_be_written_is_told_once(view, loop, settle, monkeypatch):
    def fail(folder, kept):
        raise StorageError("The disk is full.")

    monkeypatch.setattr(kept_run, "write", fail)
    said = []
    view.session.notified.connect(said.append)
    for rank in (24, 40):
        view.state.change(network_dim=rank)
        loop.run_until_complete(view.session.run_settings.flush())
    assert len(said) == 1
    assert view.state.values["network_dim"] == 40
