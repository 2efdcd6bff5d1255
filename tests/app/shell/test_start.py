"""The start page and the search lead back to work."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from app import i18n
from app.shell.window import MainWindow
from app.start.model import Recent
from app.start.side import RecentRow
from app.widgets.text import ElidedLabel


@pytest.fixture
def recents(session, settle, tmp_path):
    """Two projects were open before; the window shows the start page again."""
    for name in ("Harvest", "Props"):
        folder = tmp_path / name
        folder.mkdir()
        Image.new("RGB", (64, 64), (9, 99, 9)).save(folder / f"{name.lower()}.png")
        session.open_folder(folder)
        settle()
    roots = session.settings.recent_projects
    session.start(session.close_project())
    settle()
    return roots


def rows(window):
    return [row for row in window.pages.built["start"].findChildren(RecentRow) if row.isVisible()]


def reopened(session, qtbot, settle):
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.resize(1600, 1000)
    window.show()
    settle()
    qtbot.waitUntil(lambda: len(rows(window)) == 2)
    return window


def test_one_click_opens_the_project_of_last_time(recents, session, qtbot, settle):
    window = reopened(session, qtbot, settle)
    assert session.project is None
    last = rows(window)[0]
    assert last.accessibleName() == "Props"
    qtbot.mouseClick(last, Qt.MouseButton.LeftButton)
    settle()
    assert str(session.project.root) == recents[0]
    assert window.pages.current == "dataset"
    shown = window.pages.built["dataset"].state.shown
    assert [picture.name for picture in shown] == ["props"]
    assert window.toasts.shown == []


def test_return_on_a_project_opens_it_too(recents, session, qtbot, settle):
    window = reopened(session, qtbot, settle)
    first, second = rows(window)
    first.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    assert second.hasFocus()
    qtbot.keyClick(second, Qt.Key.Key_Return)
    settle()
    assert str(session.project.root) == recents[1]


@pytest.mark.parametrize(
    ("code", "words"), [("en", "3 pictures, no run yet"), ("zh_CN", "3 张图片、尚未训练")]
)
def test_what_a_project_holds_is_told_with_the_commas_of_the_language(qtbot, code, words) -> None:
    i18n.set_language(code)
    row = RecentRow(Recent(Path("Ink"), "Ink", 3, 0, 0.0, ""))
    qtbot.addWidget(row)
    said = [line.text() for line in row.findChildren(ElidedLabel)]
    i18n.set_language("en")
    assert said == ["Ink", words]


def test_the_search_finds_first_what_begins_as_typed(session, qtbot, settle, tmp_path):
    folder = tmp_path / "Icons"
    folder.mkdir()
    for name in ("broccoli", "red_rock", "rocket"):
        Image.new("RGB", (64, 64), (9, 99, 9)).save(folder / f"{name}.png")
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.show()
    session.open_folder(folder)
    settle()
    window.open_palette()
    palette = window.panels.palette
    qtbot.keyClicks(palette.field, "roc")
    settle()
    assert [found.row.text for found in palette._found] == ["rocket", "red_rock", "broccoli"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    settle()
    view = window.pages.built["dataset"]
    assert [picture.name for picture in view.state.selected] == ["rocket"]
