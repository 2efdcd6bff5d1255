"""The grid that is drawn at every checkpoint: its rows, where its cells lie, what it changes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from engine.dataset.library import Library
from engine.imaging.decode import load_rgba
from engine.models.host import host
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import OutOfMemoryError
from engine.runtime.job import Job, JobHandle
from engine.training import controls
from engine.training.asides import CELL, CHECKED
from engine.training.loop import run
from engine.training.runs import Run, resumable
from engine.validation import grid, limits, while_training
from engine.validation.manifest import open_grid
from engine.validation.while_training import Watch

from .conftest import paint

CHECK = {"check_overfit": True, "check_steps": 2, "trigger_word": "kiln"}


@pytest.fixture
def project(tmp_path):
    """A project of six pictures, one of them held out."""
    paint(tmp_path / "icons", 6)
    folder = SourceFolder(path=str(tmp_path / "icons"))
    project = Project.create(tmp_path / "project", "Icons", [folder])
    with closing(Library(project.database)) as library:
        library.scan(project.file.folders)
        ids = {picture.name: picture.id for picture in library.pictures()}
        library.set_held_out([ids["picture_0"]], True)
    return project


@pytest.fixture
def settings_of_project(request_for, project):
    """The request of a run of the project with a check."""
    own = {"project": str(project.root), "train_data_dir": "", "output_dir": ""}
    return lambda **changes: request_for(**own | CHECK | changes)


@pytest.fixture
def checked(settings_of_project):
    """Train the project with a check, and give (result, events)."""

    def go(**changes):
        job = Job.detached()
        result = run(settings_of_project(**changes), job)
        return result, job.handle.take_events()

    return go


def rows(run: str) -> list[dict]:
    return [row for row in Run.open(Path(run)).events() if row["kind"] == CHECKED]


def pictures(store: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in store.glob("*.png")}


def test_every_checkpoint_has_a_row_under_that_of_the_base_model(checked):
    result, events = checked(max_train_epochs=3)
    found = rows(result.run)
    assert [(row["epoch"], row["checkpoint"], row["weight"]) for row in found] == [
        (0, "", 0.0), (1, "style-000001.safetensors", 1.0), (2, "style-000002.safetensors", 1.0),
        (3, "style.safetensors", 1.0),
    ]  # fmt: skip
    for row in found:
        kinds = [cell["kind"] for cell in row["cells"]]
        assert kinds == ["seen", "seen", "unseen", "unseen", "trigger", "trigger", "off", "off"]
        assert {cell["seed"] for cell in row["cells"]} == {1, 2}
        mean = sum(cell["copying"] for cell in row["cells"]) / len(row["cells"])
        assert row["copying"] == pytest.approx(mean)
        assert row["diversity"] > 0
        assert (row["compared"], row["trained"]) == (5, 5)
    assert found[0]["flags"] == []
    assert len([event for event in events if event.kind == CELL]) == 4 * 8


def test_each_cell_tells_the_training_picture_that_is_nearest(checked, project):
    result, _ = checked(max_train_epochs=1)
    names = {Path(cell["nearest"]).stem for row in rows(result.run) for cell in row["cells"]}
    assert names <= {f"picture_{number}" for number in range(1, 6)}


def test_the_cells_are_those_that_a_grid_of_the_files_finds(checked, project):
    result, _ = checked(max_train_epochs=2, check_weights=(0.5, 1.0))
    folder = project.grids / f"{Path(result.run).name}-while-training"
    shown = open_grid(folder)
    assert [Path(one).name for one in shown.request.checkpoints] == [
        "", "style-000001.safetensors", "style.safetensors"
    ]  # fmt: skip
    before = pictures(project.cache / "cells")
    assert len(before) == 8 + 2 * 2 * 8
    host().release()
    again = grid.run(shown.request, Job.detached())
    assert (again.rendered, again.failed) == (0, 0)

    for path in before:
        path.rename(path.with_suffix(".before"))
    drawn = grid.run(shown.request, Job.detached())
    assert drawn.rendered == len(before)
    for path in before:
        assert path.read_bytes() == path.with_suffix(".before").read_bytes()


def test_the_run_learns_the_same_with_and_without_it(checked, request_for):
    settings = {"max_train_epochs": 2, "network_dropout": 0.2, "ema_decay": 0.9, "save_ema": "both"}
    with_it, _ = checked(**settings)
    without, _ = checked(**settings, check_overfit=False)
    names = sorted(path.name for path in (Path(without.run) / "checkpoints").iterdir())
    assert len(names) == 4
    for name in names:
        one, other = (load_file(Path(run.run) / "checkpoints" / name) for run in (with_it, without))
        assert one.keys() == other.keys()
        assert all(one[key].equal(other[key]) for key in one)
    assert with_it.final_loss == without.final_loss


def test_a_run_that_goes_on_draws_nothing_again(settings_of_project, project):
    request = settings_of_project(max_train_epochs=3)
    job = Job(JobHandle(request))
    emit = job.emit

    def stop(kind, **data):
        emit(kind, **data)
        if kind == "train.checkpoint":
            job.handle.ask(controls.STOP_AND_SAVE)

    job.emit = stop
    first = run(request, job).run
    before = pictures(project.cache / "cells")
    assert [row["epoch"] for row in rows(first)] == [0, 1]

    job = Job.detached()
    second = run(resumable(project.runs)[0].request(), job)
    assert second.run == first
    assert [row["epoch"] for row in rows(first)] == [0, 1, 2, 3]
    cells = [event for event in job.handle.take_events() if event.kind == CELL]
    assert {event.data["epoch"] for event in cells} == {2, 3}
    after = pictures(project.cache / "cells")
    assert {path: after[path] for path in before} == before
    assert rows(second.run)[-1]["style_fit"] is not None


def test_pictures_of_a_changed_model_are_kept_with_the_run(checked, project):
    result, _ = checked(max_train_epochs=1, no_half_vae=True)
    folder = Path(result.run) / "while-training"
    assert len(list((folder / "cells").glob("*.png"))) == 16
    assert not (project.cache / "cells").exists()
    assert not list(project.grids.glob("*-while-training"))


def test_a_check_that_cannot_be_drawn_is_told_and_the_run_goes_on(checked, monkeypatch):
    def fail(self, at, checkpoint):
        raise OutOfMemoryError("Out of memory while drawing one cell at a time.")

    monkeypatch.setattr(Watch, "look", fail)
    result, events = checked(max_train_epochs=2)
    assert len(result.checkpoints) == 2
    told = [event.data["text"] for event in events if event.kind == "train.warning"]
    assert len([text for text in told if text.startswith("Out of memory")]) == 3


def test_folders_without_a_project_keep_their_grid_in_the_run(train):
    result, _ = train(**CHECK | {"max_train_epochs": 1, "trigger_word": ""})
    run = Path(result.run)
    assert len(open_grid(run / "while-training").request.checkpoints) == 2
    assert [cell["kind"] for cell in rows(result.run)[0]["cells"]] == ["seen"] * 8


def test_a_checkpoint_that_repeats_pictures_is_flagged(checked, project, monkeypatch):
    """Planted: the second checkpoint gives training pictures."""
    learned = sorted((project.root.parent / "icons").glob("*.png"))[1:]
    draw_on = while_training.draw_on

    def planted(model, pace, image, cells, job, keep):
        if not any(use.path.endswith("000002.safetensors") for use in image.loras):
            return draw_on(model, pace, image, cells, job, keep)
        for cell in cells:
            rgb = load_rgba(learned[cell.image.seed])[..., :3]
            keep(cell, np.ascontiguousarray(rgb), "")
        return None

    monkeypatch.setattr(while_training, "draw_on", planted)
    result, _ = checked(max_train_epochs=3)
    found = rows(result.run)
    assert ["copies" in row["flags"] for row in found] == [False, False, True, False]
    assert found[2]["copying"] > found[2]["threshold"] > found[0]["copying"]
    assert found[2]["copies"] == 8
    assert {Path(cell["nearest"]) for cell in found[2]["cells"]} == set(learned[1:3])


def test_the_limits_of_the_project_decide_what_is_flagged(checked, project):
    limits.save(project.root, limits.Limits(copy_similarity=0.01))
    result, _ = checked(max_train_epochs=1)
    assert ["copies" in row["flags"] for row in rows(result.run)] == [False, True]


@pytest.mark.parametrize(
    ("count", "kinds"),
    [(1, {"seen"}), (2, {"seen", "unseen"}), (6, {"seen", "unseen", "trigger", "off"})],
)
def test_of_few_prompts_each_is_of_another_kind(checked, count, kinds):
    result, _ = checked(max_train_epochs=1, check_prompts=count, check_seeds=1)
    for row in rows(result.run):
        assert {cell["kind"] for cell in row["cells"]} == kinds
        assert row["diversity"] is None


def test_a_weight_of_nothing_is_refused(request_for):
    for weights in ((), (0.0,), (1.0, 5.0)):
        with pytest.raises(ValueError, match="Write one weight or more, each up to 4"):
            request_for(check_weights=weights)
