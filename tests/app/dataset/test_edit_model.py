"""Backgrounds are separated in the editor with model files that a user has."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.dataset.edit_page import EditPage
from app.dataset.view import View
from engine.dataset.edits import Recipe, bake, work_on
from engine.imaging.decode import load_rgba
from engine.project.settings import Settings
from tests.engine.dataset.onnx_file import HALF, IMAGENET, red_finder


@pytest.fixture
def framed(art):
    """A red block on plain grey, opaque."""
    picture = Image.new("RGBA", (96, 96), (128, 128, 128, 255))
    picture.paste((200, 40, 40, 255), (30, 30, 70, 70))
    picture.save(art / "cactus.png")
    return art / "cactus.png"


@pytest.fixture
def page(qtbot, framed, opened, settle):
    """The editor with the framed picture in it and the background tool in hand."""
    view = View(opened)
    qtbot.addWidget(view)
    view.resize(1532, 934)
    view.show()
    settle(opened)
    cactus = next(item for item in view.state.pictures.values() if item.name == "cactus")
    view.stage.choose(cactus.id)
    view.stage.grid.setFocus()
    QTest.keyClick(view.stage.grid, Qt.Key.Key_Return)
    settle(opened)
    click(view.editor.bar.tools["background"])
    opened.bridge.engine.start()
    yield view.editor
    settle(opened)
    view.thumbnails.close()


def click(widget):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def stored(page, settle):
    page.work.keep()
    settle(page.state.session)
    return page.state.session.library.picture(page.work.picture.id).recipe


def choose(combo, value):
    """Pick an entry of a drop-down by its keys."""
    combo.setFocus()
    while combo.value != value:
        QTest.keyClick(combo, Qt.Key.Key_Down)


@pytest.mark.parametrize("name", ["birefnet", "isnet-general-use"])
def test_a_model_file_cuts_out_to_transparency_and_to_a_fill_and_is_remembered(
    framed, page, settle, tmp_path, monkeypatch, name
) -> None:
    (tmp_path / "rembg").mkdir()
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "rembg"))
    trained_with = {"birefnet": IMAGENET}.get(name, HALF)
    model = red_finder(tmp_path / "models" / f"{name}.onnx", **trained_with)
    panel = page.panels["background"]
    choose(panel.methods, "model")
    assert not panel.go.isEnabled()  # there is no model yet
    click(panel.choose_model)
    dialog = panel.findChild(QFileDialog)
    assert dialog.directory().path() == str(tmp_path / "rembg")
    dialog.fileSelected.emit(str(model))
    dialog.close()
    assert panel.model.text() == model.name
    click(panel.go)
    settle(page.state.session)
    recipe = stored(page, settle)
    alpha = bake_to_alpha(framed, recipe, page)
    assert (alpha[50, 50], alpha[5, 5]) == (255, 0)
    click(page.bar.tools["fill"])
    click(page.panels["fill"].tiles["grey"])
    recipe = stored(page, settle)
    baked = bake(load_rgba(framed), recipe, None, page.work.masks)
    assert tuple(baked[5, 5]) == tuple(int(recipe.fill.color[n : n + 2], 16) for n in (1, 3, 5))
    assert tuple(baked[50, 50]) == (200, 40, 40)
    again = EditPage(page.state, page.work.operations, page.strip.pictures, page.strip.thumbnails)
    assert again.panels["background"].model_path == str(model)
    assert Settings._of(asdict(page.state.session.settings)).separation_model == str(model)
    again.deleteLater()


def test_a_model_file_that_is_gone_is_named_and_nothing_is_cut_out(page, settle, tmp_path) -> None:
    told = []
    page.state.session.show_error = told.append
    panel = page.panels["background"]
    choose(panel.methods, "model")
    panel.set_model(str(tmp_path / "gone.onnx"))
    click(panel.go)
    settle(page.state.session)
    assert "gone.onnx" in str(told[0])
    assert stored(page, settle) == Recipe()


def bake_to_alpha(path, recipe, page):
    return work_on(load_rgba(path), recipe, page.work.masks).rgba[..., 3]
