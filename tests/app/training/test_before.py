from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from app import i18n
from app.dataset.counts import Scope
from app.theme import fonts, metrics
from app.training import counting
from app.training.difference_table import DifferenceTable, shares
from app.training.differences import Difference
from app.training.model import TrainState
from app.training.resuming import ResumeOffer
from engine.models.family import FAMILIES
from engine.runtime.errors import OutOfMemoryError
from engine.runtime.job import JobHandle
from engine.runtime.queue_store import StoredJob
from engine.training.config import TrainRequest
from engine.training.outline import Outline
from engine.training.probing import ProbeRequest, ProbeResult
from engine.training.runs import Run
from engine.training.state import STATE_FILE
from engine.training.traits import starter_traits
from tests.app.training.conftest import click, written
from tests.app.training.runs_at_hand import make_run

GB = 10**9


@pytest.fixture
def before(column):
    return column.before


def lines(before) -> dict[str, str]:
    return {key: written(line.words) for key, line in before.lines.items() if written(line.words)}


def press(before, key: str) -> None:
    click(before.lines[key].action)


def cost(**changes) -> ProbeResult:
    usual = {
        "peak_bytes": 14 * GB, "step_bytes": 14 * GB, "encode_bytes": GB, "room_bytes": 24 * GB,
        "seconds_per_step": 1.0, "seconds": 3600.0, "seconds_left": 3600.0, "bucket": (96, 96),
        "batch": 4, "outline": Outline(9, 0, 0, 0, ((96, 96, 9),), 9, 3, 10, 30, {}, ()),
    }  # fmt: skip
    return ProbeResult(**(usual | changes))


@pytest.fixture
def asked(session, monkeypatch):
    """Jobs that were submitted; a test says itself how they end."""
    made: list[JobHandle] = []

    def submit(request, **_):
        made.append(JobHandle(request))
        session.bridge.jobs.append(made[-1])
        session.job_added.emit(made[-1])
        return made[-1]

    monkeypatch.setattr(session.bridge, "submit", submit)
    return made


def end(session, handle: JobHandle, result=None, error=None) -> None:
    handle.state = "failed" if error is not None else "done"
    if error is None:
        handle.set_result(result)
    else:
        handle.set_exception(error)
    session.job_finished.emit(handle)


def test_time_and_memory_are_measured_on_demand(before, asked) -> None:
    assert lines(before)["measure"] == "Memory and time can be measured with one step."
    press(before, "measure")
    assert isinstance(asked[0].request, ProbeRequest)
    assert asked[0].request.train == before.state.request()
    assert lines(before)["measure"].startswith("It is measured when the work before it is done")
    end(before.state.session, asked[0], cost())
    assert "measure" not in lines(before)
    said = "About 60 min; the run takes 14 GB of 24 GB. Measured with one step here."
    assert before.facts[3].text() == said


def test_a_measurement_holds_until_the_work_is_another(before, asked) -> None:
    press(before, "measure")
    end(before.state.session, asked[0], cost())
    before.state.change(output_name="other", lr_scheduler="linear", seed=3)
    before.state.set_epochs(2 * int(before.state.values["max_train_epochs"]))
    assert before.facts[3].text().startswith("About 2.0 h; the run takes 14 GB")
    before.state.change(train_batch_size=2)
    assert before.facts[3].text() == ""
    assert lines(before)["measure"] == "The settings have changed since the measurement."
    before.state.change(train_batch_size=8)
    assert "measure" not in lines(before)


def test_what_does_not_fit_is_mended_with_one_click_and_back_again(before, asked, toasts) -> None:
    state = before.state
    press(before, "measure")
    changes = {"train_batch_size": 4, "gradient_accumulation_steps": 2}
    end(state.session, asked[0], cost(changes=changes))
    text = "This run does not fit into 24 GB. With Batch 4, Accumulate 2 it needs 14 GB."
    assert lines(before)["memory"] == text
    press(before, "memory")
    assert {name: state.values[name] for name in changes} == changes
    assert "memory" not in lines(before)
    toasts[-1]["on_action"]()
    assert state.values["train_batch_size"] == 8


def test_a_measurement_that_fails_says_why_and_one_that_is_stopped_says_nothing(
    before, asked
) -> None:
    press(before, "measure")
    error = OutOfMemoryError("Not even one picture fits.", remedy="Use a smaller resolution.")
    end(before.state.session, asked[0], error=error)
    assert lines(before)["measure"] == "Not even one picture fits. Use a smaller resolution."
    press(before, "measure")
    press(before, "measure")
    assert asked[1].cancel_asked
    before.state.session.job_finished.emit(asked[1])
    assert lines(before)["measure"] == "Memory and time can be measured with one step."


def test_the_starter_is_measured_for_true(before, settle, qtbot) -> None:
    state = before.state
    state.change(resolution="64", train_batch_size=2)
    state.session.bridge.engine.start()
    press(before, "measure")
    qtbot.waitUntil(lambda: not state.probe.measuring, timeout=60_000)
    assert state.probe.measured.result.fits
    assert "of" in before.facts[3].text()
    assert not list(state.session.project.runs.glob("*"))
    assert not state.runs


def test_settings_without_effect_lead_to_their_fields(before) -> None:
    asked = []
    before.reveal_asked.connect(asked.append)
    assert not any(key.startswith("idle") for key in lines(before))
    before.state.change(lr_scheduler="linear", lr_scheduler_power=3.0)
    assert lines(before)["idle 0"].startswith("Power has no effect. It has an effect only with")
    press(before, "idle 0")
    assert asked == ["lr_scheduler_power"]
    i18n.set_language("zh_CN")
    assert lines(before)["idle 0"].startswith("“指数”不起作用。")


def test_of_many_settings_without_effect_some_are_counted(before) -> None:
    before.state.change(
        lr_scheduler="linear", lr_scheduler_power=3.0, huber_c=0.5, logit_mean=1.0,
        sigmoid_scale=2.0, style_crop=128,
    )  # fmt: skip
    assert lines(before)["idle more"] == "2 more settings have no effect."


def test_what_only_two_text_encoders_have_is_told_of_a_model_with_one(before) -> None:
    before.state.change(text_encoder_lr2=1e-5, text_encoder_lr=1e-5)
    assert lines(before)["idle 0"].endswith("The model has only one text encoder.")
    two = replace(before.state.base, traits=replace(starter_traits(), family=FAMILIES["sdxl"]))
    before.state.models = [two]
    before.state.change(text_encoder_lr2=2e-5)
    assert before.state.can_start
    assert "idle 0" not in lines(before)


def test_advice_is_given_before_the_start(before) -> None:
    before.state.change(optimizer_type="Prodigy", unet_lr=1e-4)
    assert "Prodigy finds the rate itself" in lines(before)["advice 0"]


def test_advice_knows_what_the_base_model_predicts(before) -> None:
    state = before.state
    state.change(zero_terminal_snr=True)
    assert "advice 0" not in lines(before)  # the starter predicts v
    traits = replace(state.base.traits, prediction_type="epsilon")
    state.models = [replace(state.base, traits=traits), *state.models[1:]]
    state.change(seed=7)
    assert lines(before)["advice 0"].startswith("Zero terminal SNR is made for models")


@pytest.mark.parametrize(
    ("language", "words", "verb"),
    [
        ("en", "predicts Velocity (v), and Model predicts is Noise (epsilon).", "Use Auto"),
        ("zh_CN", "训练出的 LoRA 会是坏的。", "改用自动"),
    ],
)
def test_a_prediction_that_is_not_the_models_own_is_a_warning_with_a_way_out(
    before, language, words, verb
) -> None:
    state = before.state
    i18n.set_language(language)
    assert "prediction" not in lines(before)
    state.change(prediction_type="epsilon", resolution="big")  # whatever else is wrong
    assert not state.can_start
    line = before.lines["prediction"]
    assert words in written(line.words)
    assert (line.icon._name, line.icon._tint) == ("triangle-alert", "warn")
    assert line.action.text() == verb
    press(before, "prediction")
    assert state.values["prediction_type"] == "auto"
    assert "prediction" not in lines(before)


def test_the_warning_follows_the_base_model_that_is_picked(before) -> None:
    state = before.state
    traits = replace(state.base.traits, prediction_type="epsilon")
    state.models = [*state.models, replace(state.base, ref="/m/e", traits=traits)]
    state.change(prediction_type="epsilon")
    assert "prediction" in lines(before)
    state.choose_base("/m/e")
    assert "prediction" not in lines(before)
    state.choose_base("starter")
    assert "prediction" in lines(before)


def test_the_starter_is_warned_of_a_rate_for_large_models(before) -> None:
    before.state.change(unet_lr=1e-4)
    assert lines(before)["slow"].startswith("The starter model learns at 0.001; with 1e-4")
    press(before, "slow")
    assert before.state.values["unet_lr"] == 1e-3
    assert "slow" not in lines(before)


def test_pictures_without_captions_are_shown_where_they_can_be_told(before) -> None:
    went = []
    before.state.session.navigated.connect(lambda where, facts: went.append((where, facts)))
    assert lines(before)["bare"] == "1 picture has no caption."
    press(before, "bare")
    boar = next(item.id for item in before.state.pictures if item.name.startswith("boar"))
    assert went == [("dataset", {"scope": Scope("ids", "bare", frozenset({boar}))})]


def test_regularization_pictures_without_partner_are_counted(before, monkeypatch, settle) -> None:
    pictures = before.state.pictures
    extra = [replace(pictures[0], id=100 + key, is_reg=True) for key in range(9)]
    library = before.state.session.library
    monkeypatch.setattr(type(library), "pictures", lambda _: pictures + extra)
    before.state.session.start(before.state.load_pictures())
    settle(before.state.session)
    said = "3 regularization pictures have no partner and will not be used."
    assert lines(before)["unpaired"] == said
    i18n.set_language("zh_CN")
    assert lines(before)["unpaired"] == "有 3 张正则化图片没有配对，不会用于训练。"


def test_what_differs_from_the_last_run_is_counted_shown_and_leads_to_its_field(
    before, settle
) -> None:
    state, revealed = before.state, []
    before.reveal_asked.connect(revealed.append)
    request = state.request().model_copy(update={"output_name": "first", "seed": 9})
    Run.create(state.session.project.runs / "first", request).end("finished")
    state.session.start(state.load_runs())
    settle(state.session)
    state.change(network_dim=32, output_name="next", cache_latents=False)
    assert lines(before)["differ"] == "3 settings differ from first."
    assert before.differences.isHidden()
    press(before, "differ")
    table = before.differences
    assert table.rows == [("Rank", "16", "32"), ("Seed", "9", "0"), ("Cache latents", "on", "off")]
    settle(state.session)
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=table.cells(0)[0].center())
    table.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(table, key)
    assert revealed == ["network_dim", "cache_latents"]


@pytest.mark.parametrize(
    ("wanted", "room", "given"),
    [((90, 40, 60), 300, [200, 40, 60]), ((90, 40, 140), 200, [90, 40, 70])],
)
def test_a_column_that_needs_little_leaves_its_room_to_the_others(wanted, room, given) -> None:
    assert shares(wanted, room) == given


def test_no_value_is_cut_off_beside_room(qtbot) -> None:
    table = DifferenceTable()
    qtbot.addWidget(table)
    table.resize(304, 300)
    table.show_differences("sample-v2", [
        Difference("sdxl_kohya_crop", False, True),
        Difference("resolution", "128", "1024,1024"),
        Difference("prediction_type", "auto", "epsilon"),
        Difference("optimizer_type", "AdamW", "AdamW8bit"),
    ])  # fmt: skip
    for row, words in enumerate(table.rows):
        for box, text in zip(table.cells(row), words, strict=True):
            assert fonts.metrics(12).horizontalAdvance(text) <= box.width(), (text, words)
        assert table.cells(row)[0].left() == metrics.PAD
        assert table.cells(row)[2].right() == table.width() - metrics.PAD - 1


def cut_off(session, name: str) -> Run:
    """A run that a crash ended after its twelfth step."""
    request = TrainRequest(project=str(session.project.root), output_name=name)
    run = Run.create(session.project.runs / name, request)
    state = run.folder / "states" / f"{name}-000001"
    state.mkdir(parents=True)
    (state / STATE_FILE).write_bytes(b"")
    run.log_event("train.state", {"epoch": 1, "step": 12, "bytes": 0, "path": str(state)})
    run.end("interrupted")
    return run


def test_a_run_that_was_cut_off_is_offered_and_goes_on(before, settle, asked) -> None:
    state = before.state
    run = cut_off(state.session, "harvest-v3")
    state.session.start(state.load_runs())
    settle(state.session)
    assert lines(before)["resume"] == "harvest-v3 was cut off at step 12."
    press(before, "resume")
    settle(state.session)
    assert asked[0].request.resume == str(run.states()[-1].path)
    assert asked[0].request.output_name == "harvest-v3"
    assert "resume" not in lines(before)
    asked[0].cancel()
    state.session.job_finished.emit(asked[0])
    settle(state.session)
    assert "resume" in lines(before)


def test_many_pictures_are_counted_beside_the_window(before, settle, monkeypatch) -> None:
    monkeypatch.setattr(counting, "FEW", 3)
    state = before.state
    state.change(train_batch_size=1)
    assert before.facts[1].text().startswith("2 steps per epoch")
    settle(state.session)
    assert before.facts[1].text().startswith("6 steps per epoch")
    assert state.can_start


def test_a_held_out_share_is_counted_beside_the_window(before, settle, monkeypatch) -> None:
    state = before.state
    state.change(train_batch_size=1)
    asked = []
    real = counting.outlook_of
    monkeypatch.setattr(
        counting, "outlook_of", lambda *facts: asked.append(threading.get_ident()) or real(*facts)
    )
    state.change(validation_split=0.5)
    settle(state.session)
    assert asked
    assert threading.get_ident() not in asked
    assert before.facts[0].text().endswith("3 held out for validation.")
    assert before.facts[1].text().startswith("3 steps per epoch")
    assert "blind" not in lines(before)
    state.change(reg_data_dir="/nowhere at all")
    settle(state.session)
    assert not state.can_start
    assert "does not exist" in str(state.problem)
    state.change(reg_data_dir="", validation_split=0.0)
    assert before.facts[1].text().startswith("6 steps per epoch")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "It goes on after step 4, 56 are left."),
     ("zh_CN", "从第 4 步之后继续，还剩 56 步。")],
)  # fmt: skip
def test_what_goes_on_from_a_state_makes_only_the_steps_that_are_left(
    before, settle, language, words
) -> None:
    state = before.state
    state.change(train_batch_size=1, max_train_epochs=10)
    run = make_run(state.session, "cut", epochs=3, status="cancelled")
    i18n.set_language(language)
    for place in (run.states()[0].path, run.states()[0].path / "state.pt"):
        state.change(resume=str(place))
        settle(state.session)
        assert before.facts[1].text().endswith(words)
        assert (state.plan.steps, state.plan.left) == (60, 56)
    state.change(resume=str(run.folder))
    settle(state.session)
    assert state.plan.left == 48
    state.change(resume="")
    assert state.plan.left == 60


def test_a_count_serves_every_setting_that_does_not_touch_it(before, monkeypatch) -> None:
    calls = []
    real = counting.outlook_of
    monkeypatch.setattr(counting, "outlook_of", lambda *facts: calls.append(1) or real(*facts))
    before.state.change(seed=5)
    before.state.set_epochs(9)
    assert calls == []
    before.state.change(train_batch_size=3)
    assert calls == [1]


# The few fields


def test_detail_moves_noise_offset_and_min_snr(column) -> None:
    simple = column.simple
    assert simple.detail.value == 2.0
    simple.detail.field.setText("1")
    simple.detail.field.editingFinished.emit()
    values = column.state.values
    assert (values["noise_offset"], values["min_snr_gamma"]) == (0.04, 5.0)
    hint = written(simple.rows["detail"]._hint)
    assert hint == "Large shapes count more: noise offset 0.04, min-SNR 5."
    simple.detail.reset()
    assert (values["noise_offset"], values["min_snr_gamma"]) == (0.0, 0.0)


def test_keep_saves_every_epoch_until_it_is_cleared(column) -> None:
    simple, state = column.simple, column.state
    state.set_epochs(24)
    assert state.values["save_every_n_epochs"] == 4
    assert written(simple.rows["keep"]._hint) == "Every 4 epochs, with samples."
    QTest.mouseClick(simple.keep, Qt.MouseButton.LeftButton, pos=QPoint(6, 10))
    assert (state.values["save_every_n_epochs"], state.values["sample_every_n_epochs"]) == (1, 1)
    state.set_epochs(30)
    assert state.values["save_every_n_epochs"] == 1
    assert "30 checkpoints will be kept." in before_text(column)
    QTest.mouseClick(simple.keep, Qt.MouseButton.LeftButton, pos=QPoint(6, 10))
    assert state.values["save_every_n_epochs"] == 5
    state.change(save_last_n_epochs=2)
    assert "3 checkpoints will be kept." in before_text(column)


def before_text(column) -> str:
    return column.before.facts[2].text()


def test_a_run_whose_steps_are_given_says_so_at_its_length(column) -> None:
    column.state.change(max_train_epochs=0, max_train_steps=40)
    assert column.simple.epochs.value == column.state.plan.epochs
    hint = written(column.simple.rows["epochs"]._hint)
    assert hint.startswith("40 steps are given: each picture")


def test_the_slider_of_the_length_is_as_long_as_the_run_and_no_longer(column) -> None:
    track = column.simple.epochs.track
    column.state.set_epochs(200)
    assert (track.high, track.value) == (200, 200)
    column.state.set_epochs(24)
    assert (track.high, track.value) == (60, 24)


def test_the_way_to_the_pictures(column) -> None:
    went = []
    column.state.session.navigated.connect(lambda where, facts: went.append(where))
    click(column.simple.pictures.findChild(QToolButton))
    assert went == ["dataset"]


@pytest.mark.parametrize("code", ["en", "zh_CN"])
def test_no_word_of_the_column_is_cut(column, settle, code) -> None:
    i18n.set_language(code)
    column.state.change(network_dim=32, lr_scheduler="linear", lr_scheduler_power=3.0)
    column.grab()
    for row in column.simple.rows.values():
        width = row.label.fontMetrics().horizontalAdvance(row.label.text())
        assert width <= row.label.width(), row.label.text()
    for line in column.before.lines.values():
        if line.isVisible():
            assert line.width() <= column.width()
            assert line.words.width() > 120


# A run that was cut off is offered when its project is opened


def test_a_run_that_was_cut_off_is_told_of_when_its_project_is_opened(
    opened, settle, toasts, asked
) -> None:
    run = cut_off(opened, "harvest-v3")
    ResumeOffer(opened, opened)
    opened.project_changed.emit(opened.project)
    settle(opened)
    assert toasts[-1]["facts"] == {"name": "harvest-v3", "step": "12"}
    assert toasts[-1]["action"] == "Resume"
    toasts[-1]["on_action"]()
    settle(opened)
    assert asked[0].request.resume == str(run.states()[-1].path)


@pytest.mark.parametrize("name", ["harvest-v3", "another"])
def test_what_the_queue_offers_is_not_told_twice_and_forgotten_once_it_goes_on(
    opened, settle, toasts, asked, monkeypatch, name
) -> None:
    cut_off(opened, "harvest-v3")
    values = {"output_name": name, "project": str(opened.project.root)}
    stored = StoredJob("1", {"values": values}, "", "interrupted", 0.0, 0.0, "")
    forgotten: list[StoredJob] = []
    monkeypatch.setattr(opened.bridge, "interrupted", lambda: [stored])
    monkeypatch.setattr(opened.bridge, "forget", forgotten.append)
    ResumeOffer(opened, opened)
    opened.project_changed.emit(opened.project)
    settle(opened)
    told = [note for note in toasts if note["action"] == "Resume"]
    assert len(told) == (name == "another")
    state = TrainState(opened)
    settle(opened)
    state.resume(state.resumable[0])
    settle(opened)
    assert len(asked) == 1
    assert forgotten == ([stored] if name == "harvest-v3" else [])


def test_tab_goes_through_the_column_from_top_to_bottom(column, settle) -> None:
    request = column.state.request().model_copy(update={"output_name": "first"})
    Run.create(column.state.session.project.runs / "first", request).end("finished")
    column.state.session.start(column.state.load_runs())
    settle(column.state.session)
    column.before.toggle_differences()
    column.simple.strip.ask_to_save()
    column.state.change(lr_scheduler="linear", lr_scheduler_power=3.0, network_dim=32)
    order, widget = [], column.nextInFocusChain()
    while widget is not column:
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if takes and widget.isVisible() and widget.isEnabled() and column.isAncestorOf(widget):
            middle = widget.mapTo(column, widget.rect().center())
            order.append((middle.y() // 12, middle.x(), type(widget).__name__))
        widget = widget.nextInFocusChain()
    assert order == sorted(order)
    assert sum(name == "Button" for *_, name in order) >= 6
