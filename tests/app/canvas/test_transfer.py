from __future__ import annotations

import base64
import os
import stat
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication

from app.canvas import drag_out
from app.canvas.drag_out import layer_files
from app.canvas.layer_tree import MIME
from app.canvas.mime_pictures import PLACE, carried
from app.widgets.images import array_of, image_of
from engine.canvas.document import Document
from engine.canvas.export import export_document
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect
from engine.imaging.decode import encode_png, load_rgba
from engine.sampling.infotext import Infotext
from engine.sampling.picture_text import save_picture

ANY = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def act(view, name: str) -> None:
    next(action for action in view.actions() if action.id == name).run()


def clipboard():
    return QGuiApplication.clipboard()


def glass(width: int, height: int) -> np.ndarray:
    """A picture with every alpha."""
    random = np.random.default_rng(2)
    picture = random.integers(0, 256, (height, width, 4), np.uint8)
    picture[..., 3] = np.arange(width, dtype=np.uint8) * (255 // width)
    picture[..., 3][:, 0] = 1
    return picture


@pytest.fixture
def pane(state):
    """A half transparent layer at 30, 40."""
    picture = glass(20, 10)
    state.add_layer("glass", picture, QPoint(30, 40))
    return picture


def pixels(state, rect: tuple[int, int, int, int]) -> np.ndarray:
    return state.layer.pixels(Rect(*rect))


def test_a_copy_is_a_png_with_alpha_an_opaque_picture_and_its_place(view, state, pane, tmp_path):
    act(view, "canvas.copy")
    mime = clipboard().mimeData()
    (tmp_path / "out.png").write_bytes(bytes(mime.data("image/png").data()))
    np.testing.assert_array_equal(load_rgba(tmp_path / "out.png"), pane)
    opaque = array_of(mime.imageData())
    assert (opaque[..., 3] == 255).all()
    white = pane[..., :3] * (pane[..., 3:] / 255) + 255 - pane[..., 3:]
    assert np.abs(opaque[..., :3] - white).max() <= 1
    assert bytes(mime.data(PLACE).data()) == b"30 40"


def test_pasting_puts_it_at_the_same_place_or_at_the_pointer(qtbot, view, state, pane):
    act(view, "canvas.copy")
    act(view, "canvas.paste")
    np.testing.assert_array_equal(pixels(state, (30, 40, 20, 10)), pane)
    assert len(state.document.layers) == 3
    view.surface._hover(view.surface.view.to_screen(QPointF(100.5, 80.5)))
    act(view, "canvas.paste_here")
    np.testing.assert_array_equal(pixels(state, (90, 75, 20, 10)), pane)
    state.undo()
    assert len(state.document.layers) == 3


def test_cut_takes_the_selection_away_in_one_step(view, state, pane):
    state.select(QRect(30, 40, 10, 10))
    act(view, "canvas.cut")
    assert not pixels(state, (30, 40, 10, 10))[..., 3].any()
    np.testing.assert_array_equal(pixels(state, (40, 40, 10, 10)), pane[:, 10:])
    act(view, "canvas.paste")
    np.testing.assert_array_equal(pixels(state, (30, 40, 10, 10)), pane[:, :10])


def test_what_is_seen_is_copied_merged(view, state, pane):
    state.select(QRect(25, 35, 30, 20))
    act(view, "canvas.copy_merged")
    what = carried(clipboard().mimeData())
    assert what.place == (25, 35)
    seen = state.document.composite(Rect(25, 35, 30, 20))
    assert what.encoded == encode_png(seen)


def test_nothing_to_copy_is_told_and_leaves_the_clipboard(view, state, session, pane):
    clipboard().setText("keep me")
    state.select(QRect(150, 100, 5, 5))
    act(view, "canvas.copy")
    assert clipboard().text() == "keep me"
    assert session.notes[-1] == "There is nothing to copy here."


def foreign(kind: str, picture: np.ndarray, tmp_path: Path) -> QMimeData:
    """``picture`` as some other program puts it on the clipboard."""
    mime = QMimeData()
    png = encode_png(picture)
    if kind == "browser":
        mime.setData("image/png", png)
        mime.setHtml('<img src="https://example.org/x.png">')
    elif kind == "photoshop":
        opaque = picture.copy()
        opaque[..., 3] = 255
        mime.setData('application/x-qt-windows-mime;value="PNG"', png)
        mime.setImageData(image_of(opaque))
    elif kind == "page":
        mime.setHtml(
            f'<p><img alt="x" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        )
    elif kind == "qt":
        mime.setImageData(image_of(picture))
    else:
        path = tmp_path / "Sword.png"
        path.write_bytes(png)
        mime.setUrls([QUrl.fromLocalFile(str(path))])
    return mime


@pytest.mark.parametrize("kind", ["browser", "photoshop", "page", "qt", "files"])
def test_pictures_of_other_programs_keep_their_alpha(view, state, tmp_path, kind):
    picture = glass(40, 30)
    clipboard().setMimeData(foreign(kind, picture, tmp_path))
    view.surface._hover(None)
    act(view, "canvas.paste")
    assert state.layer.name == ("Sword" if kind == "files" else "Pasted")
    np.testing.assert_array_equal(pixels(state, (80, 65, 40, 30)), picture)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"text/plain": b"words"}, "There is no picture to paste."),
        ({"text/html": b'<img src="https://x.org/a.png">'}, "address of a picture"),
        ({"image/png": b"\x89PNG\r\n\x1a\nrubbish"}, "picture.png"),
        ({"image/png": b"x"}, "picture.png"),
        ({"text/html": b'<img src="data:image/png;base64,@@@@">'}, "picture"),
        ({PLACE: b"a b c", "image/png": b"x"}, "picture.png"),
    ],
)
def test_what_is_no_picture_gets_a_sentence_and_no_layer(view, state, session, data, sentence):
    mime = QMimeData()
    for kind, content in data.items():
        mime.setData(kind, content)
    clipboard().setMimeData(mime)
    before = len(state.document.layers)
    act(view, "canvas.paste")
    assert sentence in str(session.errors[-1])
    assert len(state.document.layers) == before


def test_pasting_without_a_canvas_starts_one(view, state, session):
    session.start(view.keeper.flush())
    state.close()
    picture = glass(40, 30)
    mime = QMimeData()
    mime.setData("image/png", encode_png(picture))
    clipboard().setMimeData(mime)
    act(view, "canvas.paste")
    assert state.document.size == (40, 30)
    np.testing.assert_array_equal(pixels(state, (0, 0, 40, 30)), picture)


# Dropping


def drop(view, mime: QMimeData, at: QPoint) -> None:
    spot = view.surface.mapTo(view, view.surface.view.to_screen(QPointF(at)).toPoint())
    action, button, keys = ANY
    view.dragEnterEvent(QDragEnterEvent(spot, action, mime, button, keys))
    view.dropEvent(QDropEvent(QPointF(spot), action, mime, button, keys))


def made_picture(path: Path, prompt: str = "a red cat, <lora:ink:0.8>") -> Path:
    settings = {
        "Steps": "30",
        "Sampler": "Euler a",
        "Schedule type": "Normal",
        "CFG scale": "6.5",
        "Seed": "42",
        "Emphasis": "No norm",
        "Model": "dream",
    }
    save_picture(path, glass(16, 16)[..., :3], Infotext(prompt, "fog", settings).to_text())
    return path


def test_a_picture_from_a_browser_is_dropped_where_the_pointer_is(view, state, tmp_path):
    picture = glass(20, 10)
    drop(view, foreign("browser", picture, tmp_path), QPoint(100, 80))
    np.testing.assert_array_equal(pixels(state, (90, 75, 20, 10)), picture)


def test_a_generated_picture_is_asked_about_once(view, state, session, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(made_picture(tmp_path / "cat.png")))])
    view.repainting.change(prompt="before", steps=12)
    drop(view, mime, QPoint(100, 80))
    as_layer, as_recipe = view.drops.menu.actions()
    assert len(state.document.layers) == 1
    as_recipe.trigger()
    settings = view.repainting.settings
    assert (settings.prompt, settings.negative) == ("a red cat, <lora:ink:0.8>", "fog")
    assert (settings.steps, settings.guidance, settings.seed) == (30, 6.5, 42)
    assert (settings.sampler, settings.schedule) == ("euler_a", "normal")
    assert settings.emphasis == "no_norm"
    assert settings.seed_locked
    assert len(state.document.layers) == 1
    told = "Took over the settings of {name}. Its model {model} is not at hand."
    assert session.notes[-1] == told
    session.offers[told]()
    assert (view.repainting.settings.prompt, view.repainting.settings.steps) == ("before", 12)
    as_layer.trigger()
    assert state.layer.name == "cat"
    assert len(state.document.layers) == 2


def test_pictures_without_a_recipe_and_several_at_once_are_not_asked_about(view, state, tmp_path):
    plain = tmp_path / "plain.png"
    plain.write_bytes(encode_png(glass(8, 8)))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(plain))])
    drop(view, mime, QPoint(50, 50))
    assert len(state.document.layers) == 2
    several = [made_picture(tmp_path / f"{name}.png") for name in "ab"]
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in several])
    drop(view, mime, QPoint(50, 50))
    assert [layer.name for layer in state.document.layers][-2:] == ["a", "b"]


def test_a_lora_file_is_painted_with(view, tmp_path):
    path = tmp_path / "ink.safetensors"
    path.write_bytes(b"x")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    drop(view, mime, QPoint(50, 50))
    assert view.repainting.settings.loras == ((str(path), 1.0),)


def test_a_damaged_picture_gets_one_sentence(view, state, session, tmp_path):
    path = made_picture(tmp_path / "cat.png")
    path.write_bytes(path.read_bytes()[:60])
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    drop(view, mime, QPoint(50, 50))
    assert len(session.errors) == 1
    assert "cat.png" in str(session.errors[0])
    assert len(state.document.layers) == 1


def test_a_picture_dropped_on_the_prompt_gives_its_settings_and_nothing_else(
    view, state, session, tmp_path
):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(made_picture(tmp_path / "cat.png")))])
    view.panel.prompt.insertFromMimeData(mime)
    assert view.repainting.settings.steps == 30
    assert view.panel.prompt.value == "a red cat, <lora:ink:0.8>"
    assert len(state.document.layers) == 1
    (tmp_path / "plain.png").write_bytes(encode_png(glass(8, 8)))
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "plain.png"))])
    view.panel.prompt.insertFromMimeData(mime)
    assert "plain.png does not tell how it was made." in str(session.errors[-1])


def test_pasted_words_are_words_and_pasted_settings_are_settings(view, state):
    mime = QMimeData()
    mime.setText("a whale")
    view.panel.prompt.insertFromMimeData(mime)
    assert view.repainting.settings.prompt == "a whale"
    mime.setText("a crab\nNegative prompt: fog\nSteps: 17, Sampler: Euler, CFG scale: 3, Seed: 5")
    view.panel.prompt.insertFromMimeData(mime)
    settings = view.repainting.settings
    assert (settings.prompt, settings.negative, settings.steps) == ("a crab", "fog", 17)
    assert (settings.sampler, settings.guidance, settings.seed) == ("euler", 3.0, 5)


# Out


def test_layers_are_dragged_out_as_files_with_their_names(view, state, session, pane):
    state.add_layer("glass", glass(4, 4), QPoint(0, 0))
    state.set_visible(state.active, False)
    state.add_layer("empty")
    model = view.layers.model
    rows = [model.index_of(node.id) for node in state.document.nodes()]
    mime = model.mimeData(rows)
    assert mime.hasFormat(MIME)
    paths = [Path(url.toLocalFile()) for url in mime.urls()]
    assert {path.name for path in paths} == {"glass.png", "glass-2.png", "Background.png"}
    sizes = {path.name: load_rgba(path).shape[:2] for path in paths}
    assert sizes["Background.png"] == (160, 200)
    (mine,) = [path for path in paths if load_rgba(path).shape[:2] == (10, 20)]
    np.testing.assert_array_equal(load_rgba(mine), pane)


def test_a_layer_dropped_on_its_own_canvas_is_no_picture(view, state, session, pane):
    mime = layer_files(session, state, [state.layer])
    mime.setData(MIME, state.active.encode())
    event = QDragEnterEvent(QPoint(500, 400), ANY[0], mime, *ANY[1:])
    event.ignore()
    view.dragEnterEvent(event)
    assert not event.isAccepted()


def test_files_that_nobody_takes_are_let_go_here_while_they_are_written(
    session, state, monkeypatch
):
    begun, go_on = threading.Event(), threading.Event()
    prune = drag_out._prune

    def slow(folder):
        begun.set()
        go_on.wait(20)
        prune(folder)

    monkeypatch.setattr(drag_out, "_prune", slow)
    mime = layer_files(session, state, [state.layer])
    gone, writer = weakref.ref(mime), mime._writer
    assert begun.wait(20)
    del mime
    assert gone() is None  # and is not destroyed in the writer's thread
    go_on.set()
    writer.join(20)


# Other programs


@pytest.fixture
def program(session, tmp_path):
    """A program that notes what it was asked to open."""
    path, note = tmp_path / "editor.sh", tmp_path / "opened.txt"
    path.write_text(f'#!/bin/sh\nprintf %s "$1" > "{note}"\n', "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    session.change_settings(external_editor=str(path))
    return note


def lent(view) -> Path:
    (one,) = view.outside._lent.values()
    return one.loan.path


def saved(view, session, path: Path, picture: np.ndarray, times: int = 2) -> None:
    """Let the other program save, and let some looks go by."""
    Image.fromarray(picture).save(path)
    later = time.time_ns() + 10**9
    os.utime(path, ns=(later, later))
    for _ in range(times):
        session.start(view.outside.look())


def test_a_layer_goes_to_the_chosen_program_and_comes_back_undoable(
    qtbot, view, state, session, pane, program
):
    act(view, "canvas.edit_outside")
    qtbot.waitUntil(program.exists, timeout=5000)
    qtbot.waitUntil(lambda: program.read_text() != "", timeout=5000)
    path = lent(view)
    assert program.read_text() == str(path)
    assert path.name == "glass.png"
    steps = state.document.history.position
    for _ in range(3):
        session.start(view.outside.look())
    assert state.document.history.position == steps
    picture = load_rgba(path)
    picture[0:5, 0:5] = (9, 8, 7, 255)
    saved(view, session, path, picture, times=1)
    assert not pixels(state, (0, 0, 5, 5)).any()
    session.start(view.outside.look())
    assert (pixels(state, (0, 0, 5, 5)) == (9, 8, 7, 255)).all()
    np.testing.assert_array_equal(pixels(state, (30, 40, 20, 10)), pane)
    assert state.document.history.position == steps + 1
    state.undo()
    assert not pixels(state, (0, 0, 5, 5)).any()


def test_a_half_written_file_is_told_and_the_next_save_taken(view, state, session, pane, program):
    act(view, "canvas.edit_outside")
    path = lent(view)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    for _ in range(4):
        session.start(view.outside.look())
    assert len(session.errors) == 1
    assert "glass.png" in str(session.errors[0])
    saved(view, session, path, np.full((160, 200, 4), 255, np.uint8))
    assert (pixels(state, (0, 0, 200, 160)) == 255).all()


def test_a_layer_that_is_gone_or_a_file_that_is_gone_is_let_go(view, state, session, pane, program):
    act(view, "canvas.edit_outside")
    path = lent(view)
    path.unlink()
    session.start(view.outside.look())
    state.remove_layers()
    saved(view, session, path, np.full((160, 200, 4), 255, np.uint8))
    assert not session.errors
    assert not view.outside._lent


def test_a_program_that_cannot_be_started_is_told(view, state, session, pane):
    session.change_settings(external_editor="/no/such/program")
    act(view, "canvas.edit_outside")
    assert "program cannot be started" in str(session.errors[-1])


def test_a_psd_goes_out_and_comes_back(view, state, session, pane, program):
    act(view, "canvas.edit_outside_psd")
    path = lent(view)
    assert path.suffix == ".psd"
    changed = np.full((160, 200, 4), 255, np.uint8)
    export_document(Document(200, 160, [layer_of("glass", changed)]), path)
    for _ in range(3):
        session.start(view.outside.look())
    assert (pixels(state, (0, 0, 200, 160)) == 255).all()


# A watched folder


def test_new_pictures_of_a_watched_folder_become_layers(view, state, session, tmp_path):
    folder = tmp_path / "renders"
    folder.mkdir()
    (folder / "old.png").write_bytes(encode_png(glass(8, 8)))
    session.start(view.watched.start(folder))
    assert view.foot.isVisible()
    (folder / "new.png").write_bytes(encode_png(glass(8, 8)))
    session.start(view.watched.look())
    assert len(state.document.layers) == 1
    session.start(view.watched.look())
    session.start(view.watched.look())
    assert [layer.name for layer in state.document.layers] == ["Background", "new"]
    act(view, "canvas.watch_pause")
    (folder / "later.png").write_bytes(encode_png(glass(8, 8)))
    for _ in range(3):
        session.start(view.watched.look())
    assert len(state.document.layers) == 2
    act(view, "canvas.watch_pause")
    for _ in range(3):
        session.start(view.watched.look())
    assert state.layer.name == "later"
    act(view, "canvas.watch_stop")
    assert view.watched.folder is None


def test_a_damaged_picture_in_a_watched_folder_is_told_once(view, state, session, tmp_path):
    session.start(view.watched.start(tmp_path))
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    for _ in range(5):
        session.start(view.watched.look())
    assert len(session.errors) == 1
    assert len(state.document.layers) == 1


def test_a_watched_folder_that_goes_away_ends_it(view, session, tmp_path):
    folder = tmp_path / "renders"
    folder.mkdir()
    session.start(view.watched.start(folder))
    folder.rmdir()
    session.start(view.watched.look())
    assert view.watched.folder is None
    assert "renders" in str(session.errors[-1])
