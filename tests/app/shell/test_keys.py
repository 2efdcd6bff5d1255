"""Keys bound anew in the settings act at once, are stored, and show what they clash with."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtWidgets import QWidget

from app.canvas.candidate import Candidate
from app.keymap import KEYS

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def usual():
    """The keys of the program before and after."""
    KEYS.use("photoshop", {})
    yield
    KEYS.use("photoshop", {})


@pytest.fixture
def section(window, qtbot, usual):
    """The settings, opened at the keys."""
    window.navigate("settings", {})
    made = window.pages.built["settings"].keys
    qtbot.mouseClick(made.open_button, LEFT)
    assert "tool.brush" in made.rows
    assert window.pages.current == "settings"
    return made


def press(section, what: str, key: str) -> None:
    section.rows[what].edit.setKeySequence(QKeySequence(key))


def bound(page: QWidget, what: str) -> str:
    found = [one for one in QWidget.actions(page) if one.property("key_of") == what]
    return found[0].shortcut().toString() if found else ""


def test_a_tool_gets_another_key_and_tooltips_follow(window, qtbot, section, session):
    canvas = window.pages.built["canvas"]
    assert canvas.tools.buttons["brush"].toolTip().endswith("B")
    press(section, "tool.brush", "Q")
    assert canvas.tools.buttons["brush"].toolTip().endswith("Q")
    assert session.settings.keys == {"tool.brush": "Q"}
    canvas.state.set_tool("hand")
    qtbot.keyClick(canvas.surface, "q")
    assert canvas.state.tool == "brush"
    canvas.state.set_tool("hand")
    qtbot.keyClick(canvas.surface, "b")
    assert canvas.state.tool == "hand"
    qtbot.mouseClick(section.rows["tool.brush"].reset, LEFT)
    assert session.settings.keys == {}
    qtbot.keyClick(canvas.surface, "b")
    assert canvas.state.tool == "brush"


def test_an_action_of_the_page_is_bound_again(window, section):
    window.navigate("canvas", {})
    canvas = window.pages.built["canvas"]
    assert bound(canvas, "canvas.deselect") == "Ctrl+D"
    press(section, "canvas.deselect", "Ctrl+Alt+D")
    assert bound(canvas, "canvas.deselect") == "Ctrl+Alt+D"
    shown = next(one for one in canvas.actions() if one.id == "canvas.deselect")
    assert shown.shortcut == "Ctrl+Alt+D"  # what menus and the palette show
    press(section, "canvas.fit", "Ctrl+Alt+0")
    assert any(
        "0" in one.toolTip() and "Alt" in one.toolTip() for one in canvas.options._zoom_tools[2:]
    )
    press(section, "canvas.deselect", "")
    assert bound(canvas, "canvas.deselect") == ""


def test_what_clashes_is_told_and_tools_may_share(section):
    clash = section.rows["canvas.levels"].clash
    press(section, "canvas.levels", "Ctrl+M")
    assert clash.isVisibleTo(section)
    assert "Curves" in clash.text()
    press(section, "canvas.levels", "Ctrl+K")  # the window's own, which cannot be changed
    assert "Search" in clash.text()
    press(section, "canvas.levels", "Ctrl+L")
    assert not clash.isVisibleTo(section)
    press(section, "tool.pick", "B")
    assert not section.rows["tool.pick"].clash.isVisibleTo(section)


def test_the_preset_of_krita_and_reset(window, qtbot, section, session):
    section.preset.changed.emit("krita")
    assert KEYS.key("tool.pick") == "P"
    assert session.settings.key_preset == "krita"
    window.navigate("canvas", {})
    canvas = window.pages.built["canvas"]
    assert bound(canvas, "canvas.deselect") == "Ctrl+Shift+A"
    press(section, "tool.pick", "Ctrl+P")
    assert section.reset.isEnabled()
    qtbot.mouseClick(section.reset, LEFT)
    assert session.settings.keys == {}
    assert KEYS.key("tool.pick") == "P"  # the preset stays


def test_the_search_finds_words_and_keys(section):
    section.search.set_value("eraser")
    section.search.changed.emit("eraser")
    shown = [one for one, made in section.rows.items() if made.isVisibleTo(section)]
    assert shown == ["tool.eraser"]
    section.search.set_value("Ctrl+T")
    section.search.changed.emit("Ctrl+T")
    shown = [one for one, made in section.rows.items() if made.isVisibleTo(section)]
    assert "canvas.transform" in shown
    section.search.set_value("zzz")
    section.search.changed.emit("zzz")
    assert section.none.isVisibleTo(section)


def test_no_two_declared_keys_clash(section):
    for preset in ("photoshop", "krita"):
        KEYS.use(preset, {})
        for one in KEYS.known.values():
            if not one.fixed:
                assert KEYS.others(one.id, KEYS.key(one.id)) == [], (preset, one)


def test_stored_keys_are_read_again(tmp_path):
    from engine.project.settings import Settings

    path = tmp_path / "settings.json"
    Settings(key_preset="krita", keys={"tool.brush": "Q"}).save(path)
    assert Settings.load(path).keys == {"tool.brush": "Q"}
    assert Settings.load(path).key_preset == "krita"
    path.write_text('{"keys": {"tool.brush": 5}, "key_preset": "krita"}')
    assert Settings.load(path).keys == {}
    assert Settings.load(path).key_preset == "krita"


def test_keys_of_candidates_are_listed_and_bound_anew(window, qtbot, section, session):
    canvas = window.pages.built["canvas"]
    candidates = canvas.state.candidates
    picture = QImage(8, 8, QImage.Format.Format_RGBA8888)
    candidates.restore([Candidate(n, n, "ready", picture, picture) for n in (1, 2)])
    canvas.state.set_tool("hand")
    press(section, "candidate.next", "J")
    qtbot.keyClick(canvas.surface, Qt.Key.Key_Right)
    assert candidates.shown == -1
    qtbot.keyClick(canvas.surface, "j")
    assert candidates.shown == 0
    qtbot.keyClick(canvas.strip.cards, "j")
    assert candidates.shown == 1
    press(section, "candidate.compare", "")
    qtbot.keyClick(canvas.surface, "y")
    assert not canvas.state.compare.on
    assert canvas.state.tool in ("smudge", "push")  # the key is the tools' alone now


def test_the_strip_shows_the_key_of_the_moment(window, section):
    canvas = window.pages.built["canvas"]
    canvas.strip.resize(1400, 192)
    wide = canvas.strip.compare.sizeHint().width()
    press(section, "candidate.compare", "Ctrl+Shift+J")
    assert canvas.strip.compare.sizeHint().width() > wide


def test_digits_choose_candidates_and_clash_with_commands_only(section):
    digits = [section.rows[f"candidate.digit{digit}"].edit for digit in range(10)]
    assert [one.keySequence().toString() for one in digits] == list("0123456789")
    press(section, "candidate.digit1", "Ctrl+S")
    assert "Save canvas" in section.rows["candidate.digit1"].clash.text()
    press(section, "candidate.digit1", "B")  # the brush, while there is no collage
    assert not section.rows["candidate.digit1"].clash.text()
