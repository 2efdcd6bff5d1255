"""The stage of a run, through its widgets."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtTest import QTest

from app import i18n
from app.theme import color
from app.training.compared import MANNERS
from app.training.view import View
from engine.runtime.job import Job
from engine.training.config import TrainRequest
from tests.app.training.conftest import click
from tests.app.training.runs_at_hand import LiveRun, drawn, entry, kept, make_run, rough, saved


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    yield made
    i18n.set_language("en")


@pytest.fixture
def shown(view, settle):
    """Show runs that lie in the project: the last one named is the newest."""

    def make(**runs):
        made = [make_run(view.session, name, **settings) for name, settings in runs.items()]
        for at, run in enumerate(made):
            run._mark(**run.info | {"started": 1000.0 + at})
        view.session.start(view.state.load_runs())
        settle(view.session)
        return view

    return make


@pytest.fixture
def live(view, settle):
    run = LiveRun(view, settle)
    yield run
    run.handle.cancel()


def curves(view):
    return {one.name: one for one in view.stage.curves.loss.plot.series}


def eye(view, row: int) -> None:
    runs = view.runs.runs
    box = runs.visualRect(runs.rows.index(row))
    place = QPoint(20, box.center().y())
    QTest.mouseClick(runs.viewport(), Qt.MouseButton.LeftButton, pos=place)


# Runs beside each other


def test_an_eye_draws_a_run_beside_the_shown_one_in_a_manner_of_its_own(shown):
    view = shown(old={}, middle={}, new={})
    eye(view, 1)
    eye(view, 2)
    lines = curves(view)
    assert [lines[name].color for name in ("middle", "old")] == [one.color for one in MANNERS[:2]]
    assert lines["middle"].dash != lines["old"].dash
    assert [row.icon for row in view.runs.runs.rows.items] == ["eye", "eye", "eye"]
    assert view.stage.bar.name.text() == "new"
    eye(view, 1)
    assert "middle" not in curves(view)
    assert view.runs.runs.rows.items[1].icon == "eye-off"


def test_the_eye_of_the_shown_run_stays_open(shown):
    view = shown(old={}, new={})
    eye(view, 0)
    assert view.runs.runs.rows.items[0].icon == "eye"
    assert view.state.compared.manner(view.state.story) is None


def test_the_read_out_names_every_run_and_the_place_in_steps_and_epochs(shown, qtbot):
    view = shown(old={}, new={})
    eye(view, 1)
    plot = view.stage.curves.loss.plot
    plot.grab()
    x_axis, _ = plot.axes()
    qtbot.mouseMove(plot, QPoint(round(x_axis.place(1.5)), 60))
    rows = [(name, text) for _, name, text in plot._read.rows]
    assert rows[0] == ("Step 6", "1.5")
    assert [name for name, _ in rows[1:]] == ["Each step", "Smoothed", "Held-out", "old"]


def test_more_runs_than_there_are_manners_are_not_drawn(shown, toasts):
    view = shown(**{f"run{at}": {"epochs": 1} for at in range(8)})
    for row in range(1, 8):
        eye(view, row)
    beside = [one for one in view.state.runs if view.state.compared.manner(one)]
    assert len(beside) == len(MANNERS)
    assert toasts[-1]["facts"] == {"n": len(MANNERS)}


def test_the_button_over_the_runs_does_the_same_by_key(shown):
    view = shown(old={}, new={})
    click(view.runs.beside)
    entry(view.runs, "old").trigger()
    assert "old" in curves(view)


def test_settings_of_runs_stand_side_by_side(shown):
    view = shown(old={"unet_lr": 2e-4}, new={"unet_lr": 1e-4, "min_snr_gamma": 5})
    click(view.runs.beside)
    entry(view.runs, "Settings side by side").trigger()
    page = view.stage.compare
    assert view.stage.pages.currentWidget() is page
    assert page.rows.names == ["new", "old"]
    lines = {line.title: line for line in page.rows.lines}
    assert lines["UNet rate"].texts == ("1e-4", "2e-4")
    assert lines["UNet rate"].differs == (False, True)
    assert "Seed" not in lines
    assert lines["Lowest held-out loss"].texts == ("0.1000, Epoch 2", "0.1000, Epoch 2")
    assert lines["Optimizer and rates"].is_group
    page.scope._choose(1)
    assert "Seed" in {line.title for line in page.rows.lines}
    click(page.back)
    assert view.stage.pages.currentWidget() is view.stage.shown


@pytest.mark.parametrize(("language", "axis"), [("en", "Steps"), ("zh_CN", "步数")])
def test_what_the_loss_chart_shows_is_chosen_in_its_menu(shown, language, axis):
    view = shown(only={})
    i18n.set_language(language)
    options = view.stage.curves.options
    click(options)
    entry(options, axis).trigger()
    assert options.text() == axis
    assert curves(view)[i18n.tr("Smoothed")].xs[-1] == 12
    click(options)
    entry(options, i18n.tr("Not smoothed")).trigger()
    click(options)
    entry(options, i18n.tr("Trained pictures on the same noise")).trigger()
    expected = ("Each step", "Held-out", "Trained, same noise")
    assert list(curves(view)) == [i18n.tr(name) for name in expected]


def test_rates_gradient_and_noise_bands_have_charts_of_their_own(shown):
    view = shown(only={"max_grad_norm": 0.4})
    charts = view.stage.curves
    assert [one.name for one in charts.rate.plot.series] == ["UNet", "Text"]
    assert [one.name for one in charts.gradient.plot.series] == ["Gradient norm", "Limit"]
    assert charts.gradient._note.text() == "limit 0.4, reached in 100 %"
    assert [one.name for one in charts.bands.plot.series] == ["low", "mid", "high"]


# What is asked of a run that goes on


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
    assert view.runs.runs.rows.items[0].count == "stopped"


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


def offered(view):
    return {one.id: one for one in view.actions() if one.enabled()}


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
        ("en", ["The held-out loss has not fallen since epoch 2.", "Step 13 saved, 7.0 kB",
                "Epoch 2 saved with its state, 12 kB", "State saved at step 4, 5.0 kB"]),
        ("zh_CN", ["留出集损失自第 2 轮起不再下降。", "已保存第 13 步，7.0 kB",
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
    handle.cancel()


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


# Checkpoints


def test_a_copy_of_a_checkpoint_is_saved_where_the_user_says(shown, settle, tmp_path, monkeypatch):
    view = shown(only={})
    place = tmp_path / "style.safetensors"
    asked = "app.training.run_deeds.QFileDialog.getSaveFileName"
    monkeypatch.setattr(asked, lambda *_: (str(place), ""))
    table = view.runs.checkpoints
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(table.width() - 18, 24 + 13))
    settle(view.session)
    assert place.read_bytes() == b"weights"
    assert table.current.epoch == 3


def test_the_next_run_can_start_from_a_checkpoint(shown):
    view = shown(only={})
    item = view.runs.checkpoints._rows[0]
    view.runs._open_checkpoint_menu(item, QPoint())
    entry(view.runs, "Start the next run from it").trigger()
    assert view.state.values["network_weights"] == str(item.path)


def test_two_checkpoints_of_one_epoch_are_chosen_apart(view, live):
    live.tell("train.checkpoint", **saved(live.folder, 1))
    other = saved(live.folder, 1) | {"step": 6, "path": str(live.folder / "checkpoints" / "x")}
    (live.folder / "checkpoints" / "x").write_bytes(b"")
    live.tell("train.checkpoint", **other)
    table = view.runs.checkpoints
    steps = []
    for row in (0, 1):
        place = QPoint(30, 24 + 26 * row + 13)
        QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=place)
        steps.append((table.current.step, view.stage.samples.canvas.step))
    assert steps == [(6, 6), (4, 4)]


# Samples


class Painted(QObject):
    """Keeps what a widget was asked to paint."""

    def __init__(self, widget):
        super().__init__()
        self.rects: list[QRect] = []
        widget.installEventFilter(self)

    def eventFilter(self, _, event):
        if event.type() == QEvent.Type.Paint:
            self.rects.append(QRect(event.rect()))
        return False


def test_a_sample_on_its_way_shows_how_far_it_is_in_a_column_of_its_own(view, live, settle):
    live.tell("train.sample", **drawn(live.folder, 0))
    live.step(3)
    live.tell("train.preview", **rough(3, 12))
    settle(view.session)
    canvas = view.stage.samples.canvas
    assert [canvas.title(step) for step in canvas.columns] == ["Start", "Now"]
    box = canvas.cell(0, 3)
    shot = canvas.grab().toImage()
    bar = [shot.pixelColor(x, box.bottom() - 1) for x in range(box.left() + 1, box.right())]
    done = sum(tint == color("acc") for tint in bar) / len(bar)
    assert done == pytest.approx(0.5, abs=0.05)
    live.tell("train.sample", **drawn(live.folder, 1, step=3))
    settle(view.session)
    after = canvas.grab().toImage()
    assert after.pixelColor(box.center()).getRgb()[:3] == (40, 90, 90)
    assert after.pixelColor(box.left() + 2, box.bottom() - 1) != color("acc")


def test_a_sample_on_its_way_paints_only_its_cell_and_a_step_no_picture(view, live, qtbot, settle):
    live.tell("train.sample", **drawn(live.folder, 0))
    live.tell("train.preview", **rough(3, 6))
    settle(view.session)
    canvas = view.stage.samples.canvas
    canvas.repaint()
    painted = Painted(canvas)
    live.tell("train.preview", **rough(3, 7))
    qtbot.waitUntil(lambda: bool(painted.rects))
    assert painted.rects == [canvas.cell(0, 3)]
    painted.rects.clear()
    listed = Painted(view.runs.checkpoints)
    loss = Painted(view.stage.curves.loss.plot)
    live.step(1)
    qtbot.waitUntil(lambda: bool(loss.rects))
    assert painted.rects == []
    assert listed.rects == []


def test_a_sample_is_seen_large_beside_the_first_one(shown, settle):
    view = shown(only={})
    canvas, viewer = view.stage.samples.canvas, view.stage.viewer
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.cell(0, 8).center())
    settle(view.session)
    assert view.stage.pages.currentWidget() is viewer
    titles = lambda: [pane.title.text() for pane in viewer.panes]  # noqa: E731
    assert titles() == ["Start", "Epoch 2"]
    QTest.keyClick(viewer, Qt.Key.Key_Right)
    QTest.keyClick(viewer, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert titles() == ["Epoch 1", "Epoch 3"]
    click(viewer.panes[1].back)
    settle(view.session)
    assert titles() == ["Epoch 1", "Epoch 2"]
    middle = viewer.panes[1].view.grab().toImage()
    shade = middle.pixelColor(middle.width() // 2, middle.height() // 2).red()
    assert shade == 80
    QTest.keyClick(viewer, Qt.Key.Key_Escape)
    assert view.stage.pages.currentWidget() is view.stage.shown


def test_the_pencil_goes_to_the_sample_prompts(shown, monkeypatch):
    view, asked = shown(only={}), []
    monkeypatch.setattr(view.settings, "reveal", asked.append)
    click(view.stage.edit)
    assert asked == ["sample_prompts"]
