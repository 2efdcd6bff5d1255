"""Many captions are one step: all of it can be cancelled, resumed after a kill, and taken back."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.dataset import caption_batch, caption_files
from engine.dataset.captions import LARGEST
from engine.dataset.library import Library
from engine.project.project import SourceFolder
from engine.runtime.errors import BadInputError, JobCancelled, StorageError
from engine.runtime.job import Job

from .conftest import ids_by_name, paint

ROOT = Path(__file__).parents[3]
CHILD = """
    import os, signal, sys
    from pathlib import Path
    from engine.dataset import caption_batch, caption_files
    from engine.dataset.library import Library

    put, calls = caption_batch.put, []

    def killed(wish, **how):
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        calls.append(wish)
        return put(wish, **how)

    library = Library(Path(sys.argv[1]))
    if sys.argv[2] == "undo":
        caption_batch.put = killed
        library.undo()
    caption_batch.put = killed
    library.set_captions({p.id: p.caption + ", new" for p in library.pictures()})
"""


@pytest.fixture
def many(art, tmp_path):
    """A library of ten pictures."""
    for number in range(6):
        paint(art / f"more_{number}.png", number + 20)
        (art / f"more_{number}.txt").write_text(f"more, {number}")
    library = Library(tmp_path / "dataset.sqlite")
    library.scan([SourceFolder(path=str(art))])
    yield library
    library.close()


def on_disk(art):
    return {path.stem: path.read_text() for path in art.glob("*.txt")}


def in_index(library):
    return {picture.name: picture.caption for picture in library.pictures()}


def kill_while(what, database):
    code = textwrap.dedent(CHILD)
    ended = subprocess.run([sys.executable, "-c", code, str(database), what], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_after_a_kill_the_step_is_finished_and_can_be_taken_back(many, art, tmp_path):
    before = on_disk(art)
    many.close()
    kill_while("edit", tmp_path / "dataset.sqlite")
    assert sum(text.endswith("new") for text in on_disk(art).values()) == 3
    library = Library(tmp_path / "dataset.sqlite")
    after = {name: f"{text}, new" for name, text in before.items()}
    assert on_disk(art) == in_index(library) == after
    assert library.can_undo == "Change captions"
    assert len(library.undo().changed) == 10
    assert on_disk(art) == in_index(library) == before
    assert library.can_undo is None
    library.redo()
    assert on_disk(art) == after
    library.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_after_a_kill_while_undoing_captions_and_undo_agree(many, art, tmp_path):
    before = on_disk(art)
    ids = list(in_index(many))
    assert len(ids) == 10
    with many.one_step("Cull"):
        many.set_captions({p.id: f"{p.caption}, new" for p in many.pictures()})
        many.set_stars([1, 2], 5)
    many.close()
    kill_while("undo", tmp_path / "dataset.sqlite")
    library = Library(tmp_path / "dataset.sqlite")
    assert on_disk(art) == in_index(library) == before
    assert (library.can_undo, library.can_redo) == (None, "Cull")
    assert {p.stars for p in library.pictures()} == {0}
    library.redo()
    assert {p.stars for p in library.some([1, 2])} == {5}
    library.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_what_another_program_wrote_after_the_kill_stays(many, art, tmp_path):
    many.close()
    kill_while("edit", tmp_path / "dataset.sqlite")
    (art / "more_5.txt").write_text("theirs")
    library = Library(tmp_path / "dataset.sqlite")
    assert in_index(library)["more_5"] == "theirs"
    library.undo()
    assert on_disk(art)["more_5"] == "theirs"
    assert on_disk(art)["apple"] == "apple, icon"
    library.close()


def test_cancelling_gives_every_file_its_bytes_back(many, art):
    (art / "crown.txt").write_bytes(b"crown,\r\nicon\n\n")  # line ends of two kinds
    (art / "apple.txt").unlink()
    many.scan([SourceFolder(path=str(art))])
    before = {path.name: path.read_bytes() for path in art.glob("*.txt")}
    job = Job.detached()
    steps = []

    def breathe():
        steps.append(1)
        if len(steps) == 6:
            raise JobCancelled()

    job.breathe = breathe
    with pytest.raises(JobCancelled):
        many.set_captions({p.id: "new" for p in many.pictures()}, job)
    assert {path.name: path.read_bytes() for path in art.glob("*.txt")} == before
    assert many.can_undo is None
    assert not many.scan([SourceFolder(path=str(art))])
    assert "new" not in in_index(many).values()
    assert many.set_captions({p.id: "new" for p in many.pictures()}).skipped == ()


@pytest.fixture
def at_once(monkeypatch):
    """As of thousands of captions, some are written at a time."""
    monkeypatch.setattr(caption_batch, "_FEW", 0)
    monkeypatch.setattr(caption_batch, "_PART", 4)


def test_many_are_written_at_once_and_taken_back_together(many, art, at_once):
    before = on_disk(art)
    texts = {p.id: f"{p.name}, new" for p in many.pictures()}
    assert set(many.set_captions(texts).changed) == {*texts}
    assert on_disk(art) == in_index(many) == {name: f"{name}, new" for name in before}
    many.undo()
    assert on_disk(art) == in_index(many) == before


def test_cancelling_many_gives_every_file_its_bytes_back(many, art, at_once):
    before, job, asked = on_disk(art), Job.detached(), []

    def breathe():
        asked.append("new" in on_disk(art).values())
        if len(asked) == 3:
            raise JobCancelled()

    job.breathe = breathe
    with pytest.raises(JobCancelled):
        many.set_captions({p.id: "new" for p in many.pictures()}, job)
    assert asked == [False, True, True]
    assert on_disk(art) == in_index(many) == before


def test_of_many_those_that_were_written_before_the_disk_was_full_are_a_step(
    many, art, at_once, monkeypatch
):
    before, replace, calls = on_disk(art), os.replace, itertools.count(1)

    def fill_up(source, target):
        if next(calls) == 6:
            raise OSError(28, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fill_up)
        with pytest.raises(StorageError, match="disk is full"):
            many.set_captions({p.id: "new" for p in many.pictures()})
    assert on_disk(art) == in_index(many)
    assert list(on_disk(art).values()).count("new") == 7  # the others at work were finished
    many.undo()
    assert on_disk(art) == in_index(many) == before


def test_two_pictures_with_one_caption_are_written_one_after_the_other(many, art, at_once):
    paint(art / "apple.jpg", 90)
    many.scan([SourceFolder(path=str(art))])
    ids = [p.id for p in many.pictures() if p.name == "apple"]
    texts = {p.id: "new" for p in many.pictures()} | dict(zip(ids, ("one", "two"), strict=True))
    many.set_captions(texts)
    assert on_disk(art)["apple"] == "one"
    assert set(on_disk(art).values()) == {"one", "new"}
    assert {c.mine for c in many.conflicts()} == {"two"}


def test_progress_is_told(many):
    job = Job.detached()
    many.set_captions({p.id: "new" for p in many.pictures()}, job)
    assert (job.handle.progress.step, job.handle.progress.total) == (10, 10)


def test_a_power_failure_that_took_the_files_is_made_good(many, art, tmp_path, monkeypatch):
    many.set_captions({p.id: "new" for p in many.pictures()})
    many.close()
    stamp = (art / "apple.txt").stat().st_mtime_ns
    (art / "apple.txt").write_bytes(b"")
    os.utime(art / "apple.txt", ns=(stamp, stamp))
    (art / "crown.txt").write_text("changed after the system was back")
    monkeypatch.setattr(caption_batch, "_boot_time", lambda: 4e9)
    library = Library(tmp_path / "dataset.sqlite")
    assert (art / "apple.txt").read_text() == "new"
    assert (art / "crown.txt").read_text() == "changed after the system was back"
    library.close()


def test_several_operations_can_be_one_step(library, art):
    names = ids_by_name(library)
    with library.one_step("Caption pictures"):
        library.set_captions({names["apple"]: "one"})
        library.set_captions({names["apple"]: "two", names["crown"]: "three"})
        library.set_flag([names["icon_10"]], "rejected")
    library.set_stars([names["apple"]], 1)
    library.undo()
    assert library.can_undo == "Caption pictures"
    changes = library.undo()
    assert changes.ids == {names["apple"], names["crown"], names["icon_10"]}
    assert on_disk(art)["apple"] == "apple, icon"
    assert library.can_undo is None
    library.redo()
    assert (on_disk(art)["apple"], on_disk(art)["crown"]) == ("two", "three")
    assert library.picture(names["icon_10"]).flag == "rejected"


# Two programs, one caption


def test_tags_of_both_sides_are_kept(library, art):
    names = ids_by_name(library)
    (art / "apple.txt").write_text("apple, icon, red")
    changes = library.set_captions({names["apple"]: "apple, icon, shiny"})
    assert changes.changed == (names["apple"],)
    assert on_disk(art)["apple"] == "apple, icon, red, shiny"
    library.undo()
    assert on_disk(art)["apple"] == "apple, icon, red"


def test_what_cannot_be_merged_is_asked_about_and_nothing_is_lost(library, art):
    names = ids_by_name(library)
    (art / "apple.txt").write_text("their own words")
    changes = library.set_captions({names["apple"]: "my own words", names["crown"]: "gold"})
    assert changes.conflicts == (names["apple"],)
    assert changes.changed == (names["crown"],)
    assert on_disk(art)["apple"] == "their own words"
    assert library.picture(names["apple"]).caption == "their own words"
    (conflict,) = library.conflicts()
    assert (conflict.base, conflict.mine, conflict.theirs) == (
        "apple, icon", "my own words", "their own words")  # fmt: skip
    library.settle([conflict], mine=True)
    assert on_disk(art)["apple"] == "my own words"
    assert library.conflicts() == []
    library.undo()
    assert on_disk(art)["apple"] == "their own words"


def test_their_text_can_be_kept(library, art):
    names = ids_by_name(library)
    (art / "apple.txt").write_text("their own words")
    library.set_captions({names["apple"]: "my own words"})
    library.settle(library.conflicts(), mine=False)
    assert library.conflicts() == []
    assert on_disk(art)["apple"] == "their own words"


def test_a_text_the_library_read_while_the_user_was_typing_is_not_overwritten(library, art):
    names = ids_by_name(library)
    (art / "apple.txt").write_text("their own words")
    library.scan([SourceFolder(path=str(art))])
    seen = {names["apple"]: "apple, icon"}
    changes = library.set_captions({names["apple"]: "my own words"}, seen=seen)
    assert changes.conflicts == (names["apple"],)
    assert on_disk(art)["apple"] == "their own words"


def test_a_deleted_caption_is_asked_about(library, art):
    names = ids_by_name(library)
    (art / "apple.txt").unlink()
    assert library.set_captions({names["apple"]: "apple, icon, red"}).conflicts == (names["apple"],)
    assert "apple" not in on_disk(art)


def test_two_processes_take_turns_at_one_caption(library, art, tmp_path, monkeypatch):
    """The window waits until the other process has written, and then merges."""
    names = ids_by_name(library)
    other = Library(tmp_path / "dataset.sqlite")
    put, waits = caption_files.put, []

    def meanwhile(wish, **how):
        monkeypatch.setattr(caption_batch, "put", put)
        monkeypatch.setattr(caption_batch, "_PATIENCE", 0)
        with pytest.raises(StorageError, match="Another window"):
            other.set_captions({names["apple"]: "apple, icon, other"})
        waits.append(other.set_captions({names["crown"]: "of the other"}))
        return put(wish, **how)

    monkeypatch.setattr(caption_batch, "put", meanwhile)
    library.set_captions({names["apple"]: "apple, icon, mine"})
    assert waits[0].changed == (names["crown"],)
    other.set_captions({names["apple"]: "apple, icon, mine, other"})
    assert on_disk(art)["apple"] == "apple, icon, mine, other"
    assert on_disk(art)["crown"] == "of the other"
    other.close()


# Folders that cannot be written


def read_only(monkeypatch, folder):
    write = os.open

    def refuse(path, flags, *mode, **values):
        if str(path).startswith(str(folder)) and flags & os.O_WRONLY:
            raise PermissionError(13, "Permission denied", str(path))
        return write(path, flags, *mode, **values)

    monkeypatch.setattr(os, "open", refuse)


def test_a_read_only_folder_is_reported_and_marks_still_work(library, art, monkeypatch):
    names = ids_by_name(library)
    read_only(monkeypatch, art)
    with pytest.raises(StorageError, match="access is denied"):
        library.set_captions({names["apple"]: "new", names["crown"]: "new"})
    assert library.picture(names["apple"]).caption == "apple, icon"
    assert library.picture(names["apple"]).caption_problem == ""
    assert library.can_undo is None
    assert library.set_stars([names["apple"]], 4)


def test_one_read_only_folder_of_two_costs_only_its_own_captions(tmp_path, art, monkeypatch):
    other = tmp_path / "other"
    paint(other / "x.png", 7)
    library = Library(tmp_path / "dataset.sqlite")
    library.scan([SourceFolder(path=str(art)), SourceFolder(path=str(other))])
    names = ids_by_name(library)
    read_only(monkeypatch, art)
    changes = library.set_captions({names["apple"]: "new", names["x"]: "new"})
    assert changes.changed == (names["x"],)
    assert changes.skipped == (names["apple"],)
    assert "access is denied" in changes.problem
    library.close()


def test_text_that_no_file_can_hold_is_refused_before_anything_is_written(library, art):
    names = ids_by_name(library)
    with pytest.raises(BadInputError, match="cannot be stored"):
        library.set_captions({names["apple"]: "fine", names["crown"]: "bad \ud800"})
    assert on_disk(art)["apple"] == "apple, icon"


@pytest.mark.parametrize("text", ["a\0b", "x" * (LARGEST + 1)])
def test_text_that_could_not_be_read_back_is_refused(library, art, text):
    before = on_disk(art)
    with pytest.raises(BadInputError):
        library.set_captions({key: text for key in ids_by_name(library).values()})
    assert on_disk(art) == before
    assert library.can_undo is None


def test_a_byte_order_mark_that_was_pasted_is_left_out(library, art):
    ids = ids_by_name(library)
    library.set_captions({ids["apple"]: "\ufeffred apple"})
    assert (art / "apple.txt").read_bytes().endswith(b"red apple")
    assert "\ufeff" not in (art / "apple.txt").read_text()


def test_an_undo_that_can_write_nothing_can_be_tried_again(library, art, monkeypatch):
    before = on_disk(art)
    library.set_captions({key: "new" for key in ids_by_name(library).values()})

    def refuse(path, *_, **__):
        raise StorageError("{name} is read-only.", name=path)

    with monkeypatch.context() as patch:
        patch.setattr(caption_files, "write_caption", refuse)
        patch.setattr(caption_files, "remove_caption", refuse)
        library.undo()
    assert library.can_undo is not None
    library.undo()
    assert on_disk(art) == before
