from __future__ import annotations

import shutil

from engine.project.project import Project
from engine.training.config import TrainRequest
from engine.training.run_pictures import learned, note_pictures
from engine.training.runs import Run


def made(project, name, paths, *, checkpoint=True):
    request = TrainRequest(project=str(project.root), output_name=name)
    run = Run.create(project.runs / name, request)
    note_pictures(run, paths)
    if checkpoint:
        path = run.folder / "checkpoints" / f"{name}.safetensors"
        path.write_bytes(b"x")
        row = {"epoch": 1, "step": 1, "path": str(path), "loss": 0.5}
        run.log_event("train.checkpoint", row)
    run.end("finished")
    return run


def picture(folder, name, size):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"x" * size)
    return folder / name


def test_runs_say_which_pictures_they_learned_from(tmp_path) -> None:
    project = Project.create(tmp_path / "project", "Project")
    fox, owl = (picture(tmp_path / "art", name, 9) for name in ("fox.png", "owl.png"))
    first = made(project, "v1", [fox, owl])
    made(project, "v2", [owl, owl.with_name("gone.png")])
    made(project, "empty", [fox], checkpoint=False)
    (made(project, "old", [fox]).folder / "pictures.json").unlink()
    (made(project, "torn", [fox]).folder / "pictures.json").write_text('{"pictures": [1')
    runs = learned(project.runs)
    assert [run.name for run in runs] == ["v2", "v1"]
    assert [run.name for run in runs if run.has(fox, 9)] == ["v1"]
    assert [run.name for run in runs if run.has(owl, 9)] == ["v2", "v1"]
    assert not any(run.has(owl, 10) for run in runs)  # another picture took its name
    assert first.folder.joinpath("pictures.json").stat().st_size < 500


def test_a_project_that_was_moved_still_knows_its_own_pictures(tmp_path) -> None:
    project = Project.create(tmp_path / "project", "Project")
    fox = picture(project.root / "pictures", "fox.png", 5)
    made(project, "v1", [fox])
    shutil.move(project.root, tmp_path / "elsewhere")
    [run] = learned(tmp_path / "elsewhere" / "runs")
    assert run.has(tmp_path / "elsewhere" / "pictures" / "fox.png", 5)
