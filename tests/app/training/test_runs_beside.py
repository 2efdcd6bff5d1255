"""Runs beside each other: in one chart, and in a table of their settings."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app import i18n
from app.i18n.format import duration
from app.training.chart_choice import Choice
from app.training.compared import MANNERS
from app.training.curves import Curves
from engine.project.settings import Settings
from engine.training.runs import Run
from tests.app.training.conftest import click
from tests.app.training.runs_at_hand import begun, entry, make_run


def curves(view):
    return {one.name: one for one in view.stage.curves.loss.plot.series}


def eye(view, row: int) -> None:
    runs = view.runs.runs
    box = runs.visualRect(runs.rows.index(row))
    place = QPoint(20, box.center().y())
    QTest.mouseClick(runs.viewport(), Qt.MouseButton.LeftButton, pos=place)


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


def test_the_read_out_names_every_run_and_the_place_in_steps_and_epochs(shown):
    view = shown(old={}, new={})
    eye(view, 1)
    plot = view.stage.curves.loss.plot
    graph = plot.graph
    place = graph.box.mapToScene(graph.place(1.5, 0.5))
    QTest.mouseMove(graph.viewport(), QPoint(round(place.x()), 60))
    rows = [(name, text) for _, name, text in graph.readout.rows]
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
    view = shown(
        old={"unet_lr": 2e-4, "sample_prompts": ("fox", "owl")},
        new={"unet_lr": 1e-4, "min_snr_gamma": 5, "sample_prompts": ("fox", "cat")},
    )
    click(view.runs.beside)
    entry(view.runs, "Settings side by side").trigger()
    page = view.stage.compare
    assert view.stage.pages.currentWidget() is page
    assert page.rows.names == ["new", "old"]
    lines = {line.title: line for line in page.rows.lines}
    assert lines["UNet rate"].texts == ("1e-4", "2e-4")
    assert lines["UNet rate"].differs == (False, True)
    assert lines["Sample prompts"].texts == ("fox; cat", "fox; owl")
    assert "Seed" not in lines
    assert lines["Lowest held-out loss"].texts == ("0.1000, epoch 2", "0.1000, epoch 2")
    assert lines["Optimizer and rates"].is_group
    page.scope._choose(1)
    assert "Seed" in {line.title for line in page.rows.lines}
    click(page.back)
    assert view.stage.pages.currentWidget() is view.stage.shown


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Epoch 3 has the lowest held-out loss of those kept."),
        ("zh_CN", "第 3 轮的留出集损失在保留的检查点中最低。"),
    ],
)
def test_the_lowest_loss_of_all_and_of_what_was_kept_are_told_apart(shown, language, words):
    i18n.set_language(language)
    view = shown(old={}, new={})
    story = view.state.story
    story.checkpoints = [one for one in story.checkpoints if one.epoch != 2]
    view.state.story_changed.emit()
    assert view.runs.lowest.text() == words
    view.stage.open_compare()
    lines = {line.title: line.texts for line in view.stage.compare.rows.lines}
    old = lines[i18n.tr("Lowest of those kept")][1]
    assert lines[i18n.tr("Lowest held-out loss")] == (old, old)
    assert "0.1500" in lines[i18n.tr("Lowest of those kept")][0]


def test_the_time_of_a_run_counts_what_is_no_step_but_no_pause(shown, settle):
    view = shown(old={}, new={})
    run = Run.open(view.state.story.folder)
    rows = [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]
    for row in rows:
        row["seconds"] += 40  # until pictures were read and encoded
    (run.folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for seconds in (42.0, 44.0, 43.0, 4000.0):  # the last one was held
        run.log_event("train.aside", {"what": "held_out", "seconds": seconds, "time": seconds})
    run.log_event("train.aside", {"what": "samples", "seconds": 30.0, "time": 30.0})
    view.session.start(view.state.load_runs())
    settle(view.session)
    view.stage.open_compare()
    lines = {line.title: line.texts for line in view.stage.compare.rows.lines}
    steps = 12 * 0.5
    between = 42 + 44 + 43 + 20 * 43.5 + 30
    assert lines["Time without pauses"] == (duration(40 + steps + between), "0:06")
    view.stage.refresh()
    assert view.stage.numbers.values["speed"].text() == "8.0"


def test_escape_leads_from_settings_side_by_side_back_to_the_run(shown, qtbot):
    view = shown(old={}, new={})
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    page = view.stage.compare
    for widget in (None, page.scope, page.table, page.back):
        view.stage.open_compare()
        if widget is not None:
            widget.setFocus()
        qtbot.keyClick(view.focusWidget(), Qt.Key.Key_Escape)
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
    for name in ("Held-out loss", "Logarithmic scale"):
        click(options)
        entry(options, i18n.tr(name)).trigger()
    assert i18n.tr("Held-out") not in curves(view)
    graph = view.stage.curves.loss.plot.graph
    assert graph.place(1, 0.1).y() - graph.place(1, 0.2).y() == pytest.approx(
        graph.place(1, 0.2).y() - graph.place(1, 0.4).y()
    )


def test_what_was_chosen_is_there_after_a_restart_and_nonsense_is_not(shown, settle):
    view = shown(only={})
    curves = view.stage.curves
    curves.choose(smoothing="many", log=True, tab="rate", x_axis="steps")
    settle(view.session)
    assert Settings.load().charts["smoothing"] == "many"
    again = Curves(view.state)
    assert again.choice == curves.choice
    assert (again.options.text(), again.tabs.value) == ("Steps", "rate")
    again.deleteLater()
    view.session.change_settings(charts={"smoothing": "wild", "log": "yes", "tab": "rate", "x": 1})
    assert Choice.kept(view.session) == Choice(tab="rate")


def test_in_a_narrow_window_the_charts_are_tabs_and_only_the_seen_one_is_drawn(shown):
    view = shown(only={"max_grad_norm": 0.4})
    charts = view.stage.curves
    assert charts.tabs.isVisible()
    assert charts.loss.isVisible()
    assert not charts.small.isVisible()
    tab(charts, "gradient")
    gradient = charts.small.gradient
    assert [one.isVisible() for one in (charts.loss, charts.small.rate, gradient)] == [
        False, False, True,
    ]  # fmt: skip
    assert gradient.plot.width() > 0.9 * charts.width()
    assert gradient.plot.height() > 150
    assert gradient.plot.graph is not None
    assert charts.small.rate.plot.graph is None
    assert charts.choice.tab == "gradient"
    view.resize(1700, 1000)
    assert not charts.tabs.isVisible()
    assert all(one.isVisible() for one in (charts.loss, charts.small.rate, gradient))


def test_a_tab_without_measures_says_so(view, live):
    live.step(1)
    charts = view.stage.curves
    charts.refresh()
    tab(charts, "bands")
    assert charts.small.bands.plot.graph is None
    said = [one.text() for one in charts.small.bands.plot.findChildren(QLabel)]
    assert said == ["Nothing was measured yet."]


def test_only_what_the_run_itself_has_planned_is_shaded(view, live, settle):
    live.step(1)
    other = make_run(view.session, "longer", epochs=3)
    other.log_event("train.started", begun(9))
    view.session.start(view.state.load_runs())
    settle(view.session)
    view.state.compared.toggle(next(one for one in view.state.runs if one.name == "longer"))
    view.stage.curves.refresh()
    state, planned = view.stage.curves.loss.plot.state, view.state.story.epochs
    assert state.x_range == (0.0, 9.0)
    assert state.end == planned < 9
    assert view.stage.curves.loss.plot.graph.future.getRegion()[1] == planned


def tab(charts, name: str) -> None:
    place = [value for value, _ in charts.tabs._options].index(name)
    spot = charts.tabs._rects()[place].center().toPoint()
    QTest.mouseClick(charts.tabs, Qt.MouseButton.LeftButton, pos=spot)


def test_rates_gradient_and_noise_bands_have_charts_of_their_own(shown):
    view = shown(only={"max_grad_norm": 0.4})
    view.resize(1600, 934)
    view.stage.curves.refresh()
    charts = view.stage.curves.small
    assert [one.name for one in charts.rate.plot.series] == ["UNet", "Text"]
    assert [one.name for one in charts.gradient.plot.series] == ["Gradient norm", "Limit"]
    assert charts.gradient._note.text() == "limit 0.4, reached in 100 %"
    assert [one.name for one in charts.bands.plot.series] == ["low", "mid", "high"]
