"""Which models are shown, by kind, family, folder, words and order; how they come in and go."""

from __future__ import annotations

import threading

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app import i18n
from app.models.files import Copying, copy_models, free_place
from app.models.model import InfoRole
from app.models.table import columns
from tests.app.models.conftest import choose, click, drop, names, write_lora


def pick_row(rows, key):
    """Click the row of ``key`` in a list."""
    row = next(n for n, row in enumerate(rows.rows.items) if row.key == key)
    place = rows.visualRect(rows.rows.index(row)).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)


def title_click(models, title):
    """Click the title of a column."""
    place = dict(models.head.places())[title].center()
    QTest.mouseClick(models.head, Qt.MouseButton.LeftButton, pos=place)


def test_kinds_are_counted_and_narrow_the_table(shelf, models):
    rows = {row.key: row.count for row in models.library.kinds.rows.items}
    assert rows == {"all": "6", "base": "1", "lora": "4", "unknown": "1"}
    pick_row(models.library.kinds, "lora")
    assert names(models) == [
        "grand.safetensors", "icons.safetensors", "ink.safetensors", "woven.safetensors"
    ]  # fmt: skip
    pick_row(models.library.kinds, "unknown")
    assert names(models) == ["torn.safetensors"]


def test_a_family_without_its_tick_is_away(shelf, models):
    assert list(models.library.ticks) == ["starter", "sdxl", ""]
    click(models.library.ticks["sdxl"])
    assert "grand.safetensors" not in names(models)
    assert "icons.safetensors" in names(models)


def test_the_starters_files_are_a_family_of_their_own(shelf, models, settle, tongue):
    starter = {"en": "Starter", "zh_CN": "入门模型"}[tongue]
    write_lora(shelf / "wide.safetensors", width=768)
    models.refresh()
    settle()
    choose(models, "icons.safetensors")
    assert models.inspector.about.lines["Family"] == starter
    choose(models, "wide.safetensors")
    assert models.inspector.about.lines["Family"] == "SD 1.x"
    assert models.library.ticks["starter"].text() == starter
    models.search.setText(starter)
    assert names(models) == [
        "icons.safetensors", "ink.safetensors", "woven.safetensors", "starter"
    ]  # fmt: skip
    models.search.clear()
    click(models.library.ticks["starter"])
    assert "wide.safetensors" in names(models)
    assert {"icons.safetensors", "starter"}.isdisjoint(names(models))


def test_words_are_looked_for_in_trigger_note_name_and_kind(shelf, models):
    for words in ("ICN", "good for", "icons", "LoKr"):
        models.search.setText(words)
        found = "woven.safetensors" if words == "LoKr" else "icons.safetensors"
        assert names(models) == [found], words


def test_what_shows_nothing_says_so_and_how_to_go_on(shelf, models, tongue):
    models.search.setText("there is none of this")
    assert models.none.isVisible()
    button = models.none.findChildren(type(models.add))[0]
    assert button.text() == i18n.tr("Show all models")
    click(button)
    assert len(names(models)) == 6
    assert models.search.text() == ""


def test_a_click_on_a_title_sorts_again_turns_round_and_ends(shelf, models):
    loras = slice(0, 4)
    title_click(models, "Size")
    sizes = [info.bytes for info in models.list.shown[loras]]
    assert sizes == sorted(sizes, reverse=True)
    title_click(models, "Size")
    assert [info.bytes for info in models.list.shown[loras]] == sizes[::-1]
    title_click(models, "Size")
    assert models.head.order.column == ""
    title_click(models, "Trigger")
    assert names(models)[0] == "icons.safetensors"


def test_titles_sort_with_keys(shelf, models):
    models.head.setFocus()
    QTest.keyClick(models.head, Qt.Key.Key_Right)
    QTest.keyClick(models.head, Qt.Key.Key_Return)
    assert models.head.order.column == "Family"
    assert names(models)[0] == "grand.safetensors"  # before the starter's


def test_sorting_and_reading_again_keep_what_is_chosen(shelf, models, settle):
    models.choose([str(shelf / "ink.safetensors"), str(shelf / "icons.safetensors")])
    title_click(models, "Name")
    title_click(models, "Name")
    models.refresh()
    settle()
    chosen = {info.path.name for info in models.table.selected()}
    assert chosen == {"ink.safetensors", "icons.safetensors"}


def test_folders_are_counted_filter_and_are_red_when_missing(
    shelf, models, session, settle, tmp_path, tongue
):
    write_lora(tmp_path / "team" / "shared.safetensors")
    session.change_settings(model_folders=(str(tmp_path / "team"), str(tmp_path / "gone")))
    settle()
    own, team, gone = models.library.folders.rows.items
    assert (own.text, own.count) == (i18n.tr("Model folder"), "5")
    assert (team.text, team.count) == ("team", "1")
    assert (gone.text, gone.tone, gone.count) == ("gone", "err", i18n.tr("missing"))
    pick_row(models.library.folders, str(tmp_path / "team"))
    assert names(models) == ["shared.safetensors"]
    pick_row(models.library.kinds, "all")
    assert len(names(models)) == 7


def test_a_folder_leaves_the_library_and_comes_back(models, session, settle, tmp_path, toasts):
    write_lora(tmp_path / "team" / "shared.safetensors")
    session.change_settings(model_folders=(str(tmp_path / "team"),))
    settle()
    models.library._offer(str(tmp_path / "team"), models.library.pos())
    menu = models.library.findChildren(QMenu)[-1]
    remove = next(one for one in menu.actions() if one.text() == "Remove from the library")
    remove.trigger()
    menu.close()
    settle()
    assert "shared.safetensors" not in names(models)
    assert (tmp_path / "team" / "shared.safetensors").is_file()
    toasts[-1]["on_action"]()
    settle()
    assert "shared.safetensors" in names(models)


def test_dropped_models_are_copied_chosen_and_told(models, settle, tmp_path, toasts):
    one, two = write_lora(tmp_path / "one.safetensors"), write_lora(tmp_path / "two.safetensors")
    assert drop(models, one, two, enter=True)
    assert models.overlay.isVisible()
    assert drop(models, one, two)
    settle()
    assert not models.overlay.isVisible()
    assert {"one.safetensors", "two.safetensors"} <= set(names(models))
    assert models.inspector.info.path.name == "one.safetensors"
    assert one.is_file()
    assert toasts[-1]["facts"] == {"n": 2}


def test_a_dropped_folder_is_looked_into_from_now_on(models, session, settle, tmp_path):
    write_lora(tmp_path / "team" / "shared.safetensors")
    drop(models, tmp_path / "team")
    settle()
    assert session.settings.model_folders == (str(tmp_path / "team"),)
    assert "shared.safetensors" in names(models)


def test_what_is_no_model_goes_on_to_the_window(models, tmp_path):
    (tmp_path / "words.txt").write_text("no")
    assert not drop(models, tmp_path / "words.txt", enter=True)
    assert not models.overlay.isVisible()


def test_rows_drag_out_as_files_but_the_starter_stays(shelf, models):
    rows = [models.list.index(row) for row in range(models.list.rowCount())]
    wanted = [index for index in rows if index.flags() & Qt.ItemFlag.ItemIsDragEnabled]
    urls = [url.toLocalFile() for url in models.list.mimeData(wanted).urls()]
    assert sorted(urls) == sorted(str(path) for path in shelf.iterdir())
    assert any(index.data(InfoRole).layout == "starter" for index in wanted)


def test_a_newer_file_of_the_same_name_and_size_does_not_pass_for_the_old(shelf, tmp_path):
    old = (shelf / "icons.safetensors").read_bytes()
    new = write_lora(tmp_path / "icons.safetensors", seed=5, modelspec__trigger_phrase="icn",
                     modelspec__description="good for props")  # fmt: skip
    assert len(new.read_bytes()) == len(old)
    copied = copy_models([new], Copying())
    assert copied.paths == [shelf / "icons-2.safetensors"]
    assert copied.paths[0].read_bytes() == new.read_bytes()
    assert (shelf / "icons.safetensors").read_bytes() == old
    assert copy_models([new], Copying()).paths == copied.paths


def test_the_same_file_is_not_copied_twice(shelf, tmp_path):
    same = tmp_path / "icons.safetensors"
    same.write_bytes((shelf / "icons.safetensors").read_bytes())
    copying = Copying()
    assert copy_models([same], copying).paths == [shelf / "icons.safetensors"]
    assert copying.done == copying.total == same.stat().st_size


def test_a_copy_that_is_stopped_leaves_nothing_half(shelf, tmp_path):
    before = sorted(shelf.iterdir())
    copying = Copying(stop=threading.Event())
    copying.stop.set()
    copied = copy_models([write_lora(tmp_path / "new.safetensors")], copying)
    assert (copied.paths, copied.errors) == ([], [])
    assert sorted(shelf.iterdir()) == before


def test_a_diffusers_folder_comes_whole(models, settle, tmp_path):
    from tests.app.canvas.test_models import write_base

    base = write_base(tmp_path / "tuned")
    drop(models, base)
    settle()
    info = models.inspector.info
    assert (info.path.name, info.kind, info.layout) == ("tuned", "base", "diffusers")
    assert (info.path / "vae" / "config.json").is_file()
    assert models._session.settings.model_folders == ()


def test_a_taken_name_gets_a_number(tmp_path):
    for name in ("a.safetensors", "a-2.safetensors"):
        (tmp_path / name).touch()
    assert free_place(tmp_path, "a", ".safetensors").name == "a-3.safetensors"


def test_what_is_copied_is_shown_at_the_foot_and_can_be_stopped(models, tongue):
    column, intake = models.library, models.intake
    assert not column._foot.isVisible()
    intake.copying = Copying(total=200, done=50, name="big.safetensors")
    intake.changed.emit()
    assert column.copying.isVisible()
    assert i18n.tr("Copying {name}", name="big.safetensors") == column.copying._phase.text()
    assert column.copying._left.text().startswith("25 %")
    click(column.copying._stop)
    assert intake.copying.stop.is_set()
    intake.copying = None
    intake.changed.emit()
    assert not column._foot.isVisible()


def test_titles_stand_over_their_columns_also_beside_a_scroll_bar(shelf, models, settle) -> None:
    for number in range(20):
        write_lora(shelf / f"more-{number}.safetensors", seed=number)
    for full in (False, True):
        if full:
            models.refresh()
        settle()
        room = models.table.viewport().width()
        over = {title: (place.left(), place.width()) for title, place in models.head.places()}
        assert {title: (left, wide) for title, left, wide in columns(room)}.items() <= over.items()
    assert room < models.table.width()
