from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from app import i18n
from app.dataset.counts import Scope
from app.dataset.transfer_export import ExportSheet
from app.dataset.view import View
from app.widgets import roles
from engine.dataset.edits import Fill, Recipe
from engine.dataset.steps import Turn
from engine.project.project import Project


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


def choose(view, *names):
    view.stage.grid.clearSelection()
    for name in names:
        row = view.stage.model.row_of(named(view, name).id)
        index = view.stage.model.index(row)
        view.stage.grid.scrollTo(index)
        box = view.stage.grid.visualRect(index)
        control = Qt.KeyboardModifier.ControlModifier
        key = Qt.KeyboardModifier.NoModifier if name == names[0] else control
        left = Qt.MouseButton.LeftButton
        QTest.mouseClick(view.stage.grid.viewport(), left, key, box.center() - QPoint(0, 20))


def click_picture(view, name):
    index = view.stage.model.index(view.stage.model.row_of(named(view, name).id))
    view.stage.grid.scrollTo(index)
    spot = view.stage.grid.visualRect(index).center() - QPoint(0, 20)
    QTest.mouseClick(view.stage.grid.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def press(view, key, settle):
    QTest.keyClick(view.stage.grid, key)
    settle(view.session)


def click_row(rows, key):
    place = next(n for n, row in enumerate(rows.rows.items) if row.key == key)
    box = rows.visualRect(rows.rows.index(place))
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=box.center())


def row_counts(rows):
    return {row.key: row.count for row in rows.rows.items}


def test_the_grid_shows_every_picture_of_the_folder(view) -> None:
    assert view.stage.model.rowCount() == 6
    assert view.stage.bar.count.text() == "6 pictures"
    assert row_counts(view.sources.flags)["all"] == "6"


def test_x_rejects_p_picks_and_a_number_rates_the_selection(view, settle) -> None:
    choose(view, "boar")
    press(view, Qt.Key.Key_X, settle)
    assert named(view, "boar").flag == "rejected"
    choose(view, "cactus", "blossom")
    press(view, Qt.Key.Key_P, settle)
    press(view, Qt.Key.Key_4, settle)
    assert [named(view, name).flag for name in ("cactus", "blossom")] == ["picked", "picked"]
    assert [named(view, name).stars for name in ("cactus", "blossom")] == [4, 4]
    assert row_counts(view.sources.flags) == {
        "all": "6",
        "picked": "2",
        "rejected": "1",
        "held-out": "0",
    }
    assert view.inspector.train.text() == "Train on 5 pictures"


def test_rejecting_says_so_and_undo_takes_it_back(view, settle) -> None:
    said = []
    view.session.notified.connect(said.append)
    choose(view, "boar")
    press(view, Qt.Key.Key_X, settle)
    assert said[-1]["key"] == "Rejected 1 picture. The file stays on disk."
    said[-1]["on_action"]()
    settle(view.session)
    assert named(view, "boar").flag == ""
    view.redo()
    settle(view.session)
    assert named(view, "boar").flag == "rejected"


def test_the_selection_survives_a_change(view, settle) -> None:
    choose(view, "cactus", "blossom")
    press(view, Qt.Key.Key_H, settle)
    assert {picture.name for picture in view.state.selected} == {"cactus", "blossom"}
    assert all(picture.held_out for picture in view.state.selected)


def test_a_category_a_suggestion_and_words_narrow_the_grid(view, qtbot) -> None:
    click_row(view.sources.suggestions, "too-small")
    assert [picture.name for picture in view.state.shown] == ["crown"]
    click_row(view.sources.tags, "cactus")
    assert [picture.name for picture in view.state.shown] == ["cactus"]
    click_row(view.sources.flags, "all")
    view.stage.bar.words.setFocus()
    QTest.keyClicks(view.stage.bar.words, "b icon")
    qtbot.waitUntil(lambda: view.state.words == "b icon")
    assert {picture.name for picture in view.state.shown} == {"bell_pepper", "blossom"}
    assert view.stage.bar.count.text() == "2 of 6"


def test_words_without_a_match_say_what_to_do(view, qtbot) -> None:
    view.stage.bar.words.setText("nothing like this")
    qtbot.waitUntil(lambda: view.state.shown == [])
    assert view.stage.pages.currentWidget() is view.stage.nothing
    view.stage.show_all()
    assert view.stage.pages.currentWidget() is view.stage.grid


def test_a_tag_is_added_to_all_selected_captions_on_disk(view, settle, art) -> None:
    choose(view, "cactus", "boar")
    QTest.keyClicks(view.inspector.captions.entry, "glossy, green")
    QTest.keyClick(view.inspector.captions.entry, Qt.Key.Key_Return)
    settle(view.session)
    assert (art / "cactus.txt").read_text("utf-8") == "cactus, icon, glossy, green"
    assert (art / "boar.txt").read_text("utf-8") == "glossy, green"
    notes = {chip.text: chip.note for chip in view.inspector.captions.chips.chips}
    assert notes == {"cactus": "1 of 2", "icon": "1 of 2", "glossy": "", "green": ""}


def test_a_picture_that_moves_to_the_second_box_does_not_stay_in_the_first(view, settle) -> None:
    previews = view.inspector.previews
    cactus, blossom = named(view, "cactus"), named(view, "blossom")
    previews.show_pictures([cactus])
    previews.show_pictures([blossom, cactus])  # before the first was decoded
    settle(view.session)
    shown = [box.picture.toImage() for box in previews.boxes]
    previews.show_pictures([blossom])
    settle(view.session)
    assert shown[0] == previews.boxes[0].picture.toImage()
    assert shown[1] != shown[0]


def test_a_long_fill_does_not_push_the_facts_of_training_wider(view, settle) -> None:
    facts = view.inspector.outlook.facts
    before = facts.minimumSizeHint().width()
    facts.values[2].setText("#DCE6EC – #9FB8C8" * 3)
    assert facts.minimumSizeHint().width() == before


def test_removing_a_chip_removes_the_tag(view, settle, art) -> None:
    choose(view, "cactus")
    view.inspector.captions.chips.removed.emit("icon")
    settle(view.session)
    assert (art / "cactus.txt").read_text("utf-8") == "cactus"


def test_text_typed_for_one_picture_never_reaches_another(view, settle, art) -> None:
    choose(view, "cactus")
    QTest.mouseClick(view.inspector.captions.text_toggle, Qt.MouseButton.LeftButton)
    view.inspector.captions.text.setPlainText("a tall cactus, icon")
    choose(view, "blossom")
    settle(view.session)
    assert (art / "cactus.txt").read_text("utf-8") == "a tall cactus, icon"
    assert (art / "blossom.txt").read_text("utf-8") == "blossom, icon"
    assert view.inspector.captions.text.toPlainText() == "blossom, icon"


def test_tokens_are_counted_as_the_text_encoder_does(view, settle) -> None:
    choose(view, "cactus")
    settle(view.session)
    assert view.inspector.captions.tokens.count.text() == "3 / 75"


def test_captions_come_from_file_names_where_there_are_none(view, settle, art) -> None:
    choose(view, "boar")
    view.caption_from_names()
    settle(view.session)
    assert (art / "boar.txt").read_text("utf-8") == "boar"
    assert (art / "bell_pepper.txt").read_text("utf-8") == "bell_pepper, icon"


def test_a_picture_has_a_menu_and_its_crop_a_button(view, settle) -> None:
    choose(view, "cactus")
    settle(view.session)
    grid = view.stage.grid
    grid.customContextMenuRequested.emit(grid.visualRect(grid.currentIndex()).center())
    menu = next(made for made in view.findChildren(QMenu) if made.isVisible())
    entries = {action.text().partition("\t")[0]: action for action in menu.actions()}
    assert entries["Reject pictures"].text().endswith("X")
    entries["Reject pictures"].trigger()
    settle(view.session)
    assert named(view, "cactus").flag == "rejected"
    menu.close()
    QTest.mouseClick(view.inspector.previews.crop, Qt.MouseButton.LeftButton)
    settle(view.session)
    assert view.pages.currentWidget() is view.editor


def test_after_a_click_at_the_left_the_keys_are_the_pictures(view, settle) -> None:
    view.show()
    rows = view.sources.flags
    rows.setFocus()
    QTest.mouseClick(
        rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(rows.rows.index(0)).center()
    )
    assert view.stage.grid.hasFocus()


def test_space_opens_the_full_view_and_arrows_go_on(view, settle) -> None:
    choose(view, "bell_pepper")
    press(view, Qt.Key.Key_Space, settle)
    assert view.middle.currentWidget() is view.full
    QTest.keyClick(view.full, Qt.Key.Key_Right)
    assert view.state.current == named(view, "blossom")
    QTest.keyClick(view.full, Qt.Key.Key_Space)
    assert view.middle.currentWidget() is view.stage


def test_the_fill_is_what_training_sees_behind_the_subject(view, settle) -> None:
    choose(view, "cactus")
    settle(view.session)
    view.inspector.fills.hex.setText("#204060")
    view.inspector.fills.hex.editingFinished.emit()
    settle(view.session)
    assert named(view, "cactus").recipe.fill == Fill(color="#204060")
    corner = view.inspector.outlook.picture.picture.toImage().pixelColor(2, 60)
    assert corner.name() == "#204060"


def test_a_picture_of_one_s_own_is_laid_behind_the_selection(view, settle, tmp_path) -> None:
    Image.new("RGB", (30, 30), (10, 20, 220)).save(tmp_path / "behind.png")
    choose(view, "cactus")
    settle(view.session)
    panel = view.inspector.fills
    panel.kinds.setCurrentIndex(panel.kinds.count() - 1)
    panel.kinds.activated.emit(panel.kinds.count() - 1)
    dialog = panel.findChild(QFileDialog)
    assert panel.kinds.value == "color"  # nothing is chosen yet
    dialog.fileSelected.emit(str(tmp_path / "behind.png"))
    dialog.reject()
    settle(view.session)
    assert named(view, "cactus").recipe.fill.kind == "image"
    assert panel.kinds.value == "image"
    corner = view.inspector.outlook.picture.picture.toImage().pixelColor(2, 60)
    assert corner.getRgb()[:3] == (10, 20, 220)


def test_a_fill_for_all_becomes_the_projects(view, settle) -> None:
    choose(view, "cactus")
    view.inspector.fills.hex.setText("#204060")
    view.inspector.fills.hex.editingFinished.emit()
    settle(view.session)
    QTest.mouseClick(view.inspector.fills.everywhere, Qt.MouseButton.LeftButton)
    settle(view.session)
    assert view.session.project.file.fill == Fill(color="#204060")
    assert named(view, "cactus").recipe.fill is None
    view.operations.undo()
    settle(view.session)
    assert view.session.project.file.fill == Fill()
    assert Project.open(view.session.project.root).file.fill == Fill()
    assert named(view, "cactus").recipe.fill == Fill(color="#204060")
    view.operations.redo()
    settle(view.session)
    assert Project.open(view.session.project.root).file.fill == Fill(color="#204060")
    assert named(view, "cactus").recipe.fill is None


def test_as_trained_shows_the_baked_picture(view, settle) -> None:
    view.stage.bar.seen._choose(1)
    index = view.stage.model.index(view.stage.model.row_of(named(view, "cactus").id))
    assert index.data(roles.ImageRole) is None
    settle(view.session)
    baked = index.data(roles.ImageRole)
    assert (baked.width(), baked.height()) == (128, 128)
    assert baked.toImage().pixelColor(1, 64).name() == "#ffffff"


def test_what_training_will_see_counts_buckets_and_warns(view) -> None:
    outlook = view.inspector.outlook
    assert dict(outlook.outlook.buckets) == {(128, 128): 5, (160, 96): 1}
    assert outlook.summary.text() == "6 train · 2 steps per epoch"
    warnings = row_counts(outlook.warnings)
    assert warnings == {"enlarged": "1", "bare": "1"}
    click_row(outlook.warnings, "bare")
    assert [picture.name for picture in view.state.shown] == ["boar"]


def test_holding_out_a_tenth_is_counted(view, settle) -> None:
    view.hold_out_some()
    settle(view.session)
    assert sum(picture.held_out for picture in view.state.pictures.values()) == 1


def test_suggested_pictures_are_rejected_at_once(view, settle) -> None:
    view.reject_suggested()
    settle(view.session)
    rejected = {item.name for item in view.state.pictures.values() if item.flag == "rejected"}
    assert rejected == {"crown"}


def test_train_goes_to_the_training_workspace(view) -> None:
    went = []
    view.session.navigated.connect(lambda where, payload: went.append(where))
    QTest.mouseClick(view.inspector.train, Qt.MouseButton.LeftButton)
    assert went == ["train"]


def test_a_picture_that_was_searched_for_is_shown_even_before_the_library_is_read(
    qtbot, opened, settle
) -> None:
    wanted = opened.library.pictures()[3]
    view = View(opened)
    qtbot.addWidget(view)
    view.receive(picture=wanted.id)
    settle(opened)
    assert [picture.name for picture in view.state.selected] == [wanted.name]
    view.thumbnails.close()


def test_export_writes_the_baked_folder(view, settle) -> None:
    said = []
    view.session.notified.connect(said.append)
    view.session.bridge.engine.start()
    QTest.mouseClick(view.inspector.export, Qt.MouseButton.LeftButton)
    sheet = view.findChild(ExportSheet)
    assert sheet.go.text() == "Export 6 pictures"
    QTest.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    settle(view.session)
    assert said[-1]["key"] == "Exported {n} pictures to {folder}."
    assert said[-1]["facts"]["n"] == 6
    exported = sorted(view.session.project.exports.rglob("*.png"))
    assert len(exported) == 6


def test_a_second_folder_is_added_to_the_project(view, settle, tmp_path, art) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "whale.png").write_bytes((art / "cactus.png").read_bytes())
    view.add([more])
    settle(view.session)
    assert named(view, "whale").folder == str(more)
    assert [folder.path for folder in view.session.project.file.folders] == [str(art), str(more)]


def test_an_unreadable_picture_is_shown_with_its_reason(view, settle, art) -> None:
    (art / "broken.png").write_bytes(b"not a picture")
    view.session.start(view.session.rescan())
    settle(view.session)
    choose(view, "broken")
    settle(view.session)
    assert "broken.png" in view.inspector.previews.problem.text()
    assert row_counts(view.sources.suggestions)["unreadable"] == "1"


def test_every_text_follows_the_language(view) -> None:
    i18n.set_language("zh_CN")
    try:
        assert view.inspector.train.text() == "用 6 张图片训练"
        assert view.sources.flags.rows.items[0].text == "全部图片"
    finally:
        i18n.set_language("en")


def test_a_narrow_window_shuts_the_list_to_a_strip_that_still_works(view, qtbot) -> None:
    view.resize(1212, 734)
    assert not view.sources.isVisible()
    assert view.strip.isVisible()
    button = view.strip.buttons[Scope("suggestion", "too-small")]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [picture.name for picture in view.state.shown] == ["crown"]


def test_without_pictures_the_screen_says_what_to_drop(qtbot, session) -> None:
    made = View(session)
    qtbot.addWidget(made)
    assert made.middle.currentWidget() is made.empty
    assert not made.inspector.isVisibleTo(made)
    made.thumbnails.close()


def test_a_typed_tag_goes_to_the_picture_it_was_typed_for(view, settle, art) -> None:
    choose(view, "cactus")
    QTest.mouseClick(view.inspector.captions.entry, Qt.MouseButton.LeftButton)
    QTest.keyClicks(view.inspector.captions.entry, "metal")
    click_picture(view, "blossom")
    settle(view.session)
    assert (art / "cactus.txt").read_text("utf-8") == "cactus, icon, metal"
    assert (art / "blossom.txt").read_text("utf-8") == "blossom, icon"
    assert view.inspector.captions.entry.text() == ""


def test_a_typed_tag_is_written_when_its_field_is_left(view, settle, art) -> None:
    choose(view, "cactus")
    view.inspector.captions.entry.setFocus()
    QTest.keyClicks(view.inspector.captions.entry, "metal")
    view.stage.grid.setFocus()
    settle(view.session)
    assert (art / "cactus.txt").read_text("utf-8") == "cactus, icon, metal"


def test_a_tag_typed_for_one_project_never_reaches_another(view, settle, art, tmp_path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("bell_pepper", "blossom", "boar", "cactus"):
        (other / f"{name}.png").write_bytes((art / f"{name}.png").read_bytes())
    choose(view, "cactus")
    view.inspector.captions.entry.setText("metal")
    view.session.open_folder(other)
    settle(view.session)
    assert view.session.project.file.folders[0].path == str(other)
    assert list(other.glob("*.txt")) == []


def test_the_pictures_have_the_keys_when_a_folder_is_opened(qtbot, session, settle, art) -> None:
    made = View(session)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.focus_target().setFocus()
    session.open_folder(art)
    settle(session)
    assert made.focus_target() is made.stage.grid
    assert made.stage.grid.hasFocus()
    click_picture(made, "cactus")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_X)
    settle(session)
    assert named(made, "cactus").flag == "rejected"
    assert made.stage.bar.words.text() == ""
    made.thumbnails.close()


def test_without_a_selection_the_right_column_says_what_to_do(view) -> None:
    inspector = view.inspector
    view.stage.grid.clearSelection()
    assert inspector.nothing.isVisible()
    shown = [line for line in inspector._lines.values() if line.isVisible()]
    assert len(shown) == 1
    assert inspector.outlook.y() == shown[0].y() + 1
    choose(view, "cactus")
    assert not inspector.nothing.isVisible()
    assert all(line.isVisible() for line in inspector._lines.values())


def test_every_edit_has_a_badge_and_so_has_regularization(view, settle) -> None:
    def badges(name: str) -> list[tuple[str, str]]:
        index = view.stage.model.index(view.stage.model.row_of(named(view, name).id))
        return [(icon, text) for icon, text, _ in index.data(roles.BadgesRole)]

    turned = Recipe().with_step(Turn(quarters=1))
    both = turned.with_fill(Fill(color="#204060"))
    off = Recipe().with_step(Turn(quarters=1, on=False))
    recipes = {"cactus": turned, "blossom": both, "bell_pepper": off}
    ids = {named(view, name).id: recipe for name, recipe in recipes.items()}
    view.session.library.set_recipes(ids)
    view.session.pictures_changed.emit(None)
    settle(view.session)
    assert badges("cactus") == [("rotate-cw", "")]
    assert badges("blossom") == [("sliders-horizontal", "2")]
    assert badges("bell_pepper") == []
    assert ("text-cursor", "No caption") in badges("boar")
    project = view.session.project
    regular = [f.model_copy(update={"regularization": True}) for f in project.file.folders]
    view.session.start(view.operations._save_folders(tuple(regular)))
    settle(view.session)
    assert badges("boar") == [("", "reg")]
    assert badges("cactus") == [("rotate-cw", ""), ("", "reg")]


def test_a_rejected_picture_has_no_suggestion_badge(view, settle) -> None:
    def badges(name: str) -> list[str]:
        index = view.stage.model.index(view.stage.model.row_of(named(view, name).id))
        return [text for _icon, text, tone in index.data(roles.BadgesRole) if tone == "warn"]

    assert badges("crown") == ["40 px"]
    assert badges("boar") == ["No caption"]
    click_picture(view, "crown")
    QTest.keyClick(view.stage.grid, Qt.Key.Key_X)
    settle(view.session)
    click_picture(view, "boar")
    QTest.keyClick(view.stage.grid, Qt.Key.Key_X)
    settle(view.session)
    assert badges("crown") == badges("boar") == []
    assert row_counts(view.sources.suggestions) == {"unusual-shape": "1"}  # the wide carrot


def test_the_number_of_a_suggestion_is_the_number_of_pictures_it_shows(view, settle, art) -> None:
    (art / "copy_of_cactus.png").write_bytes((art / "cactus.png").read_bytes())
    view.session.start(view.session.rescan())
    settle(view.session)
    found = row_counts(view.sources.suggestions)
    assert "duplicate" in found
    for kind, count in found.items():
        click_row(view.sources.suggestions, kind)
        assert len(view.state.shown) == int(count)
