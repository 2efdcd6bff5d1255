from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app import i18n
from app.models.tools import TOOLS
from app.training.draft import checkpoints
from app.training.pace import about
from app.training.story import read
from app.training.view import View
from app.trash import bring_back, to_trash
from app.widgets.choice_names import choice_text
from engine.dataset.batch import OPERATIONS
from engine.dataset.tagging import CaptionRequest
from engine.models.approvals import Approval, write_approval
from engine.models.hashes import file_sha256
from engine.runtime.errors import StorageError
from engine.runtime.events import Event
from engine.runtime.job import Job
from engine.runtime.schema import settings_of
from engine.training.config import TrainRequest
from engine.training.runs import Run
from tests.app.i18n.collector import tables
from tests.app.training.conftest import choose


@pytest.fixture
def kind():
    return View


def make_run(session, name: str, epochs: int = 3) -> Path:
    """A finished run folder as the training loop writes it."""
    request = TrainRequest(project=str(session.project.root), output_name=name)
    run = Run.create(session.project.runs / name, request)
    run.log_event(
        "train.started",
        {"name": name, "total_steps": epochs * 4, "epochs": epochs, "steps_per_epoch": 4,
         "pictures": 6, "buckets": 1},
    )  # fmt: skip
    for epoch in range(epochs + 1):
        path = run.folder / "samples" / f"{epoch}.png"
        Image.new("RGB", (32, 32), (40 * epoch, 90, 90)).save(path)
        run.log_event(
            "train.sample",
            {"epoch": epoch, "step": epoch * 4, "index": 0, "prompt": "cactus, icon", "seed": 42,
             "path": str(path)},
        )  # fmt: skip
        if epoch:
            save(run, epoch)
    for step in range(1, epochs * 4 + 1):
        run.log_step({"step": step, "epoch": (step + 3) // 4, "loss": 1 / step,
                      "average": 1.1 / step, "grad_norm": 0.5, "lr_unet": 1e-3,
                      "seconds": step * 0.1})  # fmt: skip
    run.end("finished")
    return run.folder


def save(run: Run, epoch: int) -> None:
    path = run.folder / "checkpoints" / f"{epoch}.safetensors"
    path.write_bytes(b"weights")
    held_out = {1: 0.2, 2: 0.1, 3: 0.15}[epoch]
    run.log_event("train.held_out", {"epoch": epoch, "step": epoch * 4, "loss": held_out,
                                     "seen_loss": 0.1})  # fmt: skip
    run.log_event("train.checkpoint", {"epoch": epoch, "step": epoch * 4, "path": str(path),
                                       "bytes": 7, "loss": 0.3,
                                       "held_out_loss": held_out})  # fmt: skip


@pytest.fixture
def with_runs(view, settle):
    make_run(view.session, "first", 2)
    time.sleep(0.01)  # two runs need two start times
    make_run(view.session, "second", 3)
    view.session.start(view.state.load_runs())
    settle(view.session)
    return view


def test_the_first_run_is_ready_to_start(view) -> None:
    simple = view.settings.simple
    assert simple.name.value == "art-v1"
    assert simple.pictures.choice.currentText() == "6 pictures"
    assert simple.quality.value == "good"
    assert view.settings.start_button.isEnabled()
    assert view.settings.before.facts[0].text() == "6 pictures in 2 buckets."
    assert view.stage.pages.currentWidget() is view.stage.empty


def test_simple_fields_change_the_request(view) -> None:
    simple = view.settings.simple
    simple.epochs.field.setText("12")
    simple.epochs.field.editingFinished.emit()
    simple.strength.field.setText("32")
    simple.strength.field.editingFinished.emit()
    QTest.mouseClick(simple.quality, Qt.MouseButton.LeftButton,
                     pos=QPoint(simple.quality.width() - 10, 10))  # fmt: skip
    simple.trigger.setText("hvisl")
    simple.trigger.editingFinished.emit()
    request = view.state.request()
    assert (request.max_train_epochs, request.save_every_n_epochs) == (12, 2)
    assert (request.network_dim, request.network_alpha, request.conv_dim) == (32, 32.0, 32)
    assert request.text_encoder_lr > 0
    assert request.trigger_word == "hvisl"
    assert all(prompt.startswith("hvisl, ") for prompt in request.sample_prompts)
    assert view.settings.before.facts[1].text() == "2 steps per epoch, 24 in all."


def test_a_wrong_setting_is_said_at_its_field_and_stops_the_start(view) -> None:
    view.settings.level._choose(1)
    view.state.change(resolution="abc")
    assert not view.settings.start_button.isEnabled()
    assert "Resolution:" in view.settings.before.problem.text()
    view.state.change(resolution="128")
    assert view.settings.start_button.isEnabled()


def test_without_pictures_it_says_where_to_get_them(view, art, settle, qtbot) -> None:
    for path in art.glob("*.png"):
        path.unlink()
    view.session.start(view.session.rescan())
    settle(view.session)
    qtbot.waitUntil(lambda: not view.settings.start_button.isEnabled())
    assert "Add a folder in Dataset" in view.settings.before.facts[0].text()


def test_past_runs_are_read_from_their_folders(with_runs, settle) -> None:
    view = with_runs
    rows = [row.text for row in view.runs.runs.rows.items]
    assert rows == ["second", "first"]
    assert view.stage.bar.name.text() == "second"
    assert view.stage.bar.phase.text() == "Finished"
    assert view.runs.checkpoints.epochs == [3, 2, 1]
    assert view.state.story.best.epoch == 2
    assert view.runs.check.text() == "Check 3 checkpoints for over-fitting"
    names = [series.label for series in view.stage.curves.loss.plot.series]
    assert names == ["Each step", "Smoothed", "Held-out"]
    assert view.stage.samples.canvas.columns == [0, 4, 8, 12]
    assert ("Rank", "16, alpha 16") in view.runs.settings.facts


def test_an_approved_checkpoint_is_marked_when_the_page_comes_into_sight(
    with_runs, tmp_path, monkeypatch, qtbot
) -> None:
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path / "home"))
    table = with_runs.runs.checkpoints
    row = table._rows[1]
    row.path.write_bytes(b"weights of its own")
    before = table.grab().toImage()
    copy = tmp_path / "home" / "models" / "approved" / row.path.name
    copy.parent.mkdir(parents=True)
    shutil.copyfile(row.path, copy)
    told = Approval(
        name="second", weight=0.8, sha256=file_sha256(copy), bytes=copy.stat().st_size, when=1.0
    )
    write_approval(copy, told)
    with_runs.hide()
    with_runs.show()
    qtbot.waitUntil(lambda: "weight 0.8" in table.accessibleDescription())
    after = table.grab().toImage()
    rows = range(24, before.height())
    marked = {
        (y - 24) // 26
        for y in rows
        for x in range(before.width())
        if before.pixel(x, y) != after.pixel(x, y)
    }
    assert marked == {1}


def test_another_run_is_shown_with_a_click(with_runs) -> None:
    runs = with_runs.runs.runs
    box = runs.visualRect(runs.rows.index(1))
    QTest.mouseClick(runs.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert with_runs.stage.bar.name.text() == "first"
    assert with_runs.runs.checkpoints.epochs == [2, 1]


def test_a_chosen_checkpoint_marks_its_samples_and_its_place_on_the_curve(with_runs) -> None:
    table = with_runs.runs.checkpoints
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(30, 24 + 26 + 13))
    assert with_runs.stage.samples.canvas.step == 8
    low, high = with_runs.stage.curves.loss.plot.state.chosen
    assert low < 2 < high


def test_a_chosen_sample_column_chooses_its_checkpoint(with_runs) -> None:
    canvas = with_runs.stage.samples.canvas
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.cell(0, 12).center())
    assert with_runs.runs.checkpoints.current.epoch == 3
    assert canvas.step == 12


def test_the_check_button_takes_the_run_to_validation(with_runs) -> None:
    went = []
    with_runs.session.navigated.connect(lambda where, payload: went.append((where, payload)))
    QTest.mouseClick(with_runs.runs.check, Qt.MouseButton.LeftButton)
    assert went == [("validate", {"run": str(with_runs.state.story.folder), "check": True})]


def test_start_queues_a_request_and_the_next_one_says_so(view) -> None:
    QTest.mouseClick(view.settings.start_button, Qt.MouseButton.LeftButton)
    handle = view.state.live.next_job()
    assert isinstance(handle.request, TrainRequest)
    assert handle.request.output_name == "art-v1"
    assert Path(handle.request.output_dir).parent == view.session.project.runs
    assert view.settings.start_button.text() == "Add to queue"
    assert view.settings.simple.name.value == "art-v2"
    handle.cancel()


def test_a_double_click_on_start_starts_one_run(view, qtbot) -> None:
    start = view.settings.start_button
    before = len(view.session.bridge.jobs)
    for _ in range(4):
        QTest.mouseClick(start, Qt.MouseButton.LeftButton)
    view.start()  # as the command palette does
    assert len(view.session.bridge.jobs) == before + 1
    assert not start.isEnabled()
    qtbot.waitUntil(start.isEnabled)
    QTest.mouseClick(start, Qt.MouseButton.LeftButton)
    assert len(view.session.bridge.jobs) == before + 2
    for handle in view.session.bridge.jobs:
        handle.cancel()


def tell(view, handle, kind, **data):
    folder = view.session.project.runs / "live"
    view.session.engine_event.emit(Event(handle.id, kind, {"run": str(folder)} | data))


def start(view, settle):
    handle = view.state.start()
    handle.state = "running"
    tell(view, handle, "train.started", name="live", total_steps=10, epochs=2, steps_per_epoch=5,
         pictures=6, buckets=1)  # fmt: skip
    settle(view.session)
    return handle


def test_a_live_run_fills_numbers_and_curves(view, qtbot, settle) -> None:
    handle = start(view, settle)
    handle.meter.update(2, 10, TrainRequest.title_key, {"name": "live"})
    for step in (1, 2, 3):
        tell(view, handle, "train.step", step=step, epoch=1, loss=0.5 / step, average=0.4,
             lr={"unet": 1e-3}, grad_norm=0.2)  # fmt: skip
    qtbot.waitUntil(lambda: view.stage.numbers.values["step"].text() == "3 / 10")
    assert view.stage.numbers.values["loss"].text() == "0.4000"
    assert view.stage.bar.phase.text() == "Epoch 1 of 2"
    assert view.stage.bar.progress.value() == 300
    assert list(view.stage.curves.loss.plot.series[0].xs) == [0.2, 0.4, 0.6]
    handle.cancel()


def test_a_view_opened_late_reads_what_the_run_did_before(view, qtbot, settle) -> None:
    folder = make_run(view.session, "live")
    handle = view.state.start()
    handle.state = "running"
    late = View(view.session)
    qtbot.addWidget(late)
    settle(view.session)
    for step in (12, 13):
        tell(late, handle, "train.step", step=step, epoch=4, loss=0.1, average=0.1,
             lr={"unet": 1e-3}, grad_norm=0.2)  # fmt: skip
    settle(view.session)
    assert late.state.story.folder == folder
    assert late.state.story.loss.steps.tolist() == [float(step) for step in range(1, 14)]
    assert late.runs.checkpoints.epochs == [3, 2, 1]
    assert late.state.live.handle_of(late.state.story) is handle
    handle.cancel()


def test_pause_holds_and_goes_on_and_stop_asks_once(view, settle) -> None:
    handle = start(view, settle)
    QTest.mouseClick(view.stage.bar.pause, Qt.MouseButton.LeftButton)
    assert handle.paused
    assert view.stage.bar.pause.text() == "Go on"
    QTest.mouseClick(view.stage.bar.pause, Qt.MouseButton.LeftButton)
    assert not handle.paused
    QTest.mouseClick(view.stage.bar.stop, Qt.MouseButton.LeftButton)
    assert handle.cancel_asked
    assert view.stage.bar.stop.text() == "Stopping…"
    assert not view.stage.bar.stop.isEnabled()


def test_a_failed_run_says_why(view, settle) -> None:
    from engine.runtime.errors import TrainingError

    handle = start(view, settle)
    handle.state = "failed"
    handle.set_running_or_notify_cancel()
    handle.set_exception(TrainingError("The loss is not a number any more at step 3."))
    view.session.job_finished.emit(handle)
    assert view.stage.bar.phase.text().startswith("Failed")
    assert "not a number" in view.stage.bar.phase.toolTip()
    assert not view.stage.bar.stop.isVisible()


def test_a_run_with_damaged_settings_still_shows_its_checkpoints(with_runs) -> None:
    folder = with_runs.session.project.runs / "first"
    (folder / "config.toml").write_text("nonsense = [", encoding="utf-8")
    story = read(folder)
    assert story.request is None
    assert [checkpoint.epoch for checkpoint in story.checkpoints] == [1, 2]


def test_a_killed_run_is_called_interrupted(with_runs, settle) -> None:
    view = with_runs
    folder = view.session.project.runs / "first"
    info = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps(info | {"status": "running", "pid": 2**22 + 7}))
    view.session.start(view.state.load_runs())
    settle(view.session)
    row = next(row for row in view.runs.runs.rows.items if row.text == "first")
    assert row.count == "interrupted 0.1000"


def test_a_narrow_window_makes_the_runs_a_tab(with_runs) -> None:
    with_runs.resize(1212, 734)
    assert with_runs.settings.isVisible()
    assert not with_runs.runs.isVisible()
    with_runs.tabs._choose(1)
    assert with_runs.runs.isVisible()
    assert not with_runs.settings.isVisible()


def test_a_window_made_narrow_shows_the_runs_nowhere_but_in_their_tab(with_runs, qapp) -> None:
    view = with_runs
    view.resize(1212, 734)
    qapp.processEvents()
    assert not view.runs.isVisible()
    view.tabs._choose(1)
    qapp.processEvents()
    assert view.runs.isVisible()
    assert view.runs.width() == view.left.width() == view.settings.preferred_width
    view.resize(1532, 934)
    qapp.processEvents()
    assert view.runs.width() == view.runs.preferred_width


def test_simple_and_advanced_stay_where_they_are_when_the_column_scrolls(view, qapp) -> None:
    level = view.settings.level
    before = level.mapTo(view, QPoint(0, 0)), level.width()
    view.resize(1532, 500)
    view.settings.level._choose(1)
    qapp.processEvents()
    assert view.settings._scroll.verticalScrollBar().maximum() > 0
    assert (level.mapTo(view, QPoint(0, 0)), level.width()) == before


def test_a_name_that_no_file_can_have_is_said_at_its_field(view) -> None:
    type_over(view.settings.simple.name, "my art/1")
    view.settings.simple.name.editingFinished.emit()
    rows = view.settings.simple.rows
    assert rows["name"]._error.isVisible()
    assert rows["name"]._error.text().startswith("A file name cannot contain")
    assert view.settings.simple.name.property("state") == "error"
    assert "output_name" not in view.settings.before.problem.text()
    assert rows["epochs"]._hint.text().endswith(" epochs.")
    view.state.change(output_name="my art")
    assert not rows["name"]._error.isVisible()
    assert view.settings.simple.name.property("state") == ""


def test_a_run_stopped_before_a_checkpoint_does_not_say_that_it_was_saved(view, settle) -> None:
    handle = start(view, settle)
    tell(view, handle, "train.finished", status="cancelled")
    handle.state = "cancelled"
    view.session.job_finished.emit(handle)
    settle(view.session)
    words = "Stopped, nothing was saved"
    assert view.stage.bar.phase.text() == words
    assert view.runs.runs.rows.items[0].count == "stopped"
    assert view.runs.runs.rows.items[0].tip.splitlines()[0] == words
    assert view.runs.events.facts[0][1] == words


def test_a_run_is_deleted_into_the_trash_and_brought_back(
    with_runs, settle, tmp_path, monkeypatch
) -> None:
    view, place = with_runs, tmp_path / "trash"
    monkeypatch.setattr("app.training.trash.to_trash", lambda folder: folder.rename(place))
    told = []
    view.session.notified.connect(told.append)
    folder = view.state.runs[0].folder
    asked = []
    view.runs.runs.menu_asked.connect(lambda key, at: asked.append(key))
    box = view.runs.runs.visualRect(view.runs.runs.rows.index(0)).center()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(view.runs.runs.viewport(), QContextMenuEvent(reason, box, box))
    assert asked == [str(folder)]
    menu = view.runs.run_menu(str(folder)).at(QPoint())
    texts = {one.text(): one for one in menu.actions()}
    assert "Show in folder" in texts
    texts["Delete run"].trigger()
    settle(view.session)
    assert not folder.exists()
    assert [row.text for row in view.runs.runs.rows.items] == ["first"]
    assert view.stage.bar.name.text() == "first"
    told[-1]["on_action"]()
    settle(view.session)
    assert folder.is_dir()
    assert view.stage.bar.name.text() == "second"


def test_a_folder_goes_to_the_trash_of_the_system_or_says_why_not(tmp_path, monkeypatch) -> None:
    run, kept = tmp_path / "run", tmp_path / "kept"
    run.mkdir()
    (run / "run.json").write_text("{}")
    refusing = SimpleNamespace(moveToTrash=lambda: False)
    monkeypatch.setattr("app.trash.QFile", lambda _: refusing)
    with pytest.raises(StorageError, match="could not be moved to the trash"):
        to_trash(run)
    run.rename(kept)
    bring_back(kept, run)
    assert (run / "run.json").is_file()


def test_a_run_that_goes_on_cannot_be_deleted(view, settle) -> None:
    handle = start(view, settle)
    menu = view.runs.run_menu(str(view.state.runs[0].folder)).at(QPoint())
    assert "Delete run" not in [one.text() for one in menu.actions()]
    menu.close()
    handle.cancel()


def test_the_lowest_held_out_loss_is_named_as_what_it_is(with_runs) -> None:
    assert with_runs.runs.lowest.text() == "Epoch 2 has the lowest held-out loss."
    assert ("Epochs", "3") in with_runs.runs.settings.facts


def test_the_next_run_is_as_long_as_the_newest_one(view, settle) -> None:
    request = TrainRequest(project=str(view.session.project.root), output_name="long",
                           max_train_epochs=72, save_every_n_epochs=12)  # fmt: skip
    Run.create(view.session.project.runs / "long", request).end("finished")
    view.session.start(view.state.load_runs())
    settle(view.session)
    assert view.state.values["max_train_epochs"] == 72
    assert view.settings.simple.epochs.value == 72
    assert view.settings.before.facts[1].text().endswith("144 in all.")


def test_how_long_it_takes_is_said_once_a_run_like_it_was_measured_here(view, settle) -> None:
    def duration():
        return view.settings.before.facts[3].text()

    assert duration() == ""
    request = view.state.request()
    run = Run.create(view.session.project.runs / "measured", request)
    for step in range(1, 12):
        run.log_step({"step": step, "epoch": 1, "seconds": step * 2.0})
    run.log_event("train.aside", {"what": "save", "seconds": 30.0})
    run.end("finished")
    view.session.start(view.state.load_runs())
    settle(view.session)
    saves = checkpoints(view.state.values, view.state.plan)
    assert saves > 1
    seconds = 2.0 * view.state.plan.steps + 30.0 * saves
    assert view.state.expected_seconds == pytest.approx(seconds)
    assert duration() == f"About {about(seconds)} on this computer."
    view.state.change(resolution="96")
    assert duration() == ""
    view.state.change(resolution=request.resolution)
    info = json.loads((run.folder / "run.json").read_text("utf-8"))
    (run.folder / "run.json").write_text(json.dumps(info | {"computer": "another"}))
    view.session.start(view.state.load_paces())
    settle(view.session)
    assert duration() == ""


def test_times_are_said_as_one_says_them() -> None:
    assert [about(n) for n in (3, 42, 360, 9000)] == ["10 s", "40 s", "6 min", "2.5 h"]


def test_it_warns_when_nothing_is_held_out(view, settle) -> None:
    lines = view.settings.before.lines
    assert lines["blind"].isVisible()
    library = view.session.library
    library.set_held_out([view.state.pictures[0].id], True)
    view.session.pictures_changed.emit(None)
    settle(view.session)
    assert not lines["blind"].isVisible()


def test_the_empty_stage_starts_the_first_run(view, settle) -> None:
    assert view.stage.begin.isVisible()
    QTest.mouseClick(view.stage.begin, Qt.MouseButton.LeftButton)
    handle = view.state.live.next_job()
    assert isinstance(handle.request, TrainRequest)
    assert not view.stage.begin.isVisible()
    handle.cancel()


def test_every_text_follows_the_language(with_runs) -> None:
    i18n.set_language("zh_CN")
    try:
        assert with_runs.runs.check.text() == "检查这 3 个检查点是否过拟合"
        assert with_runs.stage.bar.phase.text() == "已完成"
        assert with_runs.settings.before.facts[0].text() == "6 张图片分入 2 个分桶。"
    finally:
        i18n.set_language("en")


def type_over(field, text: str) -> None:
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    field.selectAll()
    QTest.keyClicks(field, text)


@pytest.mark.parametrize("last", ["name", "length"])
def test_what_is_typed_before_a_click_on_start_is_trained(view, qtbot, last) -> None:
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    simple = view.settings.simple
    fields = [(simple.epochs.field, "2"), (simple.name, "kiln test")]
    for field, text in fields if last == "name" else reversed(fields):
        type_over(field, text)
    QTest.mouseClick(view.settings.start_button, Qt.MouseButton.LeftButton)
    handle = view.state.live.next_job()
    assert (handle.request.max_train_epochs, handle.request.output_name) == (2, "kiln test")
    handle.cancel()


_WRITTEN_SMALL = {"kohya", "xFormers", "diffusers", "safetensors", "ckpt", "pt", "fp16", "bf16"}


def test_choices_are_called_by_names_and_keep_their_values(view) -> None:
    known = {key for table in tables().values() for key in table}
    schemas = [TrainRequest, CaptionRequest, *OPERATIONS.values(), *(t.request for t in TOOLS)]
    choices = {one for kind in schemas for item in settings_of(kind) for one in item.choices}
    names = {choice_text(choice) for choice in choices}
    assert {one for one in names if one[0].islower()} == _WRITTEN_SMALL
    assert names <= known
    schedule = view.settings.advanced.row("lr_scheduler").control
    english = [schedule.itemText(n) for n in range(schedule.count())]
    assert english[:2] == ["Constant", "Constant with warm-up"]
    choose(schedule, "Cosine with restarts")
    assert view.state.request().lr_scheduler == "cosine_with_restarts"
    i18n.set_language("zh_CN")
    try:
        texts = [schedule.itemText(n) for n in range(schedule.count())]
        assert texts[:2] == ["恒定", "恒定（带预热）"]
        assert schedule.currentText() == "余弦（带重启）"
    finally:
        i18n.set_language("en")


def test_before_the_first_step_the_curve_waits_without_numbers(view, qtbot, settle) -> None:
    handle = start(view, settle)
    qtbot.waitUntil(lambda: view.stage.curves.loss.plot.state.waiting != "")
    curves = view.stage.curves
    assert curves.loss.plot.state.waiting == "Waiting for the first step"
    assert not curves.small.isVisible()
    tell(view, handle, "train.step", step=1, epoch=1, loss=0.5, average=0.4,
         lr={"unet": 1e-3}, grad_norm=0.2)  # fmt: skip
    qtbot.waitUntil(curves.small.isVisible)
    drawn = (curves.loss, curves.small.rate)
    qtbot.waitUntil(lambda: all(chart.plot.graph is not None for chart in drawn))
    starts = [chart.plot.graph.up.width() for chart in drawn]
    assert starts[0] == starts[1]
    handle.cancel()


def test_the_epochs_under_the_curves_are_those_that_are_saved(view, settle) -> None:
    view.state.set_epochs(72)
    handle = view.state.start()
    handle.state = "running"
    tell(view, handle, "train.started", name="live", total_steps=144, epochs=72,
         steps_per_epoch=2, pictures=6, buckets=1)  # fmt: skip
    settle(view.session)
    view.stage.curves.refresh()
    ticks = view.stage.curves.loss.plot.state.x_ticks
    assert [text for _, text in ticks] == ["0", "12", "24", "36", "48", "60", "72"]
    handle.cancel()


def test_a_stopped_run_is_called_the_same_everywhere(with_runs, qtbot, settle) -> None:
    Run.open(with_runs.session.project.runs / "second").end("cancelled")
    view = View(with_runs.session)
    qtbot.addWidget(view)
    settle(view.session)
    row = next(row for row in view.runs.runs.rows.items if row.text == "second")
    assert row.count.startswith("stopped ")
    assert row.tip.startswith("Stopped and saved")
    assert view.stage.bar.phase.text() == "Stopped and saved"


def test_the_stage_takes_the_keys_and_no_field_does(view, qtbot) -> None:
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    view.focus_target().setFocus()
    assert view.stage.hasFocus()


def test_a_run_that_goes_on_is_asked_for_a_checkpoint_samples_and_an_end(view, settle) -> None:
    handle = start(view, settle)
    told: list[str] = []
    view.session.notified.connect(lambda note: told.append(note["key"]))
    for asked in (view.stage.bar.save, view.stage.bar.sample):
        QTest.mouseClick(asked, Qt.MouseButton.LeftButton)
    QTest.mouseClick(view.stage.bar.more, Qt.MouseButton.LeftButton)
    menu = next(made for made in view.findChildren(QMenu) if made.isVisible())
    next(one for one in menu.actions() if one.text() == "Stop after this epoch").trigger()
    menu.close()
    settle(view.session)
    job = Job(handle)
    assert job.asked() == ["save_now", "sample_now", "stop_after_epoch"]
    assert len(told) == 3
    handle.cancel()
