from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.dataset.edits import Fill
from engine.dataset.library import Library
from engine.project.project import Project, SourceFolder
from engine.validation.learned_pictures import learned_with, run_of


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of two transparent pictures; one of them is held out."""
    art = tmp_path / "art"
    art.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(art / name)
    made = Project.create(tmp_path / "project", "Icons", [SourceFolder(path=str(art))])
    made.save(made.file.model_copy(update={"fill": Fill(color="#00FF00")}))
    library = Library(made.database)
    library.scan(made.file.folders)
    held = [one.id for one in library.pictures() if one.path.name == "b.png"]
    library.set_held_out(held, True)
    library.close()
    return made


def test_a_run_is_found_by_its_checkpoints(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "checkpoints").mkdir(parents=True)
        (tmp_path / name / "run.json").write_text("{}")
    inside = [str(tmp_path / "one" / "checkpoints" / f"{n}.safetensors") for n in (1, 2)]
    other = str(tmp_path / "two" / "checkpoints" / "1.safetensors")
    assert run_of(("", *inside)) == tmp_path / "one"
    assert run_of((*inside, other)) is None
    assert run_of((*inside, "/elsewhere/x.safetensors")) is None
    assert run_of(("/elsewhere/x.safetensors",)) is None
    assert run_of(("",)) is None


def test_without_a_run_the_pictures_of_the_project_stand_in(project: Project) -> None:
    learned = learned_with(["/elsewhere/x.safetensors"], project)
    assert [path.name for path in learned.training] == ["a.png"]
    assert [path.name for path in learned.held_out] == ["b.png"]
    assert learned.small(learned.training[0], 10).shape == (5, 10, 3)
    assert learned.read(learned.training[0])[0, 0].tolist() == [0, 255, 0]


def test_with_neither_pictures_are_read_as_they_lie(project: Project) -> None:
    (path,) = learned_with([], project).training
    plain = learned_with([])
    assert (plain.training, plain.held_out) == ((), ())
    assert plain.read(path)[0, 0].tolist() == [255, 255, 255]
