"""What is asked of a run on the stage, and what the stage says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel

from app import i18n
from app.shell.jobs import line_of
from app.training import live_runs
from app.training.curve_lines import band_lines
from app.training.run_actions import run_actions
from app.training.story import Story
from app.widgets.chart import Legend, LineChart
from engine.runtime.job import Job
from engine.training.config import TrainRequest
from tests.app.training.conftest import click
from tests.app.training.runs_at_hand import (
    LiveRun,
    begun,
    entry,
    kept,
    make_run,
    measured,
    rough,
    saved,
)

# What is asked of a run that goes on


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Encoding picture 3 of 40"), ("zh_CN", "正在编码第 3 张图片，共 40 张")],
)
def test_a_run_that_gets_ready_is_on_the_stage_and_can_be_stopped(
    shown, settle, monkeypatch, language, words
):
    view = shown(older={})
    i18n.set_language(language)
    clock = [100.0]
    monkeypatch.setattr(live_runs.time, "monotonic", lambda: clock[0])
    run = LiveRun(view, settle, opened=True)
    assert view.state.story.name == "live"
    run.handle.meter.update(0, 0, "Encoding picture {n} of {all}", {"n": "3", "all": "40"}, 0.0)
    view.stage.bar.refresh()
    assert view.stage.bar.phase.text() == words
    clock[0] += 500
    run.tell("train.started", **begun(3))
    clock[0] += 2
    run.step(1)
    assert view.state.story.seconds == 2
    clock[0] += 2
    run.step(2)
    clock[0] += 7200  # the computer slept, or the run was held
    run.step(3)
    clock[0] += 2
    run.step(4)
    assert view.state.story.seconds == 66
    run.handle.cancel()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Measuring held-out picture 3 of 6", "Drawing sample 1 of 2, 1024 × 1024"]),
        (
            "zh_CN",
            [
                "正在测量留出集图片，第 3 张，共 6 张",
                "正在生成样图，第 1 张，共 2 张，1024 × 1024",
            ],
        ),
    ],
)
def test_what_is_done_between_two_steps_is_named_until_it_is_done(view, live, language, words):
    i18n.set_language(language)
    live.step(4)
    meter, shown = live.handle.meter, []
    for key, facts in (
        ("Measuring held-out picture {n} of {all}", {"n": "3", "all": "6"}),
        (
            "Drawing sample {n} of {all}, {width} × {height}",
            {"n": "1", "all": "2", "width": 1024, "height": 1024},
        ),
    ):
        meter.say(key, facts)
        view.session.job_changed.emit(live.handle)
        shown.append(view.stage.bar.phase.text())
    assert shown == words
    click(view.stage.bar.stop)  # which is no reason to throw away what was learned
    assert Job(live.handle).asked() == ["stop_and_save"]
    live.step(5)
    view.session.job_changed.emit(live.handle)
    assert view.stage.bar.phase.text() == i18n.tr("Epoch {epoch} of {total}", epoch=2, total=3)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("width", [876, 790, 700])
def test_a_long_name_gives_way_to_what_the_run_does(view, settle, language, width):
    i18n.set_language(language)
    run = LiveRun(view, settle, name="a rather long name of a style that was trained again-v2")
    run.step(4)
    facts = {"n": "13", "all": "36"}
    bar = view.stage.bar
    bar.setFixedWidth(width)
    run.handle.meter.say("Measuring held-out picture {n} of {all}", facts)
    view.session.job_changed.emit(run.handle)
    bar.layout().activate()
    assert bar.phase.width() >= bar.phase.sizeHint().width()
    assert bar.layout().minimumSize().width() <= width
    assert "…" in bar.name.text()
    run.handle.cancel()


def test_a_wall_clock_that_jumps_changes_no_time_left(view, live, monkeypatch):
    clock, wall = [50.0], [1.7e9]
    monkeypatch.setattr(live.handle.meter, "_clock", lambda: clock[0])
    monkeypatch.setattr(live_runs.time, "time", lambda: wall[0])
    left = []
    for step, jump in ((1, 0), (2, 0), (3, 86400 * 365), (4, -86400 * 700), (5, 0)):
        clock[0] += 4
        wall[0] += jump
        live.step(step)
        view.stage.numbers.refresh()
        left.append(live.handle.progress.seconds_left)
    assert left[1:] == pytest.approx([40, 36, 32, 28])
    assert view.stage.numbers.values["left"].text() == "0:28"


def test_the_stage_and_the_status_line_tell_one_time_left(view, live, monkeypatch):
    clock = [50.0]
    monkeypatch.setattr(live.handle.meter, "_clock", lambda: clock[0])
    for step in (1, 2, 3):
        clock[0] += 4
        live.step(step)
    view.stage.numbers.refresh()
    with live.handle.meter.aside():
        clock[0] += 300
    clock[0] += 4
    live.handle.meter.update(4, 12, TrainRequest.title_key, {"name": "live"})
    view.session.job_changed.emit(live.handle)
    left = view.stage.numbers.values["left"].text()
    assert left == "0:32"
    assert line_of(live.handle) == f"33 %, {left} left"


def test_a_pause_is_amid_samples_until_they_are_drawn(view, live):
    live.step(3)
    live.tell("train.preview", **rough(3, 12))
    live.handle.pause()
    view.stage.bar.refresh()
    assert view.stage.bar.phase.text() == "Pauses when the samples are drawn"
    live.handle.state = "paused"
    view.stage.bar.refresh()
    assert view.stage.bar.phase.text() == "Paused at step 3"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_all_names_of_the_noise_levels_fit_beside_their_title(qtbot, language):
    i18n.set_language(language)
    story = Story(Path("x"), "x", bands=[(0, [0.1, 0.2, 0.3]), (4, [0.1, 0.2, 0.3])])
    chart = LineChart("Held-out by noise", height=76, numbers=False)
    qtbot.addWidget(chart)
    chart.set_series(band_lines(story))
    chart.resize(252, 120)  # as wide as a third of the stage of a window of 1532 pixels
    chart.show()
    legend = chart.findChild(Legend)
    assert len(legend.entries()) == 3
    assert legend.entries()[-1][2].right() <= legend.width()
    i18n.set_language("en")


def test_two_hours_of_sleep_in_a_log_are_no_work(shown, settle):
    view = shown(slept={})
    run = view.state.story.folder
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    for row in rows[6:]:
        row["seconds"] += 7200
    (run / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    view.session.start(view.state.load_runs())
    settle(view.session)
    assert view.state.story.seconds == pytest.approx(65.5)


def test_a_run_that_gets_ready_is_stopped_at_once(view, settle):
    run = LiveRun(view, settle, opened=True)
    click(view.stage.bar.stop)
    assert run.handle.cancel_asked


def test_stop_and_save_is_asked_for_once_there_is_something_to_keep(view, live):
    live.step(1)
    click(view.stage.bar.stop)
    assert not live.handle.cancel_asked
    assert Job(live.handle).asked() == ["stop_and_save"]
    assert view.stage.bar.stop.text() == "Stopping…"
    assert not view.stage.bar.save.isEnabled()
    click(view.stage.bar.more)
    entry(view, "Stop at once").trigger()
    assert live.handle.cancel_asked


def test_a_run_that_was_stopped_with_a_checkpoint_says_so(view, live):
    live.step(1)
    live.tell("train.checkpoint", **saved(live.folder, 1))
    live.end(status="cancelled")
    assert view.stage.bar.phase.text() == "Stopped and saved"
    assert view.runs.runs.rows.items[0].count == "stopped 0.2000"


def test_samples_cannot_be_asked_for_without_a_prompt(view, settle):
    run = LiveRun(view, settle, "silent")
    view.state.story.request = TrainRequest(project="p")
    view.stage.bar.refresh()
    assert not view.stage.bar.sample.isEnabled()
    assert view.stage.bar.sample.toolTip() == "This run has no sample prompts."
    run.handle.cancel()


def test_what_a_run_waits_for_stands_over_its_curves_until_it_goes_on(view, live):
    live.handle.pause()
    told = {"sentence": "The disk is full.", "remedy": "Make room.", "facts": {}}
    live.tell("train.waiting", **told)
    notice = view.stage.notice
    assert notice.text.text() == "The disk is full. Make room."
    assert not notice.stop.isVisible()
    click(notice.go_on)
    assert not live.handle.paused
    assert not notice.isVisible()


SUGGESTED = {"epoch": 3, "step": 12, "best_epoch": 2, "best_step": 8, "best_loss": 0.1, "loss": 0.2}


def test_a_suggestion_to_stop_offers_to_stop_and_the_best_epoch(view, live):
    for epoch in (1, 2, 3):
        live.tell("train.checkpoint", **saved(live.folder, epoch))
    live.step(12)
    live.tell("train.suggestion", **SUGGESTED)
    notice, went = view.stage.notice, []
    assert notice.text.text() == "The held-out loss has not fallen since epoch 2."
    view.session.navigated.connect(lambda where, payload: went.append((where, payload)))
    assert notice.use.text() == "Use epoch 2"
    click(notice.use)
    best = str(live.folder / "checkpoints" / "2.safetensors")
    assert went == [("canvas", {"loras": ((best, 1.0),), "model": "starter"})]
    assert view.runs.checkpoints.current.epoch == 2
    click(notice.stop)
    assert Job(live.handle).asked() == ["stop_and_save"]
    click(notice.shut)
    assert not notice.isVisible()


def suggested_after(view, live, place: int):
    """Stand where it was suggested to stop, with checkpoints around the best ``place``."""
    for epoch in (1, 2, 3):
        live.tell("train.held_out", **measured(epoch))
        if epoch != place:
            live.tell("train.checkpoint", **saved(live.folder, epoch))
    live.step(12)
    live.tell("train.suggestion", **SUGGESTED)
    view.stage.notice.refresh()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "The held-out loss has not fallen since epoch 2. Epoch 3 is the best that was kept.",
        ),
        ("zh_CN", "留出集损失自第 2 轮起不再下降。第 3 轮是已保存的检查点中最好的。"),
    ],
)
def test_a_best_epoch_that_was_not_kept_is_said_to_be_missing(view, live, language, words):
    i18n.set_language(language)
    suggested_after(view, live, place=2)
    assert view.stage.notice.text.text() == words
    best = view.state.story.best
    assert best is not None
    assert "3" in view.stage.notice.use.text()
    assert view.runs.lowest.text().startswith(view.state.story.place(best.step, best.epoch))


def test_a_loss_that_falls_again_takes_the_suggestion_back(view, live):
    suggested_after(view, live, place=2)
    assert view.stage.notice.isVisible()
    better = {"epoch": 4, "step": 16, "loss": 0.05}
    live.tell("train.held_out", **measured(3) | better)
    live.tell("train.checkpoint", **saved(live.folder, 3) | {"held_out_loss": 0.05})
    live.end(status="cancelled")
    assert view.state.story.suggestion is None
    assert not view.stage.notice.isVisible()


def test_what_stands_below_the_checkpoints_never_lies_on_them(view, live, settle):
    table, below = view.runs.checkpoints, view.runs.lowest
    live.tell("train.checkpoint", **saved(live.folder, 1))
    settle(view.session)
    live.tell("train.checkpoint", **saved(live.folder, 2))
    assert table.height() == table.sizeHint().height()
    assert table.mapTo(view, table.rect().bottomLeft()).y() < below.mapTo(view, QPoint()).y()


def offered(view):
    return {one.id: one for one in run_actions(view.stage) if one.enabled()}


def test_the_palette_offers_what_the_run_can_do_now(view, live, settle):
    live.step(1)
    found = offered(view)
    assert {"train.sample", "train.save", "train.last"} <= found.keys()
    assert "train.resume" not in found
    for name in ("train.save", "train.sample", "train.last"):
        found[name].run()
    assert Job(live.handle).asked() == ["save_now", "sample_now", "stop_after_epoch"]
    live.end(status="cancelled")
    make_run(view.session, "done", epochs=1)
    make_run(view.session, "cut", status="interrupted")
    view.session.start(view.state.load_runs())
    settle(view.session)
    view.state.show(next(one for one in view.state.runs if one.name == "cut"))
    found = offered(view)
    assert "train.save" not in found
    found["train.compare"].run()
    assert view.stage.pages.currentWidget() is view.stage.compare
    found["train.resume"].run()
    assert not offered(view).keys() & {"train.resume"}


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["Advised to stop: the held-out loss had not fallen since epoch 2.",
                "Step 13 saved, 7.0 kB",
                "Epoch 2 saved with its state, 12 kB", "State saved at step 4, 5.0 kB"]),
        ("zh_CN", ["当时建议停止：留出集损失自第 2 轮起没有下降。", "已保存第 13 步，7.0 kB",
                   "已保存第 2 轮及其状态，12 kB", "已保存第 4 步的状态，5.0 kB"]),
    ],
)  # fmt: skip
def test_every_event_has_its_line(view, live, language, lines):
    i18n.set_language(language)
    live.tell("train.state", **kept(live.folder, 1))
    live.tell("train.checkpoint", **saved(live.folder, 2))
    live.tell("train.state", **kept(live.folder, 2))
    live.tell("train.checkpoint", **saved(live.folder, 3) | {"step": 13})
    live.tell("train.suggestion", **SUGGESTED)
    assert [text for _, text in view.runs.events.facts][:-1] == lines


def test_a_checkpoint_that_the_run_took_away_leaves_the_list(view, live, settle):
    live.tell("train.checkpoint", **saved(live.folder, 1))
    (live.folder / "checkpoints" / "1.safetensors").unlink()
    live.tell("train.checkpoint", **saved(live.folder, 2))
    settle(view.session)
    assert view.runs.checkpoints.epochs == [2]


def test_memory_is_shown_with_its_peak_and_a_past_run_with_its_speed(view, live, monkeypatch):
    monkeypatch.setattr("app.training.memory.memory_in_use", lambda: (3_000_000_000, 0))
    numbers = view.stage.numbers
    numbers._looked = 0.0
    live.step(1)
    view.stage._grow()
    monkeypatch.setattr("app.training.memory.memory_in_use", lambda: (2_000_000_000, 0))
    numbers._looked = 0.0
    numbers.refresh()
    assert numbers.values["memory"].text() == "2.0 GB"
    assert numbers.names["memory"].facts == {"size": "3.0 GB"}
    live.end()
    assert not numbers.values["memory"].isVisible()


def test_numbers_that_have_no_room_are_left_out_the_least_needed_first(shown):
    view = shown(only={"train_batch_size": 2})
    numbers = view.stage.numbers
    assert numbers.values["speed"].text() == "4.0"
    shown_at = {}
    for width in (900, 240):
        numbers.resize(width, 60)
        shown_at[width] = [key for key, cell in numbers._cells.items() if not cell.isHidden()]
    assert shown_at == {900: ["step", "loss", "held_out", "speed"], 240: ["step", "loss"]}


# Going on


def test_a_run_that_was_cut_off_goes_on_from_its_bar(shown, settle):
    view = shown(cut={"status": "interrupted", "epochs": 2})
    assert view.stage.bar.phase.text() == "Interrupted. Its checkpoints are kept."
    click(view.stage.bar.resume)
    settle(view.session)
    handle = view.state.live.next_job()
    assert Path(handle.request.resume).name == "2-state"
    assert not view.stage.bar.resume.isVisible()
    assert view.stage.bar.phase.text() == "Waits in the queue"
    handle.state = "running"
    view.session.job_changed.emit(handle)
    assert view.stage.bar.phase.text() == "Getting ready"
    handle.cancel()
    view.session.job_finished.emit(handle)
    assert view.stage.bar.phase.text() == "Interrupted. Its checkpoints are kept."


def test_before_its_first_word_the_stage_says_what_a_run_is_doing(view):
    handle = view.state.start()
    assert said(view.stage.empty) == ["No run yet", "The run waits in the queue."]
    handle.state = "running"
    handle.meter.update(0, 0, "Loading the model", {})
    view.session.job_changed.emit(handle)
    assert said(view.stage.empty) == ["Getting ready", "Loading the model"]
    handle.cancel()


def said(widget) -> list[str]:
    """The words of the labels that are seen."""
    labels = (one for one in widget.findChildren(QLabel) if one.isVisible())
    return [one.text() for one in labels if one.text()]


def test_a_run_that_is_stopped_can_go_on_at_once(view, live):
    assert not view.stage.bar.resume.isVisible()
    run = make_run(view.session, live.folder.name, epochs=1, status="cancelled")
    live.step(1)
    live.tell("train.state", **kept(run.folder, 1))
    live.end(status="cancelled")
    assert view.stage.bar.resume.isVisible()
    menu = view.runs.run_menu(str(live.folder)).at(QPoint())
    assert menu.actions()[0].text() == "Resume"
    menu.close()


def test_the_next_run_takes_the_settings_of_another_but_not_its_name(shown):
    view = shown(old={"network_dim": 7, "min_snr_gamma": 4.0})
    name = view.state.values["output_name"]
    click(view.stage.bar.more)
    entry(view.stage, "Use its settings for the next run").trigger()
    assert (view.state.values["network_dim"], view.state.values["min_snr_gamma"]) == (7, 4.0)
    assert view.state.values["output_name"] == name
    view.state.undo_replace()
    assert view.state.values["min_snr_gamma"] == 0
