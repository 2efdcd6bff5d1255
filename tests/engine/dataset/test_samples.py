"""Training reads the same pictures whether they come from a project or from kohya folders."""

from __future__ import annotations

import pytest

from engine.dataset.edits import Fill, Recipe
from engine.dataset.holdout import hold_out
from engine.dataset.library import Library
from engine.dataset.query import matches
from engine.dataset.samples import training_samples
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError, MissingFileError

from .conftest import ids_by_name, paint


@pytest.fixture
def project(art, tmp_path):
    return Project.create(tmp_path / "p", "P", [SourceFolder(path=str(art), repeats=3)])


def test_a_project_gives_what_is_neither_rejected_nor_held_out(project, art):
    library = Library(project.database)
    library.scan(project.file.folders)
    names = ids_by_name(library)
    library.set_flag([names["apple"]], "rejected")
    library.set_held_out([names["crown"]], True)
    recipe = Recipe(crop=(0, 0, 20, 10), fill=Fill(kind="edge"))
    library.set_recipe([names["icon_10"]], recipe)
    for source in (project, project.root, str(project.root)):
        samples = {s.path.name: s for s in training_samples(source)}
        assert set(samples) == {"bell_pepper.png", "icon_10.png"}
    assert samples["icon_10.png"].size == (20, 10)
    assert samples["icon_10.png"].fill == Fill(kind="edge")
    plain = samples["bell_pepper.png"]
    assert (plain.caption, plain.repeats, plain.size) == ("bell_pepper, icon", 3, (48, 40))
    assert (plain.fill, plain.recipe, plain.is_reg) == (project.file.fill, Recipe(), False)
    assert plain.source_dir == str(art)
    assert len(training_samples(project, library=library)) == 2
    library.close()


def test_new_pictures_and_captions_are_seen_at_once(project, art):
    assert len(training_samples(project)) == 4
    paint(art / "new.png", 7)
    (art / "apple.txt").write_text("changed")
    samples = {s.path.name: s for s in training_samples(project)}
    assert len(samples) == 5
    assert samples["apple.png"].caption == "changed"


def test_kohya_folders_give_repeats_captions_and_class_words(tmp_path):
    root = tmp_path / "img"
    paint(root / "30_red fox" / "b.png", 1)
    paint(root / "30_red fox" / "a.png", 2)
    paint(root / "2_owl" / "c.png", 3)
    paint(root / "0_off" / "d.png", 4)
    paint(root / "notes" / "e.png", 5)
    paint(root / "f.png", 6)
    (root / "30_red fox" / "a.txt").write_text("a fox", encoding="utf-8")
    samples = [(s.path.name, s.caption, s.repeats) for s in training_samples(root)]
    assert samples == [("c.png", "owl", 2), ("a.png", "a fox", 30), ("b.png", "red fox", 30)]
    assert all(s.is_reg for s in training_samples(root, is_reg=True))


def test_a_folder_without_named_folders_is_read_itself(art):
    assert [s.repeats for s in training_samples(art)] == [1, 1, 1, 1]


def test_what_cannot_be_read_is_left_out_and_told(project, art, tmp_path):
    (art / "apple.png").write_bytes(b"")
    (art / "crown.txt").write_bytes(b"caf\xe9, x")
    for source in (project, art):
        told: list[str] = []
        samples = {s.path.name: s for s in training_samples(source, on_problem=told.append)}
        assert set(samples) == {"bell_pepper.png", "crown.png", "icon_10.png"}
        assert samples["crown.png"].caption == ""
        assert sorted(told) == [
            "apple.png is empty (0 bytes). Copy it again from its source.",
            "crown.txt is in an unknown text encoding. Save it as UTF-8 in a text editor.",
        ]


def test_no_folder_and_no_pictures_are_one_sentence(tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        training_samples(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="no pictures to train on"):
        training_samples(tmp_path / "empty")


def test_holding_out_is_the_same_for_the_same_seed(library, art):
    for number in range(36):
        paint(art / f"more_{number}.png", number + 10)
    library.scan([SourceFolder(path=str(art))])
    hold_out(library, fraction=0.1, seed=5)
    first = {p.name for p in library.pictures() if p.held_out}
    assert len(first) == 4
    hold_out(library, count=4, seed=6)
    assert {p.name for p in library.pictures() if p.held_out} != first
    hold_out(library, count=4, seed=5)
    assert {p.name for p in library.pictures() if p.held_out} == first
    paint(art / "one_more.png", 99)
    library.scan([SourceFolder(path=str(art))])
    hold_out(library, count=4, seed=5)
    assert len(first & {p.name for p in library.pictures() if p.held_out}) >= 3


def test_rejected_pictures_are_not_held_out_and_something_is_left(library):
    names = ids_by_name(library)
    library.set_flag([names["apple"]], "rejected")
    hold_out(library, count=2, seed=0)
    assert not library.picture(names["apple"]).held_out
    with pytest.raises(BadInputError, match="3 of 3 pictures cannot be held out"):
        hold_out(library, count=3)


def test_words_are_searched_in_name_and_caption(library):
    apple = library.pictures()[0]
    assert matches(apple, "")
    assert matches(apple, "APP icon")
    assert not matches(apple, "apple crown")


def test_a_picture_without_a_caption_is_trained_with_its_category(art, tmp_path):
    (art / "apple.txt").write_text(" \n")
    (art / "crown.txt").unlink()
    source = SourceFolder(path=str(art), category="props")
    samples = training_samples(Project.create(tmp_path / "p", "P", [source]))
    captions = {sample.path.stem: sample.caption for sample in samples}
    assert captions == {"apple": "props", "bell_pepper": "bell_pepper, icon", "crown": "props",
                        "icon_10": "icon_10, icon"}  # fmt: skip
