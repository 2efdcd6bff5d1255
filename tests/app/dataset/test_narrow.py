"""The filter line and the lists where there is little room, and what floats under them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.dataset.view import View
from app.theme import color, metrics


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1212, 734)  # a window of 1280x800 without its frame and its rail
    made.show()
    settle(opened)
    yield made
    settle(opened)
    made.thumbnails.close()


def click(widget):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_an_open_list_leaves_the_filter_and_the_tile_size_their_room(view, qtbot) -> None:
    assert view.strip.isVisible()
    assert not view.sources.shut_button.isVisible()
    click(view.strip.open_button)
    qtbot.waitUntil(lambda: view.sources.isVisible() and not view.strip.isVisible())
    bar = view.stage.bar
    qtbot.waitUntil(lambda: bar.words.width() >= 160)
    assert bar.tile.isVisible()
    assert bar.tile.geometry().right() <= bar.width() - metrics.PAD
    assert bar.words.geometry().right() < bar.count.geometry().left()
    click(view.sources.shut_button)
    qtbot.waitUntil(lambda: view.strip.isVisible() and not view.sources.isVisible())


def test_a_list_that_is_shut_by_dragging_leaves_the_strip(view, qtbot) -> None:
    click(view.strip.open_button)
    qtbot.waitUntil(lambda: view.sources.isVisible())
    grip = next(part.grip for part in view.columns._parts if part.column is view.sources)
    grip.dragged.emit(20)
    qtbot.waitUntil(lambda: not view.sources.isVisible())
    assert view.strip.isVisible()


def test_the_menu_of_categories_is_as_high_as_its_rows(view, settle) -> None:
    library = view.session.library
    for number, picture in enumerate(view.state.pictures.values()):
        library.set_category([picture.id], f"kind {number}")
    view.session.pictures_changed.emit(None)
    settle(view.session)
    view.stage.choose(next(iter(view.state.pictures)))
    QTest.keyClick(view.stage.grid, Qt.Key.Key_C)
    menu = view.stage.categories
    for typed in ("", "kind 3"):
        QTest.keyClicks(menu.field, typed)
        rows = len(menu.list.rows.items)
        assert menu.list.height() == rows * metrics.ROW
        assert menu.height() - menu.list.geometry().bottom() <= 8
    assert rows == 1
    menu.hide()


def test_a_filter_that_is_wrong_has_no_number_and_offers_nothing_under_its_error(
    view, settle, qtbot
) -> None:
    bar = view.stage.bar
    bar.words.setFocus()
    QTest.keyClicks(bar.words, "boar")
    QTest.keyClick(bar.words, Qt.Key.Key_Return)
    assert bar.count.text() == "1 of 6"
    assert view.stage.grid.hasFocus()
    bar.words.setFocus()
    bar.words.selectAll()
    QTest.keyClicks(bar.words, "caption:/[/")
    QTest.keyClick(bar.words, Qt.Key.Key_Return)
    settle(view.session)
    assert bar.count.text() == "not applied"
    assert bar.words.hasFocus()
    assert bar.words.popup.isVisible()
    assert not bar.words.popup.is_listing
    bar.words.selectAll()
    QTest.keyClicks(bar.words, "boar")
    QTest.keyClick(bar.words, Qt.Key.Key_Return)
    assert bar.count.text() == "1 of 6"


def test_the_offer_to_save_a_filter_knows_whether_one_is_written(view) -> None:
    bar = view.stage.bar
    click(bar.save_button)
    assert bar.saved.nothing.text() == "Write a filter, then save it here by name."
    bar.saved.hide()
    view.state.set_words("boar")
    click(bar.save_button)
    assert bar.saved.nothing.text() == "Nothing is saved. Name the filter above to keep it."
    bar.saved.hide()


def test_an_empty_project_stands_on_the_stage_not_on_a_panel(qtbot, session) -> None:
    made = View(session)
    qtbot.addWidget(made)
    made.resize(1212, 734)
    made.show()
    corner = made.grab().toImage().pixelColor(600, 20)
    made.thumbnails.close()
    assert corner == color("g2")
