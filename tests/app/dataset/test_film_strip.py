"""The strip of the grid's pictures under a large one: in the editor and in the full view."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.dataset.view import View
from engine.project.settings import Settings


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    made.stage.choose(next(p.id for p in made.state.pictures.values() if p.name == "cactus"))
    made.stage.grid.setFocus()
    yield made
    settle(opened)
    made.thumbnails.close()


def press(view, settle, key):
    QTest.keyClick(view.stage.grid, key)
    settle(view.session)


def click(widget, settle, session, spot=None):
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(widget, left, none, *([spot] if spot else []))
    settle(session)


def click_tile(strip, settle, session, row):
    box = strip.visualRect(strip.pictures.index(row))
    click(strip.viewport(), settle, session, box.center())


def test_the_full_view_goes_to_the_picture_that_is_clicked(view, settle) -> None:
    press(view, settle, Qt.Key.Key_Space)
    full = view.full
    assert full.strip.isVisible()
    assert full.strip.row() == 3
    click_tile(full.strip, settle, view.session, 5)
    assert view.state.current.name == "crown"
    assert full.picture.image_rect().width() == full.picture.image_rect().height()
    QTest.keyClick(full, Qt.Key.Key_Left)
    settle(view.session)
    assert view.state.current.name == "carrot"
    assert full.strip.row() == 4
    assert full.picture.image_rect().width() == 2 * full.picture.image_rect().height()


def test_hiding_the_strip_makes_room_on_every_page_and_is_remembered(view, settle) -> None:
    press(view, settle, Qt.Key.Key_Space)
    full, editor = view.full, view.editor
    before = full.picture.height()
    click(full.strip_button, settle, view.session)
    assert not full.strip.isVisible()
    assert full.picture.height() > before + full.strip.height() / 2
    QTest.keyClick(full, Qt.Key.Key_Escape)
    press(view, settle, Qt.Key.Key_Return)
    assert editor.isVisible()
    assert not editor.strip.isVisible()
    assert not editor.bar.strip_button.isChecked()
    assert Settings._of(asdict(view.session.settings)).filmstrip is False
    click(editor.bar.strip_button, settle, view.session)
    assert editor.strip.isVisible()
    assert full.strip_button.isChecked()
    assert Settings._of(asdict(view.session.settings)).filmstrip is True
