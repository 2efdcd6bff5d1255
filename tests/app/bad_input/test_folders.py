"""Folders that are missing, empty or not to be read, and pictures that are corrupt."""

from __future__ import annotations

import asyncio
import os
import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.start.side import RecentRow
from tests.app.bad_input.conftest import drop


def by_menu(window, path):
    """Choose ``path`` in the dialog of Open folder."""
    window.choose_folder()
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()


WAYS = {"menu": by_menu, "drop": drop}


@pytest.mark.parametrize("way", WAYS)
def test_a_missing_folder_is_named_and_nothing_is_made(window, settle, tmp_path, toast, way):
    WAYS[way](window, tmp_path / "gone")
    settle()
    toast("gone")
    assert window.session.project is None
    assert window.pages.current == "start"


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_folder_says_what_to_add(window, settle, tmp_path, said, way):
    empty = tmp_path / "Nothing"
    empty.mkdir()
    WAYS[way](window, empty)
    settle()
    page = window.pages.built["dataset"]
    assert page.middle.currentWidget() is page.empty
    said(page.empty._text.text(), empty, "PNG")
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("way", WAYS)
def test_a_folder_that_cannot_be_read_says_so(
    window, settle, tmp_path, toast, monkeypatch, way, opened
):
    locked = tmp_path / "locked"
    locked.mkdir()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != locked and access(path, mode))
    if way == "drop":
        window.navigate("start", {})
    WAYS[way](window, locked)
    settle()
    toast("locked")
    assert window.session.project.file.name == "art"
    assert len(window.session.library.pictures()) == 4


def test_a_folder_added_to_a_project_must_exist(opened, settle, tmp_path, toast):
    page = opened.pages.built["dataset"]
    drop(page, tmp_path / "gone")
    settle()
    toast("gone")
    assert len(opened.session.project.file.folders) == 1
    assert len(page.state.pictures) == 4


def test_a_folder_that_vanished_keeps_its_pictures_listed(
    opened, settle, art, tmp_path, toast, said
):
    second = tmp_path / "more"
    shutil.copytree(art, second)
    page = opened.pages.built["dataset"]
    page.add([second])
    settle()
    assert len(page.state.pictures) == 8
    shutil.rmtree(second)
    opened.session.start(opened.session.rescan())
    settle()
    toast("more")
    assert len(page.state.pictures) == 8


def test_a_project_whose_art_is_gone_opens_and_says_so(opened, settle, art, toast):
    root = opened.session.project.root
    shutil.rmtree(art)
    opened.session.open_folder(root)
    settle()
    toast(art)
    assert opened.session.project.root == root
    assert len(opened.session.library.pictures()) == 4


def test_a_recent_project_that_vanished_is_named_when_it_is_clicked(
    opened, settle, page, toast, qtbot
):
    start = page("start")
    (row,) = [row for row in start.side.findChildren(RecentRow) if row.isVisible()]
    root = opened.session.project.root
    shutil.rmtree(root)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    settle()
    toast(root)
    assert opened.session.settings.recent_projects == (str(root),)


def test_one_damaged_recent_project_does_not_hide_the_others(
    opened, settle, tmp_path, page, toast, qtbot
):
    from engine.project.project import Project

    other = Project.create(tmp_path / "other", "Other")
    opened.session.open_folder(other.root)
    settle()
    (other.root / "project.toml").write_text('name = "Oth\n', encoding="utf-8")
    start = page("start")
    assert opened.toasts.shown == []
    rows = {row.accessibleName(): row for row in start.side.findChildren(RecentRow)}
    assert set(rows) == {"art", "other"}
    qtbot.mouseClick(rows["other"], Qt.MouseButton.LeftButton)
    settle()
    toast("project.toml", "TOML")


def test_a_project_that_cannot_be_opened_leaves_the_open_one(opened, settle, tmp_path, toast):
    from engine.project.project import Project

    other = Project.create(tmp_path / "other", "Other")
    other.database.mkdir()
    opened.session.open_folder(other.root)
    settle()
    toast("dataset.sqlite")
    assert opened.session.project.file.name == "art"
    assert len(opened.session.library.pictures()) == 4


@pytest.fixture
def corrupt(opened, art, settle):
    """Two good pictures, an empty file and half a file."""
    (art / "cup.png").write_bytes(b"")
    whole = (art / "hat.png").read_bytes()
    (art / "hat.png").write_bytes(whole[: len(whole) // 2])
    opened.session.start(opened.session.rescan())
    settle()
    return opened.pages.built["dataset"]


def test_corrupt_pictures_are_listed_with_their_reason_among_good_ones(corrupt, settle, said):
    state = corrupt.state
    assert len(state.pictures) == 4
    assert sorted(picture.name for picture in state.used) == ["boat", "key"]
    for name in ("cup", "hat"):
        (picture,) = [item for item in state.pictures.values() if item.name == name]
        corrupt.stage.choose(picture.id)
        settle()
        problem = corrupt.inspector.previews.problem
        assert problem.isVisible()
        said(problem.text(), f"{name}.png")


def test_what_is_unreadable_is_left_out_of_the_export(corrupt, opened, settle, said):
    opened.session.bridge.engine.start()
    corrupt.transfer.ask_export().go.click()
    settle()
    (handle,) = opened.session.bridge.jobs
    assert handle.result().count == 2
    exported, notes = (toast.text for toast in opened.toasts.shown[-2:])
    said(exported, "2", handle.result().folder)
    said(notes, "2")


WRONG = {
    "shift-jis": "青い帽子、アイコン".encode("shift_jis"),
    "torn utf-16": b"\xff\xfe\x00caption \x81\x8d",
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_caption_that_is_no_text_of_ours_is_shown_read_only_and_never_written(
    opened, art, settle, said, qtbot, kind
):
    path = art / "hat.txt"
    path.write_bytes(WRONG[kind])
    opened.session.start(opened.session.rescan())
    settle()
    page = opened.pages.built["dataset"]
    state, panel = page.state, page.inspector.captions
    (hat,) = [item for item in state.pictures.values() if item.name == "hat"]
    page.stage.choose(hat.id)
    settle()
    assert panel.problem.isVisible()
    said(panel.problem.text(), "hat.txt")
    assert not panel.entry.isEnabled()
    qtbot.mouseClick(panel.text_toggle, Qt.MouseButton.LeftButton)
    QTest.keyClicks(panel.text, "new words")
    panel.text.commit()
    page.operations.caption({item.id: "one for all" for item in state.pictures.values()})
    settle()
    assert path.read_bytes() == WRONG[kind]
    assert (art / "cup.txt").read_text("utf-8") == "one for all"
    said(opened.toasts.shown[-1].text)


def test_a_chinese_caption_in_gbk_is_read_and_written_in_gbk(opened, art, settle):
    path = art / "hat.txt"
    path.write_bytes("蓝色的帽子，图标".encode("gbk"))
    opened.session.start(opened.session.rescan())
    settle()
    page = opened.pages.built["dataset"]
    (hat,) = [item for item in page.state.pictures.values() if item.name == "hat"]
    assert hat.caption == "蓝色的帽子，图标"
    page.operations.caption({hat.id: "红色的帽子"})
    settle()
    assert path.read_bytes().decode("gbk") == "红色的帽子"


def test_an_unplugged_folder_marks_its_pictures_and_is_read_again_when_it_is_back(
    opened, art, settle, loop, page, toast
):
    session = opened.session
    view = page("dataset")
    art.rename(art.with_name("away"))
    told = len(opened.toasts.shown)
    loop.run_until_complete(_looked(session))
    settle()
    assert len(opened.toasts.shown) == told + 1
    toast(art)
    assert len(view.state.pictures) == 4
    assert view.state.used == []
    assert all("art" in picture.problem for picture in view.state.pictures.values())
    session.start(session.look_for_folders())
    settle()
    assert len(opened.toasts.shown) == told + 1  # said once
    art.with_name("away").rename(art)
    session.start(session.look_for_folders())
    settle()
    assert len(view.state.used) == 4
    assert not any(picture.problem for picture in view.state.pictures.values())


async def _looked(session):
    await asyncio.gather(session.start(session.look_for_folders()), return_exceptions=True)
