"""Large folders show up at once, are read piece by piece, and hinder nobody."""

from __future__ import annotations

import os
import sqlite3

import pytest

from engine.dataset import scan as scanning
from engine.dataset.library import Library
from engine.dataset.schema import VERSION
from engine.project.project import SourceFolder
from engine.runtime.errors import JobCancelled
from engine.runtime.job import Job

from .conftest import ids_by_name, paint


def source(path):
    return [SourceFolder(path=str(path))]


@pytest.fixture
def fresh(art, tmp_path):
    library = Library(tmp_path / "dataset.sqlite")
    yield library
    library.close()


def test_names_come_first_and_then_sizes_and_captions(fresh, art, monkeypatch):
    monkeypatch.setattr(scanning, "CHUNK", 3)
    told = []

    def chunk(changes):
        rows = [(p.name, p.width, p.caption) for p in fresh.pictures()]
        told.append((len(changes.added), len(changes.changed), rows))

    changes = fresh.scan(source(art), on_chunk=chunk)
    assert [(added, changed) for added, changed, _ in told] == [(3, 0), (1, 0), (0, 3), (0, 1)]
    assert told[0][2] == [("apple", 0, ""), ("bell_pepper", 0, ""), ("crown", 0, "")]
    assert told[2][2][0] == ("apple", 48, "apple, icon")
    assert told[2][2][3] == ("icon_10", 0, "")
    assert (len(changes.added), changes.changed) == (4, ())
    assert told[3][2] == [(p.name, p.width, p.caption) for p in fresh.pictures()]
    assert all(p.width for p in fresh.pictures())


def test_no_file_is_opened_before_all_names_are_listed(fresh, art, monkeypatch):
    listed = []
    header = scanning.read_header

    def counted(path):
        listed.append(len(fresh.pictures()))
        return header(path)

    monkeypatch.setattr(scanning, "read_header", counted)
    fresh.scan(source(art), on_chunk=lambda changes: None)
    assert listed == [4, 4, 4, 4]


def test_a_cancelled_first_reading_goes_on_where_it_was(fresh, art, monkeypatch):
    monkeypatch.setattr(scanning, "CHUNK", 2)
    job = Job.detached()

    def stop(changes):
        if changes.changed:
            job.handle.cancel()

    with pytest.raises(JobCancelled):
        fresh.scan(source(art), job, stop)
    assert [p.width for p in fresh.pictures()] == [48, 48, 0, 0]
    assert len(fresh.scan(source(art)).changed) == 2
    assert [p.width for p in fresh.pictures()] == [48] * 4


def test_only_what_an_edit_changed_is_read_again(library):
    names = ids_by_name(library)
    changes = library.set_stars([names["apple"]], 5)
    (apple,) = library.some(changes.ids)
    assert (apple.name, apple.stars) == ("apple", 5)
    assert apple == library.picture(names["apple"])
    assert library.some([12345]) == []


def test_pictures_that_did_not_change_are_the_same_objects(library):
    names = ids_by_name(library)
    before = {p.id: p for p in library.pictures()}
    library.set_stars([names["apple"]], 5)
    after = {p.id: p for p in library.pictures()}
    assert [key for key in after if after[key] is not before[key]] == [names["apple"]]


def test_an_edit_goes_between_two_pieces_of_a_scan(library, art, monkeypatch):
    """Files are read outside the lock: the edit happens while one is open."""
    names = ids_by_name(library)
    paint(art / "new.png", 9)
    header = scanning.read_header

    def edited(path):
        other = Library(library._store.path)
        other.set_stars([names["apple"]], 3)
        other.close()
        return header(path)

    monkeypatch.setattr(scanning, "read_header", edited)
    library.scan(source(art))
    assert library.picture(names["apple"]).stars == 3


def test_a_caption_edited_during_a_scan_is_not_taken_for_the_old_one(library, art, monkeypatch):
    names = ids_by_name(library)
    (art / "apple.txt").write_text("theirs, icon")
    read = scanning.caption_columns

    def late(path):
        values = read(path)
        monkeypatch.setattr(scanning, "caption_columns", read)
        library.set_captions({names["apple"]: "mine, icon"}, seen={names["apple"]: "theirs, icon"})
        return values

    monkeypatch.setattr(scanning, "caption_columns", late)
    library.scan(source(art))
    assert library.picture(names["apple"]).caption == (art / "apple.txt").read_text()
    assert not library.scan(source(art))


def test_measuring_tells_piece_by_piece(library):
    told = []
    library.measure(on_chunk=told.append)
    assert {key for changes in told for key in changes.changed} == {
        p.id for p in library.pictures()
    }
    assert len(library.descriptors()) == 4
    assert library.descriptors([1]) == {1: library.picture(1).descriptor}


def test_files_that_were_removed_leave_the_list_and_may_come_back(library, art):
    names = ids_by_name(library)
    library.set_stars([names["apple"]], 4)
    data = (art / "apple.png").read_bytes()
    (art / "apple.png").unlink()
    changes = library.forget([names["apple"], names["crown"]])
    assert (changes.removed, changes.skipped) == ((names["apple"],), (names["crown"],))
    assert "apple" not in ids_by_name(library)
    (art / "apple.png").write_bytes(data)
    library.scan(source(art))
    assert library.picture(names["apple"]).stars == 4


def test_an_index_of_the_first_version_is_brought_up_to_date(library, art, tmp_path):
    library.measure()
    names = ids_by_name(library)
    library.set_stars([names["apple"]], 4)
    library.set_captions({names["crown"]: "gold"})
    library.close()
    database = tmp_path / "dataset.sqlite"
    connection = sqlite3.connect(database)
    for table in ("not_duplicates", "batches", "writes", "conflicts"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DROP INDEX edits_by_step")
    connection.execute("ALTER TABLE edits DROP COLUMN step")
    connection.execute("ALTER TABLE pictures DROP COLUMN descriptor")
    connection.execute("PRAGMA user_version=1")
    connection.commit()
    connection.close()
    (tmp_path / "dataset.journal").unlink()
    again = Library(database)
    assert again.set_aside is None
    assert sqlite3.connect(database).execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert again.picture(names["apple"]).stars == 4
    assert again.picture(names["apple"]).sharpness is not None
    assert again.picture(names["apple"]).descriptor is None
    assert len(again.measure().changed) == 4
    assert len(again.descriptors()) == 4
    again.undo()
    assert (art / "crown.txt").read_text() == "crown, icon"
    again.undo()
    assert again.picture(names["apple"]).stars == 0
    again.tell_apart([(1, 2)])
    assert again.not_duplicates() == {(1, 2)}
    again.close()


def test_a_scan_of_nothing_new_opens_no_file_and_writes_nothing(library, art, monkeypatch):
    monkeypatch.setattr(scanning, "read_header", None)
    monkeypatch.setattr(scanning, "caption_columns", None)
    monkeypatch.setattr(library._store, "change", None)
    assert not library.scan(source(art), on_chunk=lambda changes: pytest.fail("nothing to tell"))


def test_numbers_of_names_are_sorted_in_streams_too(fresh, tmp_path):
    for name in ("b10", "b9", "A1"):
        paint(tmp_path / "more" / f"{name}.png")
    fresh.scan(source(tmp_path / "more"), on_chunk=lambda changes: None)
    assert [p.name for p in fresh.pictures()] == ["A1", "b9", "b10"]
    assert os.sep in str(fresh.pictures()[0].path)
