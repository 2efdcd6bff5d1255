from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import i18n
from app.i18n import tr
from app.training.suggestions import wanted_steps_starter
from app.training.view import View
from engine.runtime.errors import BadInputError
from engine.runtime.refusals import Refusal, RefusedError
from engine.training import device_needs, optimizer_rules
from engine.training.checks import check_memory
from engine.training.optimizer_rules import REPLACE
from tests.app.training.conftest import choose, click, written
from tests.app.training.runs_at_hand import make_run

FORM = Path(__file__).parents[2] / "golden" / "kohya_form.json"


@pytest.fixture
def kind():
    return View


@pytest.fixture
def no_card(monkeypatch):
    """A computer without an NVIDIA graphics card."""
    lacking = optimizer_rules.lacking

    def without(name, path, rule, *, card):
        return lacking(name, path, rule, card=False)

    monkeypatch.setattr(optimizer_rules, "lacking", without)


def fixes(view) -> str:
    return written(view.settings.fix.words)


LANGUAGES = {
    "en": (
        "2 fields need a fix: Base model, Optimizer.",
        "Choose one for SDXL.",
        "AdamW8bit needs an NVIDIA graphics card. Choose AdamW,",
        "Replace a missing optimizer",
    ),
    "zh_CN": (
        "基础模型、优化器",
        "请选择一个 SDXL 模型",
        "请选择占用更多显存但效果相同的 AdamW",
        "替换缺少的优化器",
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_that_cannot_run_here_is_mended_before_the_start(view, settle, no_card, language):
    i18n.set_language(language)
    both, model, optimizer, replace = LANGUAGES[language]
    settings = view.settings
    view.files.take(FORM)
    settle(view.session)
    assert both in fixes(view)
    assert model in written(settings.simple.rows["base"]._error)
    assert not settings.start_button.isEnabled()
    settings.reveal("optimizer_type")
    row = settings.advanced.row("optimizer_type")
    assert optimizer in row.error
    assert "optimizer_fallback" not in row.error
    assert row.remedy.text() == replace
    click(row.remedy)
    assert view.state.values["optimizer_fallback"] is True
    assert row.error == ""
    assert not row.remedy.isVisible()
    settings._choose_level("simple")
    first = settings.simple.base.itemText(0)
    choose(settings.simple.base, first)
    settle(view.session)
    assert fixes(view) == "" or "SDXL" not in fixes(view)
    assert written(settings.simple.rows["base"]._error) == ""


def test_taking_an_import_back_asks_for_no_model(view, settle, no_card):
    view.files.take(FORM)
    settle(view.session)
    click(view.report.page.undo)
    assert fixes(view) == ""
    assert view.state.can_start


WISHES = {
    "attention": ("xformers", "en", "Attention by xformers needs the package xformers"),
    "fp8_base": (True, "en", "fp8 needs a graphics card that computes in half precision."),
    "fp8_base_unet": (True, "zh_CN", "fp8"),
}


@pytest.mark.parametrize("name", WISHES)
def test_what_memory_needs_of_a_computer_is_told_at_its_field(view, settle, monkeypatch, name):
    value, language, words = WISHES[name]
    monkeypatch.setattr(device_needs, "default_device", lambda: torch.device("cpu"))
    i18n.set_language(language)
    settings = view.settings
    settings.reveal(name)
    settle(view.session)
    assert view.state.can_start
    view.state.change(**{name: value})
    settle(view.session)
    row = settings.advanced.row(name)
    assert words in row.error
    assert not settings.start_button.isEnabled()
    with pytest.raises(BadInputError) as refused:
        check_memory(view.state.request(), torch.device("cpu"))
    assert tr(refused.value.sentence) in row.error
    view.state.change(**{name: type(value)()} if name != "attention" else {name: "sdpa"})
    settle(view.session)
    assert row.error == ""
    assert view.state.can_start


def test_the_command_line_says_the_same_of_an_optimizer(no_card):
    told = optimizer_rules.lacking("AdamW8bit", "x", optimizer_rules.RULES["AdamW8bit"], card=True)
    error = BadInputError(told.sentence, remedy=told.remedy, **told.facts)
    assert str(error) == str(told)
    assert told.remedy == REPLACE


def test_the_report_of_an_import_is_reached_from_the_menu_again(view, settle):
    view.files.take(FORM)
    settle(view.session)
    click(view.report.page.back)
    assert not view.shows_report
    QTest.mouseClick(view.settings.more, Qt.MouseButton.LeftButton)
    entry(view.settings, "Show the import report").trigger()
    assert view.shows_report


def test_both_levels_import_and_the_menu_has_all_formats(view):
    asked = []
    view.settings.import_asked.disconnect()
    view.settings.import_asked.connect(lambda: asked.append("import"))
    click(view.settings.import_button)
    view.settings._choose_level("advanced")
    click(view.settings.import_icon)
    assert asked.count("import") == 2
    view.settings.export_asked.disconnect()
    view.settings.export_asked.connect(asked.append)
    for words in ("Form of kohya's window…", "Settings of kohya's scripts…",
                  "Dataset file of kohya's scripts…"):  # fmt: skip
        QTest.mouseClick(view.settings.more, Qt.MouseButton.LeftButton)
        entry(view.settings, words).trigger()
    assert asked[2:] == ["json", "toml", "dataset"]


def entry(widget, words):
    from PySide6.QtWidgets import QMenu

    menu = next(one for one in widget.findChildren(QMenu) if one.isVisible())
    found = next(one for one in menu.actions() if one.text() == words)
    menu.close()
    return found


def test_a_run_that_never_learned_is_no_measure(view, settle):
    make_run(view.session, "good", max_train_epochs=7)
    failed = make_run(view.session, "harvest_icons", epochs=0, status="running")
    failed.end("failed", "AdamW8bit needs an NVIDIA graphics card.")
    (failed.folder / "log.jsonl").unlink(missing_ok=True)
    failed._mark(**failed.info | {"started": 5e9})
    view.session.start(view.state.load_runs())
    settle(view.session)
    assert view.state.runs[0].name == "harvest_icons"
    assert [story.name for story in view.state.measures] == ["good"]
    assert view.state.values["max_train_epochs"] == 7
    texts = [line.words.text() for line in view.settings.before.lines.values()]
    assert not any("harvest_icons" in text for text in texts)
    view.state.show(view.state.runs[0])
    assert written(view.runs.reason) == "AdamW8bit needs an NVIDIA graphics card."
    assert view.runs.reason.toolTip() == view.runs.reason.text()


def test_the_run_after_one_that_failed_at_once_has_its_name_again(view, settle):
    view.state.change(output_name="harvest_icons")
    handle = view.state.start()
    assert view.state.values["output_name"] != "harvest_icons"
    handle.state = "failed"
    handle.set_running_or_notify_cancel()
    refusal = Refusal("optimizer_type", "{name} needs an NVIDIA graphics card.", {"name": "X"})
    handle.set_exception(RefusedError((refusal,)))
    view.session.job_finished.emit(handle)
    settle(view.session)
    assert view.state.values["output_name"] == "harvest_icons"


def test_the_length_that_is_suggested_does_not_depend_on_what_is_set(view, settle):
    state, simple = view.state, view.settings.simple
    settle(view.session)
    first = state.values["max_train_epochs"]
    assert str(wanted_steps_starter) in simple.rows["epochs"]._hint.text()
    state.change(train_batch_size=1, max_train_epochs=3, resolution="64")
    state._suggest_again()
    settle(view.session)
    view.settings._choose_level("advanced")
    click(view.settings.reset_button)
    assert state.values["max_train_epochs"] == first
    state.change(train_batch_size=1, max_train_epochs=3)
    view.settings._choose_level("simple")
    choose(simple.preset.choice, "Start values")
    assert state.values["max_train_epochs"] == first


def test_a_second_run_of_the_same_settings_is_noted(view, settle):
    values = {n: v for n, v in view.state.values.items() if n not in ("project", "output_name")}
    make_run(view.session, "first", **json.loads(json.dumps(values)))
    view.session.start(view.state.load_runs())
    settle(view.session)
    words = {key: line.words.text() for key, line in view.settings.before.lines.items()
             if line.isVisible()}  # fmt: skip
    assert words["same"] == "The settings are the same as those of first."
    view.state.change(seed=7)
    assert not view.settings.before.lines["same"].isVisible()
