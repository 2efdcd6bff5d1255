"""A project is a folder beside the art, never inside it."""

from __future__ import annotations

import pytest

from engine.imaging.alpha import Fill
from engine.project.project import Project, SourceFolder, is_project, project_for
from engine.runtime.errors import BadInputError, MissingFileError


def test_a_project_is_read_back_as_it_was_saved(tmp_path):
    folder = SourceFolder(path=str(tmp_path / "艺术 art"), repeats=3, category="props")
    project = Project.create(tmp_path / "p", 'Harvest "Isles" 岛', [folder], "sdxl.safetensors")
    changes = {"fill": Fill(kind="edge"), "trigger_word": "hvisl", "resolution": 768}
    project.save(project.file.model_copy(update=changes))
    again = Project.open(tmp_path / "p")
    assert again.file == project.file
    assert again.file.folders == (folder,)
    assert is_project(tmp_path / "p")


def test_everything_that_is_made_lies_in_the_project(tmp_path):
    project = Project.create(tmp_path / "p", "P")
    for place in (project.database, project.runs, project.grids, project.canvas, project.exports,
                  project.cache):  # fmt: skip
        assert place.parent == tmp_path / "p"


def test_a_second_project_is_not_put_over_the_first(tmp_path):
    Project.create(tmp_path / "p", "P")
    with pytest.raises(BadInputError, match="a project in"):
        Project.create(tmp_path / "p", "Q")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("name = ", "is not valid TOML"), ("nothing = 1", "name: it is needed"),
     ("name = 'x'\nformat_version = 99", "newer version"),
     ("name = 'x'\nfolders = [{path = 'a', repeats = 0}]", "repeats"),
     ("name = 'x'\n[fill]\ncolor = 'red'", "#RRGGBB")],
)  # fmt: skip
def test_a_wrong_project_file_is_one_sentence(tmp_path, text, sentence):
    (tmp_path / "project.toml").write_text(text)
    with pytest.raises(BadInputError, match=sentence):
        Project.open(tmp_path)


def test_a_project_file_of_other_bytes_is_one_sentence(tmp_path):
    (tmp_path / "project.toml").write_bytes(b"\xff\xfe\0name")
    with pytest.raises(BadInputError, match="not text in UTF-8"):
        Project.open(tmp_path)


def test_a_missing_project_is_one_sentence(tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        Project.open(tmp_path / "none")
    with pytest.raises(MissingFileError, match="no project in"):
        Project.open(tmp_path)


def test_a_dropped_art_folder_gets_one_project_beside_the_others(tmp_path):
    art, home = tmp_path / "Icons", tmp_path / "home"
    art.mkdir()
    first = project_for(art, home)
    assert first.root == home / "Icons"
    assert first.file.folders[0].path == str(art)
    assert list(art.iterdir()) == []
    assert project_for(art, home).root == first.root
    assert project_for(first.root, home).root == first.root


def test_two_art_folders_of_one_name_get_two_projects(tmp_path):
    home = tmp_path / "home"
    for parent in ("a", "b"):
        (tmp_path / parent / "Icons").mkdir(parents=True)
    first = project_for(tmp_path / "a" / "Icons", home)
    second = project_for(tmp_path / "b" / "Icons", home)
    assert first.root != second.root
    (second.root / "project.toml").write_text("broken =")
    assert project_for(tmp_path / "a" / "Icons", home).root == first.root


def test_a_dropped_file_or_nothing_is_one_sentence(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(MissingFileError, match="is a file, not a folder"):
        project_for(tmp_path / "a.png", tmp_path)
    with pytest.raises(MissingFileError, match="does not exist"):
        project_for(tmp_path / "none", tmp_path)


def test_folders_inside_the_project_move_with_it_and_others_stay(tmp_path):
    inside, beside = tmp_path / "p" / "art", tmp_path / "p art"
    folders = [SourceFolder(path=str(inside)), SourceFolder(path=str(beside))]
    Project.create(tmp_path / "p", "P", folders)
    (tmp_path / "p").rename(tmp_path / "q")
    found = Project.open(tmp_path / "q").file.folders
    assert [folder.path for folder in found] == [str(tmp_path / "q" / "art"), str(beside)]


def test_a_version_written_as_text_counts_too(tmp_path):
    (tmp_path / "project.toml").write_text("format_version = '99'\nname = 'x'")
    with pytest.raises(BadInputError, match="newer version"):
        Project.open(tmp_path)


def test_a_broken_project_file_tells_its_line_and_the_way_out(tmp_path):
    (tmp_path / "project.toml").write_text('name = "x"\nbroken =\n')
    with pytest.raises(BadInputError) as caught:
        Project.open(tmp_path)
    assert "there is a mistake in line 2" in str(caught.value)
    assert str(caught.value).endswith("delete it and open the art folder again.")
