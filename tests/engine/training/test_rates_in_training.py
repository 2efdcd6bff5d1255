"""Optimizers, rates and accumulation as a whole run shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from engine.training.runs import Run


def weights(result, at=-1):
    return load_file(result.checkpoints[at].path)


def of_text(tensors):
    return {key: value for key, value in tensors.items() if key.startswith("lora_te")}


def header(result):
    with safe_open(result.checkpoints[-1].path, "pt") as file:
        return file.metadata()


def losses(events):
    return [event.data["loss"] for event in events if event.kind == "train.step"]


def differs(first, second):
    return any(not torch.equal(first[key], second[key]) for key in first)


def test_a_text_encoder_that_stops_stays_as_it_was_while_the_unet_goes_on(train):
    result, events = train(
        text_encoder_lr=1e-2, max_train_epochs=4, stop_text_encoder_training=50,
        lr_scheduler="constant",
    )  # fmt: skip
    half, end = weights(result, 1), weights(result)
    assert not differs(of_text(half), of_text(end))
    assert differs(of_text(weights(result, 0)), of_text(half))
    assert differs(half, end)
    rates = [event.data["lr"] for event in events if event.kind == "train.step"]
    told = [max(rate for name, rate in row.items() if name.startswith("te")) for row in rates]
    assert told == [1e-2] * 4 + [0.0] * 4


def test_each_text_encoder_has_its_rate(train, models):
    two = {"base_model": str(models["two"]), "text_encoder_lr": 1e-2, "max_train_epochs": 1}
    both, first = (
        of_text(weights(train(**two, **rate)[0])) for rate in ({}, {"text_encoder_lr2": 0})
    )
    assert {key.split("_")[1] for key in both} == {"te1", "te2"}
    assert {key.split("_")[1] for key in first} == {"te1"}


@pytest.mark.parametrize("change", [
    {"optimizer_type": "Lion"},
    {"optimizer_type": "NAdam"},
    {"optimizer_args": "betas=0.5,0.6"},
    {"weight_decay": 0.9},
    {"lr_scheduler_type": "ExponentialLR", "lr_scheduler_args": "gamma=0.3"},
    {"max_grad_norm": 1e-9},
])  # fmt: skip
def test_what_is_set_reaches_the_run(train, change):
    plain, _ = train(weight_decay=0.1)
    changed, _ = train(**{"weight_decay": 0.1} | change)
    assert differs(weights(plain), weights(changed))


def test_a_short_last_group_weighs_less_only_as_kohya_weighs_it(train):
    # Three batches of an epoch (4, 1 and 1 pictures repeated) make one full group and a short one.
    alike = {"train_batch_size": 2, "gradient_accumulation_steps": 3, "max_train_epochs": 1}
    ours, kohya = (losses(train(**alike, kohya_accumulation=on)[1]) for on in (False, True))
    assert len(ours) == len(kohya) == 2
    assert kohya[0] == pytest.approx(ours[0])  # three full batches
    assert kohya[1] == pytest.approx(ours[1] / 3)  # one batch, divided by three


def test_a_missing_optimizer_is_replaced_with_a_word_about_it(train):
    result, events = train(optimizer_type="AdamW8bit", optimizer_fallback=True)
    told = [event.data["text"] for event in events if event.kind == "train.warning"]
    assert any("AdamW is used instead of " in text for text in told)
    assert not differs(weights(result), weights(train()[0]))
    assert "AdamW(" in header(result)["ss_optimizer"]


def test_a_schedule_free_run_saves_its_average_and_is_not_disturbed_by_saving(train):
    free = {"optimizer_type": "AdamWScheduleFree", "max_train_epochs": 3}
    often = train(**free)[0]
    seldom = train(**free, save_every_n_epochs=0)[0]
    assert not differs(weights(often), weights(seldom))
    steps = Run.open(Path(often.run)).steps()
    assert set(steps["lr_unet"]) == {1e-2}


def test_adaptive_optimizers_train_whole_runs(train):
    for kind in ("Prodigy", "DAdaptAdam", "Adafactor"):
        result, _ = train(optimizer_type=kind, unet_lr=1.0, max_train_epochs=1)
        assert result.steps == 2
        assert all(torch.isfinite(tensor).all() for tensor in weights(result).values())
