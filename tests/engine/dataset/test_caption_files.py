"""One caption file of many: links, read-only files, and files that others hold or have changed."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

import pytest

from engine.dataset import caption_batch
from engine.dataset.caption_batch import Batch, write_captions
from engine.dataset.library import Library
from engine.dataset.store import Store
from engine.project.project import SourceFolder
from engine.runtime.errors import JobCancelled, StorageError
from engine.runtime.job import Job

from .conftest import ids_by_name


def texts(art):
    return {path.stem: path.read_text() for path in art.glob("*.txt")}


class Killed(BaseException):
    """Ends a batch the way a kill does: nothing is tidied up."""


@pytest.fixture
def torn(library, monkeypatch):
    """A library whose batch of four captions has ended after the first."""
    put, calls = caption_batch.put, []

    def once(wish, **how):
        calls.append(wish)
        if len(calls) == 2:
            raise Killed
        return put(wish, **how)

    with monkeypatch.context() as patch:
        patch.setattr(caption_batch, "put", once)
        with pytest.raises(Killed):
            library.set_captions(dict.fromkeys(ids_by_name(library).values(), "new"))
    return library


def test_what_a_living_process_writes_is_left_to_it(torn, art, tmp_path):
    """Its process is this one; a number that went to another process since is no sign of life."""
    database = tmp_path / "dataset.sqlite"
    Library(database).close()
    assert sorted(texts(art).values()).count("new") == 1
    with closing(sqlite3.connect(database)) as connection, connection:
        ((owner,),) = connection.execute("SELECT owner FROM batches").fetchall()
        node, process, began = json.loads(owner)
        assert process == os.getpid()

        def own(*values):
            connection.execute("UPDATE batches SET owner = ?", (json.dumps(values),))
            connection.commit()
            Library(database).close()
            return sorted(texts(art).values()).count("new")

        assert own(f"not {node}", process, 0) == 1
        assert own(node, process, began - 100) == 4
    assert torn.can_undo == "Change captions"


def test_the_intent_is_on_the_disk_before_the_first_file_is_touched(art, library, tmp_path):
    ids, seen = ids_by_name(library), []
    store = Store(tmp_path / "dataset.sqlite")

    def plan(connection):
        seen.append(connection.execute("PRAGMA synchronous").fetchone()[0])
        return {ids["apple"]: ["apple, icon", "red"]}

    write_captions(store, Batch("Change captions", "edit"), list(ids.values()), plan)
    with store.change() as connection:
        seen.append(connection.execute("PRAGMA synchronous").fetchone()[0])
    store.close()
    assert seen == [2, 1]  # FULL, and NORMAL for everything else
    assert texts(art)["apple"] == "red"


def test_cancelling_leaves_what_another_program_wrote_meanwhile(library, art):
    names, job, steps = ids_by_name(library), Job.detached(), []
    before = texts(art)

    def breathe():
        steps.append(1)
        if len(steps) == 3:
            (art / "apple.txt").write_text("theirs, longer")
            raise JobCancelled()

    job.breathe = breathe
    with pytest.raises(JobCancelled):
        library.set_captions(dict.fromkeys(names.values(), "new"), job)
    assert texts(art) == {**before, "apple": "theirs, longer"}
    assert library.picture(names["apple"]).caption == "theirs, longer"


def test_a_caption_that_is_a_link_stays_one(library, art, tmp_path):
    """What it leads to is changed, taken back, and given back when a batch is cancelled."""
    names, shared = ids_by_name(library), tmp_path / "shared"
    shared.mkdir()
    (art / "apple.txt").rename(shared / "words.txt")
    (art / "apple.txt").symlink_to(shared / "words.txt")
    (art / "crown.txt").unlink()
    (art / "crown.txt").symlink_to(shared / "not there.txt")
    library.scan([SourceFolder(path=str(art))])

    def is_as_before():
        assert [path.name for path in shared.iterdir()] == ["words.txt"]
        assert (shared / "words.txt").read_text() == "apple, icon"
        assert all((art / name).is_symlink() for name in ("apple.txt", "crown.txt"))

    library.set_captions({names["apple"]: "red", names["crown"]: "gold"})
    assert (shared / "words.txt").read_text() == "red"
    assert (shared / "not there.txt").read_text() == "gold"
    library.undo()
    is_as_before()
    job, steps = Job.detached(), []

    def breathe():
        steps.append(1)
        if len(steps) == 3:
            raise JobCancelled()

    job.breathe = breathe
    with pytest.raises(JobCancelled):
        library.set_captions(dict.fromkeys(names.values(), "new"), job)
    is_as_before()


def test_a_caption_that_is_read_only_is_not_replaced(library, art):
    names = ids_by_name(library)
    (art / "apple.txt").chmod(0o444)
    with pytest.raises(StorageError, match="read-only"):
        library.set_captions({names["apple"]: "red"})
    changes = library.set_captions({names["apple"]: "red", names["crown"]: "gold"})
    assert (changes.skipped, changes.changed) == ((names["apple"],), (names["crown"],))
    assert (art / "apple.txt").read_text() == "apple, icon"
    assert (art / "apple.txt").stat().st_mode & 0o777 == 0o444
