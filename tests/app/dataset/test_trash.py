"""Only rejected pictures that are there go to the trash, with what belongs to them."""

from __future__ import annotations

import shutil
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.dataset.view import View
from engine.dataset.library import Library
from engine.dataset.side_masks import side_mask_path
from tests.engine.dataset.conftest import paint


@pytest.fixture
def art(tmp_path):
    """Two pictures with captions."""
    folder = tmp_path / "art"
    for number, name in enumerate(("crown", "apple")):
        paint(folder / f"{name}.png", number)
        (folder / f"{name}.txt").write_text(name, encoding="utf-8")
    return folder


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
def said(view):
    heard = []
    view.session.notified.connect(heard.append)
    return heard


@pytest.fixture
def trash(view, tmp_path):
    """The page, with a folder for a trash."""
    view.culling.trash.mover = lambda path: bool(path.rename(tmp_path / path.name))
    return view.culling.trash


def flag(view, settle, **flags):
    ids = {picture.name: picture.id for picture in view.state.pictures.values()}
    for name, wanted in flags.items():
        change = partial(Library.set_flag, ids=[ids[name]], flag=wanted)
        view.operations.change(change)
        settle(view.session)


def throw(view, trash, settle):
    QTest.mouseClick(trash.throw, Qt.MouseButton.LeftButton)
    settle(view.session)


def names_in(folder):
    return {path.name for path in folder.iterdir()}


BOTH = {"apple.png", "apple.txt", "crown.png", "crown.txt"}


def test_a_picked_picture_never_goes(view, trash, art, settle) -> None:
    flag(view, settle, crown="picked", apple="rejected")
    view.culling.open_trash()
    assert trash.names.count() == 1
    throw(view, trash, settle)
    assert names_in(art) == {"crown.png", "crown.txt"}


def test_what_is_taken_back_while_the_page_asks_stays(view, trash, art, settle) -> None:
    flag(view, settle, apple="rejected", crown="rejected")
    view.culling.open_trash()
    flag(view, settle, crown="")
    throw(view, trash, settle)
    assert names_in(art) == {"crown.png", "crown.txt"}


def test_a_picture_that_is_elsewhere_keeps_its_caption_and_does_not_count(
    view, trash, art, settle, said, tmp_path
) -> None:
    flag(view, settle, apple="rejected")
    view.culling.open_trash()
    shutil.copy(art / "crown.png", side_mask_path(art / "apple.png"))
    mask = side_mask_path(art / "apple.png").name
    (art / "apple.png").rename(tmp_path / "moved.png")
    throw(view, trash, settle)
    assert names_in(art) == (BOTH | {mask}) - {"apple.png"}
    assert not [one for one in said if "trash" in one["key"]]
