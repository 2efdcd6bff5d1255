from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.held_out import Measurement, Validation, levels
from engine.training.learner import Learner
from engine.training.pictures import find_sources
from engine.training.recorder import Recorder
from engine.training.runs import Run

SPLIT = {"validation_split": 0.3, "save_every_n_epochs": 0, "max_train_epochs": 2}


def measured(events):
    return [event.data for event in events if event.kind == "train.held_out"]


def places(events):
    return [(data["epoch"], data["step"]) for data in measured(events)]


def test_a_share_of_every_folder_is_measured_and_not_learned(train, request_for):
    _, events = train(**SPLIT)
    sources = find_sources(request_for(**SPLIT))
    started = next(event.data for event in events if event.kind == "train.started")
    assert [Path(sample.source_dir).name for sample in sources.held_out] == ["1_square", "2_wide"]
    assert started["pictures"] == 4
    assert len(measured(events)) == 3


def test_the_seed_of_the_share_chooses_its_pictures(request_for):
    def chosen(**seed):
        return [s.path.name for s in find_sources(request_for(**SPLIT, **seed)).held_out]

    assert len({tuple(chosen(validation_seed=seed)) for seed in range(4)}) > 1
    assert chosen(seed=9) == chosen() == chosen(validation_seed=0)


def test_every_held_out_picture_is_told_alone_and_the_means_are_theirs(train):
    result, events = train(**SPLIT)
    for row in measured(events):
        losses = [one["loss"] for one in row["pictures"]]
        assert len(set(losses)) == len(losses) == 2
        assert sum(losses) / 2 == pytest.approx(row["loss"])
    kept = Run.open(Path(result.run)).held_out_pictures()
    assert [one.step for one in kept] == [data["step"] for data in measured(events)]
    assert len({one.names for one in kept}) == 1
    assert kept[0].losses == tuple(one["loss"] for one in measured(events)[0]["pictures"])


def test_two_runs_measure_the_same_and_another_seed_measures_otherwise(train):
    first, again, other = (
        measured(train(**SPLIT, **seed)[1]) for seed in ({}, {"seed": 5}, {"validation_seed": 7})
    )
    bare = [[row["loss"] for row in rows] for rows in (first, again, other)]
    assert bare[0] == bare[1]
    assert bare[0][0] != bare[2][0]


def test_measurements_are_made_as_often_as_asked(train):
    often = {"max_train_epochs": 3, "train_batch_size": 1, "save_every_n_epochs": 0}
    steps_of_epoch = 5  # three squares, and one wide picture twice
    by_steps = {"validate_every_n_epochs": 0, "validate_every_n_steps": 4}
    assert places(train(**SPLIT | often | by_steps)[1]) == [
        (0, 0),
        (1, 4),
        (2, 8),
        (3, 12),
        (3, 15),
    ]
    by_epochs = {"validate_every_n_epochs": 2}
    ends = [(epoch, epoch * steps_of_epoch) for epoch in (0, 2, 3)]
    assert places(train(**SPLIT | often | by_epochs)[1]) == ends


def test_every_noise_level_is_told_for_both_kinds_of_pictures(train):
    result, events = train(**SPLIT, validation_timesteps=3)
    first = measured(events)[0]
    assert [band["timestep"] for band in first["bands"]] == [250, 500, 750]
    for name in ("loss", "seen_loss"):
        mean = sum(band[name] for band in first["bands"]) / 3
        assert first[name] == pytest.approx(mean)
        assert len({band[name] for band in first["bands"]}) == 3
    epoch, step, bands = Run.open(Path(result.run)).held_out_bands()[0]
    assert (epoch, step, [asdict(band) for band in bands]) == (0, 0, first["bands"])


def test_levels_lie_between_the_least_and_the_most_noise():
    def of(**values):
        return levels(TrainRequest(project="p", **values), 1000)

    assert of() == (200, 400, 600, 800)
    assert of(validation_timesteps=1) == (500,)
    assert of(min_timestep=100, max_timestep=600) == (200, 300, 400, 500)


def test_a_limit_measures_fewer_pictures(train, monkeypatch):
    count = []
    losses = Learner.losses

    def counting(self, pictures, captions, draw):
        if len(set(pictures)) == 1 and len(pictures) == 4:
            count.append(pictures[0].name)
        return losses(self, pictures, captions, draw)

    monkeypatch.setattr(Learner, "losses", counting)
    once = {**SPLIT, "train_batch_size": 1, "max_train_epochs": 1}
    train(**once)
    every = len(count)
    train(**once, max_validation_steps=1)
    assert (every, len(count) - every) == (8, 4)
    del count[:]
    train(**once | {"train_batch_size": 2}, max_validation_steps=1)
    assert len(count) == 8  # one batch, which is two pictures then


def test_measuring_does_not_change_what_is_learned(train):
    quiet = train(**SPLIT, validate_every_n_epochs=0)[0]
    often = train(**SPLIT, validate_every_n_steps=1)[0]
    ends = [Path(result.checkpoints[-1].path).read_bytes()[-4000:] for result in (quiet, often)]
    assert ends[0] == ends[1]


class Falling:
    """Held-out losses that fall and rise while those of trained pictures fall."""

    def __init__(self, *losses):
        self._losses = iter(losses)

    def measure(self, job):
        held, seen = next(self._losses)
        return Measurement((500,), (held,), (seen,), ())


@pytest.fixture
def validation(request_for, tmp_path):
    def make(measures, **changes):
        request = request_for(**changes)
        job = Job.detached()
        run = Run.create(tmp_path / "measured", request)
        return Validation(request, measures, Recorder(run, job), job), job.handle, run

    return make


COPYING = ((1.0, 1.0), (0.8, 0.8), (0.9, 0.7), (0.9, 0.6), (0.9, 0.5))


@pytest.mark.parametrize(("patience", "step"), [(2, 3), (3, 4), (0, None)])
def test_a_run_that_copies_is_suggested_to_stop(validation, patience, step):
    looks, handle, run = validation(Falling(*COPYING), early_stop_patience=patience)
    for epoch in range(5):
        looks.look(epoch, epoch)
    told = [event.data for event in handle.take_events() if event.kind == "train.suggestion"]
    assert [data["step"] for data in told] == ([step] if step else [])
    assert [(data["best_step"], data["best_loss"]) for data in told] == ([(1, 0.8)] if step else [])
    assert [one.best_step for one in run.suggestions()] == ([1] if step else [])


def test_a_run_that_goes_on_remembers_what_it_measured(validation, request_for):
    looks, handle, run = validation(Falling(*COPYING[:3]))
    for epoch in range(3):
        looks.look(epoch, epoch)
    handle.take_events()
    job = Job.detached()
    later = Validation(request_for(), Falling(*COPYING[3:]), Recorder(run, job), job)
    for epoch in (3, 4):
        later.look(epoch, epoch)
    kinds = [event.kind for event in job.handle.take_events()]
    assert kinds == ["train.held_out", "train.held_out", "train.suggestion"]


def test_one_place_is_measured_once(validation):
    looks, handle, _ = validation(Falling(*COPYING))
    assert looks.look(1, 4) == looks.look(1, 4) == {"held_out_loss": 1.0, "seen_loss": 1.0}
    assert len(handle.take_events()) == 1


def test_nothing_is_measured_without_held_out_pictures(validation):
    class Nothing:
        measure = staticmethod(lambda job: None)

    looks, handle, _ = validation(Nothing())
    assert looks.look(0, 0) == {}
    assert handle.take_events() == []
