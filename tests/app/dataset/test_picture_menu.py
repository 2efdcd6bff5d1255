"""What the menu of a picture does, by its entries."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.dataset.view import View
from app.widgets.stars import CELL, Stars
from engine.dataset.edits import Fill, Recipe


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    yield made
    made.thumbnails.close()


def named(view, name):
    return next(item for item in view.state.pictures.values() if item.name == name)


def opened_menu(view, name):
    row = view.stage.model.row_of(named(view, name).id)
    index = view.stage.model.index(row)
    view.stage.grid.setCurrentIndex(index)
    view.stage.grid.customContextMenuRequested.emit(view.stage.grid.visualRect(index).center())
    return next(made for made in view.findChildren(QMenu) if made.isVisible())


def entries(menu):
    return {action.text().partition("\t")[0]: action for action in menu.actions() if action.text()}


def run(menu, name, view, settle):
    entries(menu)[name].trigger()
    menu.close()
    settle(view.session)


def test_stars_are_given_in_the_menu(view, settle) -> None:
    menu = opened_menu(view, "boar")
    spot = QPoint(3 * CELL + 4, CELL // 2)
    QTest.mouseClick(menu.findChild(Stars), Qt.MouseButton.LeftButton, pos=spot)
    settle(view.session)
    assert named(view, "boar").stars == 4
    assert not [made for made in view.findChildren(QMenu) if made.isVisible()]


def test_edits_go_from_one_picture_to_another_and_back_to_none(view, settle) -> None:
    recipe = Recipe().with_fill(Fill(color="#204060"))
    view.session.library.set_recipes({named(view, "boar").id: recipe})
    view.session.pictures_changed.emit(None)
    settle(view.session)
    plain = opened_menu(view, "cactus")
    assert not {"Copy edits", "Paste edits", "Reset edits"} & entries(plain).keys()
    plain.close()
    run(opened_menu(view, "boar"), "Copy edits", view, settle)
    run(opened_menu(view, "cactus"), "Paste edits", view, settle)
    assert named(view, "cactus").recipe.fill == Fill(color="#204060")
    run(opened_menu(view, "cactus"), "Reset edits", view, settle)
    assert not named(view, "cactus").recipe.steps
    view.undo()
    settle(view.session)
    assert named(view, "cactus").recipe.fill == Fill(color="#204060")


def test_a_picture_is_shown_in_its_folder(view, settle, art, monkeypatch) -> None:
    shown = []
    monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
    run(opened_menu(view, "boar"), "Show in folder", view, settle)
    assert [url.toLocalFile() for url in shown] == [str(art)]


def test_the_trash_is_offered_on_rejected_pictures_only(view, settle) -> None:
    trash = "Move rejected files to the trash…"
    view.session.library.set_flag([named(view, "boar").id], "rejected")
    view.session.pictures_changed.emit(None)
    settle(view.session)
    menu = opened_menu(view, "cactus")
    assert trash not in entries(menu)
    menu.close()
    assert trash in entries(opened_menu(view, "boar"))
