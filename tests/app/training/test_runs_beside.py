"""Runs beside each other: in one chart, and in a table of their settings."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app import i18n
from app.training.compared import MANNERS
from tests.app.training.conftest import click
from tests.app.training.runs_at_hand import entry


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
