"""One picture large: every decision works there, and nothing shows under another's name."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.dataset.view import View
from app.widgets.stars import CELL


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    qtbot.waitUntil(lambda: all(_thumbnail(made, p.name) for p in made.state.pictures.values()))
    yield made
    made.thumbnails.close()


@pytest.fixture
def slow(monkeypatch):
    """Decoding waits until ``go`` is set."""
    gate = threading.Event()
    from app.dataset import full_view, inspector, outlook_panel

    def held(made):
        def wait(*args):
            assert gate.wait(20)
            return made(*args)

        return wait

    def hold():
        monkeypatch.setattr(full_view, "whole_picture", held(full_view.whole_picture))
        monkeypatch.setattr(inspector, "preview", held(inspector.preview))
        monkeypatch.setattr(outlook_panel, "looked_at", held(outlook_panel.looked_at))

    yield SimpleNamespace(hold=hold, go=gate.set)
    gate.set()


def named(view, name):
    return next(item for item in view.state.pictures.values() if item.name == name)


def choose(view, name):
    view.stage.choose(named(view, name).id)


def look(view, name, settle):
    choose(view, name)
    QTest.keyClick(view.stage.grid, Qt.Key.Key_Space)
    settle(view.session)
    assert view.full.isVisible()


def press(view, key, settle):
    QTest.keyClick(view.full, key)
    settle(view.session)


def _thumbnail(view, name):
    picture = named(view, name)
    return view.thumbnails.kept(str(picture.path), f"{picture.modified} {picture.bytes}")


def _same(pixmap, other):
    return pixmap.cacheKey() == other.cacheKey()


def test_flags_stars_and_holding_out_work_on_the_picture_that_is_looked_at(view, settle) -> None:
    look(view, "boar", settle)
    bar = view.full.bar
    assert bar.name.text() == "boar.png"
    assert bar.position.text() == "3 of 6"
    assert bar.zoom.text().endswith("%")
    press(view, Qt.Key.Key_X, settle)
    assert named(view, "boar").flag == "rejected"
    assert bar.reject.isChecked()
    press(view, Qt.Key.Key_P, settle)
    press(view, Qt.Key.Key_4, settle)
    press(view, Qt.Key.Key_H, settle)
    boar = named(view, "boar")
    assert (boar.flag, boar.stars, boar.held_out) == ("picked", 4, True)
    assert (bar.pick.isChecked(), bar.stars.value, bar.hold.isChecked()) == (True, 4, True)
    press(view, Qt.Key.Key_0, settle)
    assert named(view, "boar").stars == 0
    assert view.full.isVisible()


def test_a_rejected_picture_is_marked_on_the_picture(view, settle) -> None:
    look(view, "boar", settle)
    before = view.full.picture.grab().toImage()
    press(view, Qt.Key.Key_X, settle)
    after = view.full.picture.grab().toImage()
    corner = QPoint(after.width() - 20, 20)
    assert after.pixelColor(corner) != before.pixelColor(corner)
    assert after.pixelColor(after.width() // 2, 300) == before.pixelColor(after.width() // 2, 300)


def test_a_decision_leaves_the_zoom_as_it_is_and_the_file_unread(view, settle, monkeypatch) -> None:
    from app.dataset import full_view

    look(view, "boar", settle)
    monkeypatch.setattr(full_view, "whole_picture", lambda path: pytest.fail("read again"))
    press(view, Qt.Key.Key_Plus, settle)
    zoomed = view.full.picture.scale
    press(view, Qt.Key.Key_5, settle)
    assert named(view, "boar").stars == 5
    assert view.full.picture.scale == zoomed
    press(view, Qt.Key.Key_Z, settle)
    assert view.full.picture.scale < zoomed


def test_c_puts_the_picture_into_a_category_and_the_view_stays(view, settle) -> None:
    look(view, "boar", settle)
    QTest.keyClick(view.full, Qt.Key.Key_C)
    menu = view.stage.categories
    assert menu.isVisible()
    QTest.keyClicks(menu.field, "animals")
    QTest.keyClick(menu.field, Qt.Key.Key_Return)
    settle(view.session)
    assert named(view, "boar").category == "animals"
    assert view.full.isVisible()


def test_enter_opens_the_editor_and_closing_it_comes_back(view, settle) -> None:
    look(view, "boar", settle)
    press(view, Qt.Key.Key_Return, settle)
    assert view.pages.currentWidget() is view.editor
    view.editor.closed.emit()
    settle(view.session)
    assert view.full.isVisible()
    assert view.focus_target() is view.full


def test_stars_are_given_with_a_click_and_taken_away_with_another(view, settle) -> None:
    look(view, "boar", settle)
    for stars in (view.full.bar.stars, view.inspector.previews.stars):
        for wanted in (3, 0):
            spot = QPoint(2 * CELL + 5, CELL // 2)
            QTest.mouseClick(stars, Qt.MouseButton.LeftButton, pos=spot)
            settle(view.session)
            assert named(view, "boar").stars == wanted
            assert stars.value == wanted
    QTest.keyClick(view.inspector.previews.stars, Qt.Key.Key_Right)
    settle(view.session)
    assert named(view, "boar").stars == 1


def test_the_next_picture_is_never_shown_as_the_one_before(view, settle, slow) -> None:
    """While a large file is decoded its own thumbnail stands in for it."""
    look(view, "boar", settle)
    full, previews, outlook = view.full, view.inspector.previews, view.inspector.outlook
    assert outlook.captions.lines[0].text() == "No caption"
    slow.hold()
    QTest.keyClick(view.full, Qt.Key.Key_Right)
    own = _thumbnail(view, "cactus")
    assert full.bar.name.text() == "cactus.png"
    shown = (full.picture._pixmap, previews.boxes[0].picture, outlook.picture.picture)
    assert all(_same(pixmap, own) for pixmap in shown)
    assert outlook.captions.lines[0].text() == ""
    slow.go()
    settle(view.session)
    shown = (full.picture._pixmap, previews.boxes[0].picture, outlook.picture.picture)
    assert not any(_same(pixmap, own) for pixmap in shown)
    assert full.picture._pixmap.width() == named(view, "cactus").width
    assert outlook.captions.lines[0].text() == "cactus, icon"


def test_without_a_thumbnail_the_tile_is_bare_until_one_comes(view, settle, slow, qtbot) -> None:
    look(view, "boar", settle)
    cactus = named(view, "cactus")
    view.thumbnails.forget(str(cactus.path))
    slow.hold()
    QTest.keyClick(view.full, Qt.Key.Key_Right)
    assert view.full.picture._pixmap.isNull()
    assert view.inspector.previews.boxes[0].picture.isNull()
    qtbot.waitUntil(lambda: _thumbnail(view, "cactus") is not None)
    assert _same(view.full.picture._pixmap, _thumbnail(view, "cactus"))
    assert _same(view.inspector.previews.boxes[0].picture, _thumbnail(view, "cactus"))
    slow.go()
    settle(view.session)
