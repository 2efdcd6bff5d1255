"""The left column by mouse and keys: axes, plans, prompts, what all cells share, and the counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from shiboken6 import delete

from app.i18n import set_language
from app.validation.axis_menu import matching
from app.validation.kept_form import FILE_NAME
from app.validation.plans import Plan
from app.validation.prompt_list import PromptList, short_prompts
from app.validation.reader import PROMPTS
from app.validation.view import View
from engine.runtime.errors import BadInputError
from engine.training.run_records import Checkpoint
from engine.validation.axes import axis_settings
from engine.validation.learned import TrainedRun
from engine.validation.manifest import open_grid, write_manifest
from engine.validation.planning import plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore
from tests.app.models.conftest import write_lora

LEFT = Qt.MouseButton.LeftButton


def block(view, setting):
    return view.panel.axes.blocks[setting]


def note(view):
    return view.panel.cached.text().replace("\u00a0", " ")


def retype(qtbot, view, setting, text):
    field = block(view, setting).field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def menu_of(view, setting):
    block(view, setting).mark.click()
    return next(one for one in view.findChildren(QMenu) if one.isVisible())


def choose(menu, words):
    action = next(one for one in menu.actions() if one.text() == words)
    action.trigger()
    menu.close()


def dropped(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )
    event.kept = data  # Qt holds no reference
    return event


def drop(view, *paths):
    view.dropEvent(dropped(*paths))


def test_what_is_typed_is_counted_and_asked_for(qtbot, view):
    retype(qtbot, view, "weight", "0.6, 0.8 ... 1.2")
    assert block(view, "weight").count.text() == "4"
    assert view.setup.built().weights == (0.6, 0.8, 1.0, 1.2)
    assert view.panel.count.text() == "64 cells"
    retype(qtbot, view, "checkpoint", "last")
    assert [Path(path).stem for path in view.setup.built().checkpoints] == ["", "style-000006"]
    retype(qtbot, view, "checkpoint", "all")
    assert block(view, "checkpoint").count.text() == "3"


def test_keys_go_where_the_cursor_is_without_focus_too(qtbot, view):
    field = block(view, "seed").field
    view.setFocus()
    field.selectAll()
    for key in "1 ... 3":
        qtbot.keyClick(field, key)
    assert view.setup.built().seeds == (1, 2, 3)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_column_keeps_its_width_whatever_it_says(qtbot, view, session, language):
    set_language(language)
    for name in ("sketches", "combine", "over_fit", "weights"):
        view.plans.now = Plan(name, {"seed": "7"})
        view.panel.refresh()
        inner = view.panel.stack.parentWidget()
        assert inner.minimumSizeHint().width() <= 228 - 1 - 12, name  # beside a scroll bar
    qtbot.mouseClick(view.panel.start, LEFT)
    session.end(session.bridge.submitted[-1])
    counts = view.panel.counts
    for words in ("Draw the rest", "Draw the grid"):
        counts._start_text.say(words)
        assert counts.start.sizeHint().width() <= 228 - 1 - 24, words
    set_language("en")


def test_an_error_stands_at_its_field_and_goes_with_it(qtbot, view):
    retype(qtbot, view, "seed", "1, two")
    seed = block(view, "seed")
    assert seed.error.isVisible()
    assert seed.error.text().startswith("two is not a list")
    assert seed.field.property("state") == "error"
    assert seed.count.text() == ""
    assert not view.panel.start.isEnabled()
    assert note(view).startswith("Seed: two is not a list of numbers. Write numbers")
    assert not block(view, "weight").error.isVisible()
    retype(qtbot, view, "seed", "3")
    assert not seed.error.isVisible()
    assert view.panel.start.isEnabled()


def test_too_many_cells_are_refused_at_once_in_a_sentence(qtbot, view, session):
    retype(qtbot, view, "seed", "1-1000")
    retype(qtbot, view, "weight", "0-1 [20]")
    assert "160,000 cells are more than the 50,000 of a grid." in note(view)
    assert not view.panel.start.isEnabled()
    view.drawing.start()
    assert session.bridge.submitted == []


def test_every_setting_of_the_schema_is_offered_and_found_by_its_other_names():
    offered = {item.name for item in matching("", {"prompt"})}
    assert offered == {item.name for item in axis_settings()} - {"prompt"}
    assert [item.name for item in matching("cfg", ())] == ["guidance_scale"]
    assert matching("denoising", ())[0].name == "strength"
    set_language("zh_CN")
    found = [item.name for item in matching("采样器", ())]
    set_language("en")
    assert found[0] == "sampler"


def test_an_axis_is_added_by_searching_it_and_turned_into_pages(qtbot, view):
    qtbot.mouseClick(view.panel.axes.add, LEFT)
    menu = view.panel.axes.menu
    qtbot.keyClicks(menu.field, "sampler")
    qtbot.keyClick(menu.field, Qt.Key.Key_Return)
    assert block(view, "sampler").count.text() == "5"
    assert view.setup.built().values("sampler") == ("euler", "euler_a", "dpmpp_2m", "ddim", "unipc")
    assert view.setup.built().sides().group_y == "sampler"
    choose(menu_of(view, "sampler"), "Pages")
    assert view.setup.built().sides().pages == ("seed", "sampler")
    assert block(view, "sampler").mark.side == "pages"
    assert not any(item.name == "sampler" for item in matching("sampler", view.setup.axes.names()))


def test_choices_are_ticked_in_a_list_or_filled_in_all(qtbot, view):
    view.panel.axes.add_axis("sampler")
    view.panel.axes.open_list("sampler")
    popup = view.panel.axes.popup
    for _, box in popup.boxes[1:4]:
        qtbot.mouseClick(box, LEFT)
    assert view.setup.built().values("sampler") == ("euler", "unipc")
    assert block(view, "sampler").field.text() == "Euler, UniPC"
    popup.fill()
    assert block(view, "sampler").count.text() == "5"
    popup.close()


def test_rows_and_columns_change_places(view):
    view.panel.open_more()
    menu = next(one for one in view.findChildren(QMenu) if one.isVisible())
    choose(menu, "Swap rows and columns")
    sides = view.setup.built().sides()
    assert (sides.x, sides.y) == ("checkpoint", "weight")
    assert block(view, "weight").mark.side == "y"


def test_the_head_of_an_axis_is_dragged_onto_another(qtbot, view):
    source, target = block(view, "weight"), block(view, "checkpoint")
    start = QPoint(60, 10)
    goal = source.mapFromGlobal(target.mapToGlobal(QPoint(60, 10)))
    QTest.mousePress(source, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(source, goal)
    assert target._aimed
    QTest.mouseRelease(source, LEFT, Qt.KeyboardModifier.NoModifier, goal)
    assert list(view.panel.axes.blocks) == ["weight", "checkpoint", "seed"]
    assert view.setup.built().sides().y == "weight"


def test_an_axis_is_removed_and_its_setting_is_the_same_in_all_cells(qtbot, view):
    view.panel.axes.add_axis("steps")
    assert view.panel.image.rows["steps"].isHidden()
    qtbot.mouseClick(block(view, "steps").remove, LEFT)
    assert "steps" not in view.panel.axes.blocks
    assert not view.panel.image.rows["steps"].isHidden()
    assert view.setup.built().values("steps") == (25,)


def test_weights_are_set_apart_and_tied_again(view):
    choose(menu_of(view, "weight"), "UNet and text encoder apart")
    assert list(view.panel.axes.blocks)[1:3] == ["unet_weight", "text_encoder_weight"]
    assert view.setup.built().values("text_encoder_weight") == (0.5, 1.0)
    choose(menu_of(view, "text_encoder_weight"), "One weight for both")
    assert list(view.panel.axes.blocks)[1] == "weight"
    assert view.setup.built().weights == (0.5, 1.0)


# What all cells share


def test_what_cells_share_comes_from_the_schema_and_is_asked_for(qtbot, view):
    controls = view.panel.image.controls
    assert {"sampler", "steps", "negative_prompt", "init_image", "strength"} <= controls.keys()
    assert {"clip_skip", "emphasis", "width", "batch_size"} <= controls.keys()
    assert controls.keys().isdisjoint({"model", "prompt", "file_name", "count"})
    view.panel.image.set_open(True)
    controls["steps"].setFocus()
    controls["steps"].selectAll()
    qtbot.keyClicks(controls["steps"], "12")
    assert view.setup.built().image.steps == 12
    assert not view.panel.image.rows["strength"].isEnabled()
    controls["mask"].set_value("mask.png")
    controls["mask"].changed.emit("mask.png")
    assert view.panel.image.rows["mask"]._error.text()
    assert not view.panel.start.isEnabled()
    view.setup.change_image(init_image="start.png")
    assert view.panel.start.isEnabled()
    assert view.panel.image.rows["strength"].isEnabled()


def test_a_trigger_word_that_nothing_tells_is_typed(qtbot, view, session):
    view.panel.axes.add_axis("trigger")
    session.start(view.dry_run.count())
    assert "No trigger word" in block(view, "trigger").error.text()
    view.panel.image.set_open(True)
    view.panel.image.trigger.setFocus()
    qtbot.keyClicks(view.panel.image.trigger, "hvisl")
    session.start(view.dry_run.count())
    assert not block(view, "trigger").error.isVisible()
    asked = view.setup.built()
    assert (asked.trigger, asked.values("trigger")) == ("hvisl", (True, False))
    assert {row.tag for row in view.setup.prompts} == {"no trigger"}


# Plans


@pytest.fixture
def learned(monkeypatch, run):
    """What a run has learned: two captions seen, two held out."""
    checkpoints = tuple(
        Checkpoint(c.epoch, c.epoch * 10, Path(c.path), 0.1) for c in run.checkpoints
    )
    found = TrainedRun(
        Path(run.folder), run.name, "starter", "hvisl", checkpoints,
        seen=("pink whale", "green shield"), unseen=("copper bucket", "stone lantern"),
    )  # fmt: skip
    monkeypatch.setattr("app.validation.plans.learned_by", lambda folder: found)
    return found


def open_plans(qtbot, view):
    qtbot.mouseClick(view.panel.plan, LEFT)
    return next(one for one in view.findChildren(QMenu) if one.isVisible())


def test_the_over_fit_check_sets_all_axes_at_one_click(qtbot, view, learned, session):
    before = view.setup.built()
    choose(open_plans(qtbot, view), "Over-fit check of this run")
    asked = view.setup.built()
    assert asked.weights == (0.6, 0.8, 1.0)
    assert asked.seeds == (1, 2, 3, 4)
    assert asked.checkpoints == ("", *learned.files)
    tags = {row.text: row.tag for row in view.setup.prompts if row.chosen}
    assert sorted(tags.values()) == [
        "no trigger",
        "seen",
        "seen",
        "trigger only",
        "unseen",
        "unseen",
    ]
    assert tags["hvisl, pink whale"] == "seen"
    assert view.panel.head.header.title.text() == "Over-fit check"
    retype(qtbot, view, "seed", "1 ... 8")
    assert view.panel.head.header.title.text() == "Over-fit check"
    assert view.panel.changed.isVisible()
    assert block(view, "seed").changed
    assert not block(view, "weight").changed
    session.offers[session.notes[-1]]()
    assert view.setup.built() == before
    assert view.panel.head.header.title.text() == "Validation grid"
    assert not view.panel.changed.isVisible()
    assert not block(view, "seed").changed


def test_an_over_fit_check_without_the_pictures_asks_what_was_asked_before(
    qtbot, view, learned, session, monkeypatch
):
    def gone(trigger, *asked):
        found = replace(learned, seen=(), unseen=(), problem=BadInputError("gone"))
        found = replace(found, trigger=trigger, asked=asked)
        monkeypatch.setattr("app.validation.plans.learned_by", lambda folder: found)

    before = view.setup.built()
    gone("")
    choose(open_plans(qtbot, view), "Over-fit check of this run")
    assert "nobody knows what to ask it for" in str(session.errors[-1])
    assert view.setup.built() == before
    gone("hvisl", "hvisl, sword", "hvisl", "sword")
    choose(open_plans(qtbot, view), "Over-fit check of this run")
    assert set(view.setup.built().prompts) == {"hvisl, sword", "hvisl", "sword"}
    tags = {row.text: row.tag for row in view.setup.prompts if row.chosen}
    assert (tags["hvisl"], tags["sword"]) == ("trigger only", "no trigger")


def test_a_plan_is_taken_back_by_the_undo_of_the_page(qtbot, view):
    before = view.setup.built()
    choose(open_plans(qtbot, view), "Weight sweep")
    assert len(view.setup.built().weights) == 8
    undo = next(action for action in view.actions() if action.id == "validate.undo")
    assert undo.enabled()
    assert undo.about() == "Weight sweep"
    undo.run()
    assert view.setup.built() == before
    assert not undo.enabled()


def test_a_plan_is_not_taken_back_in_another_project(qtbot, view, session):
    choose(open_plans(qtbot, view), "Weight sweep")
    before = view.setup.built()
    session.project_changed.emit(session.project)
    assert not view.plans.can_undo
    session.offers["Weights from 0 to 1.4 are set."]()
    assert view.setup.axes.get("weight").text == "0, 0.2 … 1.4"
    assert view.panel.head.header.title.text() == "Validation grid"
    assert before.weights == view.setup.axes.get("weight").values


def test_two_styles_are_combined_by_their_weights(qtbot, view, session, tmp_path, run):
    choose(open_plans(qtbot, view), "Combine two styles")
    assert "no second LoRA" in str(session.errors[-1])
    other = write_lora(tmp_path / "ink.safetensors", seed=9)
    view.setup.choose_files([str(other)])
    session.start(view.reader.load_models())
    view.setup.choose(run.folder)
    choose(open_plans(qtbot, view), "Combine two styles")
    asked = view.setup.built()
    assert asked.values("second_checkpoint") == (str(other),)
    assert block(view, "second_checkpoint").field.text() == "ink"
    assert (asked.sides().x, asked.sides().y) == ("weight", "second_weight")


def sketches(folder, count=3):
    folder.mkdir()
    for number in range(count):
        Image.new("RGB", (16, 16), (number, 0, 0)).save(folder / f"sketch{number}.png")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def test_a_folder_of_sketches_that_is_dropped_is_drawn_on(view, session, tmp_path):
    folder = sketches(tmp_path / "sketches")
    drop(view, folder)
    asked = view.setup.built()
    assert [Path(str(path)).name for path in asked.values("init_image")] == [
        "sketch0.png", "sketch1.png", "sketch2.png",
    ]  # fmt: skip
    assert block(view, "init_image").field.text() == str(folder)
    assert block(view, "init_image").count.text() == "3"
    assert asked.sides().y == "init_image"
    assert asked.values("strength") == (0.3, 0.5, 0.7, 0.9)
    empty = tmp_path / "empty"
    empty.mkdir()
    drop(view, empty)
    assert "no pictures" in str(session.errors[-1])
    assert view.setup.built() == asked


def test_pictures_dropped_on_their_axis_are_compared(view, session, tmp_path):
    folder = sketches(tmp_path / "some", 3)
    view.panel.axes.add_axis("init_image")
    target, chosen = block(view, "init_image"), [folder / "sketch0.png", folder / "sketch2.png"]
    view.panel.axes.blocks["init_image"].dropEvent(dropped(*chosen, folder / "notes.txt"))
    session.start(view.dry_run.count())
    assert view.setup.built().values("init_image") == tuple(map(str, chosen))
    assert target.count.text() == "2"


def test_a_folder_that_is_typed_stands_for_its_pictures_once_it_was_read(
    qtbot, view, session, tmp_path
):
    folder = sketches(tmp_path / "typed", 2)
    view.panel.axes.add_axis("init_image")
    view.setup.type("init_image", str(folder))
    assert not view.panel.start.isEnabled()
    session.start(view.dry_run.count())
    assert len(view.setup.built().values("init_image")) == 2
    assert view.panel.start.isEnabled()


# Grids that were drawn


def test_a_grid_that_was_drawn_opens_in_the_form_with_all_its_axes(view, session, run):
    view.panel.axes.add_axis("sampler")
    view.setup.type("sampler", "Euler, DDIM")
    view.panel.axes.add_axis("replace")
    view.setup.type("replace", "castle, tower")
    view.setup.set_side("sampler", "pages")
    view.setup.change_image(steps=9, negative_prompt="text")
    view.setup.prompts.use_only(["castle, pixel icon"])
    drawn = view.setup.request(session.project, session.project.root)
    write_manifest(drawn, [("f" * 64, place) for place in drawn.positions()], {})
    for name in ("sampler", "replace"):
        view.setup.remove_axis(name)
    view.setup.change_image(steps=25, negative_prompt="")
    view.setup.type("checkpoint", "last")
    view.setup.adopt(open_grid(Path(drawn.folder)).request)
    again = view.setup.request(session.project, session.project.root)
    assert again == drawn
    assert list(view.panel.axes.blocks) == ["checkpoint", "weight", "seed", "sampler", "replace"]
    assert block(view, "sampler").field.text() == "Euler, DDIM"
    assert block(view, "checkpoint").field.text() == "2, 4, 6"
    assert block(view, "replace").field.text() == "castle, tower"
    assert view.panel.image.controls["steps"].value == 9


def finish(view, session, picture):
    """Draw what the start button has asked for, on disk too."""
    handle = session.bridge.submitted[-1]
    store = CellStore(handle.request.cells_folder)
    for cell in plan(handle.request):
        store.put(cell.id, np.zeros((8, 8, 3), np.uint8), "")
    write_manifest(handle.request, [("f" * 64, at) for at in handle.request.positions()], {})
    session.end(handle)
    session.start(view.dry_run.count())


def test_what_is_there_is_counted_and_only_the_rest_is_offered(qtbot, view, session, picture):
    session.start(view.dry_run.count())
    assert view.panel.count.text() == "32 cells"
    assert "28 different pictures" in note(view)
    qtbot.mouseClick(view.panel.start, LEFT)
    finish(view, session, picture)
    assert note(view) == "28 different pictures\n28 drawn already · 0 to draw"
    assert view.panel.start.text() == "Everything is drawn"
    assert not view.panel.start.isEnabled()
    assert not view.strip.start.isEnabled()
    assert not next(one for one in view.actions() if one.id == "validate.start").enabled()
    assert view.panel.counts.extend.isEnabled()
    retype(qtbot, view, "seed", "1 ... 3")
    session.start(view.dry_run.count())
    assert view.panel.count.text() == "48 cells"
    assert "28 drawn already" in note(view)
    assert "14 to draw" in note(view)
    assert view.panel.start.text() == "Draw the rest"


def test_what_other_grids_have_drawn_is_only_shown(qtbot, view, session, picture):
    qtbot.mouseClick(view.panel.start, LEFT)
    finish(view, session, picture)
    retype(qtbot, view, "seed", "2")
    session.start(view.dry_run.count())
    assert view.panel.start.text() == "Show the grid"
    qtbot.mouseClick(view.panel.start, LEFT)
    assert session.bridge.submitted[-1].request.seeds == (2,)


def extend_while_drawing(qtbot, view):
    qtbot.mouseClick(view.panel.start, LEFT)
    assert view.panel.counts.extend.isVisible()
    qtbot.mouseClick(view.panel.counts.extend, LEFT)
    choose(next(one for one in view.findChildren(QMenu) if one.isVisible()), "4 more seeds")


def test_what_is_added_while_a_grid_is_drawn_is_drawn_behind_it(qtbot, view, session, picture):
    extend_while_drawing(qtbot, view)
    assert len(session.bridge.submitted) == 1
    assert note(view) == "What was added is drawn after these."
    first = session.bridge.submitted[0].request
    finish(view, session, picture)
    assert len(session.bridge.submitted) == 2
    second = session.bridge.submitted[1].request
    assert (second.folder, second.seeds) == (first.folder, (1, 2, 3, 4, 5, 6))
    finish(view, session, picture)
    assert len(session.bridge.submitted) == 2


@pytest.mark.parametrize("way", ["cancel", "undo", "fail"])
def test_what_was_added_is_not_drawn_after_a_cancel_an_undo_or_an_error(
    qtbot, view, session, picture, way
):
    extend_while_drawing(qtbot, view)
    handle = session.bridge.submitted[0]
    if way == "cancel":
        qtbot.mouseClick(view.panel.cancel, LEFT)
    elif way == "undo":
        view.plans.undo()
    else:
        handle.set_exception(BadInputError("It cannot be drawn."))
    session.end(handle)
    assert len(session.bridge.submitted) == 1
    assert not view.runner.running


def test_the_limit_of_copying_is_told_where_it_is_marked(view):
    view.state.copy_limit = 0.91
    view.state.set_pick("", None)
    assert view.panel.mark.text() == "Mark copying above 0.91"


# The form is kept


def remembered(view, session):
    """The form as the next window of the project finds it."""
    session.project.root.mkdir(parents=True, exist_ok=True)
    session.start(view.reader._form.flush())
    session.start(view.reader._prompts.flush())
    again = View(session)
    again.thumbnails.close()
    session.start(again.reader.open_project())
    return again


def test_a_form_that_was_not_drawn_is_there_again(qtbot, view, session, run):
    session.start(view.reader.open_project())
    assert not (session.project.root / FILE_NAME).exists()
    retype(qtbot, view, "seed", "5, 7")
    view.setup.add_axis("steps")
    view.setup.set_side("steps", "x")
    view.setup.change_image(guidance_scale=6.5, negative_prompt="blurry")
    view.setup.prompts.add(["golden harp"])
    view.setup.set_base_row(False)
    again = remembered(view, session)
    assert again.setup.built() == view.setup.built()
    assert again.setup.axes.get("seed").text == "5, 7"
    assert again.setup.axes.side_of("steps") == "x"
    assert again.setup.image.negative_prompt == "blurry"
    delete(again)


def test_a_wrong_entry_is_kept_as_it_was_typed(qtbot, view, session):
    session.start(view.reader.open_project())
    retype(qtbot, view, "seed", "1, two")
    again = remembered(view, session)
    assert again.setup.axes.get("seed").text == "1, two"
    assert again.setup.problem() is not None
    delete(again)


def test_a_form_that_was_drawn_is_not_kept(qtbot, view, session, picture):
    session.start(view.reader.open_project())
    session.project.root.mkdir(parents=True, exist_ok=True)
    view.setup.prompts.add(["castle, pixel icon"])
    retype(qtbot, view, "seed", "5, 7")
    session.start(view.reader._form.flush())
    assert (session.project.root / FILE_NAME).exists()
    qtbot.mouseClick(view.panel.start, LEFT)
    session.start(view.reader._form.flush())
    assert not (session.project.root / FILE_NAME).exists()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1, 2]",
        "null",
        '{"source": 3}',
        '{"source": "RUN", "axes": [["seed"], ["no such", "1"], [1, 2], ["seed", "9"]], "sides": 4,'
        ' "image": {"steps": "many", "width": 1e400, "sampler": "none"}, "prompts": [1, {}],'
        ' "trigger": [], "model": {}, "base_row": "no"}',
        '{"source": "RUN", "axes": {"seed": "9"}, "image": [], "prompts": "x", "sides":'
        ' {"x": "seed", "y": "seed"}}',
        "[" * 100_000,
    ],
)
def test_of_a_damaged_form_only_what_fits_is_taken(view, session, run, text):
    session.start(view.reader._form.close())
    session.project.root.mkdir(parents=True, exist_ok=True)
    written = text.replace("RUN", run.folder)
    (session.project.root / FILE_NAME).write_text(written)
    session.start(view.reader.open_project())
    assert not session.errors
    seeds = view.setup.axes.get("seed")
    assert seeds is not None
    assert (seeds.text == "9") == ('["seed", "9"]' in text)
    assert view.setup.image.steps == 25


def test_a_grid_is_extended_in_its_own_folder(qtbot, view, session, picture):
    assert not view.panel.counts.extend.isVisible()
    qtbot.mouseClick(view.panel.start, LEFT)
    first = session.bridge.submitted[-1].request
    finish(view, session, picture)
    retype(qtbot, view, "weight", "0.3")
    qtbot.mouseClick(view.panel.counts.extend, LEFT)
    choose(next(one for one in view.findChildren(QMenu) if one.isVisible()), "4 more seeds")
    qtbot.mouseClick(view.panel.start, LEFT)
    second = session.bridge.submitted[-1].request
    assert second.folder == first.folder
    assert second.weights == first.weights
    assert second.seeds == (1, 2, 3, 4, 5, 6)
    finish(view, session, picture)
    view.setup.change_image(steps=3)
    assert view.setup.request(session.project, session.project.root).folder != first.folder


def test_what_files_are_wrong_is_said_at_their_axis_before_the_start(view, session, tmp_path):
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes(b"no tensors")
    view.setup.add_axis("second_checkpoint")
    view.setup.put("second_checkpoint", [str(torn)])
    session.start(view.dry_run.count())
    assert "torn.safetensors" in block(view, "second_checkpoint").error.text()
    assert not view.panel.start.isEnabled()
    view.setup.remove_axis("second_checkpoint")
    session.start(view.dry_run.count())
    assert view.panel.start.isEnabled()


# Prompts


def test_prompts_are_told_apart_by_the_trigger_word():
    prompts = PromptList()
    prompts.trigger = "hvisl"
    assert prompts.tag("hvisl") == "trigger only"
    assert prompts.tag("copper bucket") == "no trigger"
    assert prompts.tag("hvisl, copper bucket") == "unseen"


def test_what_all_prompts_say_is_left_out_of_their_short_names():
    texts = ["hvisl, 3d icon, copper bucket", "hvisl, 3d icon, pink whale, spouting", "hvisl"]
    assert short_prompts(texts, "hvisl") == ["copper bucket", "pink whale, spouting", "hvisl"]
    others = ["3d icon, bucket", "3d icon, whale", "3d icon, shield", "a silver key"]
    assert short_prompts(others, "") == ["bucket", "whale", "shield", "a silver key"]
    assert short_prompts(["3d icon, bucket"], "") == ["3d icon, bucket"]


def test_several_lines_are_pasted_as_several_prompts(qtbot, view):
    view.panel.prompts.new_prompt()
    QGuiApplication.clipboard().setText("silver key\n\n  iron lock \nwooden door")
    qtbot.keyClick(view.panel.prompts.entry, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert view.setup.prompts.chosen[-3:] == ("silver key", "iron lock", "wooden door")
    assert view.panel.prompts.entry.toPlainText() == ""


def test_a_prompt_is_edited_in_place_and_removed_by_a_key(qtbot, view):
    line = view.panel.prompts.lines["castle, pixel icon"]
    line.check.setFocus()
    qtbot.keyClick(line.check, Qt.Key.Key_F2)
    qtbot.keyClicks(line.editor, "tower, pixel icon")
    qtbot.keyClick(line.editor, Qt.Key.Key_Return)
    assert view.setup.prompts.chosen == ("tower, pixel icon", "red apple, pixel icon")
    again = view.panel.prompts.lines["tower, pixel icon"]
    again.check.setFocus()
    qtbot.keyClick(again.check, Qt.Key.Key_Delete)
    assert view.setup.prompts.chosen == ("red apple, pixel icon",)


def test_the_prompts_are_one_stop_for_tab_and_arrows_go_on_in_them(qtbot, view):
    view.setup.prompts.add(["silver key, pixel icon"])
    checks = [line.check for line in view.panel.prompts.lines.values()]
    stops = [check for check in checks if check.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert len(checks) == 3
    assert stops == checks[:1]
    view.activateWindow()
    checks[0].setFocus()
    qtbot.keyClick(checks[0], Qt.Key.Key_Down)
    assert view.focusWidget() is checks[1]
    qtbot.keyClick(checks[1], Qt.Key.Key_Space)
    assert view.setup.prompts.chosen == ("castle, pixel icon", "silver key, pixel icon")
    qtbot.keyClick(checks[1], Qt.Key.Key_End)
    assert view.focusWidget() is checks[2]
    qtbot.keyClick(checks[2], Qt.Key.Key_Up)
    stops = [check for check in checks if check.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == [checks[1]]


def test_a_field_for_a_prompt_is_as_high_as_its_text(qtbot, view):
    view.setup.prompts.add(["a very long prompt, " * 4])
    line = view.panel.prompts.lines[("a very long prompt, " * 4).strip()]
    QTest.mouseDClick(line, LEFT)
    qtbot.waitUntil(lambda: line.editor.height() == line.editor.sizeHint().height())
    assert line.editor.height() > 3 * line.editor.fontMetrics().lineSpacing()
    assert line.height() >= line.editor.height()


def test_a_project_remembers_its_prompts(view, session):
    memory = view.reader._prompts
    session.start(memory.open(session.project.root, PROMPTS))
    view.setup.prompts.add(["golden harp"])
    view.setup.prompts.tick("castle, pixel icon", False)
    session.project.root.mkdir(parents=True, exist_ok=True)
    session.start(memory.flush())
    record = json.loads((session.project.grids / "prompts.json").read_text("utf-8"))
    assert ["golden harp", True, True] in record["prompts"]
    session.start(view.reader.open_project())
    rows = {row.text: row.chosen for row in view.setup.prompts}
    assert rows["golden harp"]
    assert not rows["castle, pixel icon"]
    session.start(view.reader._form.close())
    for name in (PROMPTS, FILE_NAME):
        (session.project.root / name).write_text("{")
    session.start(view.reader.open_project())
    assert len(view.setup.prompts) == 0


# Everyone


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_control_of_the_column_has_a_name(view, language):
    set_language(language)
    view.panel.axes.add_axis("negative_prompt")
    view.panel.axes.add_axis("init_image")
    named = [
        *(one.field for one in view.panel.axes.blocks.values()),
        *(one.mark for one in view.panel.axes.blocks.values()),
        *view.panel.image.controls.values(),
        view.panel.prompts.mark,
        view.panel.more,
    ]
    names = [one.accessibleName() for one in named]
    set_language("en")
    assert all(names)


def test_a_narrow_strip_counts_the_axes_there_are(view):
    view.panel.axes.add_axis("sampler")
    assert view.strip.buttons["sampler"].text() == "5"
    assert view.strip.buttons["prompt"].text() == "2"
    view.setup.type("seed", "x")
    assert view.strip.buttons["seed"].text() == ""


def test_a_grid_without_a_lora_axis_is_possible(view):
    view.setup.remove_axis("checkpoint")
    view.setup.remove_axis("weight")
    view.panel.axes.add_axis("sampler")
    asked = view.setup.built()
    assert asked.checkpoints == ("",)
    assert isinstance(asked, GridRequest)
    assert not view.panel.base_row.isEnabled()
