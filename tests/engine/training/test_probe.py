"""Before Start the heaviest step is made for true, and leaves nothing behind."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from peft import LoraConfig
from transformers import CLIPTextModel

from engine.commands.cli import main
from engine.models.adapter_layers import targets_in
from engine.models.host import host
from engine.runtime.errors import BadInputError, MissingFileError, OutOfMemoryError
from engine.runtime.job import Job, request_from_record
from engine.training import meter, probe
from engine.training.batches import shelve
from engine.training.jobfile import dump_toml
from engine.training.meter import LiveBytes
from engine.training.probe import heaviest, measure, run
from engine.training.probing import ProbeRequest
from engine.training.runs import Run
from engine.training.update import Updater

from .conftest import paint


@pytest.fixture
def measured(request_for):
    """Measure the run of the art with some settings changed."""
    return lambda **changes: measure(request_for(**changes), Job.detached())


def test_bytes_are_counted_while_they_live():
    with LiveBytes() as live:
        one = torch.ones(1000)
        assert live.now == live.peak == 4000
        view = one[:10]
        two = one + view[0]
        assert live.now == live.peak == 8000
        del one, view
        assert (live.now, live.peak) == (4000, 8000)
        two.mul_(2)
        half = two.to(torch.float16)
        assert (live.now, live.peak) == (6000, 8000)
    assert half.nbytes == 2000


def test_what_the_backward_pass_keeps_is_counted():
    weight = torch.ones(100, 100, requires_grad=True)
    inputs = torch.ones(50, 100)
    with LiveBytes() as live:
        hidden = (inputs @ weight).relu().sum()
        kept = live.now
        hidden.backward()
    assert kept >= 50 * 100 * 4
    assert live.peak >= kept + weight.nbytes
    assert live.now == weight.nbytes + hidden.nbytes


def test_the_heaviest_batch_has_the_most_pixels():
    shelf = shelve([(64, 64)] * 3 + [(96, 32)] * 5 + [(128, 64)], [1] * 9, 4)
    assert heaviest(shelf) == (0, 1, 2) or heaviest(shelf) == (3, 4, 5, 6)
    shelf = shelve([(64, 64)] * 2 + [(128, 96)], [1] * 3, 2)
    assert heaviest(shelf) == (2,)


def test_a_step_is_measured_and_nothing_is_left(measured, models, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    model = host().get(str(models["epsilon"]), dtype=torch.float32)
    weights = {key: tensor.clone() for key, tensor in model.unet.state_dict().items()}
    found = measured()
    assert sorted(tmp_path.rglob("*")) == before
    after = model.unet.state_dict()
    assert after.keys() == weights.keys()
    assert all(torch.equal(after[key], tensor) for key, tensor in weights.items())
    assert found.bucket == (32, 32)
    assert found.batch == 4
    assert found.fits
    assert found.changes == {}
    own = sum(tensor.nbytes for tensor in weights.values())
    assert own < found.step_bytes <= found.peak_bytes <= found.room_bytes
    assert 0 < found.seconds_per_step < found.seconds


def test_the_measure_follows_the_settings(measured):
    plain = measured().step_bytes
    assert measured(train_batch_size=1).step_bytes < plain
    assert measured(gradient_checkpointing=True).step_bytes < plain
    assert measured(network_dim=64).step_bytes > plain
    assert measured(text_encoder_lr=1e-4).step_bytes > plain
    # Of a window that hardly any draw falls into, the memory is told nevertheless.
    assert measured(style_loss_weight=1.0, style_max_timestep=9).step_bytes > plain * 1.1
    assert measured(gradient_accumulation_steps=8).step_bytes == pytest.approx(plain, rel=0.01)


def test_the_time_of_a_run_is_that_of_its_updates_and_of_what_is_cached(
    measured, tmp_path, monkeypatch
):
    # One bucket and full batches, so that every step is as heavy as the measured one; and a clock
    # that says that whatever is measured has taken a second.
    alike = {"train_data_dir": str(paint(tmp_path / "alike" / "1_a", 8).parent)}
    seconds = itertools.count()
    monkeypatch.setattr(probe, "time", SimpleNamespace(perf_counter=lambda: next(seconds)))
    anew = measured(cache_latents=False, **alike)
    assert (anew.seconds_per_step, anew.seconds) == (1, 4)
    assert measured(**alike).seconds == 4 + 2
    both = measured(cache_latents=False, gradient_accumulation_steps=2, **alike)
    assert (both.seconds_per_step, both.seconds) == (2, 4)
    # Groups that the two batches of an epoch never fill cost no more than these.
    short = measured(cache_latents=False, gradient_accumulation_steps=8, **alike)
    assert (short.seconds_per_step, short.seconds) == (2, 4)


def test_of_a_run_that_goes_on_the_rest_is_told(measured, train, tmp_path, monkeypatch):
    alike = {
        "train_data_dir": str(paint(tmp_path / "alike" / "1_a", 8).parent),
        "cache_latents": False, "lr_scheduler": "constant",
    }  # fmt: skip
    first, _ = train(max_train_epochs=1, **alike)
    seconds = itertools.count()
    monkeypatch.setattr(probe, "time", SimpleNamespace(perf_counter=lambda: next(seconds)))
    found = measured(max_train_epochs=3, resume=first.run, **alike)
    assert (found.outline.steps, found.outline.done) == (6, 2)
    assert (found.seconds, found.seconds_left) == (6, 4)
    with pytest.raises(BadInputError, match="nothing is left to learn"):
        measured(max_train_epochs=1, resume=first.run, **alike)
    with pytest.raises(BadInputError, match="belongs to another configuration"):
        measured(max_train_epochs=3, resume=first.run, network_dim=3, **alike)
    with pytest.raises(MissingFileError):
        measured(resume=str(tmp_path / "nowhere"))


def test_a_run_that_goes_on_is_not_tried_with_another_batch(measured, train, monkeypatch):
    first, _ = train(max_train_epochs=1, lr_scheduler="constant")
    monkeypatch.setattr(meter.psutil, "virtual_memory", lambda: Room(-1))
    found = measured(max_train_epochs=3, lr_scheduler="constant", resume=first.run)
    assert found.changes == {"gradient_checkpointing": True}


def test_a_schedule_that_ends_before_the_run_is_refused_before_it_starts(measured, train, tmp_path):
    course = {"lr_scheduler_type": "OneCycleLR", "lr_scheduler_args": "max_lr=0.01 total_steps=2"}
    for go in (measured, train):
        with pytest.raises(BadInputError, match="OneCycleLR ends before the run does"):
            go(**course)
    assert not Run(tmp_path / "run").steps()["step"].size
    enough = course | {"lr_scheduler_args": "max_lr=0.01 total_steps=3"}
    assert train(**enough)[0].steps == 4


def test_parts_that_may_stay_are_not_moved_out_of_the_way(measured, monkeypatch):
    asked = []
    park = probe.parking

    def noting(model, *, enabled):
        asked.append(enabled)
        return park(model, enabled=enabled)

    monkeypatch.setattr(probe, "parking", noting)
    measured()
    measured(offload=False)
    assert asked == [True, False]


@pytest.mark.parametrize(
    ("trained", "looked", "seen"),
    [((0, 1000), (300, 600), (300, 600)), ((400, 500), (0, 1000), (400, 500)),
     ((0, 200), (300, 600), (0, 200))],
)  # fmt: skip
def test_the_heaviest_draw_is_one_that_the_run_can_make(request_for, trained, looked, seen):
    asked = request_for(
        min_timestep=trained[0], max_timestep=trained[1], style_loss_weight=1.0,
        style_min_timestep=looked[0], style_max_timestep=looked[1],
    )  # fmt: skip
    found = probe._looked_at(asked)
    assert (found.min_timestep, found.max_timestep) == seen


def test_the_window_asks_through_the_engine(request_for):
    request = request_from_record(ProbeRequest(train=request_for()).to_record())
    job = Job.detached()
    assert run(request, job).batch == 4
    assert request.title == "Measure style"
    assert job.handle.take_events() == []


def test_the_command_line_tells_it_as_json(request_for, tmp_path, capsys):
    dump_toml(request_for(), tmp_path / "job.toml")
    assert main(["train", str(tmp_path / "job.toml"), "--probe"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["fits"]
    assert (told["bucket"], told["batch"], told["changes"]) == ([32, 32], 4, {})
    assert told["peak_bytes"] >= told["step_bytes"] > 0
    assert told["outline"]["buckets"] == [[32, 32, 4], [40, 24, 2]]
    assert not (tmp_path / "run").exists()


def test_it_tells_what_the_run_will_do(measured, tmp_path):
    paint(tmp_path / "reg" / "1_plain", 9)
    (tmp_path / "art" / "1_square" / "broken.png").write_bytes(b"no picture")
    found = measured(
        reg_data_dir=str(tmp_path / "reg"), train_batch_size=2, gradient_accumulation_steps=3,
        max_train_steps=99, huber_c=0.2,
    ).outline  # fmt: skip
    assert (found.pictures, found.buckets) == (6, ((32, 32, 4), (40, 24, 2)))
    # Four squares, two wide ones twice, and as many plain ones: 4+8, 4 in their buckets.
    assert (found.regularization, found.unused_regularization, found.draws) == (8, 1, 16)
    assert (found.steps_per_epoch, found.epochs, found.steps) == (3, 2, 6)
    assert found.without_effect == {
        "max_train_steps": "The epochs decide how long is trained.",
        "huber_c": "It has an effect only with Loss: huber, smooth_l1.",
    }
    assert [word for word in ("broken.png", "no partner") if word not in str(found.notes)] == []


def test_it_says_that_the_file_of_the_model_predicts_something_else(measured):
    with_words = str(measured(prediction_type="v_prediction").outline.notes)
    assert "says that it predicts epsilon, and Model predicts is v_prediction" in with_words
    assert "says that it predicts" not in str(measured().outline.notes)


def test_a_smaller_attempt_is_told_beside_the_run_that_was_asked_for(measured, monkeypatch):
    plain = measured().outline
    monkeypatch.setattr(meter.psutil, "virtual_memory", lambda: Room(-1))
    assert measured().outline == plain


def test_held_out_pictures_are_counted_apart(measured):
    found = measured(validation_split=0.5, validation_seed=1).outline
    assert (found.pictures, found.held_out) == (3, 3)


def test_what_does_not_fit_is_measured_smaller(measured, monkeypatch):
    plain = measured()
    monkeypatch.setattr(meter.psutil, "virtual_memory", lambda: Room(-1))
    found = measured()
    assert not found.fits
    assert found.changes == {
        "train_batch_size": 1, "gradient_accumulation_steps": 4, "gradient_checkpointing": True,
    }  # fmt: skip
    assert found.step_bytes < plain.step_bytes
    between = (plain.peak_bytes + found.peak_bytes) // 2
    monkeypatch.setattr(meter, "room_of", lambda model: between)
    found = measured()
    assert not found.fits
    assert found.peak_bytes <= found.room_bytes
    assert found.changes["train_batch_size"] in (1, 2)


class Room:
    """A computer with so many bytes left."""

    def __init__(self, available):
        self.available = available


def test_memory_that_runs_out_is_no_error_as_long_as_less_is_enough(measured, monkeypatch):
    update = Updater.__call__

    def narrow(self, stretch):
        if len(stretch.batches[0]) > 2:
            raise MemoryError
        return update(self, stretch)

    monkeypatch.setattr(Updater, "__call__", narrow)
    found = measured()
    assert not found.fits
    assert found.batch == 2
    assert found.changes == {"train_batch_size": 2, "gradient_accumulation_steps": 2}


def test_where_not_even_one_picture_fits_it_is_told(measured, monkeypatch):
    def full(self, stretch):
        raise MemoryError

    monkeypatch.setattr(Updater, "__call__", full)
    with pytest.raises(OutOfMemoryError, match="Not even one picture"):
        measured()


def test_what_the_run_refuses_is_refused_here(measured):
    with pytest.raises(BadInputError, match="clip_skip: must be"):
        measured(clip_skip=7)


def test_a_step_needs_no_more_than_a_plain_loop(measured, models):
    folder = models["epsilon"]
    unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet").requires_grad_(False)
    layers = [target.path for target in targets_in(unet) if not target.residual]
    unet.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=layers))
    learned = [parameter for parameter in unet.parameters() if parameter.requires_grad]
    parts = [AutoencoderKL.from_pretrained(folder, subfolder="vae")]
    parts += [CLIPTextModel.from_pretrained(folder, subfolder="text_encoder")]
    weights = sum(p.nbytes for part in (unet, *parts) for p in part.parameters())
    with LiveBytes() as live:
        optimizer = torch.optim.AdamW(learned, lr=1e-4)
        noise, context = torch.randn(4, 4, 16, 16), torch.randn(4, 77, 16)
        answer = unet(noise, torch.full((4,), 500), context).sample
        torch.nn.functional.mse_loss(answer, torch.randn_like(noise)).backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
    assert measured().step_bytes <= (weights + live.peak) * 1.02
