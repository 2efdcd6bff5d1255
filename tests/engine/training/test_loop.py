from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from engine.models import adapters
from engine.models.host import host
from engine.models.loading import load_model
from engine.runtime.errors import BadInputError, JobCancelled, MissingFileError, TrainingError
from engine.runtime.job import Job, JobHandle, Request
from engine.sampling.pipeline import sample
from engine.sampling.request import ImageRequest
from engine.training.checkpoints import CheckpointWriter
from engine.training.conditioning import encode_captions
from engine.training.learner import Learner
from engine.training.loop import run
from engine.training.run_pictures import learned, noted_words
from engine.training.runs import Run

from .conftest import paint


def final(result):
    return load_file(result.checkpoints[-1].path)


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def header(path):
    with safe_open(path, "pt") as file:
        return file.metadata()


def test_the_same_seed_gives_the_same_weights(train, tmp_path):
    first, _ = train(text_encoder_lr=1e-3, shuffle_caption=True)
    second, _ = train(text_encoder_lr=1e-3, shuffle_caption=True)
    other, _ = train(text_encoder_lr=1e-3, shuffle_caption=True, seed=6)
    assert same(final(first), final(second))
    assert not same(final(first), final(other))


def test_sample_pictures_do_not_disturb_the_run(train):
    plain, _ = train()
    torch.manual_seed(99)
    drawn, events = train(sample_prompts=("red block --s 2 --d 4", "blue --s 2 --w 64 --h 64"))
    assert same(final(plain), final(drawn))
    samples = [event.data for event in events if event.kind == "train.sample"]
    assert [(item["epoch"], item["index"]) for item in samples] == [
        (0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1),
    ]  # fmt: skip
    assert samples[0]["seed"] == 4
    assert samples[1]["seed"] == 5
    assert len(Run.open(Path(drawn.run)).samples()) == 6


def test_a_picture_asked_for_in_between_does_not_disturb_the_run(train, models):
    plain, _ = train()
    asked = ImageRequest(prompt="red", width=32, height=32, steps=2)
    drawn = []

    def between():
        if len(drawn) < 3:
            model = host().get(str(models["epsilon"]), dtype=torch.float32)
            with adapters.active(model, {}):
                drawn.extend(sample(model, asked, job=Job.detached()))

    disturbed, _ = train(Job(JobHandle(Request()), between))
    assert len(drawn) == 3
    assert (drawn[0] == drawn[2]).all()  # the base model, whatever the training did meanwhile
    assert same(final(plain), final(disturbed))


def test_cached_and_uncached_latents_train_the_same(train):
    cached, _ = train(cache_latents=True)
    uncached, _ = train(cache_latents=False)
    assert same(final(cached), final(uncached))


def test_gradient_checkpointing_trains_the_same(train):
    plain, _ = train()
    frugal, _ = train(gradient_checkpointing=True)
    for key, tensor in final(plain).items():
        torch.testing.assert_close(final(frugal)[key], tensor, atol=1e-5, rtol=1e-4)


def test_a_rate_of_zero_leaves_the_part_alone(train):
    unet, _ = train(text_encoder_lr=0)
    text, _ = train(unet_lr=0, text_encoder_lr=1e-3)
    both, _ = train(text_encoder_lr=1e-3)
    prefixes = [{key.split("_")[1] for key in final(result)} for result in (unet, text, both)]
    assert prefixes == [{"unet"}, {"te"}, {"unet", "te"}]


def test_convolutions_learn_only_when_asked(train):
    plain, _ = train()
    wide, _ = train(conv_dim=3, conv_alpha=1.5)
    assert not any("resnets" in key for key in final(plain))
    down = final(wide)["lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight"]
    assert down.shape == (3, 16, 3, 3)
    assert float(final(wide)["lora_unet_down_blocks_0_resnets_0_conv1.alpha"]) == 1.5


@pytest.mark.parametrize("family", ["epsilon", "sd2", "two"])
def test_a_fresh_model_with_the_file_answers_as_the_trained_one(train, models, monkeypatch, family):
    ref = str(models[family])
    answers = []

    def answer(model):
        inputs = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(3))
        with torch.no_grad():
            context, pooled = encode_captions(model, ["thing 1, block"])
            extra = {"text_embeds": pooled, "time_ids": torch.full((1, 6), 32.0)}
            return model.unet(
                inputs, 500, context, added_cond_kwargs=extra if family == "two" else None
            ).sample

    write = CheckpointWriter.write

    def answering(self, *args, **kwargs):
        answers.append(answer(host().get(ref, dtype=torch.float32)))
        return write(self, *args, **kwargs)

    monkeypatch.setattr(CheckpointWriter, "write", answering)
    result, _ = train(base_model=ref, text_encoder_lr=1e-2, conv_dim=2)
    fresh = load_model(ref, device=torch.device("cpu"), dtype=torch.float32)
    base = answer(fresh)
    info = adapters.attach(fresh, result.checkpoints[-1].path, "style")
    with adapters.active(fresh, {"style": (1.0, 1.0)}):
        loaded = answer(fresh)
    assert info.unknown == ()
    assert float((loaded - base).abs().max()) > 1e-2
    assert float((loaded - answers[-1]).abs().max()) < 1e-4


def test_the_base_model_is_untouched_afterwards(train, models):
    model = host().get(str(models["epsilon"]), dtype=torch.float32)
    before = {key: tensor.clone() for key, tensor in model.unet.state_dict().items()}
    train(text_encoder_lr=1e-3, gradient_checkpointing=True)
    after = host().get(str(models["epsilon"]), dtype=torch.float32)
    assert after is model
    assert same(before, dict(model.unet.state_dict()))
    assert not any(parameter.requires_grad for parameter in model.unet.parameters())
    assert not model.unet.is_gradient_checkpointing


def test_the_last_group_of_an_epoch_counts_every_picture_once(train, art, monkeypatch):
    shutil.rmtree(art / "2_wide")
    paint(art / "1_square", 5)

    def numbered(self, pictures, captions, draw):
        weight = next(p for p in self._model.unet.parameters() if p.requires_grad)
        values = [float(Path(picture.name).stem[-1]) for picture in pictures]
        return torch.tensor(values) + weight.sum() * 0

    monkeypatch.setattr(Learner, "losses", numbered)
    result, _ = train(max_train_epochs=1, train_batch_size=2, gradient_accumulation_steps=2)
    losses = Run.open(Path(result.run)).steps()["loss"]
    # Five pictures in batches of two: a group of two batches and a last group of one.
    assert len(losses) == 2
    totals = [losses[0] * first + losses[1] * (5 - first) for first in (4, 3)]
    assert min(abs(total - (0 + 1 + 2 + 3 + 4)) for total in totals) < 1e-5


def test_warmup_starts_with_a_rate_of_zero(train):
    result, _ = train(lr_warmup_steps=3, train_batch_size=2)
    rates = Run.open(Path(result.run)).steps()["lr_unet"]
    assert rates[0] == 0
    assert rates[3] == pytest.approx(1e-2)
    assert rates[-1] < rates[3]


def test_checkpoints_are_named_as_kohya_names_them(train):
    result, events = train(max_train_epochs=3)
    names = [Path(item.path).name for item in result.checkpoints]
    assert names == ["style-000001.safetensors", "style-000002.safetensors", "style.safetensors"]
    saved = [event.data for event in events if event.kind == "train.checkpoint"]
    assert [item["bytes"] for item in saved] == [
        Path(item["path"]).stat().st_size for item in saved
    ]


def test_saving_can_be_rare_but_the_last_is_always_saved(train):
    rare, _ = train(max_train_epochs=3, save_every_n_epochs=2)
    off, _ = train(save_every_n_epochs=0)
    assert [item.epoch for item in rare.checkpoints] == [2, 3]
    assert [item.epoch for item in off.checkpoints] == [2]


def test_steps_end_a_run_inside_an_epoch(train):
    result, _ = train(max_train_epochs=0, max_train_steps=3)
    assert result.steps == 3
    assert Path(result.checkpoints[-1].path).name == "style.safetensors"


def test_events_tell_the_story_in_order(train):
    result, events = train()
    kinds = Counter(event.kind for event in events)
    assert [event.kind for event in events[:2]] == ["train.opened", "train.started"]
    assert events[-1].kind == "train.finished"
    started = events[1].data
    assert (started["pictures"], started["buckets"]) == (6, 2)
    # Four squares make one batch; two wide pictures twice make another.
    assert (started["steps_per_epoch"], started["total_steps"]) == (2, 4)
    assert kinds["train.step"] == result.steps == 4
    assert all(e.kind == "train.step" or e.data["run"] == result.run for e in events)
    step = next(event.data for event in events if event.kind == "train.step")
    assert step["lr"] == {"unet": pytest.approx(1e-2)}
    assert step["grad_norm"] > 0
    json.dumps([event.data for event in events])


def test_the_progress_names_the_run(train):
    job = Job.detached()
    train(job, max_train_epochs=1)
    assert str(job.handle.progress.facts["name"]) == "style"


def test_the_average_covers_one_epoch(train):
    result, _ = train()
    losses = Run.open(Path(result.run)).steps()
    assert losses["average"][-1] == pytest.approx(losses["loss"][-2:].mean())
    assert result.final_loss == losses["average"][-1]


def test_the_header_tells_other_tools_what_they_look_for(train):
    result, _ = train(trigger_word="kiln", conv_dim=2, training_comment="first try")
    facts = header(result.checkpoints[0].path)
    assert facts["ss_output_name"] == "style"
    assert facts["ss_network_module"] == "networks.lora"
    assert (facts["ss_network_dim"], facts["ss_network_alpha"]) == ("2", "2.0")
    assert json.loads(facts["ss_network_args"]) == {"conv_dim": "2", "conv_alpha": "1.0"}
    assert (facts["ss_epoch"], facts["ss_steps"], facts["ss_num_epochs"]) == ("1", "2", "2")
    assert facts["ss_resolution"] == "(32, 32)"
    assert facts["ss_v2"] == "False"
    assert facts["ss_base_model_version"] == "sd_v1"
    assert json.loads(facts["ss_dataset_dirs"])["2_wide"] == {"n_repeats": 2, "img_count": 2}
    assert json.loads(facts["ss_tag_frequency"])["1_square"]["block"] == 4
    buckets = json.loads(facts["ss_bucket_info"])["buckets"].values()
    assert {(tuple(row["resolution"]), row["count"]) for row in buckets} == {
        ((32, 32), 4), ((40, 24), 4),
    }  # fmt: skip
    assert facts["modelspec.architecture"] == "stable-diffusion-v1/lora"
    assert facts["modelspec.trigger_phrase"] == "kiln"
    assert facts["ss_training_comment"] == "first try"
    assert len(facts["sshs_model_hash"]) == 64


def test_half_precision_checkpoints_are_half_as_large(train):
    result, _ = train(save_precision="fp16")
    assert {tensor.dtype for tensor in final(result).values()} == {torch.float16}


def test_cancelling_keeps_the_finished_checkpoints(train, request_for):
    job = Job.detached()
    emit = job.emit

    def stop_after_the_first(kind, **data):
        emit(kind, **data)
        if kind == "train.checkpoint":
            job.handle.cancel()

    job.emit = stop_after_the_first
    request = request_for(max_train_epochs=5)
    with pytest.raises(JobCancelled):
        run(request, job)
    left = Run.open(Path(request.output_dir))
    assert left.status == "cancelled"
    assert [item.epoch for item in left.checkpoints()] == [1]
    assert load_file(left.checkpoints()[0].path)


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_stopping_saves_what_was_learned_since_the_newest_checkpoint(request_for, steps):
    job = Job.detached()
    emit = job.emit

    def stop(kind, **data):
        emit(kind, **data)
        if (data.get("step") if kind == "train.step" else 0) == steps:
            job.handle.cancel()

    job.emit = stop
    request = request_for(max_train_epochs=5)
    with pytest.raises(JobCancelled):
        run(request, job)
    left = Run.open(Path(request.output_dir)).checkpoints()
    assert [item.step for item in left] == {0: [], 1: [1], 3: [2, 3]}[steps]
    assert all(load_file(item.path) for item in left)


def test_a_loss_that_is_no_number_stops_the_run(train, request_for, monkeypatch):
    losses = Learner.losses

    def broken(self, *args):
        return losses(self, *args) * math.nan

    monkeypatch.setattr(Learner, "losses", broken)
    request = request_for()
    with pytest.raises(TrainingError, match="not a number any more at step 1"):
        run(request, Job.detached())
    failed = Run.open(Path(request.output_dir))
    assert failed.status == "failed"
    assert "not a number" in failed.info["message"]


def test_one_corrupt_picture_among_good_ones_is_left_out(train, art):
    (art / "1_square" / "picture_0.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    result, events = train()
    assert events[0].kind == "train.warning" or any(e.kind == "train.warning" for e in events)
    started = next(event.data for event in events if event.kind == "train.started")
    assert started["pictures"] == 5
    assert Run.open(Path(result.run)).status == "finished"
    [run] = learned(Path(result.run).parent)
    sizes = {str(path): path.stat().st_size for path in art.rglob("*.png")}
    assert run.pictures == {
        k: n for k, n in sizes.items() if Path(k).parts[-2:] != ("1_square", "picture_0.png")
    }


def test_a_run_notes_the_captions_and_the_trigger_word_as_it_learned_them(train, art):
    files = sorted(art.rglob("*.txt")) or sorted(art.rglob("*.png"))
    for number, file in enumerate(files):
        file.with_suffix(".txt").write_text(f"thing {number}, tag", encoding="utf-8")
    result, _ = train(trigger_word="pxl", shuffle_caption=True)
    found = noted_words(Run.open(Path(result.run)))
    assert found is not None
    assert found.trigger == "pxl"
    assert sorted(found.captions) == sorted(
        f"pxl, thing {number}, tag" for number in range(len(files))
    )


def test_only_corrupt_pictures_are_refused(train, art):
    for path in art.rglob("*.png"):
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises((TrainingError, BadInputError), match="picture"):
        train()


def test_an_empty_folder_is_refused_before_the_model_is_loaded(train, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="no pictures to train on"):
        train(train_data_dir=str(tmp_path / "empty"), base_model="none")


def test_a_missing_folder_is_refused(train, tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        train(train_data_dir=str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bucket_reso_steps": 10}, "multiple of 4"),
        ({"resolution": "30", "enable_bucket": False}, "multiples of 4"),
        ({"clip_skip": 3}, "must be 2 or less"),
        ({"resolution": "32", "min_bucket_reso": 16, "max_bucket_reso": 32}, ""),
        ({"sample_prompts": ("x --s 999",)}, "sample prompt"),
    ],
)
def test_what_the_model_cannot_do_is_told_in_one_sentence(train, changes, words):
    if not words:
        assert train(**changes)[0].steps
        return
    with pytest.raises(BadInputError, match=words):
        train(**changes)


def test_captions_are_encoded_once_when_the_text_encoder_does_not_learn(train, models):
    model = host().get(str(models["epsilon"]), dtype=torch.float32)
    calls = []
    handle = model.text_encoders[0].register_forward_hook(lambda *_: calls.append(1))
    try:
        train()
    finally:
        handle.remove()
    assert len(calls) == 4  # the wide pictures have the captions of two squares


def test_regularization_pictures_can_be_weighed_down(train, tmp_path):
    paint(tmp_path / "reg" / "1_reg", 2)
    _, events = train(
        reg_data_dir=str(tmp_path / "reg"),
        prior_loss_weight=0.0,
        max_train_epochs=1,
        train_batch_size=1,
    )
    started = next(event.data for event in events if event.kind == "train.started")
    losses = [event.data["loss"] for event in events if event.kind == "train.step"]
    assert started["total_steps"] == 16  # eight draws of art, and as many of the two others
    assert losses.count(0.0) == 8
