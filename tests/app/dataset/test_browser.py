from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.dataset.view import View
from app.folder_listener import listener
from app.theme import color
from app.widgets import roles
from app.widgets.row_list import RowRole


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    yield made
    made.thumbnails.close()


def shown(view):
    return [picture.name for picture in view.state.shown]


def write(view, settle, text):
    view.stage.bar.words.setFocus()
    view.stage.bar.words.selectAll()
    QTest.keyClicks(view.stage.bar.words, text)
    view.stage.bar.words.apply()
    settle(view.session)


def choose(view, *names):
    rows = {view.stage.model.picture(view.stage.model.index(n)).name: n for n in range(6)}
    view.stage.grid.clearSelection()
    for name in names:
        box = view.stage.grid.visualRect(view.stage.model.index(rows[name]))
        held = Qt.KeyboardModifier.ControlModifier
        key = Qt.KeyboardModifier.NoModifier if name == names[0] else held
        spot = box.center() - QPoint(0, 20)
        QTest.mouseClick(view.stage.grid.viewport(), Qt.MouseButton.LeftButton, key, spot)


def press(view, settle, key):
    QTest.keyClick(view.stage.grid, key)
    settle(view.session)


def test_the_filter_language_finds_pictures(view, settle) -> None:
    write(view, settle, "width>100 or untagged")
    assert shown(view) == ["boar", "carrot"]
    write(view, settle, "-tag:cactus width=96")
    assert shown(view) == ["bell_pepper", "blossom", "boar"]
    assert view.stage.bar.count.text() == "3 of 6"


def test_a_wrong_filter_says_why_in_place_and_keeps_what_is_shown(view, settle) -> None:
    write(view, settle, "width=96")
    before = shown(view)
    write(view, settle, "stars>=many")
    assert shown(view) == before
    popup = view.stage.bar.words.popup
    assert popup.isVisible()
    assert "many" in popup.problem.text()
    view.stage.bar.words.deselect()
    shot = view.stage.bar.words.grab().toImage()
    red = color("err").name()
    size = shot.size()
    places = ((x, y) for x in range(size.width()) for y in range(size.height()))
    assert any(shot.pixelColor(x, y).name() == red for x, y in places)


def test_arrows_and_enter_take_a_completion(view, settle) -> None:
    words = view.stage.bar.words
    words.setFocus()
    QTest.keyClicks(words, "tag:ca")
    settle(view.session)
    assert [item.text for item in words.popup.items.found] == ["cactus", "carrot"]
    QTest.keyClick(words, Qt.Key.Key_Down)
    QTest.keyClick(words, Qt.Key.Key_Down)
    QTest.keyClick(words, Qt.Key.Key_Return)
    assert words.text() == "tag:carrot "
    words.apply()
    assert shown(view) == ["carrot"]
    assert not words.popup.is_listing


def test_tab_takes_the_first_completion_and_esc_closes_them(view, settle) -> None:
    words = view.stage.bar.words
    words.setFocus()
    QTest.keyClicks(words, "sha")
    settle(view.session)
    QTest.keyClick(words, Qt.Key.Key_Tab)
    assert words.text() == "sharpness>="
    settle(view.session)
    words.selectAll()
    QTest.keyClicks(words, "cac")
    settle(view.session)
    assert words.popup.is_listing
    QTest.keyClick(words, Qt.Key.Key_Escape)
    assert not words.popup.is_listing


def test_a_filter_is_saved_renamed_chosen_deleted_and_undone(view, settle) -> None:
    write(view, settle, "width>100")
    bar = view.stage.bar
    QTest.mouseClick(bar.save_button, Qt.MouseButton.LeftButton)
    QTest.keyClicks(bar.saved.name, "Wide ones")
    QTest.mouseClick(bar.saved.save, Qt.MouseButton.LeftButton)
    settle(view.session)
    assert bar.saved.filters == {"Wide ones": "width>100"}
    row = bar.saved.rows["Wide ones"]
    QTest.mouseClick(row.rename, Qt.MouseButton.LeftButton)
    QTest.keyClicks(row.edit, "Wide")
    QTest.keyClick(row.edit, Qt.Key.Key_Return)
    settle(view.session)
    assert list(bar.saved.rows) == ["Wide"]
    view.stage.show_all()
    assert len(shown(view)) == 6
    QTest.mouseClick(bar.saved.rows["Wide"].take, Qt.MouseButton.LeftButton)
    assert shown(view) == ["carrot"]
    assert bar.words.text() == "width>100"
    QTest.mouseClick(bar.saved.rows["Wide"].delete, Qt.MouseButton.LeftButton)
    settle(view.session)
    assert bar.saved.filters == {}
    view.undo()
    settle(view.session)
    assert bar.saved.filters == {"Wide": "width>100"}


def test_the_help_names_every_key_and_a_click_writes_its_example(view) -> None:
    bar = view.stage.bar
    QTest.mouseClick(bar.help_button, Qt.MouseButton.LeftButton)
    examples = [
        bar.help.grid.itemAtPosition(row, 0).widget()
        for row in range(bar.help.grid.rowCount())
        if bar.help.grid.itemAtPosition(row, 0) is not None
    ]
    link = next(one for one in examples if one.text() == "stars>=3")
    QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    assert view.state.words == "stars>=3"
    assert shown(view) == []


def test_orders_go_both_ways_and_are_remembered(view, settle) -> None:
    view.stage.bar.order.changed.emit("size")
    settle(view.session)
    assert shown(view)[0] == "carrot"
    QTest.mouseClick(view.stage.bar.direction, Qt.MouseButton.LeftButton)
    settle(view.session)
    assert shown(view)[0] == "crown"
    assert view.session.settings.dataset_order == "size up"
    again = View(view.session)
    assert (again.state.order, again.state.down) == ("size", False)
    settle(view.session)
    again.thumbnails.close()


def test_similar_pictures_follow_each_other(view, settle) -> None:
    view.state.set_order("similarity")
    settle(view.session)
    assert sorted(shown(view)) == sorted(p.name for p in view.state.pictures.values())


def test_tags_filter_by_click_and_control_click_and_show_the_selection(view, settle) -> None:
    tags = view.sources.tags
    rows = {row.key: place for place, row in enumerate(tags.rows.items)}
    choose(view, "cactus", "blossom")
    marked = {key: tags.rows.index(rows[key]).data(Qt.ItemDataRole.UserRole + 1) for key in rows}
    assert marked["icon"].icon == "check"
    assert (marked["cactus"].icon, marked["cactus"].note) == ("circle-minus", "1 of 2")
    assert marked["cactus"].note_tone != marked["cactus"].tone  # two numbers, told apart
    assert marked["crown"].icon == ""
    spot = tags.visualRect(tags.rows.index(rows["icon"])).center()
    left, control = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
    QTest.mouseClick(tags.viewport(), left, control, spot)
    assert view.state.words == "tag:icon"
    spot = tags.visualRect(tags.rows.index(rows["crown"])).center()
    QTest.mouseClick(tags.viewport(), left, pos=spot)
    assert shown(view) == ["crown"]


def test_tags_keep_the_place_of_their_mark(view) -> None:
    rows = view.sources.tags.rows
    found = [rows.index(place).data(RowRole) for place in range(rows.rowCount())]
    assert all(row.icon or row.gutter for row in found)


def test_the_search_in_the_tags_narrows_the_list(view) -> None:
    panel = view.sources.tag_panel
    QTest.mouseClick(panel.search, Qt.MouseButton.LeftButton)
    QTest.keyClicks(panel.field, "cr")
    assert [row.key for row in panel.rows.rows.items] == ["crown"]
    QTest.mouseClick(panel.search, Qt.MouseButton.LeftButton)
    assert len(panel.rows.rows.items) == 6


def test_keys_rate_clear_and_walk(view, settle) -> None:
    choose(view, "boar")
    press(view, settle, Qt.Key.Key_3)
    press(view, settle, Qt.Key.Key_P)
    assert (view.state.current.stars, view.state.current.flag) == (3, "picked")
    press(view, settle, Qt.Key.Key_0)
    press(view, settle, Qt.Key.Key_U)
    assert (view.state.current.stars, view.state.current.flag) == (0, "")
    press(view, settle, Qt.Key.Key_End)
    assert view.state.current.name == "crown"
    press(view, settle, Qt.Key.Key_Home)
    assert view.state.current.name == "bell_pepper"
    press(view, settle, Qt.Key.Key_Right)
    assert view.state.current.name == "blossom"
    press(view, settle, Qt.Key.Key_F)
    assert view.stage.bar.words.hasFocus()


def test_c_puts_the_selection_into_a_new_category(view, settle) -> None:
    choose(view, "boar", "cactus")
    press(view, settle, Qt.Key.Key_C)
    menu = view.stage.categories
    assert menu.isVisible()
    QTest.keyClicks(menu.field, "biped")
    QTest.keyClick(menu.field, Qt.Key.Key_Return)
    settle(view.session)
    groups = {item.name: item.count for item in view.state.snapshot.categories}
    assert groups["biped"] == 2
    assert {picture.name for picture in view.state.selected} == {"boar", "cactus"}


def test_c_offers_no_category_to_pictures_that_have_one(view, settle) -> None:
    choose(view, "boar")
    press(view, settle, Qt.Key.Key_C)
    menu = view.stage.categories
    assert [row.text for row in menu.list.rows.items] == []  # no folder is taken for a category
    QTest.keyClicks(menu.field, "biped")
    QTest.keyClick(menu.field, Qt.Key.Key_Return)
    settle(view.session)
    press(view, settle, Qt.Key.Key_C)
    assert [row.text for row in menu.list.rows.items] == ["biped", "No category"]
    QTest.keyClick(menu.field, Qt.Key.Key_Down)
    QTest.keyClick(menu.field, Qt.Key.Key_Return)
    settle(view.session)
    (boar,) = view.state.selected
    assert (boar.name, boar.category) == ("boar", "")
    view.undo()
    settle(view.session)
    assert view.state.selected[0].category == "biped"


def test_when_an_edit_hides_the_selection_the_next_picture_is_selected(view, settle) -> None:
    write(view, settle, "-flag:rejected")
    choose(view, "blossom")
    press(view, settle, Qt.Key.Key_X)
    assert "blossom" not in shown(view)
    assert view.state.current.name == "boar"


def test_a_file_that_appears_is_listed_and_a_changed_one_is_seen(view, settle, art, qtbot) -> None:
    grid = view.stage.grid
    Image.new("RGB", (64, 64), (200, 0, 0)).save(art / "axe.png")
    Image.new("RGB", (96, 96), (0, 0, 250)).save(art / "boar.png")
    assert view.watch.watched == {str(art)}
    view.watch._soon.timeout.emit()
    settle(view.session)
    assert shown(view)[0] == "axe"
    row = next(n for n, name in enumerate(shown(view)) if name == "boar")
    index = view.stage.model.index(row)
    grid.pixmap(index)
    qtbot.waitUntil(lambda: grid.pixmap(index) is not None)
    middle = grid.pixmap(index).toImage().pixelColor(40, 40)
    assert middle.blue() > 200
    assert index.data(roles.PathRole).endswith("boar.png")


def test_a_change_of_a_folder_is_heard_from_another_thread(view, settle, art, qtbot) -> None:
    def stir() -> bool:
        (art / "note.md").touch()
        (art / "note.md").unlink()
        return view.watch._soon.isActive()

    assert listener().thread() is not view.thread()
    qtbot.waitUntil(stir, timeout=30_000)
    view.watch._listen(set())
    view.watch._soon.stop()
    listener().heard.emit(str(art))  # said before it was heard that nobody listens
    qtbot.wait(1)
    assert not view.watch._soon.isActive()


def test_many_changes_of_a_folder_are_told_as_few(view, settle, art, qtbot) -> None:
    heard = []
    hear = listener().heard.connect(heard.append)

    def stir() -> bool:
        for number in range(100):
            (art / f"note_{number}.md").touch()
        return len(heard) > 1

    qtbot.waitUntil(stir, timeout=30_000)
    listener().heard.disconnect(hear)
    assert set(heard) == {str(art)}
    assert len(heard) < 20


def test_a_folder_that_was_replaced_is_listened_to_again(view, settle, art, qtbot) -> None:
    def read() -> None:
        view.watch._soon.timeout.emit()
        settle(view.session)
        view.watch._soon.stop()

    def stir() -> bool:
        (inner / "note.md").touch()
        (inner / "note.md").unlink()
        return view.watch._soon.isActive()

    inner = art / "inner"
    inner.mkdir()
    read()
    assert str(inner) in view.watch.watched
    qtbot.waitUntil(stir, timeout=30_000)
    other = art.parent / "other"
    other.mkdir()
    inner.rename(art.parent / "former")
    other.rename(inner)
    read()
    qtbot.wait(1500)  # what is said of the former one has come by then
    view.watch._soon.stop()
    qtbot.waitUntil(stir, timeout=30_000)


def test_an_edit_reads_only_its_pictures_again(view, settle, monkeypatch) -> None:
    asked = []
    library = view.session.library
    listed = library.listed
    monkeypatch.setattr(library, "listed", lambda ids: asked.append(set(ids)) or listed(ids))
    monkeypatch.setattr(library, "pictures", lambda: pytest.fail("everything was read again"))
    choose(view, "cactus")
    press(view, settle, Qt.Key.Key_5)
    assert asked == [{view.state.current.id}]
    assert view.state.current.stars == 5
