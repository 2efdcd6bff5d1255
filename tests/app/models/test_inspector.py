"""What is known about a model, the weight it is used with, its pictures and its uses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app import i18n
from app.models.at_hand import read_models
from app.models.telling import told_about
from app.models.uses import key_of
from app.models.weights import read_weights, weights_path
from app.models.words import facts, kind_of, note_of
from engine.canvas import storage
from engine.canvas.document import Document
from engine.models.catalogue import list_models
from engine.models.inspect import inspect
from engine.project.project import Project
from engine.sampling.request import ImageRequest, LoraUse
from engine.training.config import TrainRequest
from engine.training.runs import Run
from engine.validation.manifest import write_manifest
from engine.validation.request import GridRequest
from tests.app.models.conftest import choose, click, write_lora


@pytest.fixture
def project(tmp_path):
    """A run with two checkpoints and their samples, a grid of one of them, and a canvas."""
    made = Project.create(tmp_path / "isles", "Isles")
    request = TrainRequest(project=str(made.root), output_name="isles")
    run = Run.create(made.runs / "isles", request)
    for step, epoch in ((10, 1), (20, 2)):
        path = write_lora(run.folder / "checkpoints" / f"isles-{epoch:06d}.safetensors", seed=step)
        run.log_event("train.checkpoint", {"epoch": epoch, "step": step, "path": str(path),
                                           "loss": 0.1})  # fmt: skip
        for index in range(2):
            sample = run.folder / "samples" / f"{step}-{index}.png"
            Image.new("RGB", (16, 16), (step, 0, 0)).save(sample)
            run.log_event("train.sample", {"epoch": epoch, "step": step, "index": index, "seed": 1,
                                           "prompt": "a", "path": str(sample)})  # fmt: skip
    run.end("finished")
    last = str(run.folder / "checkpoints" / "isles-000002.safetensors")
    grid = GridRequest(folder=str(made.grids / "over-fit"), checkpoints=("", last), seeds=(1, 2, 3))
    cells = [(f"{n:064x}", position) for n, position in enumerate(grid.positions())]
    write_manifest(grid, cells, {})
    document = Document(16, 16)
    image = ImageRequest(loras=(LoraUse(path=last),)).model_dump(mode="json")
    for name in ("a", "b"):
        pixels = np.zeros((4, 4, 4), np.uint8)
        document.add_layer(name, pixels, recipe={"image": image})
    storage.save(document, made.canvas / "shop.kiln")
    return made


@pytest.fixture
def isles(models, session, settle, project):
    """The page with that project open."""
    session.open_folder(project.root)
    settle()
    models.refresh()
    settle()
    return models


def test_a_project_tells_pictures_run_and_uses_of_its_models(project):
    models = list_models([], project.runs)
    told = told_about(models, project)
    first, last = (told[key_of(info.ref)] for info in models if info.kind == "lora")
    assert [Path(picture).name for picture in last.pictures] == ["20-0.png", "20-1.png"]
    assert [Path(picture).name for picture in first.pictures] == ["10-0.png", "10-1.png"]
    assert last.run == first.run == str(project.runs / "isles")
    assert {(use.kind, use.name, use.count) for use in last.uses} == {
        ("grid", "over-fit", 3),
        ("canvas", "shop", 2),
    }
    assert first.uses == []
    assert {(use.kind, use.count) for use in told["starter"].uses} == {
        ("run", 20),
        ("grid", 6),
        ("canvas", 2),
    }


def test_damaged_files_of_a_project_tell_nothing_and_stop_nothing(project):
    (project.canvas / "shop.kiln").write_bytes(b"no canvas")
    (project.grids / "over-fit" / "grid.json").write_text("{")
    (project.runs / "isles" / "config.toml").write_text("= no")
    told = told_about(list_models([], project.runs), project)
    assert all(entry.uses == [] for entry in told.values())


def test_a_recipe_by_any_program_is_passed_over(project):
    document = Document(4, 4)
    for recipe in ({"image": 3}, {"image": {"loras": "no", "model": 5}}, {"image": {"loras": [1]}}):
        document.add_layer("x", np.zeros((2, 2, 4), np.uint8), recipe=recipe)
    storage.save(document, project.canvas / "odd.kiln")
    told = told_about(list_models([]), project)
    assert not any(use.name == "odd" for entry in told.values() for use in entry.uses)


def test_a_picture_beside_the_file_is_shown_for_it(shelf):
    Image.new("RGB", (8, 8)).save(shelf / "icons.preview.png")
    told = told_about([inspect(shelf / "icons.safetensors")], None)
    assert told[key_of(shelf / "icons.safetensors")].pictures == [str(shelf / "icons.preview.png")]


def test_the_inspector_shows_them_and_a_click_opens_where_it_is_used(isles, session, gone, tongue):
    choose(isles, "isles-000002.safetensors")
    inspector = isles.inspector
    assert inspector.pictures.isVisible()
    assert len(inspector.pictures.pictures) == 2
    rows = inspector.uses.rows
    shown = {(row.text, row.count) for row in rows.rows.items}
    assert shown == {
        ("over-fit", i18n.tr("{n} cell", "{n} cells", n=3)),
        ("shop", i18n.tr("{n} layer", "{n} layers", n=2)),
    }
    row = next(n for n, row in enumerate(rows.rows.items) if row.text == "shop")
    place = rows.visualRect(rows.rows.index(row)).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert gone[-1] == ("canvas", {"document": str(session.project.canvas / "shop.kiln")})


def test_the_table_draws_the_picture_and_the_day_of_the_last_use(isles, settle, qtbot):
    row = isles.list.row_of(str(isles._session.project.runs / "isles" / "checkpoints"
                                / "isles-000002.safetensors"))  # fmt: skip
    place = isles.table.visualRect(isles.list.index(row))
    qtbot.waitUntil(lambda: not isles.thumbnails.is_busy)
    shot = isles.table.viewport().grab(place).toImage()
    ratio = shot.devicePixelRatio()
    assert shot.pixelColor(round(50 * ratio), round(22 * ratio)).getRgb()[:3] == (20, 0, 0)


def test_its_run_is_opened(isles, session, gone):
    choose(isles, "isles-000001.safetensors")
    click(isles.inspector.run)
    assert gone == [("train", {"run": str(session.project.runs / "isles")})]


def test_models_are_sorted_by_their_last_use(isles):
    click_used = dict(isles.head.places())["Used"].center()
    QTest.mouseClick(isles.head, Qt.MouseButton.LeftButton, pos=click_used)
    shown = [info.path.name for info in isles.list.shown if info.kind == "lora"]
    assert shown == ["isles-000002.safetensors", "isles-000001.safetensors"]


def test_facts_come_from_the_header_alone(shelf, tongue):
    said = write_lora(shelf / "told.safetensors", ss_num_train_images="376", ss_steps="2256",
                      ss_sd_model_name="D:\\models\\big.safetensors",
                      sshs_model_hash="a41f09c27be300", ss_resolution="(768, 512)",
                      ss_optimizer="bitsandbytes.optim.adamw.AdamW8bit(weight_decay=0.1)",
                      ss_tag_frequency='{"1_a": {"sea": 3, "sky": 1}, "2_b": {"sky": 1200}}',
                      )  # fmt: skip
    lines = dict(facts(inspect(said)))
    assert lines["Base model"] == "big.safetensors"
    assert lines["Hash of the weights"] == "a41f 09c2 7be3"
    assert lines["Keys"] == "kohya, 3"
    assert lines["Rank, alpha"] == "4, 4"
    words = {"en": "376 pictures, 2,256 steps", "zh_CN": "376 张图片，2,256 步"}
    assert lines["Trained on"] == words[tongue]
    assert lines["Resolution"] == "768×512"
    assert lines["Optimizer"] == "AdamW8bit"
    tags = {"en": "sky 1,201, sea 3", "zh_CN": "sky 1,201、sea 3"}
    assert lines["Tags"] == tags[tongue]


@pytest.mark.parametrize("said", ["[" * 9000, "[1]", '{"a": [2]}', '{"a": {"b": "c"}}', "null", ""])
def test_strange_tags_and_words_are_no_facts(said, shelf):
    strange = write_lora(shelf / "odd.safetensors", ss_tag_frequency=said, ss_resolution="None",
                         ss_optimizer="None")  # fmt: skip
    assert {"Tags", "Resolution", "Optimizer"}.isdisjoint(dict(facts(inspect(strange))))


def test_a_comment_that_is_none_is_no_note(shelf):
    said = {"None": "", "my best": "my best"}
    for comment, note in said.items():
        file = write_lora(shelf / "kohya.safetensors", ss_training_comment=comment)
        assert note_of(inspect(file)) == note


def test_the_column_of_kinds_tells_adapters_apart(shelf):
    kinds = {path.name: kind_of(inspect(path)) for path in shelf.glob("[iw]*")}
    assert kinds == {
        "icons.safetensors": "LoRA", "ink.safetensors": "LoRA", "woven.safetensors": "LoKr"
    }  # fmt: skip


def test_the_note_and_the_trigger_are_shown(shelf, models):
    choose(models, "icons.safetensors")
    assert models.inspector.about.lines["Trigger word"] == "icn"
    assert models.inspector.about.lines["Note"] == "good for props"


def test_a_weight_is_kept_for_the_content_and_used_everywhere(shelf, models, gone, settle):
    choose(models, "icons.safetensors")
    field = models.inspector.use.weight.field
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.7")
    settle()
    assert list(read_weights().values()) == [0.7]
    assert "<lora:icons:0.7>" in models.inspector.use.advice.text()
    click(models.inspector.paint)
    assert gone[0] == ("canvas", {"loras": ((str(shelf / "icons.safetensors"), 0.7),)})
    offered = {Path(lora.path).stem: lora.weight for lora in read_models(None, "starter", ()).loras}
    assert offered == {"icons": 0.7, "ink": 1.0, "grand": 1.0, "woven": 1.0}


def test_another_model_has_its_own_weight(shelf, models, settle):
    choose(models, "icons.safetensors")
    models.inspector.use.weight.changed.emit(0.6)
    settle()
    choose(models, "ink.safetensors")
    assert models.inspector.use.weight.value == 1.0
    models.refresh()
    settle()
    choose(models, "icons.safetensors")
    assert models.inspector.use.weight.value == 0.6


def test_weights_that_cannot_be_read_are_left_out():
    weights_path().parent.mkdir(parents=True, exist_ok=True)
    for text, kept in (("{", {}), ("[1]", {}), ('{"a": "x", "b": NaN, "c": 0.5}', {"c": 0.5})):
        weights_path().write_text(text)
        assert read_weights() == kept


def test_several_models_are_counted_and_weighed(shelf, models, tongue):
    choose(models, "icons.safetensors", "ink.safetensors")
    assert models.inspector._title.text() == i18n.tr("{n} models", n=2)
    assert not models.inspector.about.isVisible()
    shown = [key for key, one in models.inspector.tools.buttons.items() if one.isVisible()]
    assert shown == ["merge", "bake"]


def test_a_file_that_cannot_be_used_offers_no_tool(shelf, models):
    choose(models, "torn.safetensors")
    assert "torn.safetensors" in models.inspector._problem_text.text()
    assert not models.inspector.tools.isVisible()
    assert not models.inspector.paint.isVisible()


def test_the_menu_copies_the_path(qapp, shelf, models):
    choose(models, "icons.safetensors")
    click(models.inspector.more)
    menu = models.inspector.findChildren(QMenu)[-1]
    menu.actions()[0].trigger()
    menu.close()
    assert qapp.clipboard().text() == str(shelf / "icons.safetensors")
