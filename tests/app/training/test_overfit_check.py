"""The over-fit check of a run on the stage: its rows, its chart, and the warning with ways out."""

from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import i18n
from app.training.check_notice import SIDE
from app.training.checks import alarm_of
from app.training.story import read
from engine.runtime.job import Job
from engine.training.asides import CELL, CHECKED
from engine.training.controls import STOP_AFTER_EPOCH, STOP_AND_SAVE
from tests.app.training.conftest import click, written
from tests.app.training.runs_at_hand import PER_EPOCH, make_run

PROMPTS = (("seen", "hvisl, cactus"), ("unseen", "hvisl, boar"), ("off", "boar"))
COPYING = {0: 0.4, 1: 0.5, 2: 0.86, 3: 0.93}


def picture(folder, name, color):
    path = folder / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 32), color).save(path)
    return path


def row(folder, epoch, flags=(), copying=None, weight=1.0, **more):
    """A row of the check as the engine tells it: 3 prompts, 2 seeds."""
    likeness = COPYING[epoch] if copying is None else copying
    learned = picture(folder / "learned", "cactus", (200, 30, 30))
    cells = [
        {
            "prompt": prompt, "kind": kind, "seed": seed, "copying": likeness - 0.01 * seed,
            "path": str(picture(folder / "cells", f"{epoch}-{kind}-{seed}", (30, 200, 30))),
            "nearest": str(learned),
        }
        for kind, prompt in PROMPTS for seed in (1, 2)
    ]  # fmt: skip
    values = {
        "epoch": epoch, "step": epoch * PER_EPOCH, "weight": weight if epoch else 0.0,
        "checkpoint": f"{epoch}.safetensors" if epoch else "", "cells": cells,
        "copying": likeness, "copies": 0, "diversity": 0.5 - 0.1 * epoch, "style_fit": 0.5,
        "threshold": 0.83, "between": 0.5, "flags": list(flags), "compared": 6, "trained": 6,
    }  # fmt: skip
    return values | more


@pytest.fixture
def checked(view, settle):
    """A run that was checked: at epoch 2 it begins to repeat its pictures."""
    run = make_run(view.session, "checked")
    for epoch in range(4):
        run.log_event(CHECKED, row(run.folder, epoch, ["copies"] if epoch > 1 else []))
    view.session.start(view.state.load_runs())
    settle(view.session)
    return run


def open_check(stage):
    stage.which._choose(1)
    assert stage.check.isVisible()
    return stage.check


def test_a_run_that_was_not_checked_shows_its_samples_only(view, shown):
    shown(plain={})
    assert view.stage.samples.isVisible()
    assert not view.stage.which.isVisible()
    assert not view.stage.check.isVisible()
    assert not view.stage.warning.isVisible()


def test_the_rows_of_a_run_are_there_when_it_is_opened_again(view, checked, settle):
    stage = view.stage
    assert stage.samples.isVisible()
    check = open_check(stage)
    assert not stage.samples.isVisible()
    canvas = check.canvas
    assert [one.epoch for one in canvas.rows] == [0, 1, 2, 3]
    assert canvas.columns == [(prompt, seed) for _, prompt in PROMPTS for seed in (1, 2)]
    assert written(stage.sample_note) == "compared with 6 training pictures"
    canvas.grab()
    settle(view.session)
    shown = canvas.grab().toImage()
    for at in range(4):
        center = canvas.cell(at, 3).center()
        assert shown.pixelColor(center).getRgb()[:3] == (30, 200, 30)
    edge = canvas.cell(3, 0).topLeft()
    assert shown.pixelColor(edge.x() + 1, edge.y() + 20) != shown.pixelColor(
        canvas.cell(1, 0).topLeft()
    )


def test_copying_diversity_and_held_out_loss_are_drawn_over_the_run(view, checked):
    check = open_check(view.stage)
    lines = {line.label: list(line.ys) for line in check.chart.plot.series}
    assert lines["Copying"] == [0.4, 0.5, 0.86, 0.93]
    assert lines["Diversity"] == pytest.approx([0.5, 0.4, 0.3, 0.2])
    assert lines["Held-out loss"] == [0.3, 0.2, 0.1, 0.15]
    assert set(lines["Copy threshold"]) == {0.83}


@pytest.mark.parametrize(
    ("language", "words", "pair"),
    [
        ("en", "Epoch 2 begins to repeat training pictures (0.85).",
         "Left drawn with seed 1, right cactus.png of the training."),
        ("zh_CN", "第 2 轮开始重复训练图片（0.85）。",
         "左图以种子 1 绘制，右图为训练图片 cactus.png。"),
    ],
)  # fmt: skip
def test_the_first_row_that_repeats_pictures_is_told_with_its_pair(
    view, checked, settle, language, words, pair
):
    i18n.set_language(language)
    warning = view.stage.warning
    assert written(warning.text) == words
    assert written(warning.more) == pair
    settle(view.session)
    shown = warning.pair.grab().toImage()
    assert shown.pixelColor(SIDE // 2, SIDE // 2).getRgb()[:3] == (30, 200, 30)
    assert shown.pixelColor(SIDE + SIDE // 2, SIDE // 2).getRgb()[:3] == (200, 30, 30)
    assert not warning.stop.isVisible()  # it is over
    assert not warning.end.isVisible()


def test_from_the_warning_the_run_is_opened_in_validate(view, checked):
    went = []
    view.session.navigated.connect(lambda name, payload: went.append((name, payload)))
    click(view.stage.warning.validate)
    open_check(view.stage)
    click(view.stage.validate)
    assert went == [("validate", {"run": str(checked.folder)})] * 2


def test_a_warning_that_was_closed_stays_closed(view, checked, settle):
    click(view.stage.warning.shut)
    view.stage.refresh()
    assert not view.stage.warning.isVisible()


def test_what_a_row_repeats_no_more_is_no_reason_to_stop(view, checked):
    story = view.state.story
    assert alarm_of(story).epoch == 2
    story.take(CHECKED, row(checked.folder, 3, []), 1.0)
    assert alarm_of(story) is None
    story.take(CHECKED, row(checked.folder, 3, ["unlearned"]), 1.0)
    assert alarm_of(story) is None


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("variety", "Epoch 1 begins to lose variety (0.40)."),
        ("overfit", "Epoch 1 is probably over-fitted (0.49)."),
    ],
)
def test_other_reasons_have_their_own_words(live, view, flag, words):
    live.tell(CHECKED, **row(live.folder, 1, [flag]))
    assert written(view.stage.warning.text) == words


def test_the_grid_fills_while_it_is_drawn_and_the_warning_comes_with_its_row(live, view):
    stage = view.stage
    live.tell(CHECKED, **row(live.folder, 0))
    assert stage.check.isVisible()  # there is no sample yet
    cells = row(live.folder, 1)["cells"]
    for number, cell in enumerate(cells[:2], 1):
        facts = {name: cell[name] for name in ("prompt", "seed", "path")}
        live.tell(CELL, epoch=1, step=PER_EPOCH, weight=1.0, **facts)
        assert [len(one.cells) for one in stage.check.canvas.rows] == [6, number]
        assert stage.check.canvas.rows[1].copying is None
    live.tell(CHECKED, **row(live.folder, 1))
    assert [len(one.cells) for one in stage.check.canvas.rows] == [6, 6]
    assert not stage.warning.isVisible()
    live.tell(CHECKED, **row(live.folder, 2, ["copies"]))
    assert stage.warning.isVisible()


@pytest.mark.parametrize("name", ["end", "stop"])
def test_the_run_is_stopped_from_the_warning(live, view, name):
    for step in range(1, PER_EPOCH + 1):
        live.step(step)
    live.tell(CHECKED, **row(live.folder, 1, ["copies"]))
    click(getattr(view.stage.warning, name))
    assert Job(live.handle).asked() == [STOP_AFTER_EPOCH if name == "end" else STOP_AND_SAVE]


def test_rows_of_several_weights_are_told_apart(live, view):
    live.tell(CHECKED, **row(live.folder, 0))
    for weight in (1.0, 0.5):
        live.tell(CHECKED, **row(live.folder, 1, weight=weight))
    canvas = view.stage.check.canvas
    assert [one.weight for one in canvas.rows] == [0.0, 0.5, 1.0]
    words = canvas.words_at(canvas.cell(1, 2).center())
    assert words.splitlines() == [
        "Epoch 1, weight 0.5",
        "hvisl, boar",
        "Seed 1",
        "0.49 like cactus.png",
    ]
    assert canvas.words_at(canvas.rect().topLeft()) == ""


def test_a_click_on_a_row_marks_its_checkpoint(view, checked, qtbot):
    check, found = open_check(view.stage), []
    view.stage.chosen.connect(found.append)
    left = Qt.MouseButton.LeftButton
    for at in (0, 2):
        QTest.mouseClick(check.canvas, left, pos=check.canvas.cell(at, 0).center())
    assert found == [2 * PER_EPOCH]


def test_the_base_model_stays_in_sight(view, checked, settle):
    check = open_check(view.stage)
    check.area.setFixedHeight(150)
    settle(view.session)
    bar = check.area.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.maximum() > 0
    canvas = check.canvas
    base, newest = canvas.cell(0, 0), canvas.cell(3, 0)
    seen = canvas.visibleRegion().boundingRect()
    assert seen.contains(base)
    assert seen.contains(newest)
    assert not base.intersects(newest)
    assert canvas.words_at(base.center()).startswith("Base model")
    assert canvas.words_at(newest.center()).startswith("Epoch 3")


def test_a_damaged_row_is_left_out(view, checked):
    for broken in ({"cells": 3}, {"copying": None}, {"flags": None}, {"cells": [{"prompt": 1}]}):
        values = {key: value for key, value in row(checked.folder, 3).items() if key not in broken}
        checked.log_event(CHECKED, values | broken)
    assert [one.epoch for one in read(checked.folder).checks] == [0, 1, 2, 3]
