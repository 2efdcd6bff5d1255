"""Full disks, pictures and folders that vanish, losses that are no numbers."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.commands import train as verb
from engine.runtime.errors import BadInputError, JobCancelled, StorageError, TrainingError
from engine.runtime.events import Event
from engine.runtime.files import write_cached
from engine.runtime.job import Job, JobHandle
from engine.training import caches, checkpoints, loop, run_log, saving
from engine.training.config import TrainRequest
from engine.training.learner import Learner
from engine.training.loop import run
from engine.training.patience import patiently
from engine.training.runs import Run, resumable
from engine.training.tensorboard import EventFile


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def final(result):
    return load_file(result.checkpoints[-1].path)


def attended(request, on_wait):
    """A job whose user answers when it waits."""
    handle = JobHandle(request)
    return Job(handle, lambda: on_wait(handle) if handle.paused else None)


@pytest.fixture
def full_disk(monkeypatch):
    """Let the first write of a kind fail as on a full disk; gives the number of tries."""

    def fill(module, name, fails=lambda *args: True):
        write, tries = getattr(module, name), []

        def writing(*args):
            if fails(*args):
                tries.append(args)
                if len(tries) == 1:
                    raise StorageError("The disk is full; {name} was not written.", name=args[0])
            return write(*args)

        monkeypatch.setattr(module, name, writing)
        return tries

    return fill


@pytest.mark.parametrize(
    "place",
    [(checkpoints, "write_lora"), (saving, "write_state"), (run_log, "append"), (EventFile, "add")],
    ids=["checkpoint", "state", "log", "curves"],
)
def test_a_full_disk_pauses_the_run_until_there_is_room(place, full_disk, train, request_for):
    plain, _ = train()
    tries = full_disk(*place)
    request = request_for()
    seen = []

    def make_room(handle):
        seen.append(handle.state)
        handle.resume()

    job = attended(request, make_room)
    result = run(request, job)
    waiting = [e.data for e in job.handle.take_events() if e.kind == "train.waiting"]
    assert len(seen) == len(waiting) == 1
    assert waiting[0]["sentence"].startswith("The disk is full")
    assert len(tries) >= 2
    assert same(final(plain), final(result))
    rows = Run(Path(result.run)).steps()
    assert rows["step"].tolist() == [1, 2, 3, 4]


READY = {
    "latents": (caches, "write_cached", {"cache_latents": True, "cache_latents_to_disk": True}),
    "captions": (
        caches,
        "write_cached",
        {
            "cache_latents": False,
            "text_encoder_lr": 0.0,
            "cache_text_encoder_outputs": True,
            "cache_text_encoder_outputs_to_disk": True,
        },
    ),
    "pictures": (loop, "note_pictures", {}),
}


@pytest.mark.parametrize("what", READY)
def test_a_full_disk_pauses_a_run_that_gets_ready_which_is_known_by_its_folder(
    what, full_disk, request_for
):
    module, name, settings = READY[what]
    request = request_for(**settings)
    tries = full_disk(module, name)
    job = attended(request, lambda handle: handle.resume())
    result = run(request, job)
    assert len(tries) >= 2
    events = [event for event in job.handle.take_events() if event.kind != "train.warning"]
    assert [event.kind for event in events[:2]] == ["train.opened", "train.waiting"]
    assert {event.data["run"] for event in events[:2]} == {result.run}
    assert Run(Path(result.run)).status == "finished"


def test_a_cache_that_is_thrown_away_meanwhile_is_made_again(tmp_path):
    latents = tmp_path / "latents"
    for name in ("a", "b"):
        write_cached(latents / name, b"1")
        shutil.rmtree(latents)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        write_cached(tmp_path / "file" / "a", b"1")


def test_a_run_that_waits_can_be_stopped(full_disk, request_for):
    full_disk(saving, "write_state", lambda folder, state: True)
    request = request_for()
    job = attended(request, lambda handle: handle.cancel())
    with pytest.raises(JobCancelled):
        run(request, job)
    left = Run(Path(request.output_dir))
    assert left.status == "cancelled"
    assert [item.epoch for item in left.checkpoints()] == [1]


def test_what_cannot_be_written_is_tried_again_and_its_result_is_given():
    job = Job.detached()
    tries = []

    def write():
        tries.append(1)
        if len(tries) < 3:
            job.handle._asked.append("go on")  # somebody is there to let it go on
            raise StorageError("Full.")
        return "written"

    assert patiently(job, write) == "written"
    assert len(tries) == 3


def test_a_line_that_did_not_fit_leaves_no_part_of_itself(tmp_path, room):
    path = tmp_path / "log.jsonl"
    run_log.append(path, {"step": 1})
    with room(path.stat().st_size + 5), pytest.raises(StorageError):
        run_log.append(path, {"step": 2})
    run_log.append(path, {"step": 3})
    assert path.read_text() == '{"step": 1}\n{"step": 3}\n'


def test_without_a_window_a_run_that_waits_tries_again_by_itself(capsys):
    handle = JobHandle(TrainRequest(project="p"))
    handle.pause()
    data = {"sentence": "The disk of {name} is full.", "remedy": "", "facts": {"name": "x"}}
    verb._Teller(handle, period=0.0)(Event(handle.id, "train.waiting", data))
    assert handle._go.wait(30)
    assert "The disk of x is full." in capsys.readouterr().err


# Numbers that are none


@pytest.fixture
def bad_from(monkeypatch):
    """Let the losses of one picture be no numbers from an update on."""

    def spoil(name, step):
        losses, made = Learner.losses, []

        def spoiled(self, pictures, *args):
            found = losses(self, pictures, *args)
            made.append(1)
            wrong = [Path(p.name).name == name and len(made) >= step for p in pictures]
            return torch.where(torch.tensor(wrong), math.nan, found)

        monkeypatch.setattr(Learner, "losses", spoiled)

    return spoil


def test_a_loss_that_is_no_number_names_picture_and_rate_and_keeps_the_weights_before(
    bad_from, train, request_for, tmp_path
):
    settings = {"lr_scheduler": "constant", "train_batch_size": 1, "max_train_epochs": 1}
    whole, _ = train(save_every_n_steps=1, **settings)
    bad_from("picture_3.png", 1)
    request = request_for(output_dir=str(tmp_path / "bad"), **settings)
    with pytest.raises(TrainingError, match=r"with picture_3\.png and a rate of 0\.01\.") as caught:
        run(request, Job.detached())
    step = int(caught.value.facts["step"])
    (left,) = resumable(tmp_path)
    assert left.state.step == step - 1
    assert left.run.status == "failed"
    name = f"style-step{step - 1:08d}.safetensors"
    kept = load_file(left.run.folder / "checkpoints" / name)
    assert same(kept, load_file(Path(whole.run) / "checkpoints" / name))
    assert all(torch.isfinite(tensor).all() for tensor in kept.values())


def test_a_gradient_that_is_no_number_changes_no_weight(train, request_for, tmp_path, monkeypatch):
    whole, _ = train(save_every_n_steps=1)
    clip, made = torch.nn.utils.clip_grad_norm_, []

    def broken(parameters, limit):
        made.append(1)
        if len(made) == 3:
            parameters[0].grad.fill_(math.inf)
        return clip(parameters, limit)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", broken)
    with pytest.raises(TrainingError, match="at step 3"):
        run(request_for(output_dir=str(tmp_path / "bad")), Job.detached())
    kept = Run(tmp_path / "bad").checkpoints()[-1]
    assert kept.step == 2
    name = "style-step00000002.safetensors"
    assert same(load_file(kept.path), load_file(Path(whole.run) / "checkpoints" / name))


@pytest.mark.parametrize(
    ("error", "states"),
    [(BadInputError("The course ends."), [3]), (RuntimeError("of a library"), [2])],
    ids=["told", "unforeseen"],
)
def test_whatever_ends_a_run_its_weights_are_kept(error, states, request_for, monkeypatch):
    request = request_for(max_train_epochs=3, save_last_n_epochs_state=0)
    losses = Learner.losses

    def breaking(self, *args):
        if Run(Path(request.output_dir)).steps()["step"].size == 3:
            raise error
        return losses(self, *args)

    monkeypatch.setattr(Learner, "losses", breaking)
    with pytest.raises(type(error), match=str(error)):
        run(request, Job.detached())
    found = Run(Path(request.output_dir))
    assert found.status == "failed"
    assert [one.step for one in found.checkpoints()] == [2, 3]
    assert [one.step for one in found.states()][-1:] == states


def test_an_error_is_told_also_where_nothing_can_be_kept_any_more(request_for, monkeypatch):
    def gone(*args):
        raise RuntimeError("the device is lost too")

    def breaking(self, *args):
        raise RuntimeError("the device is lost")

    job = Job.detached()
    emit = job.emit

    def lose(kind, **data):
        emit(kind, **data)
        if kind == "train.step":
            monkeypatch.setattr(Learner, "losses", breaking)
            monkeypatch.setattr(checkpoints, "write_lora", gone)

    job.emit = lose
    with pytest.raises(RuntimeError, match=r"the device is lost$"):
        run(request_for(), job)


def test_weights_that_are_no_numbers_are_not_saved(request_for, monkeypatch):
    clip, made = torch.nn.utils.clip_grad_norm_, []

    def broken(parameters, limit):
        made.append(1)
        if len(made) == 2:
            parameters[0].data.fill_(math.nan)
            return torch.tensor(math.nan)
        return clip(parameters, limit)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", broken)
    request = request_for()
    with pytest.raises(TrainingError, match="at step 2"):
        run(request, Job.detached())
    assert Run(Path(request.output_dir)).checkpoints() == []
    assert Run(Path(request.output_dir)).states() == []


# Pictures


def vanishing(job, art, name, after):
    """Let a picture or a folder go away after a step."""
    emit = job.emit

    def act(kind, **data):
        emit(kind, **data)
        if kind == "train.step" and data["step"] == after:
            (art / name).rename(art.with_name("away"))

    job.emit = act
    return job


def test_a_picture_that_vanishes_is_told_once_and_the_run_goes_on_without_it(request_for, art):
    request = request_for(cache_latents=False, max_train_epochs=3, train_batch_size=2)
    job = vanishing(Job.detached(), art, "1_square/picture_1.png", 2)
    result = run(request, job)
    told = [e.data["text"] for e in job.handle.take_events() if e.kind == "train.warning"]
    assert [text.split(":")[0] for text in told] == ["picture_1.png"]
    assert result.steps == 12
    assert Run(Path(result.run)).status == "finished"


def test_a_picture_that_vanishes_after_it_was_cached_is_not_missed(train, request_for, art):
    plain, _ = train()
    job = vanishing(Job.detached(), art, "1_square/picture_1.png", 1)
    result = run(request_for(), job)
    assert same(final(plain), final(result))
    assert not [e for e in job.handle.take_events() if e.kind == "train.warning"]


def test_a_run_waits_for_a_folder_that_is_gone(request_for, art, train):
    settings = {"cache_latents": False, "max_train_epochs": 2, "train_batch_size": 2}
    plain, _ = train(**settings)
    request = request_for(**settings)

    def bring_back(handle):
        shutil.move(art.with_name("away"), art / "1_square")
        handle.resume()

    job = vanishing(attended(request, bring_back), art, "1_square", 1)
    result = run(request, job)
    waiting = [e.data for e in job.handle.take_events() if e.kind == "train.waiting"]
    assert [Path(item["facts"]["path"]).name for item in waiting] == ["1_square"]
    assert same(final(plain), final(result))


def test_a_held_out_picture_that_vanishes_ends_no_run(request_for, art):
    request = request_for(cache_latents=False, max_train_epochs=3, validation_split=0.5)
    held_out = []

    def lose(kind, **data):
        emit(kind, **data)
        if kind == "train.held_out":
            held_out.append(data["epoch"])
            learned = (Path(request.output_dir) / "pictures.json").read_text()
            for path in art.rglob("*.png"):
                if json.dumps(str(path)) not in learned:
                    path.unlink()

    job = Job.detached()
    emit, job.emit = job.emit, lose
    result = run(request, job)
    assert len(list(art.rglob("*.png"))) in (2, 3, 4)
    assert held_out == [0]
    assert Run(Path(result.run)).status == "finished"
    assert [e for e in job.handle.take_events() if e.kind == "train.warning"]
