"""Checkpoints and samples of a run, through their widgets."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app import i18n
from app.theme import color
from app.training.view import View
from tests.app.painted import Painted
from tests.app.training.conftest import click
from tests.app.training.runs_at_hand import drawn, entry, make_run, rough, saved

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
    assert [table._place(row) for row in table._rows] == ["1.50", "1"]


# Samples


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        (("cactus",), "seed 42, 25 steps, guidance 4"),
        (("cactus --s 30 --l 6", "other --s 30 --l 6"), "seed 42, 30 steps, guidance 6"),
        (("cactus --s 30", "other"), "seed 42, guidance 4"),
        (("prompts.txt",), "seed 42"),
    ],
)
def test_how_the_samples_were_drawn_stands_over_them(shown, prompts, words):
    view = shown(only={"sample_prompts": prompts})
    assert view.stage.sample_note.text() == words


def test_how_samples_were_drawn_follows_the_language(shown):
    view = shown(only={"sample_prompts": ("cactus --s 30",)})
    i18n.set_language("zh_CN")
    assert view.stage.sample_note.text() == "种子 42，30 步，引导 4"


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


def test_every_prompt_has_its_row_as_soon_as_it_is_drawn(view, live, settle):
    live.step(3)
    canvas = view.stage.samples.canvas
    for index, prompt in enumerate(("cactus", "bell", "lamp")):
        live.tell("train.preview", **rough(3, 2, prompt, index))
        assert canvas.rect().contains(canvas.cell(index, 3))


def test_a_sample_on_its_way_paints_only_its_cell_and_a_step_no_picture(view, live, qtbot, settle):
    live.step(1)
    live.tell("train.sample", **drawn(live.folder, 0))
    live.tell("train.preview", **rough(3, 6))
    settle(view.session)
    plot = view.stage.curves.loss.plot
    qtbot.waitUntil(lambda: plot.graph is not None)
    canvas = view.stage.samples.canvas
    canvas.repaint()
    painted = Painted(canvas)
    live.tell("train.preview", **rough(3, 7))
    qtbot.waitUntil(lambda: bool(painted.rects))
    assert painted.rects == [canvas.cell(0, 3)]
    painted.rects.clear()
    listed = Painted(view.runs.checkpoints)
    loss = Painted(plot.graph.viewport())
    live.step(2)
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


def test_the_whole_page_joins_its_parts(opener, opened, settle, monkeypatch):
    make_run(opened, "only")
    view, asked = opener(View), []
    assert "train.compare" in {one.id for one in view.actions()}
    monkeypatch.setattr(view.settings, "reveal", asked.append)
    click(view.stage.edit)
    assert asked == ["sample_prompts"]
    view.runs.checkpoints.choose(8)
    assert view.stage.samples.canvas.step == 8
