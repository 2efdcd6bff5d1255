"""Canvas files and pictures that are damaged, and LoRAs that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.i18n import tr
from app.widgets.buttons import Button
from engine.canvas import storage
from engine.canvas.document import Document
from engine.canvas.layer import layer_of
from tests.app.bad_input.conftest import drop, other_lora


@pytest.fixture
def canvas(page, opened, settle):
    """A saved canvas of the project."""
    view = page("canvas")
    path = opened.session.project.canvas / "sea.kiln"
    pixels = np.full((64, 64, 4), 255, np.uint8)
    storage.save(Document(64, 64, [layer_of("one", pixels)]), path)
    opened.session.start(view.keeper.open(path))
    settle()
    return view


def half(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def test_a_damaged_canvas_is_refused_and_the_open_one_stays(
    canvas, opened, settle, tmp_path, toast
):
    before = canvas.state.path
    damaged = tmp_path / "broken.kiln"
    damaged.write_bytes(before.read_bytes()[:300])
    drop(canvas, damaged)
    settle()
    toast("broken.kiln")
    assert canvas.state.path == before


def test_a_project_whose_latest_canvas_is_damaged_shows_none_and_says_so(
    canvas, opened, settle, art, toast
):
    path, root = canvas.state.path, opened.session.project.root
    opened.session.start(opened.session.close_project())
    settle()
    half(path)
    opened.session.open_folder(root)
    settle()
    toast("sea.kiln")
    assert canvas.state.document is None
    assert canvas.stage.currentIndex() == 1
    opened.session.start(canvas.keeper.create(32, 32, None, "Layer"))
    settle()
    assert canvas.state.size.width() == 32


def test_a_corrupt_picture_is_no_layer(canvas, settle, tmp_path, toast):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nxx")
    drop(canvas, tmp_path / "broken.png")
    settle()
    toast("broken.png")
    assert len(canvas.state.document.layers) == 1


@pytest.mark.parametrize("kind", ["another family", "truncated"])
def test_a_lora_that_does_not_fit_is_refused_in_place_until_it_is_taken_away(
    canvas, settle, tmp_path, said, kind
):
    path = other_lora(tmp_path)
    if kind == "truncated":
        half(path)
    canvas.state.select_all()
    drop(canvas, path)
    settle()
    said(canvas.panel.problem.text(), "other")
    assert canvas.panel.problem.isVisible()
    assert not canvas.panel.start.isEnabled()
    canvas.repainting.remove_lora(str(path))
    assert canvas.panel.start.isEnabled()


def test_a_lora_that_is_gone_is_named_when_the_region_is_repainted(
    canvas, opened, settle, tmp_path, toast, finish, monkeypatch
):
    path = other_lora(tmp_path)
    canvas.repainting.change(steps=1, count=1, loras=((str(path), 1.0),))
    path.unlink()
    monkeypatch.setattr(type(canvas.repainting), "problem", None)  # it was there a moment ago
    canvas.state.select_all()
    canvas.panel.start.click()
    settle()
    (handle,) = opened.session.bridge._live.values()
    finish(handle)
    toast("other")
    assert not canvas.repainting.running
    assert canvas.panel.start.isEnabled()


def test_the_way_back_to_a_canvas_tells_nothing_more(canvas, opened, settle, tmp_path, qtbot):
    canvas.state.begin_stroke((20.0, 20.0, 1.0), erase=False)
    canvas.state.end_stroke()
    mine, other = canvas.state.path, tmp_path / "tour.kiln"
    storage.save(canvas.state.document.frozen(), other)
    opened.navigate("canvas", {"document": str(other)})
    settle()
    (kept,) = opened.toasts.shown
    (back,) = [one for one in kept.findChildren(Button) if one.text() == tr("Go back")]
    qtbot.mouseClick(back, Qt.MouseButton.LeftButton)
    settle()
    assert canvas.state.path == mine
    assert canvas.state.modified
    assert opened.toasts.shown == []
