"""Masks that nothing names are removed; one that undo, redo or the journal needs never is."""

from __future__ import annotations

import os

import numpy as np
import pytest

from engine.dataset.edits import Fill, Recipe
from engine.dataset.library import Library
from engine.dataset.masks import MaskStore
from engine.dataset.steps import Cutout
from engine.project.project import Project, SourceFolder

from .conftest import ids_by_name


@pytest.fixture
def project(art, tmp_path):
    return Project.create(tmp_path / "project", "Props", [SourceFolder(path=str(art))])


@pytest.fixture
def library(project):
    made = Library(project.database, project)
    made.scan(project.file.folders)
    yield made
    made.close()


def mask(project, value):
    """A stored mask, as old as if it were of last week."""
    store = MaskStore(project.masks)
    key = store.add(np.full((4, 4), value, np.uint8))
    os.utime(store.path(key), (1e9, 1e9))
    return key


def behind(project, value):
    store = MaskStore(project.masks)
    key = store.add_picture(np.full((4, 4, 3), value, np.uint8))
    os.utime(store.picture_path(key), (1e9, 1e9))
    return key


def cut(key):
    return Recipe(steps=(Cutout(mask=key),))


def kept(project):
    return {path.stem for path in project.masks.rglob("*.png")}


def test_what_nothing_names_is_removed_and_other_files_stay(project, library):
    used, lost, lost_picture = mask(project, 1), mask(project, 2), behind(project, 3)
    note = project.masks / "notes.png"
    note.write_bytes(b"mine")
    library.set_recipe([ids_by_name(library)["apple"]], cut(used))
    assert library.collect_masks() == 2
    assert kept(project) == {used, "notes"}
    assert {lost, lost_picture}.isdisjoint(kept(project))
    assert MaskStore(project.masks).load(used).max() == 1


def test_what_undo_and_redo_need_is_kept_and_the_fills_of_the_project_too(project, library):
    apple = ids_by_name(library)["apple"]
    replaced, undone, picture, older = (
        mask(project, 1), mask(project, 2), behind(project, 3), behind(project, 4),
    )  # fmt: skip
    library.set_fill(Fill(kind="image", image=older))
    library.set_category_fill("props", Fill(kind="image", image=picture))
    library.set_fill(Fill())
    library.set_recipe([apple], cut(replaced))
    library.set_recipe([apple], Recipe())
    library.set_recipe([apple], cut(undone))
    library.undo()
    (project.database.with_suffix(".journal")).write_text("", encoding="utf-8")
    assert library.collect_masks() == 0
    assert kept(project) == {replaced, undone, picture, older}
    library.redo()
    assert MaskStore(project.masks).load(undone).max() == 2


def test_a_line_of_the_journal_keeps_its_mask_when_undo_has_forgotten_it(project, library):
    apple = ids_by_name(library)["apple"]
    key = mask(project, 1)
    library.set_recipe([apple], cut(key))
    library.set_recipe([apple], Recipe())
    with library._store.change() as connection:
        connection.execute("DELETE FROM edits")
    assert library.collect_masks() == 0
    project.database.with_suffix(".journal").write_text("", encoding="utf-8")
    assert library.collect_masks() == 1
    assert kept(project) == set()


def test_what_was_stored_a_moment_ago_waits_for_its_edit(project, library):
    key = mask(project, 1)
    store = MaskStore(project.masks)
    store.add(np.full((4, 4), 1, np.uint8))  # painted once more, and not yet in a recipe
    assert library.collect_masks() == 0
    assert kept(project) == {key}
    assert store.collect(set, younger=-60) == 1


def test_an_index_that_was_just_replaced_removes_nothing(project, library):
    key = mask(project, 1)
    library.close()
    project.database.write_bytes(b"garbage" * 1000)
    fresh = Library(project.database, project)
    assert fresh.set_aside is not None
    assert fresh.collect_masks() == 0
    assert kept(project) == {key}
    fresh.close()
