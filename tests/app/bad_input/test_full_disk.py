"""A disk that is full: nothing is half written, what is finished stays, and the window says so."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.canvas import keeper
from app.i18n import tr
from app.widgets.buttons import Button
from engine.canvas import storage
from engine.canvas.document import Document
from engine.canvas.layer import layer_of


def white(size=64):
    import numpy as np

    return Document(size, size, [layer_of("one", np.full((size, size, 4), 255, np.uint8))])


@pytest.fixture
def canvas(page, opened, settle, monkeypatch):
    """A saved canvas with a stroke that is not saved yet; safety copies are made when asked for."""
    monkeypatch.setattr(keeper, "SAFETY_DELAY_MS", 1 << 30)
    view = page("canvas")
    path = opened.session.project.canvas / "sea.kiln"
    storage.save(white(), path)
    opened.session.start(view.keeper.open(path))
    settle()
    paint(view.state)
    return view


def paint(state):
    state.begin_stroke((20.0, 20.0, 1.0), erase=False)
    state.stroke_to((40.0, 30.0, 1.0))
    state.end_stroke()


def test_a_canvas_that_cannot_be_saved_stays_unsaved_and_the_file_as_it_was(
    canvas, opened, settle, full_disk, toast
):
    before = canvas.state.path.read_bytes()
    full_disk()
    canvas.commands.save()
    settle()
    toast("sea.kiln")
    assert canvas.state.modified
    assert canvas.state.path.read_bytes() == before
    full_disk(False)
    canvas.commands.save()
    settle()
    assert not canvas.state.modified
    assert (storage.load(canvas.state.path).composite() == canvas.state.document.composite()).all()


def test_every_safety_copy_that_fails_is_told_only_once(canvas, opened, settle, full_disk, toast):
    full_disk()
    for _ in range(3):
        paint(canvas.state)
        opened.session.start(canvas.keeper.write_safety_copy())
        settle()
    toast("sea.kiln")
    assert len(opened.toasts.shown) == 1


def test_a_picture_that_cannot_be_exported_leaves_nothing(
    canvas, opened, settle, full_disk, toast, tmp_path
):
    full_disk()
    opened.session.start(canvas.keeper.export(tmp_path / "out.png"))
    settle()
    toast("out.png")
    assert not list(tmp_path.glob("*out*"))
    assert not list(tmp_path.glob("*.tmp"))


def test_the_window_does_not_close_over_work_that_is_nowhere_on_disk(
    canvas, opened, settle, full_disk, toast, qtbot
):
    full_disk()
    opened.close()
    settle()
    assert opened.isVisible()
    shown = opened.toasts.shown[-1]
    toast()
    (anyway,) = [one for one in shown.findChildren(Button) if one.text() == tr("Close anyway")]
    full_disk(False)
    opened.close()
    assert not opened.isVisible()
    opened.show()
    settle()
    full_disk()
    paint(canvas.state)
    qtbot.mouseClick(anyway, Qt.MouseButton.LeftButton)
    assert not opened.isVisible()
    settle()


def test_a_caption_that_cannot_be_written_keeps_the_old_one(
    opened, page, art, settle, full_disk, toast
):
    view = page("dataset")
    (cup,) = [item for item in view.state.pictures.values() if item.name == "cup"]
    view.stage.choose(cup.id)
    settle()
    full_disk()
    panel = view.inspector.captions
    QTest.keyClicks(panel.entry, "blue")
    QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    settle()
    toast("cup.txt")
    assert (art / "cup.txt").read_text("utf-8") == "cup, icon"
    assert not list(art.glob("*.tmp"))
    full_disk(False)
    QTest.keyClicks(panel.entry, "blue")
    QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    settle()
    assert (art / "cup.txt").read_text("utf-8") == "cup, icon, blue"


def test_an_export_for_training_that_finds_no_room_says_so(opened, page, settle, full_disk, toast):
    view = page("dataset")
    opened.session.bridge.engine.start()
    full_disk()
    view.transfer.ask_export().go.click()
    settle()
    toast(opened.session.project.exports)
    assert not list(opened.session.project.exports.rglob("*.tmp"))
    full_disk(False)
    view.transfer.ask_export().go.click()
    settle()
    (first, second) = opened.session.bridge.jobs
    assert (first.state, second.result().count) == ("failed", 4)


def test_settings_that_cannot_be_stored_work_until_the_end(
    opened, page, settle, full_disk, toast, language, qtbot
):
    full_disk()
    opened.session.change_settings(tile_size=200)
    settle()
    toast("settings.json")
    assert opened.session.settings.tile_size == 200


def test_a_project_that_finds_no_room_is_not_half_made(opened, settle, full_disk, toast, tmp_path):
    other = tmp_path / "Other art"
    other.mkdir()
    full_disk()
    opened.session.open_folder(other)
    settle()
    toast("project.toml")
    assert opened.session.project.file.name == "art"
    full_disk(False)
    opened.session.open_folder(other)
    settle()
    assert opened.session.project.file.name == "Other art"
