"""What the user decided is written twice, and comes back when the index is lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3

import pytest

from engine.dataset import undo
from engine.dataset.edits import Recipe
from engine.dataset.journal import LARGEST, Journal
from engine.dataset.library import Library
from engine.project.project import SourceFolder
from engine.runtime.errors import StorageError

from .conftest import ids_by_name, paint

CROP = Recipe(crop=(1, 2, 20, 30))


def decide(library):
    ids = ids_by_name(library)
    library.set_flag([ids["apple"]], "rejected")
    library.set_stars([ids["crown"], ids["apple"]], 4)
    library.set_stars([ids["apple"]], 2)
    library.set_held_out([ids["crown"]], True)
    library.set_category([ids["crown"]], "道具 🎩")
    library.set_recipe([ids["icon_10"]], CROP)
    library.set_stars([ids["bell_pepper"]], 5)
    library.undo()
    library.tell_apart([(ids["icon_10"], ids["apple"]), (ids["crown"], ids["apple"])])
    library.tell_apart([(ids["apple"], ids["crown"])], apart=False)


def decisions(library):
    names = {p.id: p.name for p in library.pictures()}
    marks = {
        p.name: (p.flag, p.stars, p.held_out, p.category, p.recipe) for p in library.pictures()
    }
    return marks, {frozenset((names[a], names[b])) for a, b in library.not_duplicates()}


def lose(database):
    for suffix in ("", "-wal", "-shm"):
        (database.parent / f"{database.name}{suffix}").unlink(missing_ok=True)


def again(tmp_path, art):
    library = Library(tmp_path / "dataset.sqlite")
    library.scan([SourceFolder(path=str(art))])
    return library


def test_every_decision_comes_back_after_the_index_is_lost(library, art, tmp_path):
    decide(library)
    before = decisions(library)
    assert before[0]["apple"][:2] == ("rejected", 2)
    assert before[1] == {frozenset(("icon_10", "apple"))}
    library.close()
    lose(tmp_path / "dataset.sqlite")
    other = again(tmp_path, art)
    assert decisions(other) == before
    assert other.set_aside is None
    other.close()


def test_every_decision_comes_back_when_nothing_of_the_index_can_be_read(library, art, tmp_path):
    decide(library)
    before = decisions(library)
    library.close()
    (tmp_path / "dataset.sqlite").write_bytes(os.urandom(50_000))
    other = again(tmp_path, art)
    assert decisions(other) == before
    assert other.set_aside is not None
    other.close()


def test_a_start_that_is_stopped_half_way_is_made_again_from_the_journal(
    library, art, tmp_path, monkeypatch
):
    decide(library)
    before = decisions(library)
    library.close()
    (tmp_path / "dataset.sqlite").write_bytes(b"garbage" * 1000)
    with monkeypatch.context() as patch:
        patch.setattr(
            "engine.dataset.store.carry_over",
            lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("disk is full")),
        )
        with pytest.raises(StorageError):
            Library(tmp_path / "dataset.sqlite")
    other = again(tmp_path, art)
    assert decisions(other) == before
    other.close()


def test_half_a_surrogate_pair_costs_its_line_only(library, art, tmp_path):
    decide(library)
    marks, apart = decisions(library)
    library.close()
    journal = tmp_path / "dataset.journal"
    damaged = journal.read_bytes().replace(b"\\udfa9", b"xudfa9")
    assert damaged != journal.read_bytes()
    with_path = json.dumps({"field": "stars", "value": 3, "paths": ["/\ud800/a.png"]})
    journal.write_bytes(damaged + with_path.encode() + b"\n")
    lose(tmp_path / "dataset.sqlite")
    other = again(tmp_path, art)
    flag, stars, held_out, category, recipe = marks["crown"]
    assert category != ""
    assert decisions(other) == (marks | {"crown": (flag, stars, held_out, "", recipe)}, apart)
    other.close()


def test_a_schema_of_damaged_text_is_replaced_and_its_decisions_come_back(library, art, tmp_path):
    decide(library)
    before = decisions(library)
    library.close()
    index = tmp_path / "dataset.sqlite"
    whole = index.read_bytes()
    index.write_bytes(whole.replace(b"held_out INTEGER NOT", b"held_out \xff\xff(((( NOT", 1))
    assert index.read_bytes() != whole
    other = again(tmp_path, art)
    assert decisions(other) == before
    assert other.set_aside is not None
    other.close()


def test_decisions_come_back_in_a_project_that_was_moved_without_its_index(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for name in ("apple", "bell_pepper", "crown", "icon_10"):
        paint(old / "art" / f"{name}.png", len(name))
    library = again(old, old / "art")
    decide(library)
    before = decisions(library)
    library.close()
    lose(old / "dataset.sqlite")
    shutil.move(old, new)
    library = again(new, new / "art")
    assert decisions(library) == before
    library.close()
    lose(new / "dataset.sqlite")  # the journal speaks of the new place from now on
    library = again(new, new / "art")
    assert decisions(library) == before
    library.close()


def test_lines_that_are_cut_short_or_foreign_cost_only_themselves(library, art, tmp_path):
    ids = ids_by_name(library)
    library.set_stars([ids["apple"]], 3)
    library.close()
    path = tmp_path / "dataset.journal"
    apple = str(art / "apple.png")
    with open(path, "ab") as stream:
        stream.write(b'\xff\n[1, 2]\n{"field": "stars", "value": 99, "paths": ["x"]}\n')
        stream.write(json.dumps({"field": "id", "value": 1, "paths": [apple]}).encode() + b"\n")
        stream.write(b'{"field": "stars", "value": 1, "pa')
    Journal(path).add("stars", {str(art / "crown.png"): 5})
    lose(tmp_path / "dataset.sqlite")
    library = again(tmp_path, art)
    assert {p.name: p.stars for p in library.pictures() if p.stars} == {"apple": 3, "crown": 5}
    library.close()


def test_a_long_journal_is_written_anew_with_only_what_holds(library, art, tmp_path):
    decide(library)
    before = decisions(library)
    library.close()
    path = tmp_path / "dataset.journal"
    with open(path, "ab") as stream:
        line = json.dumps({"field": "stars", "value": 1, "paths": ["/gone.png"]}).encode() + b"\n"
        stream.write(line * (LARGEST // len(line) + 1))
    Library(tmp_path / "dataset.sqlite").close()
    assert path.stat().st_size < 4096
    lose(tmp_path / "dataset.sqlite")
    library = again(tmp_path, art)
    assert decisions(library) == before
    library.close()


def test_an_index_without_a_journal_gets_one(library, art, tmp_path):
    decide(library)
    before = decisions(library)
    library.close()
    (tmp_path / "dataset.journal").unlink()
    Library(tmp_path / "dataset.sqlite").close()
    lose(tmp_path / "dataset.sqlite")
    library = again(tmp_path, art)
    assert decisions(library) == before
    library.close()


def test_a_journal_that_cannot_be_written_does_not_hinder_edits(library, tmp_path):
    (tmp_path / "dataset.journal").unlink()
    (tmp_path / "dataset.journal").mkdir()
    ids = ids_by_name(library)
    assert library.set_stars([ids["apple"]], 3)
    assert library.picture(ids["apple"]).stars == 3


@pytest.mark.parametrize("count", [1, 3000])
def test_an_edit_of_many_pictures_is_one_line(tmp_path, count):
    journal = Journal(tmp_path / "d.journal")
    journal.rewrite({}, [])
    journal.add("stars", {f"/art/{number}.png": 3 for number in range(count)})
    assert len([line for line in journal.path.read_bytes().split(b"\n") if line]) == 2
    assert len(journal.read().marks) == count


@pytest.mark.parametrize("at_commit", [False, True])
def test_a_decision_that_failed_is_not_made_by_the_journal_later(
    library, art, tmp_path, monkeypatch, at_commit
):
    """The index took it back; with the index lost it must not come up again."""
    ids = ids_by_name(library)
    library.set_stars([ids["crown"]], 4)

    def full(*_):
        raise StorageError("The disk is full.")

    class Full:
        """The connection of the index, on a disk that is full when it commits."""

        def __init__(self, connection):
            self._connection = connection

        def __getattr__(self, name):
            return full if name == "commit" else getattr(self._connection, name)

    with monkeypatch.context() as patch:
        if at_commit:
            patch.setattr(library._store, "_connection", Full(library._store._connection))
        else:
            patch.setattr(undo, "remember", full)
        with pytest.raises(StorageError):
            library.set_stars([ids["apple"], ids["crown"]], 1)
    library.set_flag([ids["apple"]], "picked")
    library.close()
    (tmp_path / "dataset.sqlite").unlink()
    again = Library(tmp_path / "dataset.sqlite")
    again.scan([SourceFolder(path=str(art))])
    found = {picture.name: (picture.stars, picture.flag) for picture in again.pictures()}
    assert (found["apple"], found["crown"]) == ((0, "picked"), (4, ""))
    again.close()
