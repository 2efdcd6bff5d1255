"""The trigger word that a new run begins with: the project's, else that of the last run."""

from __future__ import annotations

import pytest

from app.dataset.caption_work import CaptionWork
from app.dataset.model import DatasetState
from app.dataset.outlook_settings import request_of
from app.training.view import View
from tests.app.training.runs_at_hand import make_run


@pytest.fixture
def view(opened, opener):
    make_run(opened, "older", trigger_word="older")
    make_run(opened, "newest", trigger_word="hvisl")
    return opener(View)


def test_a_new_run_begins_with_the_word_of_the_last_one(view) -> None:
    request = view.state.request()
    assert view.settings.simple.trigger.text() == request.trigger_word == "hvisl"
    assert request.sample_prompts
    assert all(prompt.startswith("hvisl") for prompt in request.sample_prompts)
    assert "trigger_word" not in view.state.changed_names()


def test_the_word_of_the_project_stands_above_it_and_is_followed(view, settle) -> None:
    session = view.session
    CaptionWork(DatasetState(session)).set_trigger_word("kiln")
    settle(session)
    assert view.settings.simple.trigger.text() == view.state.request().trigger_word == "kiln"
    assert request_of(session).trigger_word == "kiln"


def test_what_is_typed_for_the_next_run_stays(view, settle) -> None:
    view.settings.simple.trigger.setText("mine")
    view.settings.simple.trigger.editingFinished.emit()
    session = view.session
    CaptionWork(DatasetState(session)).set_trigger_word("kiln")
    settle(session)
    request = view.state.request()
    assert request.trigger_word == "mine"
    assert all(prompt.startswith("mine") for prompt in request.sample_prompts)


def test_the_dataset_looks_ahead_with_the_word_of_the_newest_run(opened, settle) -> None:
    make_run(opened, "older", trigger_word="hvisl")
    make_run(opened, "newest")
    make_run(opened, "failed", epochs=0, status="failed", trigger_word="never")
    opened.project_changed.emit(opened.project)
    settle(opened)
    assert request_of(opened).trigger_word == "hvisl"
