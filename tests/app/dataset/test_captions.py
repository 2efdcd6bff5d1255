"""Captions in the window: chips, completion, conflicts, batch changes, a model that writes."""

from __future__ import annotations

import asyncio
import json

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.dataset.caption_changes import marked
from app.dataset.caption_chips import merged
from app.dataset.view import View
from app.i18n import set_language, tr
from app.theme import metrics
from engine.dataset import tagging_job
from engine.dataset.operations import Conflict
from tests.engine.dataset.onnx_file import color_tagger

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path / "home"))


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    qtbot.waitExposed(made)
    settle(opened)
    yield made
    made.thumbnails.close()
    tagging_job._KEPT.release()


@pytest.fixture
def panel(view):
    return view.inspector.captions


@pytest.fixture
def said(view):
    heard = []
    view.session.notified.connect(heard.append)
    return heard


def named(view, name):
    return next(item for item in view.state.pictures.values() if item.name == name)


@pytest.fixture
def choose(view, settle):
    def run(*names):
        view.state.select([named(view, name).id for name in names])
        settle(view.session)

    return run


def read(art, name):
    return (art / f"{name}.txt").read_bytes().decode()


def write(art, name, text):
    (art / f"{name}.txt").write_bytes(text.encode())


def reread(view, settle):
    view.session.start(view.session.rescan())
    settle(view.session)


def texts(panel):
    return [chip.text for chip in panel.chips.chips]


def click_chip(panel, text, *, cross=False, double=False):
    index = texts(panel).index(text)
    place = panel.chips.place_of(index)
    spot = place.center().toPoint()
    if cross:
        QTest.mouseMove(panel.chips, spot)
        place = panel.chips.place_of(index)
        spot = QPoint(round(place.right()) - 10, round(place.center().y()))
    (QTest.mouseDClick if double else QTest.mouseClick)(panel.chips, LEFT, pos=spot)


def drag_chip(panel, text, target):
    source = panel.chips.place_of(texts(panel).index(text)).center().toPoint()
    goal = panel.chips.place_of(texts(panel).index(target))
    end = QPoint(round(goal.left()) + 3, round(goal.center().y()))
    QTest.mousePress(panel.chips, LEFT, pos=source)
    QTest.mouseMove(panel.chips, (source + end) / 2)
    QTest.mouseMove(panel.chips, end)
    QTest.mouseRelease(panel.chips, LEFT, pos=end)


def type_tag(panel, settle, text):
    panel.entry.setFocus()
    settle(panel.state.session)
    QTest.keyClicks(panel.entry, text)


# Chips


def test_the_cross_of_a_chip_removes_the_tag_and_leaves_the_rest_as_written(
    view, panel, art, choose, settle
) -> None:
    write(art, "cactus", "\ufeffcactus,icon ,  green,\r\n")
    reread(view, settle)
    choose("cactus")
    click_chip(panel, "icon", cross=True)
    settle(view.session)
    assert read(art, "cactus") == "\ufeffcactus,  green,\r\n"


def test_a_chip_is_dragged_to_the_front_of_the_caption(view, panel, art, choose, settle) -> None:
    write(art, "cactus", "cactus, icon, green")
    reread(view, settle)
    choose("cactus")
    drag_chip(panel, "green", "cactus")
    settle(view.session)
    assert read(art, "cactus") == "green, cactus, icon"
    QTest.keyClick(panel.chips, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    settle(view.session)
    assert texts(panel) == read(art, "cactus").split(", ")


def test_a_double_click_renames_a_chip_and_escape_does_not(
    view, panel, art, choose, settle
) -> None:
    choose("cactus")
    click_chip(panel, "icon", double=True)
    QTest.keyClicks(panel.chips.editor, "3d icon")
    QTest.keyClick(panel.chips.editor, Qt.Key.Key_Return)
    settle(view.session)
    assert read(art, "cactus") == "cactus, 3d icon"
    click_chip(panel, "cactus", double=True)
    QTest.keyClicks(panel.chips.editor, "nothing")
    QTest.keyClick(panel.chips.editor, Qt.Key.Key_Escape)
    settle(view.session)
    assert read(art, "cactus") == "cactus, 3d icon"


def test_a_click_on_a_partial_chip_gives_the_tag_to_all(view, panel, art, choose, settle) -> None:
    choose("cactus", "blossom")
    kinds = {chip.text: (chip.kind, chip.note) for chip in panel.chips.chips}
    assert kinds == {
        "icon": ("tag", ""),
        "cactus": ("partial", "1 of 2"),
        "blossom": ("partial", "1 of 2"),
    }
    click_chip(panel, "cactus")
    settle(view.session)
    assert read(art, "blossom") == "blossom, icon, cactus"
    assert read(art, "cactus") == "cactus, icon"


def test_the_trigger_word_is_first_and_marked(view, panel, choose, settle) -> None:
    panel.menu_button.click()
    menu = view.findChildren(QMenu)[-1]
    next(action for action in menu.actions() if action.text() == tr("Trigger word…")).trigger()
    menu.hide()
    choose("cactus", "blossom")
    QTest.keyClicks(view.captions.trigger.field, "icon")
    QTest.keyClick(view.captions.trigger.field, Qt.Key.Key_Return)
    settle(view.session)
    assert view.session.project.file.trigger_word == "icon"
    choose("cactus", "bell_pepper")
    assert (panel.chips.chips[0].text, panel.chips.chips[0].kind) == ("icon", "trigger")
    view.undo()
    settle(view.session)
    assert view.session.project.file.trigger_word == ""


def test_edits_in_quick_succession_all_reach_the_file(view, panel, art, choose, settle) -> None:
    choose("cactus")
    for word in ("green", "tall", "glossy"):
        QTest.keyClicks(panel.entry, word)
        QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    drag_chip(panel, "glossy", "cactus")
    assert texts(panel) == ["glossy", "cactus", "icon", "green", "tall"]
    settle(view.session)
    assert read(art, "cactus") == "glossy, cactus, icon, green, tall"
    assert view.session.library.conflicts() == []


def test_many_tags_stay_short_and_the_rest_opens_as_a_list(
    view, panel, art, choose, settle
) -> None:
    write(art, "cactus", "icon, " + ", ".join(f"c{n}" for n in range(20)))
    reread(view, settle)
    choose("cactus", "blossom")
    assert len(panel.chips.chips) == 1 + 12
    assert panel.more.link.text() == "and 9 more tags"
    QTest.mouseClick(panel.more.link, LEFT)
    menu = panel.more.findChildren(QMenu)[-1]
    entry = next(action for action in menu.actions() if action.text().startswith("c15"))
    entry.trigger()
    menu.hide()
    settle(view.session)
    assert read(art, "blossom") == "blossom, icon, c15"


def test_prose_is_shown_beside_the_tags_and_kept(view, panel, art, choose, settle) -> None:
    write(art, "cactus", "hvisl, A tall cactus stands in the desert, under the sun., green")
    reread(view, settle)
    choose("cactus")
    assert texts(panel) == ["hvisl", "green"]
    assert panel.box.prose.text() == "A tall cactus stands in the desert, under the sun."
    click_chip(panel, "green", cross=True)
    settle(view.session)
    assert read(art, "cactus") == "hvisl, A tall cactus stands in the desert, under the sun."
    QTest.mouseClick(panel.box.prose, LEFT)
    assert panel.text.isVisible()


def test_a_caption_over_75_tokens_says_which_tags_do_not_fit(
    view, panel, art, choose, settle
) -> None:
    write(art, "cactus", ", ".join(f"tag{n}" for n in range(40)))
    reread(view, settle)
    choose("cactus")
    over = [chip.text for chip in panel.chips.chips if chip.kind == "over"]
    assert panel.tokens.count.text().endswith(" / 150")
    assert over
    assert over[-1] == "tag39"
    assert "tag10" not in over


def test_escape_keeps_what_was_typed_as_text_and_undo_takes_it_back(
    view, panel, art, choose, settle
) -> None:
    choose("cactus")
    QTest.mouseClick(panel.text_toggle, LEFT)
    panel.text.selectAll()
    QTest.keyClicks(panel.text, "A tall cactus.")
    QTest.keyClick(panel.text, Qt.Key.Key_Escape)
    settle(view.session)
    assert not panel.text.hasFocus()
    assert read(art, "cactus") == "A tall cactus."
    view.undo()
    settle(view.session)
    assert read(art, "cactus") == "cactus, icon"
    assert panel.text.toPlainText() == "cactus, icon"


def test_tokens_are_counted_while_one_types_and_before_anything_is_written(
    view, panel, art, choose, settle
) -> None:
    choose("boar")
    assert panel.tokens.count.text() == "0 / 75"
    QTest.mouseClick(panel.text_toggle, LEFT)
    QTest.keyClicks(panel.text, "one two three")
    settle(view.session)
    assert panel.tokens.count.text() == "3 / 75"
    view.state.reloaded.emit()  # a scan ends while one types
    settle(view.session)
    assert panel.tokens.count.text() == "3 / 75"
    assert not (art / "boar.txt").exists()
    for _ in range(14):
        QTest.keyClick(panel.text, Qt.Key.Key_Backspace)
    settle(view.session)
    assert panel.tokens.count.text() == "0 / 75"


def test_a_tag_that_is_there_already_is_said_and_pointed_out(
    view, panel, art, choose, settle
) -> None:
    choose("cactus")
    before = read(art, "cactus")
    type_tag(panel, settle, "icon")
    QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    settle(view.session)
    assert panel.near.isVisible()
    assert panel.near._words.text() == "icon is in the caption already."
    assert panel.chips.marked == {"icon"}
    assert read(art, "cactus") == before
    type_tag(panel, settle, "icon, spiky")
    QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    settle(view.session)
    assert read(art, "cactus") == "cactus, icon, spiky"
    assert panel.chips.marked == {"icon"}
    choose("blossom")
    assert not panel.near.isVisible()
    assert panel.chips.marked == set()


# Completion


def test_tab_takes_the_dataset_s_own_tag(view, panel, art, choose, settle) -> None:
    choose("boar")
    type_tag(panel, settle, "ic")
    assert [(o.text, o.count) for o in panel.entry.popup.offers] == [("icon", 5)]
    assert panel.entry.popup.isVisible()
    QTest.keyClick(panel.entry, Qt.Key.Key_Tab)
    settle(view.session)
    assert read(art, "boar") == "icon"
    assert not panel.entry.popup.isVisible()


def test_escape_closes_the_list_and_enter_adds_what_was_typed(
    view, panel, art, choose, settle
) -> None:
    choose("boar")
    type_tag(panel, settle, "ico")
    QTest.keyClick(panel.entry, Qt.Key.Key_Escape)
    assert not panel.entry.popup.isVisible()
    assert panel.entry.text() == "ico"
    QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    settle(view.session)
    assert read(art, "boar") == "ico"


def test_a_list_that_is_dropped_completes_by_alias(
    view, panel, art, choose, settle, tmp_path, said
) -> None:
    source = tmp_path / "danbooru.csv"
    source.write_text('long_hair,0,4000,"longhair,loooong"\nhatsune_miku,4,900,miku\n', "utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(source))])
    action = Qt.DropAction.CopyAction
    view.dropEvent(QDropEvent(QPointF(5, 5), action, data, LEFT, Qt.KeyboardModifier.NoModifier))
    settle(view.session)
    assert (tmp_path / "home" / "tags" / "danbooru.csv").exists()
    assert said[-1]["facts"] == {"n": "2", "name": "danbooru.csv"}
    choose("boar")
    type_tag(panel, settle, "looo")
    offer = panel.entry.popup.offers[0]
    assert (offer.text, offer.alias, offer.category) == ("long_hair", "loooong", 0)
    assert not panel.grab().isNull()
    QTest.keyClick(panel.entry, Qt.Key.Key_Down)
    QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    settle(view.session)
    assert read(art, "boar") == "long_hair"


def test_a_new_tag_that_is_nearly_an_old_one_is_asked_about(
    view, panel, art, choose, settle
) -> None:
    choose("boar")
    type_tag(panel, settle, "blosom")
    QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    settle(view.session)
    assert read(art, "boar") == "blosom"
    assert [one.tag for one in panel.near.offers] == ["blossom"]
    link, count = (panel.near.row.itemAt(place).widget() for place in (0, 1))
    assert (link.text(), count.text()) == ("blossom", "in 1 picture")  # the count is no tag
    QTest.mouseClick(link, LEFT)
    settle(view.session)
    assert read(art, "boar") == "blossom"
    assert not panel.near.isVisible()


# A caption that another program changed


def test_another_program_s_tag_is_kept_beside_the_new_one(view, panel, art, choose, settle) -> None:
    choose("cactus")
    write(art, "cactus", "cactus, icon, theirs")
    QTest.keyClicks(panel.entry, "mine")
    QTest.keyClick(panel.entry, Qt.Key.Key_Return)
    settle(view.session)
    assert set(read(art, "cactus").split(", ")) == {"cactus", "icon", "theirs", "mine"}


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("keep", "icon, cactus"),
        ("take", "cactus, icon, a, b"),
        ("merge", "cactus, icon, a, b"),
    ],
)
def test_what_cannot_be_merged_is_asked_in_place(
    view, panel, art, choose, settle, said, answer, left
) -> None:
    write(art, "cactus", "cactus, icon, a")
    reread(view, settle)
    choose("cactus")
    write(art, "cactus", "cactus, icon, a, b")
    QTest.mouseClick(panel.text_toggle, LEFT)
    panel.text.setPlainText("icon, cactus" if answer != "merge" else "icon, cactus, a")
    QTest.keyClick(panel.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(view.session)
    assert read(art, "cactus") == "cactus, icon, a, b"
    assert panel.conflict.isVisible()
    assert panel.text.isReadOnly()
    assert not panel.entry.isEnabled()
    assert said[-1]["action"] == "Show them"
    QTest.mouseClick(getattr(panel.conflict, answer), LEFT)
    settle(view.session)
    assert read(art, "cactus") == left
    assert not panel.conflict.isVisible()
    assert panel.text.toPlainText() == left


def test_a_batch_leaves_a_caption_alone_that_waits_for_a_choice(
    view, panel, art, choose, settle, previewed
) -> None:
    choose("cactus")
    write(art, "cactus", "theirs")
    QTest.mouseClick(panel.text_toggle, LEFT)
    panel.text.setPlainText("mine")
    QTest.keyClick(panel.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(view.session)
    batch = open_batch(view, settle, "suffix")
    batch.scope.set_value("all")
    fill(view, "text", ", new")
    previewed()
    assert named(view, "cactus").id not in {c.id for c in batch.list.changes.items}
    assert [c.mine for c in view.session.library.conflicts()] == ["mine"]


def test_merging_takes_both_sides() -> None:
    conflict = Conflict(1, "a, b", "a, c, x", "a, b, y")
    assert merged(conflict) == "a, c, x, y"


# Changes of many captions


def form_field(view, name):
    return view.captions.batch.form.controls[name]


def fill(view, name, text):
    field = form_field(view, name)
    field.setFocus()
    field.clear()
    QTest.keyClicks(field, text)


@pytest.fixture
def previewed(view, settle, loop):
    """Wait until typing has rested and the preview is there."""

    async def rest():
        while view.captions.batch._timer.isActive():
            await asyncio.sleep(0.02)

    def run():
        loop.run_until_complete(rest())
        settle(view.session)

    return run


def open_batch(view, settle, kind):
    QTest.mouseClick(view.inspector.captions.edit_button, LEFT)
    batch = view.captions.batch
    row = next(n for n, row in enumerate(batch.kinds.rows.items) if row.key == kind)
    box = batch.kinds.visualRect(batch.kinds.rows.index(row))
    QTest.mouseClick(batch.kinds.viewport(), LEFT, pos=box.center())
    settle(view.session)
    return batch


def for_all(batch, settle):
    """Click the segment "Shown": a batch is for the selection at first."""
    assert batch.scope.choice.value == "selected"
    segments = batch.scope.choice
    QTest.mouseClick(segments, LEFT, pos=segments._rects()[1].center().toPoint())
    settle(batch.scope.state.session)


def test_a_rename_shows_what_it_merges_and_is_one_undo_step(
    view, art, choose, settle, previewed, said
) -> None:
    choose("boar")
    batch = open_batch(view, settle, "rename")
    for_all(batch, settle)
    fill(view, "old", "cactus, blossom")
    fill(view, "new", "icon")
    previewed()
    assert batch.headline.text() == "Would change 2 captions"
    assert batch.merges.text() == ("icon exists already: 5 captions have it. They become one.")
    assert [(c.before, c.after) for c in batch.list.changes.items] == [
        ("blossom, icon", "icon"),
        ("cactus, icon", "icon"),
    ]
    assert batch.apply.text() == "Change 2 captions"
    QTest.mouseClick(batch.apply, LEFT)
    settle(view.session)
    assert [read(art, name) for name in ("cactus", "blossom")] == ["icon", "icon"]
    assert said[-1]["key"] == "Changed {n} captions."
    previewed()
    assert batch.headline.text() == "Nothing would change."
    said[-1]["on_action"]()
    settle(view.session)
    assert [read(art, name) for name in ("cactus", "blossom")] == ["cactus, icon", "blossom, icon"]


def test_tags_of_a_batch_are_completed_and_one_caption_is_no_plural(
    view, art, choose, settle, previewed
) -> None:
    choose("boar")
    batch = open_batch(view, settle, "rename")
    for_all(batch, settle)
    fill(view, "old", "bell_pepper, cac")
    settle(view.session)
    field = form_field(view, "old")
    assert [offer.text for offer in field.popup.offers] == ["cactus"]
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert not field.popup.isVisible()
    assert batch.form.values()["old"] == ("bell_pepper, cactus",)
    assert batch.operation().old == ("bell_pepper", "cactus")
    fill(view, "old", "cact")
    settle(view.session)
    QTest.keyClick(field, Qt.Key.Key_Tab)
    fill(view, "new", "plant")
    previewed()
    assert view.middle.currentWidget() is batch
    assert batch.headline.text() == "Would change 1 caption"
    assert batch.apply.text() == "Change 1 caption"


def test_a_sheet_has_the_only_primary_button(view, choose, settle) -> None:
    choose("boar")
    train = view.inspector.train
    assert train.property("kind") == "primary"
    batch = open_batch(view, settle, "rename")
    assert (batch.apply.property("kind"), train.property("kind")) == ("primary", "normal")
    QTest.keyClick(batch, Qt.Key.Key_Escape)
    assert train.property("kind") == "primary"


def test_the_scope_limits_what_is_changed(view, art, choose, settle, previewed) -> None:
    choose("cactus", "blossom")
    batch = open_batch(view, settle, "delete")
    assert batch.scope.choice.value == "selected"
    fill(view, "tags", "icon")
    previewed()
    assert {c.name for c in batch.list.changes.items} == {"cactus", "blossom"}
    batch.scope.choice.setFocus()
    QTest.keyClick(batch.scope.choice, Qt.Key.Key_Right)
    previewed()
    assert len(batch.list.changes.items) == 5


def test_a_wrong_expression_says_where_it_is_wrong(view, choose, settle, previewed) -> None:
    choose("boar")
    batch = open_batch(view, settle, "replace")
    for_all(batch, settle)
    form_field(view, "regex").setChecked(True)
    fill(view, "find", "ic(on")
    previewed()
    error = batch.form.rows["find"]._error.text()
    assert error.startswith("This is no valid regular expression")
    assert "At character" in error
    assert not batch.apply.isEnabled()
    fill(view, "find", "ic(on)")
    fill(view, "replacement", r"3d \1")
    previewed()
    assert batch.form.rows["find"]._error.text() == ""
    assert batch.list.changes.items[0].after == "bell_pepper, 3d on"


def test_a_tag_of_the_list_is_renamed_by_its_menu(view, art, settle, previewed) -> None:
    rows = view.sources.tags
    row = next(n for n, row in enumerate(rows.rows.items) if row.key == "icon")
    rows.customContextMenuRequested.emit(rows.visualRect(rows.rows.index(row)).center())
    menu = view.findChildren(QMenu)[-1]
    next(one for one in menu.actions() if one.text() == tr("Rename in all captions…")).trigger()
    menu.hide()
    settle(view.session)
    batch = view.captions.batch
    assert view.middle.currentWidget() is batch
    assert batch.form.values()["old"] == ("icon",)
    assert batch.scope.choice.value == "all"
    fill(view, "new", "glossy")
    previewed()
    QTest.mouseClick(batch.apply, LEFT)
    settle(view.session)
    assert read(art, "carrot") == "carrot, glossy"
    QTest.keyClick(batch, Qt.Key.Key_Escape)
    assert view.middle.currentWidget() is view.stage


def test_a_cancelled_change_takes_all_back(view, art, choose, settle, previewed) -> None:
    choose("boar")
    batch = open_batch(view, settle, "suffix")
    batch.scope.set_value("all")
    fill(view, "text", ", new")
    previewed()
    assert batch.list.changes.items
    batch.run()
    batch.progress.stopped.emit()
    settle(view.session)
    assert all("new" not in read(art, name) for name in ("cactus", "carrot", "crown"))
    assert not (art / "boar.txt").exists()
    assert view.session.library.can_undo is None


def test_the_marked_line_says_what_goes_and_what_comes() -> None:
    parts = [(part.text, part.kind) for part in marked("a, b, c", "a, x, c")]
    assert parts == [("a, ", "same"), ("b", "gone"), ("x", "new"), (", c", "same")]


def test_ctrl_h_is_in_the_palette(view) -> None:
    found = {action.id: action for action in view.actions()}
    assert found["dataset.captions-edit"].shortcut == "Ctrl+H"
    found["dataset.captions-replace"].run()
    assert view.captions.batch.kind == "replace"


# A model that writes captions


@pytest.fixture
def tagger(tmp_path):
    return color_tagger(tmp_path / "models" / "small tagger")


def open_auto(view, settle, tagger):
    QTest.mouseClick(view.inspector.captions.model_button, LEFT)
    settle(view.session)
    view.captions.auto.chooser.add_folder(tagger.parent)
    settle(view.session)
    return view.captions.auto


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Choose a model"), ("zh_CN", "请选择用来生成描述的模型")]
)
def test_the_sheet_of_models_is_for_the_selection_and_says_what_to_do(
    view, choose, settle, language, title
) -> None:
    set_language(language)
    choose("boar")
    QTest.mouseClick(view.inspector.captions.model_button, LEFT)
    settle(view.session)
    auto = view.captions.auto
    assert auto.scope.choice.value == "selected"
    assert [picture.name for picture in auto.scope.pictures()] == ["boar"]
    assert auto.nothing.isVisible()
    assert auto.nothing._title.text().startswith(title)
    assert not auto.list.isVisible()
    below = auto.chooser.add.mapTo(auto, auto.chooser.add.rect().bottomLeft()).y()
    assert auto.chooser.missing.mapTo(auto, QPoint()).y() - below >= metrics.GAP


def test_a_tagger_writes_what_is_missing_and_one_undo_takes_it_back(
    view, art, choose, settle, tagger, said, tmp_path
) -> None:
    choose("boar")
    auto = open_auto(view, settle, tagger)
    assert auto.headline.text() == "small tagger is ready"
    assert "detail" not in auto.form.controls
    fill_in = auto.form.controls["prefix"]
    QTest.keyClicks(fill_in, "hvisl")
    auto.scope.set_value("all")
    assert auto.begin.isEnabled()
    view.session.bridge.engine.start()
    QTest.mouseClick(auto.begin, LEFT)
    settle(view.session)
    assert read(art, "boar").startswith("hvisl, ")
    assert "^_^" in read(art, "boar")
    assert read(art, "cactus") == "cactus, icon"
    assert [(c.name, c.before) for c in auto.list.changes.items] == [("boar", "")]
    assert auto.list.isVisible()
    assert not auto.nothing.isVisible()
    assert said[-1]["facts"]["n"] == "1"
    assert named(view, "boar").caption == read(art, "boar")
    said[-1]["on_action"]()
    settle(view.session)
    assert not (art / "boar.txt").exists()
    stored = json.loads((tmp_path / "home" / "captioning.json").read_text("utf-8"))
    assert stored["captioner"] == str(tagger)
    assert stored["values"][str(tagger)]["prefix"] == "hvisl"
    assert stored["folders"] == [str(tagger.parent)]


def test_captions_that_are_there_are_appended_to_when_asked(
    view, art, choose, settle, tagger
) -> None:
    choose("cactus", "blossom")
    auto = open_auto(view, settle, tagger)
    auto.form.controls["existing"].set_value("append")
    view.session.bridge.engine.start()
    QTest.mouseClick(auto.begin, LEFT)
    settle(view.session)
    assert read(art, "cactus").startswith("cactus, icon, ")
    assert read(art, "carrot") == "carrot, icon"


def test_nothing_is_downloaded_before_the_user_asks(view, choose, settle, said, tmp_path) -> None:
    choose("boar")
    QTest.mouseClick(view.inspector.captions.model_button, LEFT)
    settle(view.session)
    chooser = view.captions.auto.chooser
    assert chooser.offer.isVisible()
    assert not view.captions.auto.begin.isEnabled()
    assert view.session.bridge.jobs == []
    QTest.keyClicks(chooser.endpoint, "http://127.0.0.1:9")
    view.session.bridge.engine.start()
    QTest.mouseClick(chooser.download, LEFT)
    settle(view.session)
    request = view.session.bridge.jobs[0].request
    assert (request.captioner, request.endpoint) == ("wd-swinv2-tagger-v3", "http://127.0.0.1:9")
    assert said[-1]["error"]
    assert not chooser.progress.isVisible()
    stored = json.loads((tmp_path / "home" / "captioning.json").read_text("utf-8"))
    assert stored["endpoint"] == "http://127.0.0.1:9"


def test_a_folder_without_a_captioner_says_so(view, choose, settle, said, tmp_path) -> None:
    choose("boar")
    auto = open_auto(view, settle, color_tagger(tmp_path / "a" / "tagger"))
    (tmp_path / "empty").mkdir()
    auto.chooser.add_folder(tmp_path / "empty")
    settle(view.session)
    assert said[-1]["key"] == "{path} holds no model that writes captions."
