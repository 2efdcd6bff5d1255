"""Everything done to pictures can be taken back, also tomorrow."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from engine.dataset import undo
from engine.dataset.edits import Recipe
from engine.dataset.history import UNDO_STEPS
from engine.dataset.library import Library
from engine.project.project import SourceFolder
from engine.runtime.errors import StorageError

from .conftest import ids_by_name


def test_each_operation_is_one_step_back_and_forth(library):
    ids = list(ids_by_name(library).values())
    library.set_flag(ids, "rejected")
    library.set_stars(ids[:2], 3)
    library.set_recipe(ids[1:3], Recipe(crop=(0, 0, 5, 5)))
    library.set_category(ids, "props")
    library.set_held_out(ids[:1], True)
    done = library.pictures()
    labels = []
    while library.can_undo:
        labels.append(library.can_undo)
        assert library.undo()
    assert labels == ["Hold out pictures", "Change category", "Change crop or fill",
                      "Rate pictures", "Reject pictures"]  # fmt: skip
    fresh = library.pictures()
    assert all((p.flag, p.stars, p.held_out) == ("", 0, False) for p in fresh)
    assert all(p.recipe == Recipe() for p in fresh)
    while library.can_redo:
        library.redo()
    assert library.pictures() == done
    assert library.redo() is None


def test_two_that_are_asked_for_at_once_take_two_steps(library, monkeypatch):
    ids = list(ids_by_name(library).values())
    library.set_flag(ids, "rejected")
    library.set_stars(ids, 3)
    both, load = threading.Barrier(2), undo.load

    def load_beside_the_other(*args, **how):
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # the other does not come here before this one is through
        return load(*args, **how)

    monkeypatch.setattr(undo, "load", load_beside_the_other)
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(library.undo) for _ in range(2)]
    assert all(one.result().changed for one in done)
    assert all((p.flag, p.stars) == ("", 0) for p in library.pictures())
    assert library.can_undo is None


def test_undo_works_after_the_program_was_closed(library, tmp_path):
    ids = list(ids_by_name(library).values())
    library.set_flag(ids, "picked")
    library.set_flag(ids[:1], "rejected")
    library.undo()
    library.close()
    again = Library(tmp_path / "dataset.sqlite")
    assert again.can_undo == "Pick pictures"
    assert again.can_redo == "Reject pictures"
    again.undo()
    assert {p.flag for p in again.pictures()} == {""}
    again.close()


def test_a_new_operation_forgets_what_was_undone(library):
    library.set_stars([1], 2)
    library.undo()
    library.set_stars([2], 4)
    assert library.can_redo is None


def test_what_changes_nothing_is_no_step(library):
    assert not library.set_flag([1, 2], "")
    assert library.can_undo is None
    assert library.undo() is None


def test_captions_are_written_beside_the_pictures_and_taken_back(library, art):
    names = ids_by_name(library)
    (art / "crown.txt").unlink()
    library.scan([SourceFolder(path=str(art))])
    before = {path.name: path.read_bytes() for path in art.glob("*.txt")}
    changes = library.set_captions({names["apple"]: "red apple", names["crown"]: "gold crown"})
    assert set(changes.changed) == {names["apple"], names["crown"]}
    assert (art / "apple.txt").read_text() == "red apple"
    assert (art / "crown.txt").read_text() == "gold crown"
    library.undo()
    assert {path.name: path.read_bytes() for path in art.glob("*.txt")} == before
    library.redo()
    assert (art / "crown.txt").read_text() == "gold crown"
    assert library.picture(names["crown"]).caption == "gold crown"
    assert not library.scan([SourceFolder(path=str(art))])


def test_undoing_a_caption_gives_back_the_very_bytes(library, art):
    names = ids_by_name(library)
    data = "\ufeffred apple\r\nsecond, 苹果\r\n".encode("utf-16-le")
    (art / "apple.txt").write_bytes(data)
    library.scan([SourceFolder(path=str(art))])
    library.set_captions({names["apple"]: "green apple\nsecond, 苹果"})
    assert (art / "apple.txt").read_bytes() == data.replace(
        "red".encode("utf-16-le"), "green".encode("utf-16-le")
    )
    library.undo()
    assert (art / "apple.txt").read_bytes() == data


def test_what_another_program_wrote_is_not_overwritten(library, art):
    names = ids_by_name(library)
    library.set_captions({names["apple"]: "mine", names["crown"]: "mine"})
    (art / "apple.txt").write_text("theirs")
    changes = library.undo()
    assert changes.skipped == (names["apple"],)
    assert (art / "apple.txt").read_text() == "theirs"
    assert (art / "crown.txt").read_text() == "crown, icon"
    assert library.picture(names["apple"]).caption == "theirs"


def test_an_undecodable_caption_is_skipped_and_kept(library, art):
    names = ids_by_name(library)
    (art / "apple.txt").write_bytes(b"caf\xe9, red")
    library.scan([SourceFolder(path=str(art))])
    assert "unknown text encoding" in library.picture(names["apple"]).caption_problem
    changes = library.set_captions({names["apple"]: "new", names["crown"]: "new"})
    assert changes.skipped == (names["apple"],)
    assert changes.changed == (names["crown"],)
    assert (art / "apple.txt").read_bytes() == b"caf\xe9, red"


def test_an_empty_caption_makes_no_file(library, art):
    names = ids_by_name(library)
    (art / "apple.txt").unlink()
    library.scan([SourceFolder(path=str(art))])
    assert not library.set_captions({names["apple"]: "\n"})
    assert not (art / "apple.txt").exists()


def test_a_disk_that_fills_up_keeps_what_was_written_as_one_step(library, art, monkeypatch):
    names = ids_by_name(library)
    replace, calls = os.replace, []

    def fill_up(source, target):
        calls.append(target)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fill_up)
        with pytest.raises(StorageError, match="disk is full"):
            library.set_captions(dict.fromkeys(names.values(), "new"))
    written = [p.name for p in library.pictures() if p.caption == "new"]
    assert written == ["apple", "bell_pepper"]
    assert (art / "crown.txt").read_text() == "crown, icon"
    library.undo()
    assert [p.caption for p in library.pictures()][:2] == ["apple, icon", "bell_pepper, icon"]


def test_old_steps_are_forgotten(library):
    for number in range(UNDO_STEPS + 5):
        library.set_stars([1], number % 2 + 1)
    steps = 0
    while library.undo():
        steps += 1
    assert steps == UNDO_STEPS


def test_steps_are_made_again_in_the_order_they_were_made(library):
    ids = list(ids_by_name(library).values())
    library.set_stars(ids, 1)
    library.set_stars(ids[:2], 2)
    library.set_flag(ids, "picked")
    for _ in range(3):
        library.undo()
    seen = []
    while library.redo():
        seen.append([(p.stars, p.flag) for p in library.some(ids)])
    assert seen == [[(1, "")] * 4, [(2, "")] * 2 + [(1, "")] * 2,
                    [(2, "picked")] * 2 + [(1, "picked")] * 2]  # fmt: skip


def test_marks_that_were_changed_otherwise_are_left_alone(library, tmp_path):
    apple, crown = (ids_by_name(library)[name] for name in ("apple", "crown"))
    library.set_stars([apple, crown], 3)
    with closing(sqlite3.connect(tmp_path / "dataset.sqlite")) as other, other:
        other.execute("UPDATE pictures SET stars = 5 WHERE id = ?", (apple,))
    changes = library.undo()
    assert (changes.changed, changes.skipped) == ((crown,), (apple,))
    assert [library.picture(key).stars for key in (apple, crown)] == [5, 0]
