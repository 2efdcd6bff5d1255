"""A damaged index costs nobody's decisions, and one that was moved finds its pictures."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest

from engine.dataset import schema, waiting
from engine.dataset.edits import Recipe
from engine.dataset.library import Library
from engine.dataset.store import Store
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, JobCancelled, StorageError
from engine.runtime.job import Job

from .conftest import ids_by_name, paint

CROP = Recipe(crop=(1, 2, 20, 30))


def decide(library):
    ids = ids_by_name(library)
    library.set_flag([ids["apple"]], "rejected")
    library.set_stars([ids["crown"]], 4)
    library.set_held_out([ids["crown"]], True)
    library.set_category([ids["crown"]], "props")
    library.set_recipe([ids["icon_10"]], CROP)


def decisions(library):
    return {p.name: (p.flag, p.stars, p.held_out, p.category, p.recipe) for p in library.pictures()}


def edit(database, *statements):
    connection = sqlite3.connect(database)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def page_size(database):
    return int.from_bytes(database.read_bytes()[16:18], "big")


def root_page(database, table):
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return connection.execute(query, (table,)).fetchone()[0]


def wipe(database, page):
    """Fill a page of the file with zeros."""
    size = page_size(database)
    with open(database, "rb+") as stream:
        stream.seek((page - 1) * size)
        stream.write(bytes(size))


@pytest.mark.parametrize(
    "damage",
    ["PRAGMA application_id=5", "DROP TABLE edits", "ALTER TABLE pictures DROP COLUMN sharpness",
     "UPDATE pictures SET problem = 'no record'", "UPDATE pictures SET path = CAST(x'ff' AS TEXT) "
     "WHERE path LIKE '%bell_pepper%'"],
)  # fmt: skip
def test_what_the_user_decided_is_carried_over_from_a_damaged_index(library, art, tmp_path, damage):
    library.measure()
    decide(library)
    before = decisions(library)
    library.close()
    edit(tmp_path / "dataset.sqlite", damage)
    again = Library(tmp_path / "dataset.sqlite")
    again.scan([SourceFolder(path=str(art))])
    if again.set_aside is None:  # it shows only while working: one sentence, and then it is over
        with pytest.raises(StorageError, match="started anew"):
            [again.pictures(), again.can_undo]
        again.scan([SourceFolder(path=str(art))])
    assert decisions(again) == before
    assert again.can_undo is None
    assert again.set_aside.is_file()
    again.close()


def test_a_large_index_is_seen_to_be_damaged_when_its_folders_are_read(
    library, art, tmp_path, monkeypatch
):
    decide(library)
    before = decisions(library)
    library.close()
    database = tmp_path / "dataset.sqlite"
    wipe(database, root_page(database, "conflicts"))
    monkeypatch.setattr(schema, "LARGE", 0)
    again = Library(database)
    assert again.set_aside is None
    assert decisions(again) == before
    again.scan([SourceFolder(path=str(art))])
    assert again.set_aside.is_file()
    assert decisions(again) == before
    again.close()


def test_marks_on_a_destroyed_page_cost_only_themselves(library, art, tmp_path):
    decide(library)
    library.close()
    database = tmp_path / "dataset.sqlite"
    (tmp_path / "dataset.journal").unlink()
    edit(database, "UPDATE pictures SET stars = 'many' WHERE path LIKE '%apple%'",
         "PRAGMA application_id=5")  # fmt: skip
    again = Library(database)
    again.scan([SourceFolder(path=str(art))])
    found = decisions(again)
    assert found["apple"][0] == ""
    assert found["crown"][:4] == ("", 4, True, "props")
    assert found["icon_10"][4] == CROP
    again.close()


@pytest.mark.parametrize(
    "record", ["before_after = '{bad'", "before_after = '[1]'", "field = 'no such field'"]
)
def test_a_damaged_undo_record_is_forgotten_and_the_one_before_works(library, tmp_path, record):
    ids = ids_by_name(library)
    library.set_stars([ids["apple"]], 5)
    library.set_stars([ids["crown"]], 4)
    edit(
        tmp_path / "dataset.sqlite",
        f"UPDATE edits SET {record} WHERE id = (SELECT max(id) FROM edits)",
    )
    with pytest.raises(BadInputError, match="damaged"):
        library.undo()
    assert library.undo().changed == (ids["apple"],)
    assert library.can_undo is None


def test_two_processes_can_read_the_same_folder_at_once(library, art, tmp_path, monkeypatch):
    """The window and the command line both find a new picture."""
    from engine.dataset import scan as scanning

    paint(art / "new.png", 9)
    other = Library(tmp_path / "dataset.sqlite")
    take = scanning._take_chunk

    def late(work, chunk):
        if work.store is library._store:
            other.scan([SourceFolder(path=str(art))])
        take(work, chunk)

    monkeypatch.setattr(scanning, "_take_chunk", late)
    library.scan([SourceFolder(path=str(art))])
    assert decisions(library) == decisions(other)
    assert len(library.pictures()) == 5
    other.close()


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_project_that_is_moved_keeps_its_pictures_and_marks(art, tmp_path, move):
    old = tmp_path / "old"
    shutil.move(art, old / "art")
    project = Project.create(old, "P", [SourceFolder(path=str(old / "art"))])
    library = Library(project.database)
    library.scan(project.file.folders)
    decide(library)
    before = decisions(library)
    library.close()
    move(old, tmp_path / "new place")
    moved = Project.open(tmp_path / "new place")
    library = Library(moved.database)
    changes = library.scan(moved.file.folders)
    assert decisions(library) == before
    assert changes.added == changes.removed == ()
    assert all(p.path.is_relative_to(tmp_path / "new place") for p in library.pictures())
    library.close()


def held_elsewhere(library, index):
    """A second program that holds the index."""
    other = sqlite3.connect(index, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    library._store._connection.execute("PRAGMA busy_timeout=10")
    return other


def test_a_scan_says_that_it_waits_for_another_process(library, art, tmp_path, monkeypatch):
    paint(art / "new.png", 9)
    other = held_elsewhere(library, tmp_path / "dataset.sqlite")
    job, told = Job.detached(), []
    tell = job.progress

    def progress(step, total, text="", **facts):
        tell(step, total, text, **facts)
        told.append(job.handle.progress.text)
        if told[-1].startswith("Waiting for"):
            other.rollback()

    monkeypatch.setattr(job, "progress", progress)
    changes = library.scan([SourceFolder(path=str(art))], job)
    assert "Waiting for another program to release dataset.sqlite" in told
    assert len(changes.added) == 1
    other.close()


def test_who_waits_for_another_process_takes_no_breath(library, tmp_path):
    """A breath of work in the background lasts until nobody waits; here somebody waits for it."""
    other = held_elsewhere(library, tmp_path / "dataset.sqlite")
    breaths = []
    job = Job.detached(lambda: breaths.append(1))
    wait = waiting.told_by(job, tmp_path / "dataset.sqlite")
    wait()
    assert breaths == []
    assert "Waiting for another program" in job.handle.progress.text
    job.handle.cancel()
    with pytest.raises(JobCancelled):
        wait()
    other.close()


def test_an_index_that_stays_locked_is_one_sentence(library, art, tmp_path, monkeypatch):
    monkeypatch.setattr(waiting, "_PATIENCE_S", 0.0)
    library._store._connection.execute("PRAGMA busy_timeout=10")
    other = sqlite3.connect(tmp_path / "dataset.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="is in use by another program"):
        library.set_stars([1], 3)
    other.close()


def test_a_bad_page_is_found_when_the_index_is_opened(library, art, tmp_path):
    """Also one that nothing reads for now."""
    decide(library)
    before = decisions(library)
    library.close()
    wipe(tmp_path / "dataset.sqlite", root_page(tmp_path / "dataset.sqlite", "not_duplicates"))
    again = Library(tmp_path / "dataset.sqlite")
    assert again.set_aside.is_file()
    again.scan([SourceFolder(path=str(art))])
    assert decisions(again) == before
    again.close()


def test_a_bad_page_costs_only_the_marks_on_it(art, tmp_path):
    for number in range(60):
        paint(art / f"many_{number:02}.png", 1, (8, 8))
    database = tmp_path / "dataset.sqlite"
    library = Library(database)
    library.scan([SourceFolder(path=str(art))])
    library.set_stars([p.id for p in library.pictures()], 3)
    library.close()
    (tmp_path / "dataset.journal").unlink()
    root = root_page(database, "pictures")
    with open(database, "rb") as stream:
        stream.seek((root - 1) * page_size(database))
        page = stream.read(page_size(database))
    assert page[0] == 5  # a page that leads to others
    cell = int.from_bytes(page[14:16], "big")  # the second one
    wipe(database, int.from_bytes(page[cell : cell + 4], "big"))
    again = Library(database)
    again.scan([SourceFolder(path=str(art))])
    stars = {picture.id: picture.stars for picture in again.pictures()}
    assert {*stars.values()} == {0, 3}
    assert list(stars.values()).count(3) > 30
    again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be moved")
def test_the_log_of_a_damaged_index_does_not_go_into_the_new_one(library, tmp_path, monkeypatch):
    """It is there while another process has the index open, and goes by its name alone."""
    database = tmp_path / "dataset.sqlite"
    library._store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    wipe(database, root_page(database, "not_duplicates"))
    anew, logs = Store._open_anew, []

    def look(store):
        logs.append(sorted(path.name for path in tmp_path.glob("dataset.sqlite-*")))
        return anew(store)

    monkeypatch.setattr(Store, "_open_anew", look)
    assert (tmp_path / "dataset.sqlite-wal").exists()
    Store(database).close()
    assert logs == [[]]


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_CANTOPEN]
)
def test_a_full_disk_is_told_as_one_when_a_file_beside_the_index_cannot_grow(
    library, monkeypatch, code
):
    """SQLite itself tells only of an I/O error, as it does of a broken disk."""
    apple = ids_by_name(library)["apple"]

    class Failing:
        """The connection of the index; nothing can be stored."""

        def __init__(self, connection):
            self._connection = connection

        def __getattr__(self, name):
            return getattr(self._connection, name)

        def commit(self):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = code
            raise error

    def with_free(count):
        return lambda _: SimpleNamespace(free=count)

    monkeypatch.setattr(library._store, "_connection", Failing(library._store._connection))
    monkeypatch.setattr(waiting.shutil, "disk_usage", with_free(4096))
    with pytest.raises(StorageError, match="disk is full"):
        library.set_stars([apple], 3)
    monkeypatch.setattr(waiting.shutil, "disk_usage", with_free(1 << 29))
    with pytest.raises(StorageError, match="cannot be used"):
        library.set_stars([apple], 3)
    monkeypatch.undo()
    assert library.picture(apple).stars == 0
