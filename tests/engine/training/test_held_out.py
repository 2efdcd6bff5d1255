from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from engine.dataset.edits import Recipe
from engine.dataset.library import Library
from engine.project.project import Project, SourceFolder
from engine.training import latents
from engine.training.config import TrainRequest
from engine.training.held_out import spread
from engine.training.pictures import find_sources
from engine.training.runs import Run

from .conftest import paint


@pytest.fixture
def project(tmp_path):
    """A project of eight pictures, two of them held out and one rejected."""
    paint(tmp_path / "icons", 8)
    folder = SourceFolder(path=str(tmp_path / "icons"))
    project = Project.create(tmp_path / "project", "Icons", [folder])
    with closing(Library(project.database)) as library:
        library.scan(project.file.folders)
        ids = {picture.name: picture.id for picture in library.pictures()}
        library.set_held_out([ids["picture_0"], ids["picture_1"]], True)
        library.set_flag([ids["picture_2"]], "rejected")
    return project


def from_project(train, project, **changes):
    values = {"project": str(project.root), "train_data_dir": "", "output_dir": ""}
    return train(**values, **changes)


def test_held_out_and_rejected_pictures_are_not_trained(train, project):
    result, events = from_project(train, project)
    started = next(event for event in events if event.kind == "train.started")
    assert (started.data["pictures"], started.data["name"]) == (5, "style")
    assert Path(result.run).parent == project.runs
    assert Path(result.run).name.endswith("-style")


def test_the_trigger_word_of_a_run_wins_over_that_of_its_project(project):
    project.save(project.file.model_copy(update={"trigger_word": "kiln"}))
    given = {"project": str(project.root)}
    assert find_sources(TrainRequest(**given)).trigger_word == "kiln"
    assert find_sources(TrainRequest(**given, trigger_word="ash")).trigger_word == "ash"


def test_the_held_out_loss_is_measured_at_the_start_and_at_every_checkpoint(train, project):
    result, _ = from_project(train, project, max_train_epochs=3)
    run = Run.open(Path(result.run))
    assert [epoch for epoch, *_ in run.held_out()] == [0, 1, 2, 3]
    for item, checkpoint in zip(result.checkpoints, run.checkpoints(), strict=True):
        assert item.losses["held_out_loss"] == checkpoint.held_out_loss
        with safe_open(item.path, "pt") as file:
            stored = float(file.metadata()["stylekiln.held_out_loss"])
        assert stored == pytest.approx(checkpoint.held_out_loss, rel=1e-6)


def test_measuring_is_repeatable_and_does_not_change_the_weights(train, project):
    first, _ = from_project(train, project)
    second, _ = from_project(train, project)
    assert [c.losses for c in first.checkpoints] == [c.losses for c in second.checkpoints]
    other, _ = from_project(train, project, validation_seed=7)
    assert other.checkpoints[0].losses != first.checkpoints[0].losses


@pytest.mark.parametrize("family", ["epsilon", "v_prediction", "two"])
def test_training_lowers_the_loss(train, project, models, family):
    result, _ = from_project(
        train, project, max_train_epochs=16, lr_scheduler="constant", save_every_n_epochs=0,
        validate_every_n_epochs=0,
        network_dim=8, unet_lr=2e-2, text_encoder_lr=1e-3, train_batch_size=8,
        base_model=str(models[family]),
    )  # fmt: skip
    (_, _, held_before, seen_before), (_, _, held_after, seen_after) = Run.open(
        Path(result.run)
    ).held_out()
    assert seen_after < 0.9 * seen_before
    assert held_after < held_before


def test_without_held_out_pictures_nothing_is_measured(train):
    result, events = train()
    assert result.checkpoints[0].losses == {}
    assert not any(event.kind == "train.held_out" for event in events)


def test_spread_takes_evenly():
    assert spread(10, 3) == [0, 3, 6]
    assert spread(2, 3) == [0, 1]


def encoded(train, project, monkeypatch):
    """How many pictures a run had to encode."""
    count = []
    encode = latents.encode

    def counting(*args):
        count.append(1)
        return encode(*args)

    with monkeypatch.context() as patch:
        patch.setattr(latents, "encode", counting)
        from_project(train, project, max_train_epochs=1)
    return len(count)


def test_latents_on_disk_are_used_again_and_are_never_stale(train, project, monkeypatch):
    assert encoded(train, project, monkeypatch) == 7
    assert encoded(train, project, monkeypatch) == 0
    # Another picture under the same name.
    art = project.file.folders[0].path
    Image.fromarray(np.full((32, 32, 3), 90, np.uint8)).save(Path(art) / "picture_4.png")
    assert encoded(train, project, monkeypatch) == 1
    # An edit that leaves the file alone.
    with closing(Library(project.database)) as library:
        found = next(p for p in library.pictures() if p.name == "picture_5")
        library.set_recipe([found.id], Recipe(crop=(0, 0, 16, 16)))
    assert encoded(train, project, monkeypatch) == 1
    assert encoded(train, project, monkeypatch) == 0


def test_a_damaged_cache_file_is_encoded_again(train, project, monkeypatch):
    encoded(train, project, monkeypatch)
    next((project.cache / "latents").iterdir()).write_bytes(b"torn")
    assert encoded(train, project, monkeypatch) == 1


def test_the_cache_depends_on_the_vae(train, project, monkeypatch, models):
    encoded(train, project, monkeypatch)
    before = {path.name for path in (project.cache / "latents").iterdir()}
    from_project(train, project, base_model=str(models["v_prediction"]), max_train_epochs=1)
    same_vae = {path.name for path in (project.cache / "latents").iterdir()}
    from_project(train, project, base_model=str(models["two"]), max_train_epochs=1)
    other_vae = {path.name for path in (project.cache / "latents").iterdir()}
    assert same_vae == before
    assert len(other_vae) == 2 * len(before)


def test_nothing_is_written_beside_the_art(train, project):
    art = Path(project.file.folders[0].path)
    before = {path: path.read_bytes() for path in art.iterdir()}
    from_project(train, project)
    assert {path: path.read_bytes() for path in art.iterdir()} == before
