"""A run that was cut off goes on to the last bit as if nothing had happened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.runtime.errors import (
    BadInputError,
    JobCancelled,
    JobInterrupted,
    MissingFileError,
    ModelFileError,
    TrainingError,
)
from engine.runtime.job import Job, JobHandle
from engine.training.config import TrainRequest
from engine.training.loop import run
from engine.training.runs import Run, resumable
from engine.training.state import find_state, read_state

from .conftest import paint


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def files(folder):
    return {path.name: load_file(path) for path in (folder / "checkpoints").glob("*.safetensors")}


def stopping(step):
    """A job that the user stops after ``step``."""
    job = Job.detached()
    emit = job.emit

    def stop(kind, **data):
        emit(kind, **data)
        if kind == "train.step" and data["step"] == step:
            job.handle.cancel()

    job.emit = stop
    return job


@pytest.fixture
def cut(request_for, tmp_path):
    """Train to ``step``, stop, and give the request that goes on."""

    def go(step, **changes):
        request = request_for(output_dir=str(tmp_path / "cut"), **changes)
        with pytest.raises(JobCancelled):
            run(request, stopping(step))
        found = next(item for item in resumable(tmp_path) if item.run.folder == tmp_path / "cut")
        assert found.state.step == step
        return found.request()

    return go


SETTINGS = {
    "plain": {},
    "chance of every kind": {
        "shuffle_caption": True, "caption_dropout_rate": 0.3, "flip_aug": True,
        "noise_offset": 0.1, "multires_noise_iterations": 2, "ip_noise_gamma": 0.1,
        "network_dropout": 0.2, "rank_dropout": 0.2, "module_dropout": 0.1,
    },
    "accumulation": {"train_batch_size": 2, "gradient_accumulation_steps": 2},
    "average": {"ema_decay": 0.9},
    "norms": {"scale_weight_norms": 0.01, "text_encoder_lr": 1e-3},
    "bf16": {"mixed_precision": "bf16"},
    "text for half the way": {"text_encoder_lr": 1e-3, "stop_text_encoder_training": 50},
}  # fmt: skip


def test_the_part_that_is_done_never_falls_while_a_run_gets_ready_to_go_on(cut):
    request = cut(3, max_train_epochs=3)
    job, told = Job.detached(), []
    progress = job.progress

    def watched(*args, **facts):
        progress(*args, **facts)
        told.append(job.handle.progress)

    job.progress = watched
    result = run(request, job)
    parts = [one.fraction for one in told]
    assert parts == sorted(parts)
    encoding = [one for one in told if one.key.startswith("Encoding")]
    assert {one.fraction for one in encoding} == {3 / result.steps}
    assert encoding[0].text.startswith("Encoding picture 1 of ")


@pytest.mark.parametrize("name", SETTINGS)
def test_what_goes_on_ends_as_what_was_never_cut_off(name, cut, train, tmp_path):
    settings = {"max_train_epochs": 3, "lr_warmup_steps": 2} | SETTINGS[name]
    whole, _ = train(**settings)
    steps = whole.steps
    request = cut(steps // 2, **settings)
    result = run(request, Job.detached())
    assert result.run == str(tmp_path / "cut")
    assert result.steps == steps
    assert result.final_loss == whole.final_loss
    mine, theirs = files(tmp_path / "run"), files(tmp_path / "cut")
    assert set(theirs) - set(mine) <= {f"style-step{steps // 2:08d}.safetensors"}
    assert all(same(mine[key], theirs[key]) for key in mine)
    before, after = (Run(tmp_path / folder).steps() for folder in ("run", "cut"))
    for key in ("step", "epoch", "loss", "average", "grad_norm", "lr_unet"):
        assert before[key].tolist() == after[key].tolist()
    assert Run(tmp_path / "cut").status == "finished"


OPTIMIZERS = (
    "AdamW", "Lion", "SGDNesterov", "AdaFactor", "Prodigy", "DAdaptAdam", "AdamWScheduleFree",
    "RMSprop",
)  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on_exactly(optimizer, cut, train, tmp_path):
    settings = {"optimizer_type": optimizer, "max_train_epochs": 3, "lr_scheduler": "constant"}
    train(**settings)
    run(cut(3, **settings), Job.detached())
    mine, theirs = files(tmp_path / "run"), files(tmp_path / "cut")
    assert same(mine["style.safetensors"], theirs["style.safetensors"])


@pytest.mark.parametrize("step", [1, 2, 5])
def test_at_whatever_step_it_was_cut_off(step, cut, train, tmp_path):
    train(max_train_epochs=3)
    run(cut(step, max_train_epochs=3), Job.detached())
    mine, theirs = files(tmp_path / "run"), files(tmp_path / "cut")
    assert same(mine["style.safetensors"], theirs["style.safetensors"])
    found = Run(tmp_path / "cut")
    assert found.steps()["step"].tolist() == [1, 2, 3, 4, 5, 6]
    numbered = [item.path.name for item in found.checkpoints() if "step" not in item.path.name]
    assert numbered == ["style-000001.safetensors", "style-000002.safetensors", "style.safetensors"]


def test_a_run_can_be_cut_off_again_and_again(cut, train, tmp_path):
    train(max_train_epochs=4)
    request = cut(1, max_train_epochs=4)
    for step in (2, 3, 6, 7):
        with pytest.raises(JobCancelled):
            run(request, stopping(step))
        request = resumable(tmp_path)[0].request()
    run(request, Job.detached())
    assert same(
        files(tmp_path / "run")["style.safetensors"], files(tmp_path / "cut")["style.safetensors"]
    )


def test_a_longer_run_goes_on_from_a_finished_one_in_a_folder_of_its_own(train, tmp_path):
    whole, _ = train(max_train_epochs=4, lr_scheduler="constant")
    short, _ = train(
        max_train_epochs=2, lr_scheduler="constant", output_dir=str(tmp_path / "short")
    )
    longer, _ = train(
        max_train_epochs=4, lr_scheduler="constant", output_dir=str(tmp_path / "longer"),
        resume=short.run,
    )  # fmt: skip
    assert longer.run == str(tmp_path / "longer")
    assert Run(Path(short.run)).status == "finished"
    assert same(files(Path(longer.run))["style.safetensors"],
                files(Path(whole.run))["style.safetensors"])  # fmt: skip
    assert longer.steps == 8


def test_samples_and_settings_that_change_no_number_may_change(cut, train, tmp_path):
    train(max_train_epochs=3)
    request = cut(2, max_train_epochs=3)
    changed = {
        "cache_latents": False, "gradient_checkpointing": True, "save_every_n_steps": 2,
        "sample_prompts": ("red --s 2",), "training_comment": "again",
    }  # fmt: skip
    run(TrainRequest.model_validate(request.model_dump() | changed), Job.detached())
    cut_off = files(tmp_path / "cut")
    for key, tensor in files(tmp_path / "run")["style.safetensors"].items():
        torch.testing.assert_close(cut_off["style.safetensors"][key], tensor, atol=1e-5, rtol=1e-4)
    assert "style-step00000004.safetensors" in cut_off


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("network_dim", 4, r"Rank \(network_dim\) was 2 and is 4"),
        ("seed", 6, r"Seed \(seed\) was 5 and is 6"),
        ("unet_lr", 2e-2, r"\(unet_lr\) was 0.01 and is 0.02"),
        ("train_batch_size", 2, r"\(train_batch_size\) was 4 and is 2"),
    ],
)
def test_a_state_of_another_configuration_is_refused_with_the_setting(cut, name, value, words):
    request = cut(1)
    other = TrainRequest.model_validate(request.model_dump() | {name: value})
    with pytest.raises(BadInputError, match=words):
        run(other, Job.detached())


def test_a_state_of_another_model_is_refused(cut, models, tmp_path):
    shutil.copytree(models["epsilon"], tmp_path / "copy")
    request = cut(1, base_model=str(tmp_path / "copy"))
    path = tmp_path / "copy" / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(bytes(models_bytes(models)))
    with pytest.raises(BadInputError, match="another base model"):
        run(request, Job.detached())


def models_bytes(models):
    data = bytearray((models["epsilon"] / "unet/diffusion_pytorch_model.safetensors").read_bytes())
    data[-1] ^= 1
    return data


def test_where_nothing_is_left_to_learn_it_is_said(train):
    result, _ = train()
    with pytest.raises(BadInputError, match="step 4 of 4"):
        train(resume=result.run)


def test_pictures_that_changed_are_told_and_the_run_goes_on(cut, art):
    request = cut(1)
    paint(art / "1_square", 6)
    job = Job.detached()
    assert run(request, job).steps > 4
    told = [event.data["text"] for event in job.handle.take_events() if event.kind.endswith("ing")]
    assert any("have changed since" in text for text in told)


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign", "pickle", "other"])
def test_a_damaged_state_is_refused(cut, damage, tmp_path):
    request = cut(1)
    path = find_state(Path(request.resume))
    content = path.read_bytes()
    if damage == "foreign":
        torch.save({"step": 1}, path)
    elif damage == "other":
        torch.save(torch.load(path) | {"request": ["seed"]}, path)
    elif damage == "pickle":
        torch.save({"format": 1, "position": print}, path)
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    with pytest.raises(ModelFileError, match="damaged or was not written by this application"):
        run(request, Job.detached())
    assert Run(tmp_path / "cut").status == "cancelled"


def test_a_place_without_a_state_is_told(train, tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        train(resume=str(tmp_path / "nowhere"))
    result, _ = train(save_state=False)
    with pytest.raises(BadInputError, match="saved no state"):
        train(resume=result.run)


def test_a_run_that_still_goes_on_is_not_taken_up(cut, tmp_path):
    request = cut(1)
    going = Run.reopen(tmp_path / "cut", request, 1)
    with pytest.raises(TrainingError, match="still going on"):
        run(request, Job.detached())
    going.release()


def files_below(folder):
    """The names of all files but the logs of TensorBoard, which carry the moment, and the lock."""
    found = (path.relative_to(folder) for path in folder.rglob("*"))
    return sorted(str(path) for path in found if path.parts[0] not in ("tensorboard", ".lock"))


def test_a_run_without_states_is_offered_after_a_crash_and_leaves_none_when_it_ends(
    train, request_for, tmp_path
):
    settings = {"save_state": False, "max_train_epochs": 4}
    whole, _ = train(**settings)
    job = Job.detached()
    emit, seen = job.emit, []

    def break_down(kind, **data):
        emit(kind, **data)
        if kind == "train.state":
            seen.append([path.name for path in (tmp_path / "cut" / "states").iterdir()])
        if kind == "train.step" and data["step"] == 5:
            raise JobInterrupted

    job.emit = break_down
    with pytest.raises(JobInterrupted):
        run(request_for(output_dir=str(tmp_path / "cut"), **settings), job)
    # The newest takes the place of the one before, which goes once that is whole.
    assert [len(names) for names in seen] == [1, 2, 2]
    (offer,) = resumable(tmp_path)
    assert [path.name for path in offer.state.path.parent.iterdir()] == ["style-step00000005-state"]
    run(offer.request(), Job.detached())
    mine, theirs = files(Path(whole.run)), files(tmp_path / "cut")
    assert same(mine["style.safetensors"], theirs["style.safetensors"])
    left = set(files_below(tmp_path / "cut")) - set(files_below(Path(whole.run)))
    assert left == {"checkpoints/style-step00000005.safetensors"}
    assert not (Path(whole.run) / "states").exists()


def test_states_that_were_wanted_outlive_a_run_that_goes_on_without(cut, tmp_path):
    request = cut(2, max_train_epochs=3)
    without = TrainRequest.model_validate(request.model_dump() | {"save_state": False})
    run(without, Job.detached())
    assert [state.step for state in Run(tmp_path / "cut").states()] == [2]


def test_only_the_newest_states_are_kept(train, tmp_path):
    result, _ = train(max_train_epochs=4)
    names = sorted(path.name for path in (Path(result.run) / "states").iterdir())
    assert names == ["style-state"]
    many, _ = train(max_train_epochs=4, save_last_n_epochs_state=0)
    names = sorted(path.name for path in (Path(many.run) / "states").iterdir())
    assert names == [
        "style-000001-state", "style-000002-state", "style-000003-state", "style-state",
    ]  # fmt: skip
    states = Run(Path(many.run)).states()
    assert [state.step for state in states] == [2, 4, 6, 8]
    assert read_state(states[1].path / "state.pt").position.step == 4


def test_states_of_steps_are_counted_apart_from_their_checkpoints(train, tmp_path):
    run, _ = train(
        max_train_epochs=3, save_every_n_steps=1, save_every_n_epochs=0, save_last_n_steps=4,
        save_last_n_steps_state=2,
    )  # fmt: skip
    names = [name for name in sorted(files(Path(run.run))) if "step" in name]
    assert names == [f"style-step{step:08d}.safetensors" for step in (3, 4, 5, 6)]
    names = [path.name for path in sorted((Path(run.run) / "states").iterdir())]
    assert names == ["style-state", "style-step00000004-state", "style-step00000005-state"]


def test_states_are_kept_as_long_as_their_checkpoints_where_nothing_else_is_said(train):
    run, _ = train(
        max_train_epochs=4, save_last_n_epochs=2, save_last_n_epochs_state=0, save_every_n_epochs=1
    )
    names = [path.name for path in sorted((Path(run.run) / "states").iterdir())]
    assert names == ["style-000003-state", "style-state"]


def test_a_run_is_offered_only_while_there_is_something_to_go_on_with(cut, tmp_path):
    cut(1)
    run_folder = tmp_path / "cut"
    assert [item.run.folder for item in resumable(tmp_path)] == [run_folder]
    info = json.loads((run_folder / "run.json").read_text())
    (run_folder / "run.json").write_text(json.dumps(info | {"status": "finished"}))
    assert resumable(tmp_path) == []
    (run_folder / "run.json").write_text(json.dumps(info | {"status": "failed"}))
    assert len(resumable(tmp_path)) == 1
    shutil.rmtree(run_folder / "states")
    assert resumable(tmp_path) == []


def test_work_that_ended_with_the_application_goes_on_when_queued_again(request_for, tmp_path):
    request = request_for(max_train_epochs=3)
    handle = JobHandle(request)
    steps = []

    def close():
        steps.extend(event for event in handle.take_events() if event.kind == "train.step")
        if len(steps) == 3:
            raise JobInterrupted

    with pytest.raises(JobInterrupted):
        run(request, Job(handle, close))
    rest = request.again()
    assert Path(rest.resume) == tmp_path / "run" / "states" / "style-step00000003-state"
    assert request_for(max_train_epochs=4).again().resume == ""
    result = run(rest, Job.detached())
    assert Run(Path(result.run)).steps()["step"].tolist() == [1, 2, 3, 4, 5, 6]
    assert request.again() == request
