"""The library knows the folders, keeps what people decide, and never loses either to a crash."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading

import pytest

from engine.dataset import scan as scanning
from engine.dataset.edits import Fill, Recipe
from engine.dataset.library import Library
from engine.project.project import SourceFolder
from engine.runtime.errors import BadInputError, JobCancelled, MissingFileError, StorageError
from engine.runtime.job import Job

from .conftest import ids_by_name, paint


def _source(path, **values):
    return [SourceFolder(path=str(path), **values)]


def test_a_folder_is_read_with_sizes_and_captions(library, art):
    pictures = library.pictures()
    assert [p.name for p in pictures] == ["apple", "bell_pepper", "crown", "icon_10"]
    first = pictures[0]
    assert (first.path, first.width, first.height) == (art / "apple.png", 48, 40)
    assert (first.caption, first.folder, first.repeats) == ("apple, icon", str(art), 1)
    assert first.bytes == (art / "apple.png").stat().st_size
    assert (first.sharpness, first.dhash, first.problem) == (None, None, "")
    assert library.picture(first.id) == first


def test_measuring_fills_in_what_needs_pixels(library):
    assert len(library.measure().changed) == 4
    for picture in library.pictures():
        assert 0 < picture.sharpness <= 1
        assert 0 <= picture.dhash < 1 << 64
        assert not picture.has_alpha
    assert not library.measure()


def test_a_second_scan_opens_only_what_changed(library, art, monkeypatch):
    opened = []
    header = scanning.read_header
    monkeypatch.setattr(
        scanning, "read_header", lambda path: opened.append(path.name) or header(path)
    )
    assert not library.scan(_source(art))
    assert opened == []
    paint(art / "apple.png", 99, (64, 64))
    paint(art / "new.png", 5)
    (art / "crown.txt").write_text("a crown of gold")
    (art / "icon_10.png").unlink()
    names = ids_by_name(library)
    changes = library.scan(_source(art))
    assert sorted(opened) == ["apple.png", "new.png"]
    assert set(changes.changed) == {names["apple"], names["crown"]}
    assert changes.removed == (names["icon_10"],)
    assert library.picture(names["apple"]).width == 64
    assert library.picture(names["crown"]).caption == "a crown of gold"
    assert [p.name for p in library.pictures()] == ["apple", "bell_pepper", "crown", "new"]


def test_a_caption_that_goes_away_is_noticed(library, art):
    (art / "apple.txt").unlink()
    assert library.scan(_source(art)).changed == (ids_by_name(library)["apple"],)
    assert library.pictures()[0].caption == ""


def test_one_corrupt_picture_among_good_ones_is_listed_with_its_reason(library, art):
    data = (art / "crown.png").read_bytes()
    (art / "crown.png").write_bytes(data[:-40])
    (art / "apple.png").write_bytes(b"")
    library.scan(_source(art))
    library.measure()
    problems = {p.name: p.problem for p in library.pictures() if p.problem}
    assert "apple.png is empty" in problems["apple"]
    assert "crown.png" in problems["crown"]
    assert set(problems) == {"apple", "crown"}
    (art / "crown.png").write_bytes(data)
    library.scan(_source(art))
    library.measure()
    assert library.picture(ids_by_name(library)["crown"]).problem == ""


def test_a_problem_can_be_told_in_another_language(library, art):
    (art / "apple.png").write_bytes(b"")
    library.scan(_source(art))
    problem = library.pictures()[0].problem
    assert problem == "apple.png is empty (0 bytes). Copy it again from its source."
    assert problem.sentence == "{name} is empty (0 bytes)."
    assert problem.facts == {"name": "apple.png"}
    assert str(problem.as_error()) == problem


def test_a_picture_that_could_not_be_opened_is_tried_again(library, art, monkeypatch):
    paint(art / "late.png", 8)

    def locked(path, **kwargs):
        raise MissingFileError("{path} cannot be read: locked.", path=path)

    with monkeypatch.context() as patch:
        patch.setattr(scanning, "read_header", locked)
        library.scan(_source(art))
    assert "locked" in library.picture(ids_by_name(library)["late"]).problem
    library.scan(_source(art))
    library.measure()
    late = library.picture(ids_by_name(library)["late"])
    assert (late.problem, late.width) == ("", 48)


def test_marks_survive_closing_and_files_that_come_back(library, art, tmp_path):
    names = ids_by_name(library)
    recipe = Recipe(crop=(1, 2, 10, 10), fill=Fill(kind="edge"))
    library.set_flag([names["crown"]], "picked")
    library.set_stars([names["crown"]], 4)
    library.set_category([names["crown"]], "hats")
    library.set_held_out([names["crown"]], True)
    library.set_recipe([names["crown"]], recipe)
    shutil.move(art / "crown.png", tmp_path / "away.png")
    library.scan(_source(art))
    library.close()
    again = Library(tmp_path / "dataset.sqlite")
    assert "crown" not in ids_by_name(again)
    shutil.move(tmp_path / "away.png", art / "crown.png")
    again.scan(_source(art))
    crown = again.picture(names["crown"])
    assert (crown.flag, crown.stars, crown.category, crown.held_out) == ("picked", 4, "hats", True)
    assert crown.recipe == recipe
    again.close()


def test_an_unplugged_folder_keeps_its_pictures_listed(library, art, tmp_path):
    other = tmp_path / "other"
    paint(other / "x.png", 9)
    folders = [*_source(art), *_source(other)]
    library.scan(folders)
    shutil.rmtree(other)
    changes = library.scan(folders)
    assert changes.missing_folders == (str(other),)
    assert len(library.pictures()) == 5
    library.scan(_source(art))
    assert len(library.pictures()) == 4


def test_a_missing_folder_is_one_sentence_and_an_empty_one_is_empty(library, tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        library.scan(_source(tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    library.scan(_source(tmp_path / "empty"))
    assert library.pictures() == []


def test_the_same_file_under_two_sources_is_listed_once(library, art):
    library.scan([*_source(art), *_source(art, repeats=5)])
    assert [p.repeats for p in library.pictures()] == [1, 1, 1, 1]


def test_repeats_and_categories_of_the_project_are_followed(library, art):
    assert len(library.scan(_source(art, repeats=4, category="food")).changed) == 4
    assert {(p.repeats, p.category) for p in library.pictures()} == {(4, "food")}


def test_wrong_marks_are_refused(library):
    with pytest.raises(BadInputError, match="not a mark"):
        library.set_flag([1], "maybe")
    with pytest.raises(BadInputError, match="0 to 5 stars"):
        library.set_stars([1], 6)
    with pytest.raises(BadInputError, match="no picture 999"):
        library.picture(999)
    assert library.set_stars([999], 3).skipped == (999,)


def test_cancel_ends_a_scan_and_leaves_a_usable_library(library, art):
    for number in range(3):
        paint(art / f"more_{number}.png", number + 50)
    job = Job.detached()
    job.handle.cancel()
    with pytest.raises(JobCancelled):
        library.scan(_source(art), job)
    with pytest.raises(JobCancelled):
        library.measure(job)
    assert len(library.pictures()) == 4


def test_reading_and_writing_from_many_threads_loses_nothing(library):
    names = sorted(ids_by_name(library).values())

    def rate(key):
        for stars in (1, 2, 3, 4, 5):
            library.set_stars([key], stars)
            library.pictures()

    threads = [threading.Thread(target=rate, args=(key,)) for key in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {p.stars for p in library.pictures()} == {5}
    for _ in range(20):
        library.undo()
    assert {p.stars for p in library.pictures()} == {0}


def test_after_closing_every_call_ends_as_cancelled(library):
    library.close()
    with pytest.raises(JobCancelled):
        library.pictures()
    with pytest.raises(JobCancelled):
        library.set_stars([1], 1)


# A lost, foreign or damaged index


@pytest.mark.parametrize("data", [b"garbage" * 300, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_index_is_moved_aside_and_rebuilt(art, tmp_path, data):
    database = tmp_path / "i.sqlite"
    database.write_bytes(data)
    library = Library(database)
    library.scan(_source(art))
    assert len(library.pictures()) == 4
    assert library.set_aside.read_bytes() == data
    library.close()


def test_an_index_damaged_inside_is_moved_aside_and_rebuilt(library, art, tmp_path):
    library.set_stars([1], 5)
    library.close()
    database = tmp_path / "dataset.sqlite"
    data = bytearray(database.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    database.write_bytes(data)
    again = Library(database)
    assert again.set_aside == tmp_path / "dataset.sqlite.broken-1"
    again.scan(_source(art))
    assert next(p.caption for p in again.pictures()) == "apple, icon"
    again.close()


def test_damage_that_shows_while_working_is_one_sentence_and_then_over(library, art, tmp_path):
    library.measure()
    for suffix in ("-wal", ""):
        path = tmp_path / f"dataset.sqlite{suffix}"
        with open(path, "r+b") as stream:
            stream.truncate(0)
            stream.write(b"\xaa" * 20_000)
    other = Library(tmp_path / "dataset.sqlite")
    assert other.set_aside is not None
    other.scan(_source(art))
    assert len(other.pictures()) == 4
    other.close()


def test_another_programs_database_is_not_written_into(art, tmp_path):
    database = tmp_path / "other.sqlite"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE precious (x)")
    connection.close()
    library = Library(database)
    assert sqlite3.connect(library.set_aside).execute("SELECT * FROM precious").fetchall() == []
    library.close()


def test_a_lost_index_is_rebuilt_from_the_folders(library, art, tmp_path):
    library.close()
    (tmp_path / "dataset.sqlite").unlink()
    again = Library(tmp_path / "dataset.sqlite")
    again.scan(_source(art))
    assert [p.name for p in again.pictures()] == ["apple", "bell_pepper", "crown", "icon_10"]
    assert again.set_aside is None
    again.close()


def test_a_newer_index_is_left_alone(library, tmp_path):
    library.close()
    connection = sqlite3.connect(tmp_path / "dataset.sqlite")
    connection.execute("PRAGMA user_version=99")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="newer version"):
        Library(tmp_path / "dataset.sqlite")


def test_a_place_where_no_index_can_be_is_one_sentence(tmp_path):
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StorageError, match="cannot be used"):
        Library(tmp_path / "folder.sqlite")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        Library(tmp_path / "file" / "i.sqlite")


def test_only_pictures_whose_files_are_gone_are_forgotten(library, art):
    names = ids_by_name(library)
    (art / "apple.png").unlink()
    changes = library.forget([names["apple"], names["crown"]])
    assert (changes.removed, changes.skipped) == ((names["apple"],), (names["crown"],))
    assert set(ids_by_name(library)) == {"bell_pepper", "crown", "icon_10"}
