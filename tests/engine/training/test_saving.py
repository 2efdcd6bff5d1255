"""Which files a run leaves, what they are called and what they hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from engine.models.adapter_file import read_adapter
from engine.models.catalogue import list_models
from engine.sampling.samplers import Sampler
from engine.training.config import TrainRequest
from engine.training.idle import without_effect
from engine.training.previews import Previews
from engine.training.runs import Run


def names(result, folder="checkpoints"):
    return sorted(path.name for path in (Path(result.run) / folder).iterdir())


def header(result):
    with safe_open(result.checkpoints[-1].path, "pt") as file:
        return file.metadata()


def test_only_the_newest_checkpoints_of_epochs_are_kept_and_the_last_one_beside_them(train):
    result, _ = train(max_train_epochs=5, save_last_n_epochs=2)
    assert names(result) == [
        "style-000003.safetensors", "style-000004.safetensors", "style.safetensors",
    ]  # fmt: skip
    assert [item.epoch for item in result.checkpoints] == [3, 4, 5]
    assert [item.epoch for item in Run(Path(result.run)).checkpoints()] == [3, 4, 5]


def test_steps_are_counted_apart_from_epochs(train):
    result, _ = train(
        max_train_epochs=4, save_every_n_steps=1, save_last_n_steps=3, save_last_n_epochs=1
    )
    assert names(result) == [
        "style-000003.safetensors", "style-step00000006.safetensors",
        "style-step00000007.safetensors", "style-step00000008.safetensors", "style.safetensors",
    ]  # fmt: skip


def test_a_file_of_another_name_is_never_taken_away(train, tmp_path):
    kept = tmp_path / "run" / "checkpoints" / "style-0001.safetensors"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"the user's")
    result, _ = train(max_train_epochs=4, save_last_n_epochs=1)
    assert kept.read_bytes() == b"the user's"
    assert "style-000001.safetensors" not in names(result)


@pytest.mark.parametrize("kind", ["ckpt", "pt"])
def test_the_formats_of_old_tools_hold_the_same_tensors(train, kind):
    plain, _ = train(max_train_epochs=1)
    old, _ = train(max_train_epochs=1, save_model_as=kind)
    assert names(old) == [f"style.{kind}"]
    tensors = torch.load(old.checkpoints[-1].path, weights_only=True)
    same = load_file(plain.checkpoints[-1].path)
    assert tensors.keys() == same.keys()
    assert all(torch.equal(tensors[key], same[key]) for key in same)
    assert read_adapter(old.checkpoints[-1].path).rank == 2
    assert [item.epoch for item in Run(Path(old.run)).checkpoints()] == [1]
    found = {info.path.name: info.kind for info in list_models([], Path(old.run).parent)}
    assert found[f"style.{kind}"] == found["style.safetensors"] == "lora"


def test_the_average_is_saved_alone_or_beside_the_weights(train):
    plain, _ = train(max_train_epochs=3)
    average, _ = train(max_train_epochs=3, ema_decay=0.9)
    both, _ = train(max_train_epochs=3, ema_decay=0.9, save_ema="both", save_last_n_epochs=1)
    assert names(both) == [
        "style-000002-ema.safetensors", "style-000002.safetensors",
        "style-ema.safetensors", "style.safetensors",
    ]  # fmt: skip
    folder = Path(both.run) / "checkpoints"
    tensors = {
        "weights": load_file(plain.checkpoints[-1].path),
        "average": load_file(average.checkpoints[-1].path),
    }
    for name, wanted in (("style", "weights"), ("style-ema", "average")):
        found = load_file(folder / f"{name}.safetensors")
        assert all(torch.equal(found[key], tensors[wanted][key]) for key in found)
    key = next(key for key in tensors["weights"] if "lora_up" in key)
    assert not torch.equal(tensors["weights"][key], tensors["average"][key])


def test_what_the_user_says_stands_in_the_header(train):
    facts = header(train(
        max_train_epochs=1, metadata_title="Sea", metadata_author="Ann", metadata_license="CC0",
        metadata_description="Waves", metadata_tags="sea, ink", min_timestep=100,
        loss_type="l1", ip_noise_gamma=0.1, flip_aug=True, max_token_length="150",
        mixed_precision="bf16", optimizer_args="betas=0.9,0.95", rank_dropout=0.25,
    )[0])  # fmt: skip
    wanted = {
        "modelspec.title": "Sea", "modelspec.author": "Ann", "modelspec.license": "CC0",
        "modelspec.description": "Waves", "modelspec.tags": "sea, ink",
        "modelspec.timestep_range": "100,1000", "ss_loss_type": "l1", "ss_ip_noise_gamma": "0.1",
        "ss_flip_aug": "True", "ss_max_token_length": "150", "ss_mixed_precision": "bf16",
        "ss_optimizer": "torch.optim.adamw.AdamW(weight_decay=0.01,betas=(0.9, 0.95))",
        "ss_network_args": '{"rank_dropout": "0.25"}',
    }  # fmt: skip
    assert {key: facts.get(key) for key in wanted} == wanted


def test_settings_and_pictures_can_be_left_out_of_the_header(train):
    facts = header(train(max_train_epochs=1, no_metadata=True, conv_dim=1)[0])
    assert {key for key in facts if key.startswith("ss_")} == {
        "ss_v2", "ss_base_model_version", "ss_network_module", "ss_network_dim",
        "ss_network_alpha", "ss_network_args",
    }  # fmt: skip
    assert facts["modelspec.title"] == "style"
    assert len(facts["sshs_model_hash"]) == 64


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"save_every_n_epochs": 2, "save_n_epoch_ratio": 3}, ["save_every_n_epochs"]),
        ({"training_comment": "x", "no_metadata": True}, ["training_comment"]),
        ({"metadata_author": "x", "save_model_as": "pt"}, ["metadata_author"]),
        ({"metadata_author": "x", "training_comment": "y"}, []),
    ],
)
def test_what_would_not_be_written_is_told_before_the_start(values, names):
    assert [idle.name for idle in without_effect(TrainRequest(project="p", **values))] == names


# Sample pictures


def test_samples_are_named_as_kohya_names_them(train):
    result, events = train(
        sample_prompts=("red --s 2 --d 4", "blue --s 2"), sample_every_n_steps=3,
        max_train_epochs=2,
    )  # fmt: skip
    stems = [re.sub(r"_20\d{12}", "_time", name) for name in names(result, "samples")]
    assert stems == sorted(
        f"style_{when}_{ending}"
        for when in ("e000000", "000003", "e000001", "e000002")
        for ending in ("00_time_4.png", "01_time.png")
    )
    steps = [event.data["step"] for event in events if event.kind == "train.sample"]
    assert steps == [0, 0, 2, 2, 3, 3, 4, 4]


def test_a_file_of_prompts_is_read_anew_at_every_drawing(train, tmp_path, monkeypatch):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("# ours\nred --s 2\n", encoding="utf-8")
    draw = Previews.draw

    def editing(self, epoch, step, **kwargs):
        draw(self, epoch, step, **kwargs)
        if epoch == 0:
            prompts.write_text("green --s 2\nblue --s 2\n", encoding="utf-8")
        else:
            prompts.unlink(missing_ok=True)

    monkeypatch.setattr(Previews, "draw", editing)
    result, events = train(sample_prompts=(str(prompts),), max_train_epochs=2)
    drawn = [e.data["prompt"] for e in events if e.kind == "train.sample"]
    assert drawn == ["red", "green", "blue"]
    told = [e.data["text"] for e in events if e.kind == "train.warning"]
    assert len(told) == 1
    assert "prompts.txt" in told[0]
    assert result.steps == 4


def test_a_sample_is_drawn_as_its_prompt_and_its_run_say(train, models, monkeypatch):
    from engine.training import previews

    asked = []
    sample = previews.sample

    def noting(model, recipe, **kwargs):
        asked.append((recipe.sampler, recipe.schedule, recipe.clip_skip, recipe.model))
        return sample(model, recipe, **kwargs)

    monkeypatch.setattr(previews, "sample", noting)
    train(
        sample_prompts=("a --s 2 --ss k_euler_a", "b --s 2"), sample_sampler="DDIM",
        max_train_epochs=1, sample_every_n_epochs=0, clip_skip=2,
    )  # fmt: skip
    own = (2, str(models["epsilon"]))
    assert asked == [("euler_a", "normal", *own), ("ddim", "normal", *own)]


def test_samples_begin_at_the_noise_that_the_run_trains_to(train, models, monkeypatch):
    first = []
    start = Sampler.__init__

    def noting(self, *args, **kwargs):
        start(self, *args, **kwargs)
        first.append(self.sigmas[0])

    monkeypatch.setattr(Sampler, "__init__", noting)
    run = {"base_model": str(models["v_prediction"]), "sample_prompts": ("a --s 2",),
           "max_train_epochs": 1, "sample_every_n_epochs": 0}  # fmt: skip
    train(zero_terminal_snr=False, **run)
    train(zero_terminal_snr=True, **run)
    assert first[0] < 20
    assert first[1] > 1000
