"""Index and journal say the same, wherever a process was killed."""

from __future__ import annotations

import contextlib
import shutil

from engine.dataset.history import set_marks
from engine.dataset.journal import Journal
from engine.dataset.library import Library
from engine.project.project import SourceFolder

from .conftest import ids_by_name


class Killed(BaseException):
    pass


def killed_at_commit(library, tmp_path, pairs):
    """The files as they lie when the process ends between journal and index."""
    seen = tmp_path / "seen"
    seen.mkdir()
    with contextlib.suppress(Killed), library._store.change() as connection:
        set_marks(library._store, connection, "stars", pairs)
        for path in tmp_path.glob("dataset.*"):
            shutil.copy(path, seen)
        raise Killed
    library.close()
    for path in tmp_path.glob("dataset.*"):
        path.unlink()
    for path in seen.iterdir():
        shutil.copy(path, tmp_path)


def stars(library):
    return {picture.name: picture.stars for picture in library.pictures() if picture.stars}


def marks(tmp_path):
    """What the journal would bring back, by name."""
    told = Journal(tmp_path / "dataset.journal").read().marks
    return {path.rpartition("/")[2]: found for path, found in told.items()}


def test_a_line_whose_edit_was_never_stored_is_dropped_at_the_next_start(library, art, tmp_path):
    ids = ids_by_name(library)
    library.set_stars([ids["crown"]], 4)
    killed_at_commit(library, tmp_path, {ids["apple"]: [0, 3]})
    assert marks(tmp_path) == {"crown.png": {"stars": 4}, "apple.png": {"stars": 3}}
    other = Library(tmp_path / "dataset.sqlite")
    assert stars(other) == {"crown": 4}
    assert marks(tmp_path) == {"crown.png": {"stars": 4}}
    other.close()
    for path in tmp_path.glob("dataset.sqlite*"):
        path.unlink()
    rebuilt = Library(tmp_path / "dataset.sqlite")
    rebuilt.scan([SourceFolder(path=str(art))])
    assert stars(rebuilt) == {"crown": 4}
    rebuilt.close()


def test_what_a_full_disk_kept_out_of_the_journal_is_written_at_the_next_start(
    library, tmp_path, monkeypatch
):
    ids = ids_by_name(library)
    library.set_stars([ids["crown"]], 4)
    before = Journal(tmp_path / "dataset.journal").size()
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_append", lambda *_: False)
        library.set_stars([ids["apple"]], 3)
    assert Journal(tmp_path / "dataset.journal").size() == before
    library.close()
    Library(tmp_path / "dataset.sqlite").close()
    assert marks(tmp_path) == {"crown.png": {"stars": 4}, "apple.png": {"stars": 3}}


def test_a_journal_that_agrees_is_not_written_again(library, tmp_path):
    ids = ids_by_name(library)
    library.set_stars([ids["crown"]], 4)
    library.tell_apart([(ids["crown"], ids["apple"])])
    library.undo()
    library.close()
    path = tmp_path / "dataset.journal"
    before = path.read_bytes(), path.stat().st_ino
    Library(tmp_path / "dataset.sqlite").close()
    assert (path.read_bytes(), path.stat().st_ino) == before
