"""An afternoon of an artist in the real window: cull, sort, crop, fill, caption, look, export.

Every change is made by a widget, every one is one undo step, and no source file is written to.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.bridge import Bridge
from app.dataset.transfer_export import ExportSheet
from app.session import Session
from app.shell.window import MainWindow
from engine.dataset.edits import Fill, bake
from engine.imaging.decode import load_rgba
from engine.project.settings import Settings
from engine.runtime.queue_store import QueueStore
from engine.runtime.thread import Engine
from tests.app.dataset.artist import Artist, drop

SAMPLE = Path(__file__).parents[3] / "resources" / "sample" / "raw"
CTRL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key
COPIES = {
    "bell_pepper_copy.webp",
    "crown_thumb.png",
    "donkey_soft.png",
    "fork_and_knife_with_plate_copy.webp",
    "lotus_soft.png",
}


@pytest.fixture
def art(tmp_path):
    folder = tmp_path / "icons"
    shutil.copytree(SAMPLE, folder)
    return folder


@pytest.fixture
def open_window(qtbot, loop, art, settle, tmp_path):
    """Give an artist a window; what is open is closed again as by the user."""
    shown: list[Artist] = []

    def close():
        for artist in shown:
            artist.view.thumbnails.close()
            artist.window.hide()
            artist.rest()
            loop.run_until_complete(artist.session.end())
            loop.run_until_complete(artist.session.close_project())
            artist.session.bridge.close()
            artist.session.bridge._pool.shutdown(wait=True)
            shiboken6.delete(artist.window)
        shown.clear()

    def go():
        close()
        asyncio.set_event_loop(loop)
        bridge = Bridge(lambda: Engine(QueueStore(tmp_path / "queue.sqlite")))
        window = MainWindow(Session(bridge, Settings(reduce_motion=True)))
        window.resize(1600, 1000)
        window.show()
        qtbot.waitExposed(window)
        shown.append(Artist(window, art, settle))
        shown[0].rest()
        return shown[0]

    yield go
    close()


def test_an_artist_culls_sorts_crops_fills_captions_and_exports(open_window, art) -> None:
    before = {path.name: path.read_bytes() for path in art.iterdir()}
    artist = open_window()
    artist.open_folder()
    assert artist.window.pages.current == "dataset"
    assert artist.view.stage.bar.count.text() == "41 pictures"
    artist.done()

    cull(artist)
    sort_into_categories(artist)
    crop(artist)
    fill(artist)
    caption(artist)
    look_ahead(artist)
    check_exported(artist, export(artist))

    artist.go_back()
    assert {path.name: path.read_bytes() for path in art.iterdir()} == before
    history = artist.history
    again = open_window()
    again.open_folder()
    assert again.state() == history[0]
    again.go_forth(history)
    after = {path.name: path.read_bytes() for path in art.iterdir()}
    assert {name: after[name] for name in before} == before
    assert sorted(set(after) - set(before)) == sorted(history[-1]["captions"])


def cull(artist) -> None:
    """Blurred and tiny pictures one by one, copies by the rule; nothing goes by itself."""
    view = artist.view
    artist.click(view.culling.decide)
    page = view.culling.page
    for kind, rejected in (
        ("blurred", {"donkey_soft.png", "lotus_soft.png"}),
        ("too-small", {"crown_thumb.png"}),
    ):
        artist.click_row(page.left.kinds, kind)
        artist.press(page, *[Key.Key_X] * len(page.cull.sorting.ids))
        already = artist.names("rejected")
        assert not rejected & already
        artist.click(page.thresholds.apply)
        assert artist.names("rejected") == already | rejected
        artist.done()
    artist.click_row(page.left.kinds, "duplicate")
    assert page.thresholds.apply.text() == "Apply the rule to 2 groups"
    artist.click(page.thresholds.apply)
    assert artist.names("rejected") == COPIES
    artist.done()
    artist.press(page, Key.Key_Escape)
    assert view.inspector.train.text() == "Train on 36 pictures"


def sort_into_categories(artist) -> None:
    """A new column of the board, and two pictures dragged to it."""
    view = artist.view
    artist.click(view.board.board_button)
    board = view.board.page
    artist.write(board.new_name, "plants")
    artist.press(board.new_name, Key.Key_Return)
    artist.done()
    source = next(column for column in board.columns.values() if column.model.pictures)
    rows = [n for n, p in enumerate(source.model.pictures) if p.name in ("cactus", "lotus")]
    data = source.model.mimeData([source.model.index(row) for row in rows])
    drop(board.columns["plants"], data, QPoint(40, 200))
    artist.rest()
    assert board.columns["plants"].count.text() == "2"
    artist.done()
    artist.press(board, Key.Key_Escape)


def crop(artist) -> None:
    """The best crop for a bucket that is not the picture's own."""
    view = artist.view
    artist.choose("rocket.png")
    artist.press(view.stage.grid, Key.Key_Return)
    panel = view.editor.panels["crop"]
    artist.segment(panel.modes, "bucket")
    bucket = next(row.key for row in panel.buckets.rows.items if row.key != "128×128")
    artist.click_row(panel.buckets, bucket)
    width, height = (int(part) for part in bucket.split("×"))
    assert f"{bucket} bucket" in view.editor.view.read_out
    artist.click(view.editor.column.done)
    box = artist.picture("rocket.png").recipe.crop
    assert box[2] / box[3] == pytest.approx(width / height, rel=0.02)
    artist.done()


def fill(artist) -> None:
    """Grey behind one transparent picture; the others keep white."""
    view = artist.view
    artist.choose("cactus.png")
    artist.press(view.stage.grid, Key.Key_Return)
    artist.click(view.editor.bar.tools["fill"])
    artist.click(view.editor.panels["fill"].tiles["grey"])
    artist.press(view.editor.view, Key.Key_Escape)
    assert artist.picture("cactus.png").recipe.fill == Fill(color="#808080")
    artist.done()


def caption(artist) -> None:
    """From file names, a tag for all by hand, a chip away, then two changes of all captions."""
    view, panel = artist.view, artist.view.inspector.captions
    artist.menu(panel.menu_button, "Caption the rest from file names")
    assert artist.picture("cactus.png").caption == "cactus"
    artist.done()
    view.stage.grid.setFocus()
    artist.write(view.stage.bar.words, "-flag:rejected")
    artist.press(view.stage.bar.words, Key.Key_Escape, Key.Key_Return)
    view.stage.grid.setFocus()
    QTest.keyClick(view.stage.grid, Key.Key_A, CTRL)
    artist.rest()
    assert len(view.state.selected) == 36
    artist.write(panel.entry, "3d icon")
    artist.press(panel.entry, Key.Key_Return)
    assert artist.picture("cactus.png").caption == "cactus, 3d icon"
    artist.done()
    artist.choose("rocket.png")
    panel.chips.setFocus()
    artist.press(panel.chips, Key.Key_Right, Key.Key_Right, Key.Key_Delete)
    assert (artist.art / "rocket.txt").read_text("utf-8") == "rocket"
    artist.done()
    name_the_style(artist)
    replace(artist)


def name_the_style(artist) -> None:
    """A trigger word for the project, and in front of every caption."""
    panel, pages = artist.view.inspector.captions, artist.view.captions
    artist.menu(panel.menu_button, "Trigger word")
    artist.write(pages.trigger.field, "hvisl")
    artist.press(pages.trigger.field, Key.Key_Return)
    assert artist.session.project.file.trigger_word == "hvisl"
    artist.done()
    artist.click(pages.trigger.put)
    artist.segment(pages.batch.scope.choice, "shown")  # not the rejected ones
    apply_batch(artist, "Change 36 captions")
    assert artist.picture("rocket.png").caption == "hvisl, rocket"


def replace(artist) -> None:
    pages = artist.view.captions
    artist.click_row(pages.batch.kinds, "replace")
    artist.write(pages.batch.form.controls["find"], "3d icon")
    artist.write(pages.batch.form.controls["replacement"], "glossy icon")
    apply_batch(artist, "Change 35 captions")
    assert (artist.art / "cactus.txt").read_text("utf-8") == "hvisl, cactus, glossy icon"
    artist.press(pages.batch, Key.Key_Escape)


def apply_batch(artist, words) -> None:
    """Change captions as the preview shows it."""
    batch = artist.view.captions.batch
    batch._timer.stop()
    batch._timer.timeout.emit()  # typing has rested
    artist.rest()
    assert batch.apply.text() == words
    artist.click(batch.apply)
    artist.done()


def look_ahead(artist) -> None:
    """What training will see is the picture as it was cropped, filled and captioned."""
    outlook = artist.view.inspector.outlook
    assert outlook.summary.text().startswith("36 train")
    artist.choose("cactus.png")
    seen = outlook.picture.picture.toImage()
    assert (seen.width(), seen.height()) == (128, 128)
    assert seen.pixelColor(1, 1).name() == "#808080"
    assert outlook.captions.lines[0].text() == "hvisl, cactus, glossy icon"
    artist.choose("rocket.png")
    seen = outlook.picture.picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
    assert outlook.facts.values[0].text() == f"{seen.width()}×{seen.height()}"
    assert seen.width() != seen.height()


def export(artist) -> Path:
    """A kohya folder, where the sheet proposes it."""
    artist.session.bridge.engine.start()
    artist.click(artist.view.inspector.export)
    sheet = artist.window.findChild(ExportSheet)
    assert sheet.go.text() == "Export 36 pictures"
    place = Path(sheet.place.value)
    artist.click(sheet.go)
    return place


def check_exported(artist, place) -> None:
    """Every used picture with its edits baked in and its caption beside it, and no other."""
    used = {p.path.stem: p for p in artist.view.state.pictures.values() if p.flag != "rejected"}
    exported = {path.stem: path for path in place.rglob("*.png")}
    assert set(exported) == set(used)
    assert {path.name for path in (place / "1_plants").glob("*.png")} == {"cactus.png", "lotus.png"}
    white = artist.session.project.file.fill
    for name, path in exported.items():
        wanted = bake(load_rgba(used[name].path), used[name].recipe, white)
        with Image.open(path) as picture:
            assert np.array_equal(np.asarray(picture.convert("RGB")), wanted), name
        assert path.with_suffix(".txt").read_text("utf-8") == used[name].caption
    with Image.open(exported["cactus"]) as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (128, 128, 128)
    with Image.open(exported["rocket"]) as picture:
        assert picture.size == used["rocket"].recipe.crop[2:]
