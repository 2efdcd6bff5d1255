"""What the next run would read: repeats in its steps, the resolution it is looked ahead with."""

from __future__ import annotations

import pytest

from app.dataset.model import DatasetState
from app.dataset.operations import Operations
from app.dataset.outlook import look_ahead
from app.dataset.outlook_settings import request_of, sound_request_of, spec_of
from app.training.draft import rhythm
from app.training.model import TrainState
from engine.dataset.buckets import usual_spec
from engine.dataset.library import Library
from engine.dataset.samples import training_samples
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError
from engine.runtime.job import Job
from engine.training.batches import shelve
from engine.training.pictures import Sources, bucket_spec, open_pictures


def test_steps_per_epoch_count_every_repeat_as_the_run_does(art, tmp_path) -> None:
    folders = [SourceFolder(path=str(art), repeats=3)]
    project = Project.create(tmp_path / "p", "P", folders)
    library = Library(project.database, project)
    library.scan(folders)
    pictures = library.pictures()
    sources = Sources(tuple(training_samples(project, library=library)), (), "", (), project)
    library.close()
    run = open_pictures(sources, usual_spec(128), Job.detached()).training
    shelf = shelve([p.bucket for p in run], [p.repeats for p in run], 2)
    found = look_ahead(pictures, usual_spec(128), 2)
    assert (found.train, found.draws, found.steps) == (6, 18, shelf.batches)


CASES = {
    "caption_prefix": "before",
    "caption_suffix": "after",
    "caption_dropout_every_n_epochs": 1,
    "caption_tag_dropout_rate": 1.0,
    "enable_wildcard": True,
    "keep_tokens_separator": "|||",
    "caption_separator": " ",
    "secondary_separator": ";",
    "resize_interpolation": "nearest",
    "dataset_repeats": 3,
    "max_token_length": "225",
    "token_warmup_step": 0.5,
    "max_train_epochs": 3,
    "resolution": "",
    "alpha_mask": True,
    "trigger_word": "hvisl",
}


def test_the_dataset_looks_with_the_settings_that_a_run_would_start_with(opened, settle) -> None:
    before = request_of(opened)  # Train was not opened yet
    train = TrainState(opened)
    settle(opened)
    assert request_of(opened) == train.request()
    of_train = {"max_train_epochs", "sample_prompts", *rhythm(1)}  # it has read the pictures
    unlike = [n for n in type(before).model_fields
              if getattr(before, n) != getattr(request_of(opened), n)]  # fmt: skip
    assert set(unlike) <= of_train
    for name, value in CASES.items():
        train.change(**{name: value})
        assert getattr(request_of(opened), name) == value
        assert request_of(opened) == train.request()
    assert spec_of(opened) == bucket_spec(train.request(), train.base.size)


def test_a_mistake_in_a_setting_leaves_everything_as_it_was(opened, settle) -> None:
    train = TrainState(opened)
    settle(opened)
    train.change(resolution="96", caption_prefix="before")
    spec = spec_of(opened)
    train.change(unet_lr=-1.0)
    assert spec_of(opened) == spec
    assert sound_request_of(opened).caption_prefix == "before"
    with pytest.raises(BadInputError):
        request_of(opened)


def test_a_run_begins_with_the_resolution_that_was_chosen_for_the_project(opened, settle) -> None:
    project = opened.project
    project.save(project.file.model_copy(update={"resolution": 256}))
    assert request_of(opened).resolution == "256"
    train = TrainState(opened)
    settle(opened)
    assert train.request().resolution == "256"
    assert "resolution" not in train.changed_names()
    project.save(project.file.model_copy(update={"resolution": 64}))
    opened.pictures_changed.emit(None)
    settle(opened)
    assert train.request().resolution == request_of(opened).resolution == "64"
    opened.run_settings.put(None, resolution="96")
    settle(opened)
    assert train.request().resolution == request_of(opened).resolution == "96"


def test_the_same_stars_once_more_take_them_away(opened, settle) -> None:
    state = DatasetState(opened)
    settle(opened)
    operations, seen = Operations(state), []
    one, two = list(state.pictures)[:2]
    for keys in ([one], [one, two], [one, two]):
        operations.rate([state.pictures[key] for key in keys], 3)
        settle(opened)
        seen.append([state.pictures[key].stars for key in (one, two)])
    assert seen == [[3, 0], [3, 3], [0, 0]]
