"""Folders as they are found: links in circles, names in any script, drives that go away."""

from __future__ import annotations

import inspect
import os
import shutil
import sys

import pytest

from engine.dataset import folders
from engine.dataset import scan as scanning
from engine.dataset.edits import Recipe
from engine.dataset.library import Library
from engine.dataset.paths import clean, from_text, to_text
from engine.project.project import SourceFolder
from engine.runtime.errors import MissingFileError

from .conftest import ids_by_name, paint

NAMES = ["苹果 10", "苹果 9", "пример", "مثال", "नमूना", "🦊 fox 👩‍🚀", "é", "a'b\"c", "100%s {x}"]


def source(path):
    return [SourceFolder(path=str(path))]


def found(path):
    return [
        p.path[len(str(path)) + 1 :] for p in folders.find_pictures(SourceFolder(path=str(path)))
    ]


def test_links_in_circles_end(tmp_path):
    art = tmp_path / "art"
    paint(art / "inner" / "a.png")
    paint(tmp_path / "private.png")
    (art / "self").symlink_to(art, target_is_directory=True)
    (art / "up").symlink_to(tmp_path, target_is_directory=True)
    (art / "inner" / "again").symlink_to(art / "inner", target_is_directory=True)
    (art / "one").symlink_to(art / "two")
    (art / "two").symlink_to(art / "one")
    (art / "loop.png").symlink_to(art / "loop.png")
    assert found(art) == [os.path.join("inner", "a.png")]


def test_a_linked_folder_is_followed_once(tmp_path):
    paint(tmp_path / "elsewhere" / "b.png")
    paint(tmp_path / "art" / "a.png")
    for name in ("first", "second"):
        link = tmp_path / "art" / name
        link.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert found(tmp_path / "art") == ["a.png", os.path.join("first", "b.png")]


def test_a_folder_inside_a_linked_one_is_read_once_however_it_is_reached(tmp_path):
    paint(tmp_path / "other" / "inner" / "a.png")
    paint(tmp_path / "other" / "b.png")
    (tmp_path / "art").mkdir()
    for name, to in (("first", "other/inner"), ("second", "other"), ("third", "other/inner")):
        (tmp_path / "art" / name).symlink_to(tmp_path / to, target_is_directory=True)
    wanted = [os.path.join("first", "a.png"), os.path.join("second", "b.png")]
    assert found(tmp_path / "art") == wanted


def test_a_link_inside_a_linked_folder_does_not_lead_upwards_but_does_elsewhere(tmp_path):
    paint(tmp_path / "other" / "inner" / "a.png")
    paint(tmp_path / "other" / "b.png")
    paint(tmp_path / "third" / "c.png")
    inner = tmp_path / "other" / "inner"
    (inner / "aside").symlink_to(tmp_path / "third", target_is_directory=True)
    (inner / "up").symlink_to(tmp_path / "other", target_is_directory=True)
    (tmp_path / "art").mkdir()
    (tmp_path / "art" / "link").symlink_to(inner, target_is_directory=True)
    wanted = [os.path.join("link", "a.png"), os.path.join("link", "aside", "c.png")]
    assert found(tmp_path / "art") == wanted


def test_very_deep_folders_are_read(tmp_path):
    deep = tmp_path / "art"
    for _ in range(200):
        deep /= "d"
    deep.mkdir(parents=True)
    paint(deep / "a.png")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        assert len(found(tmp_path / "art")) == 1
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("name", NAMES)
def test_names_in_any_script_keep_their_marks_and_captions(tmp_path, name):
    paint(tmp_path / "art" / f"{name}.png")
    library = Library(tmp_path / "dataset.sqlite")
    library.scan(source(tmp_path / "art"), on_chunk=lambda changes: None)
    library.measure()
    (picture,) = library.pictures()
    assert (picture.name, picture.problem) == (name, "")
    library.set_stars([picture.id], 3)
    library.set_captions({picture.id: "狐狸 🦊, ok"})
    assert (tmp_path / "art" / f"{name}.txt").read_text(encoding="utf-8") == "狐狸 🦊, ok"
    library.close()
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"dataset.sqlite{suffix}").unlink(missing_ok=True)
    library = Library(tmp_path / "dataset.sqlite")
    library.scan(source(tmp_path / "art"))
    assert [(p.name, p.stars) for p in library.pictures()] == [(name, 3)]
    library.close()


def test_numbers_sort_by_value_in_any_script(tmp_path):
    for name in NAMES[:2]:
        paint(tmp_path / f"{name}.png")
    assert found(tmp_path) == ["苹果 9.png", "苹果 10.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_names_that_are_no_text_work_like_any_other(tmp_path):
    art = os.fsencode(tmp_path / "art")
    paint(tmp_path / "art" / "x.png")
    os.makedirs(art + b"/caf\xe9")
    os.rename(art + b"/x.png", art + b"/caf\xe9/na\xefve \xff.png")
    paint(tmp_path / "art" / "broken.png")
    os.rename(art + b"/broken.png", art + b"/broken \xfe.png")
    with open(art + b"/broken \xfe.png", "wb"):
        pass
    library = Library(tmp_path / "dataset.sqlite")
    library.scan(source(tmp_path / "art"), on_chunk=lambda changes: None)
    library.measure()
    by_problem = {bool(p.problem): p for p in library.pictures()}
    picture = by_problem[False]
    assert os.fsencode(picture.path) == art + b"/caf\xe9/na\xefve \xff.png"
    assert (picture.width, picture.category) == (48, "caf\ufffd")
    assert "is empty" in by_problem[True].problem
    library.set_captions({picture.id: "here"})
    with open(art + b"/caf\xe9/na\xefve \xff.txt") as stream:
        assert stream.read() == "here"
    library.set_recipe([picture.id], Recipe(crop=(1, 1, 5, 5)))
    library.close()
    (tmp_path / "dataset.sqlite").write_bytes(b"lost")
    library = Library(tmp_path / "dataset.sqlite")
    library.scan(source(tmp_path / "art"))
    assert [p.recipe.crop for p in library.pictures() if not p.problem] == [(1, 1, 5, 5)]
    library.close()


@pytest.mark.parametrize(
    "path", ["/a/b.png", "/a/caf\udce9.png", "C:\\x\\\ud800.png", "/苹/🦊.png"]
)
def test_every_path_can_be_stored_and_read_back(path):
    stored = to_text(path)
    stored.encode()
    clean(path).encode()
    assert from_text(stored) == path
    assert "//" not in path


# Drives that go away


def test_a_drive_that_disappears_during_a_scan_loses_no_picture(
    library, art, tmp_path, monkeypatch
):
    paint(tmp_path / "art 2" / "x.png", 3)
    sources = [*source(art), *source(tmp_path / "art 2")]
    library.scan(sources)
    names = ids_by_name(library)
    paint(art / "new.png", 8)
    take = scanning._take_chunk

    def unplugged(work, chunk):
        shutil.move(art, tmp_path / "away")
        monkeypatch.setattr(scanning, "_take_chunk", take)
        take(work, chunk)

    monkeypatch.setattr(scanning, "_take_chunk", unplugged)
    changes = library.scan(sources)
    assert changes.missing_folders == (str(art),)
    assert changes.removed == ()
    assert set(names) <= {p.name for p in library.pictures()}
    with pytest.raises(MissingFileError):
        library.scan(source(art))
    shutil.move(tmp_path / "away", art)
    library.scan(sources)
    assert {p.name: p.problem for p in library.pictures()} == dict.fromkeys([*names, "new"], "")


def test_captions_of_a_drive_that_is_gone_are_skipped_and_not_written_elsewhere(library, art):
    names = ids_by_name(library)
    shutil.rmtree(art)
    changes = library.set_captions({names["apple"]: "new"})
    assert changes.skipped == (names["apple"],)
    assert not art.exists()
    assert library.set_stars([names["apple"]], 2)


def test_pictures_of_a_folder_that_cannot_be_listed_now_stay(tmp_path, monkeypatch):
    paint(tmp_path / "art" / "inner" / "a.png")
    paint(tmp_path / "art" / "b.png")
    library = Library(tmp_path / "dataset.sqlite")
    library.scan(source(tmp_path / "art"))
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("inner"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert library.scan(source(tmp_path / "art")).removed == ()
    assert [p.name for p in library.pictures()] == ["b", "a"]
    library.close()


def test_two_processes_share_one_index(library, art, tmp_path):
    names = ids_by_name(library)
    other = Library(tmp_path / "dataset.sqlite")
    library.set_stars([names["apple"]], 2)
    other.set_flag([names["crown"]], "picked")
    other.undo()
    other.undo()
    assert library.picture(names["apple"]).stars == 0
    assert library.can_redo == "Rate pictures"
    assert library.pictures() == other.pictures()
    other.close()


def test_a_picture_with_a_problem_of_its_own_keeps_it_when_its_drive_is_gone(
    library, art, tmp_path
):
    paint(tmp_path / "more" / "x.png", 3)
    (art / "apple.png").write_bytes(b"no picture")
    sources = [*source(art), *source(tmp_path / "more")]
    library.scan(sources)
    names = ids_by_name(library)
    before = library.picture(names["apple"]).problem
    (art / "crown.png").unlink()
    library.scan(sources)
    shutil.move(art, tmp_path / "away")
    changes = library.scan(sources)
    assert library.picture(names["apple"]).problem == before
    assert "is missing" in library.picture(names["icon_10"]).problem
    assert library.picture(names["crown"]).problem == ""
    assert {names["apple"], names["crown"], names["x"]}.isdisjoint(changes.ids)
