"""Changes to the project are steps like those to pictures: one list, also tomorrow."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.dataset import caption_batch
from engine.dataset.edits import Fill, Recipe
from engine.dataset.holdout import hold_out
from engine.dataset.library import Library
from engine.dataset.query_lex import QueryError
from engine.dataset.thresholds import Thresholds
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, JobCancelled, StorageError

from .conftest import ids_by_name, paint

ROOT = Path(__file__).parents[3]
BLACK, EDGE = Fill(color="#000000"), Fill(kind="edge")


@pytest.fixture
def project(art, tmp_path):
    return Project.create(tmp_path / "project", "P", [SourceFolder(path=str(art))])


@pytest.fixture
def shelf(project):
    library = Library(project.database, project)
    library.scan(project.file.folders)
    yield library
    library.close()


def stored(project):
    return Project.open(project.root).file


def test_what_another_program_wrote_into_the_project_meanwhile_stays(shelf, project):
    other = Project.open(project.root)
    other.save(other.file.model_copy(update={"trigger_word": "theirs"}))
    shelf.set_category_repeats("food", 5)
    assert stored(project).trigger_word == "theirs"
    assert stored(project).category_repeats == {"food": 5}
    shelf.undo()
    assert stored(project).trigger_word == "theirs"
    assert stored(project).category_repeats == {}


CHILD = """
    import os, signal, sys
    from pathlib import Path
    from engine.dataset import caption_batch
    from engine.dataset.library import Library

    calls, name = [], sys.argv[2]
    before = getattr(caption_batch, name)

    def killed(*given, **how):
        if len(calls) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        calls.append(1)
        return before(*given, **how)

    library = Library(Path(sys.argv[1]))
    if name == "_note_intent":
        calls.append(1)
    setattr(caption_batch, name, killed)
    library.undo()
"""


def import_something(shelf, project):
    with shelf.one_step("Import a dataset"):
        shelf.set_folders([*project.file.folders, SourceFolder(path="/more")])
        shelf.set_captions({picture.id: "new" for picture in shelf.pictures()})


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("where", ["put", "_note_intent"])
def test_after_a_kill_while_undoing_an_import_it_is_undone_or_can_be(shelf, project, art, where):
    folders, before = project.file.folders, {path: path.read_text() for path in art.glob("*.txt")}
    import_something(shelf, project)
    shelf.close()
    code = textwrap.dedent(CHILD)
    told = [sys.executable, "-c", code, str(project.database), where]
    assert subprocess.run(told, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    library = Library(project.database)
    if where == "_note_intent":
        assert library.can_undo == "Import a dataset"
        library.undo()
    assert (library.can_undo, library.can_redo) == (None, "Import a dataset")
    assert stored(project).folders == folders
    assert {path: path.read_text() for path in before} == before
    library.redo()
    assert len(stored(project).folders) == 2
    library.close()


@pytest.mark.parametrize("error", [JobCancelled(), StorageError("The disk is full.")])
def test_an_undo_that_stops_leaves_the_project_with_its_captions(
    shelf, project, monkeypatch, error
):
    import_something(shelf, project)

    def stop(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(caption_batch, "put", stop)
        with pytest.raises(type(error)):
            shelf.undo()
    assert (shelf.can_undo, len(stored(project).folders)) == ("Import a dataset", 2)
    assert {picture.caption for picture in shelf.pictures()} == {"new"}
    shelf.undo()
    assert len(stored(project).folders) == 1


def test_every_change_of_the_project_is_one_step_back_and_forth(shelf, project, tmp_path):
    first = project.file
    shelf.set_fill(BLACK)
    shelf.set_category_fill("food", EDGE)
    shelf.set_category_repeats("food", 5)
    shelf.set_categories(["food", "tools", "food", ""])
    shelf.set_trigger_word(" sks ")
    shelf.save_filter("good", "stars>=3")
    shelf.rename_filter("good", "best")
    shelf.set_folders([*first.folders, SourceFolder(path=str(tmp_path / "more"), repeats=2)])
    last = project.file
    assert (last.fill, last.category_fills) == (BLACK, {"food": EDGE})
    assert (last.category_repeats, last.categories) == ({"food": 5}, ("food", "tools"))
    assert (last.trigger_word, last.filters) == ("sks", {"best": "stars>=3"})
    assert stored(project) == last
    labels = []
    while shelf.can_undo:
        labels.append(shelf.can_undo)
        assert shelf.undo().project
    assert labels[:2] == ["Change folders", "Rename filter"]
    assert project.file == stored(project) == first
    while shelf.can_redo:
        shelf.redo()
    assert project.file == stored(project) == last


def test_undo_of_the_project_works_after_a_restart_and_a_move(shelf, project, tmp_path):
    shutil.copytree(tmp_path / "art", project.root / "inside")
    inside = SourceFolder(path=str(project.root / "inside"))
    shelf.set_folders([inside])
    shelf.set_folders([])
    shelf.close()
    shutil.move(project.root, tmp_path / "moved")
    moved = Project.open(tmp_path / "moved")
    library = Library(moved.database)
    library.undo()
    assert stored(moved).folders == (SourceFolder(path=str(tmp_path / "moved" / "inside")),)
    library.close()


def test_one_fill_for_everything_takes_the_own_ones_away_and_undo_brings_them_back(shelf, project):
    names = ids_by_name(shelf)
    own = Recipe(crop=(0, 0, 9, 9), fill=EDGE)
    shelf.set_recipe([names["apple"]], own)
    shelf.set_category_fill("food", EDGE)
    changes = shelf.set_fill(BLACK, everywhere=True)
    assert (changes.changed, changes.project) == ((names["apple"],), True)
    assert shelf.picture(names["apple"]).recipe == Recipe(crop=(0, 0, 9, 9))
    assert project.file.category_fills == {}
    shelf.undo()
    assert shelf.picture(names["apple"]).recipe == own
    assert project.file.category_fills == {"food": EDGE}
    assert project.file.fill == Fill()


def test_what_changes_nothing_is_no_step(shelf, project):
    assert not shelf.set_fill(project.file.fill)
    assert not shelf.set_trigger_word("")
    assert shelf.can_undo is None


def test_repeats_of_a_category_stand_above_those_of_its_folder(shelf, project):
    names = ids_by_name(shelf)
    shelf.set_category([names["apple"]], "food")
    assert shelf.set_category_repeats("food", 7).changed == (names["apple"],)
    assert {p.name: p.repeats for p in shelf.pictures()}["apple"] == 7
    assert shelf.picture(names["crown"]).repeats == 1
    other = Library(project.database)  # as training opens it
    assert other.picture(names["apple"]).repeats == 7
    other.close()
    shelf.set_category_repeats("food", None)
    assert shelf.picture(names["apple"]).repeats == 1
    with pytest.raises(BadInputError, match="1 or more"):
        shelf.set_category_repeats("food", 0)


def test_a_category_is_renamed_merged_and_deleted_with_all_that_hangs_on_it(shelf, project):
    names = ids_by_name(shelf)
    shelf.set_category([names["apple"], names["bell_pepper"]], "fruit")
    shelf.set_category([names["crown"]], "hats")
    shelf.set_category_repeats("fruit", 3)
    shelf.set_category_fill("hats", BLACK)
    shelf.set_categories(["fruit", "hats"])
    before = {p.name: p.category for p in shelf.pictures()}, project.file
    shelf.rename_category("fruit", "food")
    assert project.file.categories == ("food", "hats")
    assert project.file.category_repeats == {"food": 3}
    shelf.rename_category("hats", "food")
    assert {p.name: p.category for p in shelf.pictures()} == {
        "apple": "food", "bell_pepper": "food", "crown": "food", "icon_10": ""}  # fmt: skip
    assert project.file.category_fills == {"food": BLACK}
    shelf.delete_category("food")
    assert {p.category for p in shelf.pictures()} == {""}
    assert project.file.category_fills == project.file.category_repeats == {}
    for _ in range(3):
        shelf.undo()
    assert ({p.name: p.category for p in shelf.pictures()}, project.file) == before


def test_a_filter_that_cannot_be_read_is_not_saved(shelf):
    with pytest.raises(QueryError):
        shelf.save_filter("bad", "stars>=")
    with pytest.raises(BadInputError, match="needs a name"):
        shelf.save_filter(" ", "red")
    shelf.save_filter("red", "red")
    shelf.remove_filter("red")
    assert shelf.project.file.filters == {}


def test_a_project_file_that_cannot_be_written_leaves_everything_as_it_was(
    shelf, project, monkeypatch
):
    names = ids_by_name(shelf)
    shelf.set_category_repeats("food", 2)
    shelf.set_category([names["apple"]], "food")

    def fail(file):
        raise StorageError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(project, "save", fail)
        with pytest.raises(StorageError):
            shelf.rename_category("food", "fruit")
    assert shelf.picture(names["apple"]).category == "food"
    assert shelf.can_undo == "Change category"


def test_every_category_gives_its_share_of_held_out_pictures(tmp_path):
    for folder, count in (("biped", 20), ("quadruped", 10), ("winged", 3)):
        for number in range(count):
            paint(tmp_path / "art" / folder / f"{number}.png", number)
    library = Library(tmp_path / "dataset.sqlite")
    library.scan([SourceFolder(path=str(tmp_path / "art"))])

    def chosen(seed):
        hold_out(library, fraction=0.2, seed=seed)
        return {(p.category, p.name) for p in library.pictures() if p.held_out}

    first = chosen(1)
    counts = {name: sum(category == name for category, _ in first) for name in
              ("biped", "quadruped", "winged")}  # fmt: skip
    assert counts == {"biped": 4, "quadruped": 2, "winged": 1}
    assert chosen(2) != first
    assert chosen(1) == first
    library.close()


def test_thresholds_are_kept_as_what_was_moved_and_undo_takes_them_back(shelf, project):
    assert shelf.thresholds == Thresholds()
    shelf.set_thresholds(Thresholds(sharpness=0.3, short_side=640))
    assert stored(project).thresholds == {"sharpness": 0.3, "short_side": 640}
    assert shelf.thresholds == Thresholds(sharpness=0.3, short_side=640)
    shelf.undo()
    assert shelf.thresholds == Thresholds()


def test_a_threshold_that_cannot_be_read_is_the_default():
    assert Thresholds.of({"ratio": -3, "distance": 4, "of old": 1}) == Thresholds(distance=4)


def test_a_value_of_the_project_that_was_changed_otherwise_is_left_alone(shelf, project):
    with shelf.one_step("Two at once"):
        shelf.set_trigger_word("mine")
        shelf.set_category_repeats("food", 5)
    other = Project.open(project.root)
    other.save(other.file.model_copy(update={"trigger_word": "theirs"}))
    shelf.undo()
    assert (stored(project).trigger_word, stored(project).category_repeats) == ("theirs", {})
