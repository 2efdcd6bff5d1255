from __future__ import annotations

import shutil

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog

from app.dataset.board_model import COLUMN
from app.dataset.sources import UNSORTED
from app.dataset.transfer_ask import AskCopy
from app.dataset.view import View
from app.i18n import tr
from app.theme import fonts
from app.widgets.picture_card import GAP
from app.widgets.roles import card_at
from engine.dataset.edits import Recipe

copy, left, no_key = (
    Qt.DropAction.CopyAction,
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    yield made
    made.thumbnails.close()


@pytest.fixture
def board(view, settle):
    for name in ("biped", "quadruped"):
        make(view, name, settle)
    QTest.mouseClick(view.board.board_button, left)
    settle(view.session)
    return view.board.page


def make(view, name, settle):
    if not view.board.shown:
        QTest.mouseClick(view.board.board_button, left)
    page = view.board.page
    page.new_name.setFocus()
    QTest.keyClicks(page.new_name, name)
    QTest.keyClick(page.new_name, Qt.Key.Key_Return)
    settle(view.session)


def named(view, name):
    return next(item for item in view.state.pictures.values() if item.name == name)


def names(column):
    return [picture.name for picture in column.model.pictures]


def drag(source, target, chosen, settle, session):
    """Select pictures in a column by mouse and drop what the drag carries on another."""
    for number, name in enumerate(chosen):
        row = names(source).index(name)
        index = source.model.index(row)
        source.grid.scrollTo(index)
        spot = source.grid.visualRect(index).center() - QPoint(0, 10)
        key = Qt.KeyboardModifier.ControlModifier if number else no_key
        QTest.mouseClick(source.grid.viewport(), left, key, spot)
    rows = sorted(index.row() for index in source.grid.selectionModel().selectedIndexes())
    data = source.model.mimeData([source.model.index(row) for row in rows])
    return drop(target, data, settle, session)


def drop(target, data, settle, session):
    spot = QPoint(40, 200)
    QApplication.sendEvent(target, QDragEnterEvent(spot, copy, data, left, no_key))
    said = target.overlay._text if target.overlay.isVisible() else ""
    QApplication.sendEvent(target, QDropEvent(QPointF(spot), copy, data, left, no_key))
    settle(session)
    return said


def test_the_button_of_the_categories_opens_the_board_with_its_columns(board, view) -> None:
    assert view.pages.currentWidget() is board
    assert list(board.columns) == ["", "biped", "quadruped"]
    assert len(names(board.columns[""])) == 6
    assert board.columns[""].count.text() == "6"
    QTest.keyClick(board, Qt.Key.Key_Escape)
    assert view.pages.currentIndex() == 0


def test_the_list_at_the_left_has_the_order_of_the_columns(board, view, settle) -> None:
    for name, names_of in (("quadruped", ["boar"]), ("biped", ["cactus", "crown"])):
        drag(board.columns[""], board.columns[name], names_of, settle, view.session)
    rows = [row.key for row in view.sources.categories.rows.items]
    assert rows == ["biped", "quadruped", UNSORTED]
    board.shift("quadruped", -1)
    settle(view.session)
    rows = [row.key for row in view.sources.categories.rows.items]
    assert rows == ["quadruped", "biped", UNSORTED]


def test_pictures_in_no_category_have_one_name_in_the_list_and_on_the_board(
    board, view, settle
) -> None:
    drag(board.columns[""], board.columns["biped"], ["boar"], settle, view.session)
    row = view.sources.categories.rows.items[-1]
    assert (row.text, row.count) == (board.columns[""].head.text(), "5")
    assert row.text == "No category"
    QTest.keyClick(board, Qt.Key.Key_Escape)
    rows = view.sources.categories
    QTest.mouseClick(rows.viewport(), left, pos=rows.visualRect(rows.rows.index(1)).center())
    settle(view.session)
    assert "boar" not in [picture.name for picture in view.state.shown]
    assert len(view.state.shown) == 5
    assert rows.current() == UNSORTED


def test_cards_of_the_board_have_the_badges_of_the_grid(board, view, settle) -> None:
    library = view.session.library
    library.set_held_out([named(view, "cactus").id], True)
    library.set_recipe([named(view, "boar").id], Recipe(crop=(0, 0, 64, 64)))
    view.session.pictures_changed.emit(None)
    settle(view.session)

    def badges(model):
        cards = [card_at(model, row) for row in range(model.rowCount())]
        return {card.name: card.badges for card in cards}

    found = badges(board.columns[""].model)
    assert found == badges(view.stage.model)
    assert found["cactus"] == (("lock", "", "fact"),)
    assert ("crop", "", "fact") in found["boar"]
    assert any(tone == "warn" for _, _, tone in found["crown"])


def test_pictures_of_all_columns_stand_in_line_without_idle_scroll_bars(board) -> None:
    grids = [column.grid for column in board.columns.values()]
    assert len({grid.mapTo(board, QPoint(0, 0)).y() for grid in grids}) == 1
    assert [grid.verticalScrollBar().isEnabled() for grid in grids] == [False] * 3
    grids[0].resize(grids[0].width(), 150)
    assert grids[0].verticalScrollBar().isEnabled()


def test_a_warning_and_the_count_of_other_badges_fit_on_a_card(board) -> None:
    grid = board.columns["biped"].grid
    assert grid.columns() == 2
    words = (tr("Blurred {value}", value="0.06"), "+2")
    icon, gaps, margin = 15, 2 * 8 + 3, 2 * 4
    needed = icon + gaps + margin + sum(fonts.metrics(11).horizontalAdvance(text) for text in words)
    assert grid.cell_size().width() - GAP >= needed


def test_pictures_are_dragged_to_another_column_and_undo_brings_them_back(board, view, settle):
    columns = board.columns
    said = drag(columns[""], columns["biped"], ["boar", "cactus"], settle, view.session)
    assert said == "Move 2 pictures to biped"
    assert names(columns["biped"]) == ["boar", "cactus"]
    assert columns[""].count.text() == "4"
    assert named(view, "boar").category == "biped"
    said = drag(columns["biped"], columns["quadruped"], ["boar"], settle, view.session)
    assert said == "Move 1 picture to quadruped"
    assert (names(columns["biped"]), names(columns["quadruped"])) == (["cactus"], ["boar"])
    view.undo()
    settle(view.session)
    assert names(columns["biped"]) == ["boar", "cactus"]


def test_a_double_click_renames_and_a_known_name_merges(board, view, settle) -> None:
    drag(board.columns[""], board.columns["biped"], ["boar"], settle, view.session)
    drag(board.columns[""], board.columns["quadruped"], ["crown"], settle, view.session)
    for wanted in ("two legs", "quadruped"):
        column = next(c for c in board.columns.values() if "boar" in names(c))
        QTest.mouseDClick(column.head, left)
        assert column.title.isVisible()
        column.title.selectAll()
        QTest.keyClicks(column.title, wanted)
        QTest.keyClick(column.title, Qt.Key.Key_Return)
        settle(view.session)
        assert named(view, "boar").category == wanted
    assert list(board.columns) == ["", "quadruped"]
    assert names(board.columns["quadruped"]) == ["boar", "crown"]


def test_the_menu_of_a_column_deletes_merges_and_moves_it(board, view, settle) -> None:
    drag(board.columns[""], board.columns["biped"], ["boar"], settle, view.session)

    def choose(column, words):
        QTest.mouseClick(board.columns[column].more, left)
        menu = QApplication.activePopupWidget()
        next(action for action in menu.actions() if action.text() == words).trigger()
        menu.close()
        settle(view.session)

    choose("biped", "Move right")
    assert board.names() == ["quadruped", "biped"]
    choose("biped", "quadruped")
    assert names(board.columns["quadruped"]) == ["boar"]
    choose("quadruped", "Delete the category")
    assert list(board.columns) == [""]
    assert named(view, "boar").category == ""


def test_a_column_is_dragged_to_another_place(board, view, settle) -> None:
    data = QMimeData()
    data.setData(COLUMN, b"quadruped")
    said = drop(board.columns["biped"], data, settle, view.session)
    assert said == "Put quadruped here"
    assert board.names() == ["quadruped", "biped"]
    assert view.session.project.file.categories == ("quadruped", "biped")


def test_repeats_of_a_category_are_typed_in_its_column(board, view, settle) -> None:
    drag(board.columns[""], board.columns["biped"], ["boar"], settle, view.session)
    field = board.columns["biped"].repeats
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "12")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle(view.session)
    assert named(view, "boar").repeats == 12
    assert view.session.project.file.category_repeats == {"biped": 12}
    assert view.inspector.outlook.outlook.draws == 17


def test_the_color_button_sets_the_fill_of_the_category(board, view, settle) -> None:
    drag(board.columns[""], board.columns["biped"], ["boar"], settle, view.session)
    QTest.mouseClick(board.columns["biped"].swatch, left)
    dialog = board.columns["biped"].findChild(QColorDialog)
    assert QColorDialog.customColor(0).name() == view.session.project.file.fill.color.lower()
    dialog.colorSelected.emit(dialog.currentColor().fromString("#204060"))
    dialog.reject()
    settle(view.session)
    assert view.session.project.file.fill_of("biped").color == "#204060"
    assert board.columns["biped"].swatch.hex == "#204060"
    assert view.session.project.file.fill_of("quadruped").color != "#204060"


def test_folders_are_listed_and_their_menu_changes_them(view, art, tmp_path, settle) -> None:
    second = tmp_path / "second"
    second.mkdir()
    shutil.copy(art / "boar.png", second / "pig.png")
    view.add([second])
    settle(view.session)
    rows = {row.text: row for row in view.board.folders.rows.items}
    assert {name: row.count for name, row in rows.items()} == {"art": "6", "second": "1"}

    def choose(words):
        menu = view.board.folders.menu_of(str(second))._menu
        next(action for action in menu.actions() if action.text() == words).trigger()
        settle(view.session)

    choose("Regularization pictures")
    assert view.session.project.file.folders[1].regularization
    assert named(view, "pig").is_reg
    view.board.folders.change(str(second), repeats=3)
    settle(view.session)
    row = view.board.folders.rows.items[1]
    assert row.note == "×3 reg"
    place = view.board.folders.visualRect(view.board.folders.rows.index(1)).center()
    QTest.mouseClick(view.board.folders.viewport(), left, pos=place)
    assert [picture.name for picture in view.state.shown] == ["pig"]
    choose("Remove from the project")
    assert [row.text for row in view.board.folders.rows.items] == ["art"]
    assert (second / "pig.png").is_file()
    view.undo()
    settle(view.session)
    assert named(view, "pig").repeats == 3


def test_a_folder_that_is_gone_is_marked_and_its_pictures_stay(view, art, tmp_path, settle):
    second = tmp_path / "stick"
    second.mkdir()
    shutil.copy(art / "boar.png", second / "pig.png")
    view.add([second])
    settle(view.session)
    second.rename(tmp_path / "away")
    view.session.start(view.session.rescan())
    settle(view.session)
    row = next(row for row in view.board.folders.rows.items if row.text == "stick")
    assert (row.icon, row.icon_tone, row.count) == ("folder-x", "warn", "1")
    assert "is not there now" in row.tip


def test_a_share_is_held_out_by_a_seed_and_taken_back(view, settle) -> None:
    def split(share, seed):
        QTest.mouseClick(view.board.split_button, left)
        panel = view.board.split
        panel.share.set_value(share)
        panel.share.changed.emit(share)
        panel.seed.set_value(seed)
        QTest.mouseClick(panel.apply, left)
        settle(view.session)
        return {p.name for p in view.state.pictures.values() if p.held_out}

    found = [split(0.2, seed) for seed in (1, 2, 3, 4, 1)]
    assert {len(names) for names in found} == {1}
    assert found[0] == found[-1]
    assert len({frozenset(names) for names in found}) > 1
    QTest.mouseClick(view.board.split_button, left)
    QTest.mouseClick(view.board.split.clear, left)
    settle(view.session)
    assert not any(p.held_out for p in view.state.pictures.values())


@pytest.fixture
def elsewhere(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for number, name in enumerate(("fox", "hen")):
        Image.new("RGB", (64, 64), (60 * number, 90, 120)).save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"{name}, farm", encoding="utf-8")
    return folder


def files(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_files_dropped_on_a_column_are_copied_into_its_category(board, view, elsewhere, settle):
    def copied(column, path):
        said = drop(column, files(path), settle, view.session)
        QTest.mouseClick(view.findChild(AskCopy).copy, left)
        settle(view.session)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return said

    column = board.columns["biped"]
    said = copied(column, elsewhere / "fox.png")
    assert said == "Add 1 picture to biped. Hold Ctrl to copy it into the project"
    assert names(column) == ["fox"]
    fox = named(view, "fox")
    assert (fox.category, fox.caption) == ("biped", "fox, farm")
    assert fox.path == view.session.project.root / "pictures" / "biped" / "fox.png"
    assert not column.overlay.isVisible()
    copied(board.columns[""], elsewhere / "hen.png")
    assert named(view, "hen").path == view.session.project.root / "pictures" / "hen.png"


def test_files_of_the_project_that_fall_on_a_column_are_sorted_in_and_not_copied(
    board, view, art, settle
) -> None:
    heard = []
    view.session.notified.connect(heard.append)
    said = drop(board.columns["biped"], files(art / "boar.png"), settle, view.session)
    assert (heard[-1]["one"], heard[-1]["action"]) == ("Put 1 picture into {category}.", "Undo")
    assert said == "Add 1 picture to biped"
    assert view.findChild(AskCopy) is None
    assert names(board.columns["biped"]) == ["boar"]
    assert len(view.state.pictures) == 6
    assert not (view.session.project.root / "pictures").exists()
    drop(board.columns[""], files(art / "boar.png"), settle, view.session)
    assert names(board.columns["biped"]) == []
    assert named(view, "boar").category == ""


def test_the_folder_of_a_file_is_added_and_only_the_file_sorted_in(board, view, elsewhere, settle):
    drop(board.columns["biped"], files(elsewhere / "fox.png"), settle, view.session)
    QTest.mouseClick(view.findChild(AskCopy).link, left)
    settle(view.session)
    assert names(board.columns["biped"]) == ["fox"]
    assert named(view, "fox").path == elsewhere / "fox.png"
    assert named(view, "hen").category == ""


def test_a_folder_dropped_on_a_column_stays_where_it_is_or_is_copied_with_ctrl(
    board, view, elsewhere, settle
) -> None:
    column = board.columns["quadruped"]
    said = drop(column, files(elsewhere), settle, view.session)
    assert said == "Add elsewhere to quadruped. Hold Ctrl to copy it into the project"
    assert names(column) == ["fox", "hen"]
    assert named(view, "fox").path == elsewhere / "fox.png"
    source = view.session.project.file.folders[-1]
    assert (source.path, source.category) == (str(elsewhere), "quadruped")
    Image.new("RGB", (64, 64), "red").save(elsewhere / "ox.png")
    settle(view.session)
    view.session.start(view.session.rescan())
    settle(view.session)
    assert names(column) == ["fox", "hen", "ox"]  # what comes later belongs to it too
    spot, ctrl = QPoint(40, 200), Qt.KeyboardModifier.ControlModifier
    column, data = board.columns["biped"], files(elsewhere)
    QApplication.sendEvent(column, QDragEnterEvent(spot, copy, data, left, no_key))
    QApplication.sendEvent(column, QDragMoveEvent(spot, copy, data, left, ctrl))
    settle(view.session)
    assert column.overlay._text == "Copy elsewhere with 3 pictures into biped"
    QApplication.sendEvent(column, QDropEvent(QPointF(spot), copy, data, left, ctrl))
    settle(view.session)
    assert names(column) == ["fox", "hen", "ox"]
    place = view.session.project.root / "pictures" / "biped"
    assert {p.path.parent for p in column.model.pictures} == {place}


def test_a_picture_out_of_a_browser_falls_into_a_column(board, view, elsewhere, settle) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/art/wolf.png")])
    data.setData("image/png", (elsewhere / "fox.png").read_bytes())
    said = drop(board.columns["biped"], data, settle, view.session)
    assert said == "Add 1 picture to biped"
    wolf = named(view, "wolf")
    assert wolf.category == "biped"
    assert wolf.path.read_bytes() == (elsewhere / "fox.png").read_bytes()


def test_a_list_of_addresses_that_are_not_local_is_not_taken(board, view, settle) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/art/wolf.png")])
    assert drop(board.columns["biped"], data, settle, view.session) == ""
    assert len(view.state.pictures) == 6
