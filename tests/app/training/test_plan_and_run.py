"""What is told before a start is what the run does: the same pictures, batches and steps."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.dataset.outlook import look_ahead
from app.training import draft
from engine.dataset.library import Library
from engine.project.project import Project, SourceFolder
from engine.runtime.job import Job, JobHandle
from engine.training.config import TrainRequest
from engine.training.loop import run
from engine.training.pictures import bucket_spec, find_sources, open_pictures
from engine.training.route import Position, route_of
from engine.training.runs import Run, state_at
from engine.training.set_apart import set_apart
from tests.engine.training.conftest import paint, save_model


@pytest.fixture
def project(tmp_path):
    """Square and wide pictures in two folders that repeat; three only hold the model in place."""
    paint(tmp_path / "art" / "1_square", 9)
    paint(tmp_path / "art" / "3_wide", 5, (48, 24))
    (tmp_path / "art" / "1_square" / "torn.png").write_bytes(b"no picture")
    paint(tmp_path / "own", 3, (24, 48))
    folders = [SourceFolder(path=str(tmp_path / "art")),
               SourceFolder(path=str(tmp_path / "own"), regularization=True)]  # fmt: skip
    made = Project.create(tmp_path / "project", "Blocks", folders)
    with closing(Library(made.database)) as library:
        library.scan(made.file.folders)
    return made


def pictures_of(project):
    with closing(Library(project.database)) as library:
        return library.pictures()


def both(project, **changes):
    """The plan of a run, and the way it goes."""
    values = {"base_model": "starter", "project": str(project.root), "resolution": "32",
              "min_bucket_reso": 16, "max_bucket_reso": 64, "bucket_reso_steps": 8,
              "train_batch_size": 2, "max_train_epochs": 2, **changes}  # fmt: skip
    request = TrainRequest.model_validate(values)
    spec = bucket_spec(request, 32)
    pictures = pictures_of(project)
    outlook = look_ahead(
        pictures, spec, request.train_batch_size, None, set_apart(pictures, request)
    )
    opened = open_pictures(find_sources(request), spec, Job(JobHandle(request)))
    return draft.plan(request, outlook), opened, route_of(request, opened)


VARIATIONS = {
    "as it is": {},
    "a share is held out": {"validation_split": 0.3},
    "another seed of the share": {"validation_split": 0.3, "validation_seed": 4},
    "a share too small for a picture": {"validation_split": 0.01},
    "a larger batch": {"train_batch_size": 4},
    "accumulation with a short last group": {"gradient_accumulation_steps": 4},
    "steps instead of epochs": {"max_train_epochs": 0, "max_train_steps": 7},
    "epochs win over steps": {"max_train_epochs": 3, "max_train_steps": 7},
    "no buckets": {"enable_bucket": False},
    "nothing is enlarged": {"bucket_no_upscale": True},
    "the text encoder stops early": {"stop_text_encoder_training": 50, "text_encoder_lr": 1e-4},
    "cut anew": {"random_crop": True, "cache_latents": False},
    "cut anew without buckets": {
        "random_crop": True,
        "cache_latents": False,
        "enable_bucket": False,
    },
    "two looks": {"flip_aug": True},
    "no caches": {"cache_latents": False},
}


@pytest.mark.parametrize("change", VARIATIONS.values(), ids=VARIATIONS)
def test_the_plan_is_the_way_of_the_run(project, change):
    plan, opened, route = both(project, **change)
    learned = [picture for picture in opened.training if not picture.regularization]
    assert plan.outlook.train == len(learned)
    assert plan.outlook.draws == sum(picture.repeats for picture in learned)
    assert plan.outlook.held_out == len(opened.held_out)
    assert plan.outlook.steps == route.shelf.batches
    stretches = list(route.stretches(Position()))
    assert plan.steps == len(stretches)
    assert plan.epochs == stretches[-1].end.epoch
    assert plan.steps_per_epoch == route.length.updates_per_epoch


def test_what_is_held_out_by_hand_is_enough(project):
    with closing(Library(project.database)) as library:
        ids = [picture.id for picture in library.pictures() if not picture.is_reg]
        library.set_held_out(ids[:2], True)
        library.set_flag(ids[5:6], "rejected")
    plan, opened, route = both(project, validation_split=0.5)
    assert plan.outlook.held_out == len(opened.held_out) == 2
    assert plan.outlook.steps == route.shelf.batches


def test_copies_of_a_picture_are_held_out_together_in_the_plan_too(project, tmp_path):
    square = tmp_path / "art" / "1_square"
    for number in range(6):
        (square / f"copy{number}.png").write_bytes((square / f"picture_{number}.png").read_bytes())
    with closing(Library(project.database)) as library:
        library.scan(project.file.folders)
    plan, opened, _ = both(project, validation_split=0.3)
    assert plan.outlook.held_out == len(opened.held_out)
    assert plan.outlook.train == sum(not one.regularization for one in opened.training)


def test_a_regularization_folder_is_counted(project, tmp_path):
    paint(tmp_path / "reg" / "1_thing", 40)
    plan, opened, route = both(project, reg_data_dir=str(tmp_path / "reg"))
    assert plan.outlook.steps == route.shelf.batches
    idle = len(opened.regularization) - sum(one.regularization for one in opened.training)
    assert plan.outlook.unpaired_files == idle > 0
    assert plan.outlook.unpaired == ()


def test_a_run_makes_the_steps_that_were_told(project, tmp_path):
    model = save_model(tmp_path / "model")
    told = {"base_model": str(model), "output_dir": str(tmp_path / "run"), "validation_split": 0.3,
            "network_dim": 1, "gradient_accumulation_steps": 3, "max_train_epochs": 1,
            "train_batch_size": 4}  # fmt: skip
    plan, _, route = both(project, **told)
    shape = {"project": str(project.root), "resolution": "32", "min_bucket_reso": 16,
             "max_bucket_reso": 64, "bucket_reso_steps": 8}  # fmt: skip
    request = TrainRequest.model_validate(told | shape)
    result = run(request, Job(JobHandle(request)))
    assert result.steps == plan.steps == route.length.updates


def test_a_run_that_goes_on_makes_the_steps_that_were_told_to_be_left(project, tmp_path):
    told = {"base_model": str(save_model(tmp_path / "model")), "project": str(project.root),
            "output_dir": str(tmp_path / "run"), "save_state": True, "network_dim": 1,
            "max_train_epochs": 1, "train_batch_size": 4, "resolution": "32",
            "min_bucket_reso": 16, "max_bucket_reso": 64, "bucket_reso_steps": 8}  # fmt: skip
    request = TrainRequest.model_validate(told)
    first = Path(run(request, Job(JobHandle(request))).run)
    more = {"resume": str(first), "output_dir": str(tmp_path / "rest"), "max_train_epochs": 3}
    rest = request.model_copy(update=more)
    at = state_at(first)
    outlook = look_ahead(pictures_of(project), bucket_spec(rest, 32), rest.train_batch_size)
    plan = draft.plan(rest, outlook, at.step)
    second = Run(Path(run(rest, Job(JobHandle(rest))).run))
    assert 0 < plan.left < plan.steps
    assert second.steps()["step"].tolist() == list(range(at.step + 1, plan.steps + 1))
    assert len(second.steps()["step"]) == plan.left
