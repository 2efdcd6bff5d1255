from __future__ import annotations

import sys
from collections import Counter

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel

from app import theme
from app.i18n import set_language
from app.shell.rail import ENTRIES
from app.shell.shortcuts import ShortcutsDialog
from app.widgets.buttons import Button
from app.widgets.text import ElidedLabel


def _click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_the_window_opens_on_the_start_page_without_building_the_others(window):
    assert window.pages.current == "start"
    assert set(window.pages.built) == {"start"}


def test_a_click_on_the_rail_opens_its_workspace_once(window, qtbot, settle):
    _click(qtbot, window.rail.buttons["models"])
    first = window.pages.built["models"]
    _click(qtbot, window.rail.buttons["settings"])
    _click(qtbot, window.rail.buttons["models"])
    settle()
    assert window.pages.currentWidget() is first
    assert window.rail.buttons["models"].isChecked()
    assert not window.rail.buttons["settings"].isChecked()


def test_ctrl_and_a_digit_opens_a_workspace(window, qtbot, settle):
    qtbot.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert window.pages.current == "models"


def test_undo_and_redo_name_the_step_in_both_languages(window, tmp_path, settle, qtbot):
    (tmp_path / "art").mkdir()
    Image.new("RGB", (64, 64), "red").save(tmp_path / "art" / "fox.png")
    session = window.session
    session.open_folder(tmp_path / "art")
    settle()
    window.navigate("dataset", {})
    settle()
    view = window.pages.built["dataset"]
    window._show_undo()
    assert window.bar.undo.toolTip() == "Undo  Ctrl Z"
    view.operations.change(lambda library: library.set_category([1], "animals"))
    settle()
    window._show_undo()
    assert window.bar.undo.toolTip() == "Undo: Change category  Ctrl Z"
    _click(qtbot, window.bar.undo)
    settle()
    window._show_undo()
    assert window.bar.redo.toolTip() == "Redo: Change category  Ctrl Shift Z"
    set_language("zh_CN")
    window._show_undo()
    assert window.bar.redo.toolTip() == "重做：更改分类  Ctrl Shift Z"
    assert window.bar.undo.toolTip() == "撤销  Ctrl Z"


def test_the_models_page_lists_the_starter(window, qtbot, settle):
    _click(qtbot, window.rail.buttons["models"])
    settle()
    view = window.pages.built["models"]
    assert [info.layout for info in view.list.shown] == ["starter"]
    view.search.setText("nothing like this")
    assert view.list.shown == []
    assert view._pages.currentIndex() == 1


def test_the_language_button_of_the_start_page_switches_everything_at_once(window, qtbot, settle):
    from app.widgets.fields import Segments

    segments = window.pages.built["start"].side.findChildren(Segments)[0]
    right = QPoint(segments.width() - 10, segments.height() // 2)
    qtbot.mouseClick(segments, Qt.MouseButton.LeftButton, pos=right)
    settle()
    assert window.rail.buttons["train"].text() == "训练"
    assert window.bar.queue.text() == "队列"
    assert window.session.settings.language == "zh_CN"


def test_the_theme_switches_live_and_is_remembered(window, qtbot, settle):
    from app.settings.switches import choose_theme

    before = window.grab().toImage().pixelColor(800, 990)
    choose_theme(window.session, "light")
    settle()
    after = window.grab().toImage().pixelColor(800, 990)
    assert before.name() == "#1a1a1a"
    assert after.name() == "#d4d4d4"
    assert window.session.settings.theme == "light"
    assert theme.current().name == "light"


def test_the_system_theme_follows_the_desktop_until_another_is_chosen(window, qapp, qtbot, settle):
    from app.settings.switches import ThemeSwitch

    switch = window.pages.built["start"].side.findChildren(ThemeSwitch)[0]
    right = QPoint(switch.width() - 10, switch.height() // 2)
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=right)
    settle()
    assert switch.value == "system"
    assert window.session.settings.theme == "system"
    for scheme, name in ((Qt.ColorScheme.Light, "light"), (Qt.ColorScheme.Dark, "dark")):
        qapp.styleHints().colorSchemeChanged.emit(scheme)
        assert theme.current().name == name
        assert switch.value == "system"
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(10, switch.height() // 2))
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    settle()
    assert theme.current().name == "dark"


def test_the_palette_finds_an_action_and_runs_it(window, qtbot, settle):
    _click(qtbot, window.bar.search)
    palette = window.panels.palette
    qtbot.keyClicks(palette.field, "settings")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    settle()
    assert window.pages.current == "settings"
    assert not palette.isVisible()


def test_the_palette_finds_actions_in_both_languages(window):
    set_language("zh_CN")
    assert [found.row.key for found in window.panels.palette.matches("设置")] == ["settings"]
    assert [found.row.key for found in window.panels.palette.matches("settings")] == ["settings"]


def test_escape_closes_the_palette_and_nothing_matches_says_so(window, qtbot):
    window.open_palette()
    palette = window.panels.palette
    qtbot.keyClicks(palette.field, "zzzz")
    assert palette._none.isVisible()
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def _drop(window, path, kind=QDropEvent):
    # Not sendEvent: without a drag of the system, Qt keeps a target that the test deletes.
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    if kind is QDragEnterEvent:
        window.dragEnterEvent(QDragEnterEvent(QPoint(500, 500), action, data, buttons, keys))
    else:
        window.dropEvent(QDropEvent(QPointF(500, 500), action, data, buttons, keys))


def test_a_dropped_folder_opens_and_the_overlay_says_so_first(window, settle, tmp_path):
    art = tmp_path / "Harvest"
    art.mkdir()
    Image.new("RGB", (64, 64), (9, 99, 9)).save(art / "leaf.png")
    _drop(window, art, QDragEnterEvent)
    assert window.drops.overlay.isVisible()
    assert "Harvest" in window.drops.overlay._text
    _drop(window, art)
    settle()
    assert not window.drops.overlay.isVisible()
    assert window.session.project is not None
    assert [picture.name for picture in window.session.library.pictures()] == ["leaf"]
    assert window.bar.project.text() == "Harvest"
    assert not (art / "project.toml").exists()


def test_a_project_has_one_name_also_when_its_folder_has_another(window, settle, tmp_path):
    for place in ("one", "two"):
        art = tmp_path / place / "Props"
        art.mkdir(parents=True)
        Image.new("RGB", (64, 64), (9, 99, 9)).save(art / "leaf.png")
        window.session.open_folder(art)
        settle()
    assert window.session.project.root.name == "Props 2"
    assert window.bar.project.text() == "Props"
    assert window.status._project.text() == "Props"


def test_a_dropped_picture_means_its_folder(window, settle, tmp_path):
    picture = tmp_path / "Props" / "one.png"
    picture.parent.mkdir()
    Image.new("RGB", (64, 64)).save(picture)
    _drop(window, picture)
    settle()
    assert [toast.text for toast in window.toasts.shown] == []
    assert window.session.project.file.name == "Props"


@pytest.mark.parametrize("name", ["fake.png", "empty.jpg"])
def test_a_file_that_is_only_called_a_picture_does_not_open_its_folder(
    window, settle, tmp_path, name
) -> None:
    fake = tmp_path / "Downloads" / name
    fake.parent.mkdir()
    fake.write_text("" if name.startswith("empty") else "<html>not found</html>", encoding="utf-8")
    _drop(window, fake)
    settle()
    assert window.session.project is None
    (said,) = [toast.text for toast in window.toasts.shown]
    assert said.startswith(f"{name} is ")


def test_what_is_no_picture_opens_nothing_and_is_said_in_one_sentence(window, settle, tmp_path):
    art, note = tmp_path / "Props", tmp_path / "note.docx"
    art.mkdir()
    note.write_text("hello", encoding="utf-8")
    window.session.open_folder(art)
    settle()
    _drop(window, note, QDragEnterEvent)
    assert not window.drops.overlay.isVisible()
    _drop(window, note)
    settle()
    assert window.session.project.file.name == "Props"
    said = "note.docx was not taken: it is no picture, folder or list of pictures."
    assert [toast.text for toast in window.toasts.shown] == [said]


def test_a_list_of_tags_opens_nothing_away_from_the_pictures(window, settle, tmp_path):
    tags = tmp_path / "booru.csv"
    tags.write_text("1girl,0,500\n", encoding="utf-8")
    _drop(window, tags)
    settle()
    assert window.session.project is None
    said = "booru.csv was not taken: open a project and drop it on its pictures."
    assert [toast.text for toast in window.toasts.shown] == [said]


def test_a_missing_folder_is_said_in_a_toast_that_stays(window, settle, tmp_path):
    window.session.open_folder(tmp_path / "gone")
    settle()
    assert len(window.toasts.shown) == 1
    assert "gone" in window.toasts.shown[0].text
    assert not window.toasts.shown[0]._timer.isActive()


def test_the_geometry_is_remembered(window):
    window.resize(1300, 820)
    window.close()
    from engine.project.settings import Settings

    assert Settings.load().window_geometry


def test_nothing_heavy_is_loaded_by_the_window(window):
    heavy = {"torch", "diffusers", "transformers", "peft"}
    mine = {name for name in sys.modules if name.startswith("app.")}
    assert mine
    for name in mine:
        assert not heavy & set(vars(sys.modules[name]))


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("size", [(1600, 1000), (1280, 800)], ids=["large", "small"])
@pytest.mark.parametrize("page", ["start", "models", "settings"])
def test_no_words_are_cut_off(window, settle, language, size, page):
    set_language(language)
    window.resize(*size)
    window.navigate(page, {})
    settle()
    QApplication.processEvents()
    assert [words for words in _cut_off(window)] == []


def _cut_off(window):
    for label in window.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        if isinstance(label, ElidedLabel):
            # Paths and names of devices may be long; sentences of ours may not.
            continue
        need = label.sizeHint()
        if label.wordWrap():
            high = label.heightForWidth(label.width())
            if high > label.height() + 1:
                yield label.text()
        elif need.width() > label.width() + 1:
            yield label.text()
    for button in window.findChildren(Button):
        if button.isVisible() and button.sizeHint().width() > button.width() + 1:
            yield button.text()


def test_the_logo_leads_to_the_start_page(window, qtbot, settle):
    _click(qtbot, window.rail.buttons["models"])
    _click(qtbot, window.bar.logo)
    settle()
    assert window.pages.current == "start"
    assert window.bar.logo.toolTip() == "Start page"
    assert window.focusWidget() is window.pages.built["start"].zone.sample


def test_a_menu_that_closes_leaves_its_button_at_rest(window, qtbot):
    from PySide6.QtWidgets import QMenu

    one = window.bar.language
    rest = one.grab().toImage()
    one.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
    _click(qtbot, one)
    (menu,) = [menu for menu in window.findChildren(QMenu) if menu.isVisible()]
    menu.close()
    qtbot.waitUntil(lambda: not one.underMouse())
    assert one.grab().toImage() == rest


def test_another_canvas_that_takes_the_place_of_the_open_one_says_that_it_is_kept(
    window, settle, tmp_path
):
    import numpy as np

    from engine.canvas.document import Document
    from engine.canvas.storage import save

    mine, other = tmp_path / "mine.kiln", tmp_path / "tour.kiln"
    document = Document(8, 8)
    document.add_layer("one", np.zeros((8, 8, 4), np.uint8))
    save(document, other)
    window.navigate("canvas", {})
    settle()
    state = window.pages.built["canvas"].state
    state.open(document, mine)
    window.navigate("canvas", {"document": str(other)})
    settle()
    assert state.path == other
    assert [toast.text for toast in window.toasts.shown] == ["Your canvas mine is kept."]


def test_nothing_runs_on_and_nothing_begins_when_the_window_has_ended(session, loop):
    import asyncio

    async def wait():
        await asyncio.sleep(3600)

    before = session.start(wait())
    loop.run_until_complete(session.end())
    after = session.start(wait())
    loop.run_until_complete(session.end())
    assert before.cancelled()
    assert after.cancelled()
    assert session._tasks == set()


def test_the_palette_never_reads_the_library_while_one_types(
    window, settle, qtbot, tmp_path, monkeypatch
):
    import threading

    from engine.dataset.library import Library

    Image.new("RGB", (64, 64), (9, 99, 9)).save(tmp_path / "leaf.png")
    window.session.open_folder(tmp_path)
    settle()
    readers, read = [], Library.pictures
    monkeypatch.setattr(
        Library, "pictures", lambda self: readers.append(threading.current_thread()) or read(self)
    )
    window.open_palette()
    for key in "leaf":
        qtbot.keyClicks(window.panels.palette.field, key)
    settle()
    assert [found.row.text for found in window.panels.palette._found] == ["leaf"]
    assert len(readers) == 1
    assert readers[0] is not threading.main_thread()
    Image.new("RGB", (64, 64), (9, 99, 9)).save(tmp_path / "leaf two.png")
    window.session.start(window.session.rescan())
    settle()
    window.panels.palette.field.setText("two")
    settle()
    assert [found.row.text for found in window.panels.palette._found] == ["leaf two"]


def test_a_folder_opened_from_any_page_shows_its_pictures(window, qtbot, settle, tmp_path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "one.png")
    _click(qtbot, window.rail.buttons["models"])
    window.session.open_folder(tmp_path)
    settle()
    assert window.pages.current == "dataset"


def test_the_palette_finds_settings_and_what_other_pages_can_do(window, qtbot, settle, tmp_path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "one.png")
    window.session.open_folder(tmp_path)
    settle()
    _click(qtbot, window.rail.buttons["models"])
    settle()
    window.open_palette()
    found = {one.row.text: one for one in window.panels.palette.matches("export")}
    assert "Export pictures…" in found
    found = window.panels.palette.matches("hold out a tenth")
    found[0].run()
    settle()
    assert window.pages.current == "dataset"
    assert "Theme: light" in [one.row.text for one in window.panels.palette.matches("light")]
    assert window.panels.palette.matches("search pictures and actions") == []
    window.panels.palette.matches("theme: light")[0].run()
    assert theme.chosen() == "light"


def test_the_list_of_keys_has_those_of_the_stage(window, qtbot, settle, tmp_path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "one.png")
    window.session.open_folder(tmp_path)
    settle()
    window.show_shortcuts()
    dialog = window.findChild(ShortcutsDialog)
    texts = [one.text() for one in dialog.findChildren(QLabel)]
    assert texts.index("On this page") < texts.index("Reject pictures") < texts.index("Anywhere")
    assert texts[texts.index("Reject pictures") + 1] == "X"
    next(one for one in dialog.findChildren(Button) if one.text() == "Close").click()
    assert not dialog.isVisible()


@pytest.mark.parametrize("page", [name for name, _, _ in ENTRIES])
def test_no_two_actions_share_a_key(window, settle, page):
    window.navigate(page, {})
    settle()
    keys = Counter(action.shortcut for action in window.commands.all() if action.shortcut)
    assert [key for key, count in keys.items() if count > 1] == []
