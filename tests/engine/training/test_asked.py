"""Save now, sample now, stop and save, stop after this epoch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.runtime.errors import JobCancelled
from engine.runtime.job import Job, JobHandle
from engine.sampling.preview import Previews
from engine.training import controls
from engine.training.loop import run
from engine.training.runs import Run, resumable


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def final(result):
    return load_file(result.checkpoints[-1].path)


@pytest.fixture
def asking(request_for):
    """Train and ask for controls after steps; gives (result, events)."""

    def go(wishes, **changes):
        request = request_for(**changes)
        job = Job(JobHandle(request))
        emit = job.emit

        def ask(kind, **data):
            emit(kind, **data)
            if kind == "train.step" and data["step"] in wishes:
                assert job.handle.ask(wishes[data["step"]])

        job.emit = ask
        return run(request, job), job.handle.take_events()

    return go


def names(result):
    return sorted(path.name for path in (Path(result.run) / "checkpoints").iterdir())


def test_saving_and_sampling_now_change_nothing_of_the_run(train, asking):
    settings = {
        "max_train_epochs": 3, "train_batch_size": 2, "network_dropout": 0.3, "ema_decay": 0.9,
        "sample_prompts": ("red --s 2 --d 4",), "sample_every_n_epochs": 0,
        "sample_at_first": False,
    }  # fmt: skip
    plain, _ = train(**settings)
    wishes = {2: controls.SAMPLE_NOW, 3: controls.SAVE_NOW, 5: controls.SAMPLE_NOW}
    asked, events = asking(wishes, **settings)
    assert same(final(plain), final(asked))
    assert [e.data["step"] for e in events if e.kind == "train.sample"] == [2, 5]
    assert set(names(asked)) - set(names(plain)) == {"style-step00000003.safetensors"}
    assert 3 in [event.data["step"] for event in events if event.kind == "train.state"]


def test_what_was_saved_now_are_the_weights_of_now(train, asking):
    asked, _ = asking({3: controls.SAVE_NOW}, max_train_epochs=2)
    regular, _ = train(max_train_epochs=2, save_every_n_steps=3)
    folders = [Path(result.run) / "checkpoints" for result in (asked, regular)]
    assert same(*(load_file(folder / "style-step00000003.safetensors") for folder in folders))


def test_a_checkpoint_that_was_asked_for_is_not_taken_away(asking):
    asked, _ = asking(
        {1: controls.SAVE_NOW}, max_train_epochs=4, save_every_n_steps=2, save_last_n_steps=1,
        save_every_n_epochs=0,
    )  # fmt: skip
    assert names(asked) == [
        "style-step00000001.safetensors", "style-step00000008.safetensors", "style.safetensors",
    ]  # fmt: skip


def test_a_step_that_was_saved_already_is_not_saved_twice(request_for):
    job = Job(JobHandle(request_for(max_train_epochs=2, save_state=True)))
    emit = job.emit

    def ask(kind, **data):
        emit(kind, **data)
        if kind == "train.checkpoint":
            job.handle.ask(controls.SAVE_NOW)

    job.emit = ask
    assert names(run(job.handle.request, job)) == ["style-000001.safetensors", "style.safetensors"]


@pytest.mark.parametrize("kept", ["save_last_n_epochs", "save_last_n_steps"])
def test_what_would_be_taken_away_is_saved_again_when_it_is_asked_for(request_for, kept):
    changes = {"save_every_n_epochs": 1, "max_train_epochs": 3, kept: 1}
    job = Job(JobHandle(request_for(**changes)))
    emit, asked = job.emit, []

    def ask(kind, **data):
        emit(kind, **data)
        if kind == "train.checkpoint" and not asked:
            asked.append(job.handle.ask(controls.SAVE_NOW))

    job.emit = ask
    assert "style-step00000002.safetensors" in names(run(job.handle.request, job))


def test_where_no_states_are_wanted_only_a_run_that_did_not_end_has_one(asking, request_for):
    saved, _ = asking({1: controls.SAVE_NOW}, max_train_epochs=1, save_state=False)
    assert "style-step00000001.safetensors" in names(saved)
    assert not (Path(saved.run) / "states").exists()
    for wanted in (False, True):
        request = request_for(output_dir=f"{saved.run}-{wanted}", save_state=wanted)
        job = Job(JobHandle(request))
        emit = job.emit

        def cancel(kind, job=job, emit=emit, **data):
            emit(kind, **data)
            if kind == "train.step":
                job.handle.cancel()

        job.emit = cancel
        with pytest.raises(JobCancelled):
            run(request, job)
        (state,) = Run(Path(request.output_dir)).states()
        assert state.passing is not wanted


def test_stop_and_save_ends_at_once_with_a_checkpoint_and_a_state(asking, train, tmp_path):
    whole, _ = train(max_train_epochs=4)
    stopped, events = asking(
        {3: controls.STOP_AND_SAVE}, max_train_epochs=4, save_state=False,
        output_dir=str(tmp_path / "stopped"),
    )  # fmt: skip
    assert stopped.steps == 3
    assert stopped.checkpoints[-1].path.endswith("style-step00000003.safetensors")
    assert Run(Path(stopped.run)).status == "cancelled"
    assert events[-1].data["status"] == "cancelled"
    (offer,) = resumable(tmp_path)
    request = offer.request().model_copy(update={"output_dir": stopped.run})
    assert same(final(run(request, Job.detached())), final(whole))


def test_stop_after_the_epoch_finishes_it(asking, tmp_path):
    stopped, _ = asking({3: controls.STOP_AFTER_EPOCH}, max_train_epochs=4, train_batch_size=2)
    assert stopped.steps == 4
    assert [item.epoch for item in stopped.checkpoints] == [1]
    assert [item.state.step for item in resumable(tmp_path)] == [4]


def test_a_paused_run_does_what_is_asked_and_stays_paused(request_for):
    request = request_for(max_train_epochs=3)
    handle = JobHandle(request)
    breaths = []

    def between():
        if handle.state != "paused":
            return
        breaths.append(len(handle.take_events()))
        if len(breaths) == 1:
            handle.ask(controls.SAVE_NOW)
        elif len(breaths) == 3:
            handle.ask(controls.STOP_AND_SAVE)

    job = Job(handle, between)
    emit = job.emit

    def pause(kind, **data):
        emit(kind, **data)
        if kind == "train.step" and data["step"] == 1:
            handle.pause()

    job.emit = pause
    result = run(request, job)
    assert result.steps == 1
    assert handle.paused
    assert len(breaths) == 3
    assert names(result) == ["style-step00000001.safetensors"]


def test_a_sample_that_is_drawn_says_how_far_it_is(asking, monkeypatch):
    monkeypatch.setattr(Previews.__init__, "__kwdefaults__", {"pause": 0.0})
    prompts = ("a --s 3", "b --s 3")
    result, events = asking({}, sample_prompts=prompts, max_train_epochs=1)
    told = [event.data for event in events if event.kind == "train.preview"]
    first = [(one["index"], one["done"], one["steps"]) for one in told if one["step"] == 0]
    assert first == [(at, done, 3) for done in (1, 2, 3) for at in (0, 1)]
    assert {(one["prompt"], one["run"]) for one in told} == {("a", result.run), ("b", result.run)}
    assert told[0]["array"].shape[2] == 3
    assert "train.preview" not in {row["kind"] for row in Run.open(Path(result.run)).events()}


def test_samples_that_were_asked_for_are_finished_before_a_pause_holds(request_for, monkeypatch):
    monkeypatch.setattr(Previews.__init__, "__kwdefaults__", {"pause": 0.0})
    request = request_for(max_train_epochs=2, sample_prompts=("a --s 4",), sample_at_first=False,
                          sample_every_n_epochs=0)  # fmt: skip
    handle = JobHandle(request)
    held = []

    def between():
        if handle.state == "paused":
            held.extend(event.kind for event in handle.take_events())
            handle.resume()

    job = Job(handle, between)
    emit = job.emit

    def pause_amid(kind, **data):
        emit(kind, **data)
        if kind == "train.step" and data["step"] == 1:
            handle.ask(controls.SAMPLE_NOW)
        elif kind == "train.preview":
            handle.pause()

    job.emit = pause_amid
    run(request, job)
    assert "train.preview" in held
    assert held[-2:] == ["train.sample", "train.aside"]  # drawn, and how long that took


def test_samples_that_are_asked_for_while_it_gets_ready_come_after_the_first_step(request_for):
    request = request_for(max_train_epochs=2, sample_prompts=("a --s 2",), sample_at_first=True,
                          sample_every_n_epochs=0)  # fmt: skip
    job = Job(JobHandle(request))
    assert job.handle.ask(controls.SAMPLE_NOW)
    run(request, job)
    events = job.handle.take_events()
    told = [event.data["step"] for event in events if event.kind == "train.sample"]
    assert told == [0, 1]


def test_what_is_saved_where_was_measured_has_the_held_out_loss(asking):
    result, events = asking(
        {2: controls.STOP_AND_SAVE}, max_train_epochs=3, validation_split=0.3,
        validate_every_n_steps=2,
    )  # fmt: skip
    measured = {e.data["step"]: e.data["loss"] for e in events if e.kind == "train.held_out"}
    (kept,) = Run.open(Path(result.run)).checkpoints()
    assert kept.held_out_loss == pytest.approx(measured[kept.step])
