"""What the adapter's settings do to a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.models import adapters
from engine.models.host import host
from engine.training import update

ONE_STEP = {
    "max_train_steps": 1, "max_train_epochs": 0, "unet_lr": 1e-3, "text_encoder_lr": 1e-4,
    "weight_decay": 0.0, "lr_scheduler": "constant", "max_grad_norm": 0.0,
}  # fmt: skip
MIDDLE = "lora_unet_mid_block_"


def saved(result):
    return load_file(result.checkpoints[-1].path)


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def moved(tensors, ending, start):
    """The longest way a number went from zero, in modules whose names begin with ``start``."""
    return max(
        float(tensor.abs().max())
        for key, tensor in tensors.items()
        if key.startswith(start) and key.endswith(ending)
    )


@pytest.mark.parametrize(
    "values",
    [
        {"network_dropout": 0.3},
        {"rank_dropout": 0.3},
        {"module_dropout": 0.5},
        {"network_type": "lokr", "rank_dropout": 0.3},
        {"scale_weight_norms": 0.001},
    ],
    ids=str,
)
def test_a_setting_changes_the_run_and_the_same_setting_gives_the_same_run(train, values):
    plain = {"network_type": values["network_type"]} if "network_type" in values else {}
    runs = [saved(train(max_train_epochs=1, **one)[0]) for one in (plain, values, values)]
    assert not same(runs[0], runs[1])
    assert same(runs[1], runs[2])


def test_what_is_dropped_out_follows_the_seed_of_the_run(train, monkeypatch):
    names = []
    chance = update.torch_chance

    def noting(name, device):
        names.append(name)
        return chance(name, device)

    monkeypatch.setattr(update, "torch_chance", noting)
    train(max_train_epochs=1, seed=5)
    train(max_train_epochs=1, seed=6)
    assert names == ["torch 5 1", "torch 5 2", "torch 6 1", "torch 6 2"]


@pytest.mark.parametrize(
    ("values", "unet", "text"),
    [
        ({}, 1e-3, 1e-4),
        ({"loraplus_lr_ratio": 16}, 1.6e-2, 1.6e-3),
        ({"loraplus_unet_lr_ratio": 4}, 4e-3, 1e-4),
        ({"loraplus_lr_ratio": 16, "loraplus_text_encoder_lr_ratio": 2}, 1.6e-2, 2e-4),
    ],
    ids=str,
)
def test_the_first_step_of_adam_is_as_long_as_the_rate_of_each_half(train, values, unet, text):
    tensors = saved(train(**ONE_STEP, **values)[0])
    assert moved(tensors, "lora_up.weight", "lora_unet") == pytest.approx(unet, rel=1e-3)
    assert moved(tensors, "lora_up.weight", "lora_te") == pytest.approx(text, rel=1e-3)


def test_the_rates_of_blocks_reach_their_blocks(train):
    values = {"down_lr_weight": "linear+0.5", "mid_lr_weight": "0.25", "up_lr_weight": "2"}
    tensors = saved(train(**ONE_STEP, **values)[0])
    for start, rate in {
        "lora_unet_down_blocks_0_attentions_0": (0.5 + 1 / 11) * 1e-3,
        MIDDLE: 0.25e-3,
        "lora_unet_up_blocks_1": 1e-3,
        "lora_te": 1e-4,
    }.items():
        assert moved(tensors, "lora_up.weight", start) == pytest.approx(rate, rel=1e-3)


def test_no_layer_of_a_finished_run_is_over_the_limit(train):
    result, events = train(scale_weight_norms=0.01)
    tensors = saved(result)
    names = {key.split(".")[0] for key in tensors}
    lengths = [
        float(
            (
                tensors[f"{name}.lora_up.weight"].flatten(1)
                @ tensors[f"{name}.lora_down.weight"].flatten(1)
            ).norm()
        )
        for name in names
    ]
    assert max(lengths) == pytest.approx(0.01, rel=1e-3)
    last = [event.data for event in events if event.kind == "train.step"][-1]
    assert last["keys_scaled"] > 0
    assert last["max_norm"] == pytest.approx(0.01)
    assert last["avg_norm"] == pytest.approx(sum(lengths) / len(lengths), rel=1e-3)


def test_the_average_is_saved_alone_or_beside_the_weights(train):
    def files(result):
        return {Path(item.path).stem: load_file(item.path) for item in result.checkpoints}

    plain = files(train()[0])
    alone = files(train(ema_decay=0.9)[0])
    both = files(train(ema_decay=0.9, save_ema="both")[0])
    assert same(both["style"], plain["style"])
    assert same(both["style-ema"], alone["style"])
    assert not same(alone["style"], plain["style"])
    other = files(train(ema_decay=0.2)[0])
    assert not same(other["style"], alone["style"])


@pytest.mark.parametrize(
    "values",
    [
        {"network_type": "loha"},
        {"network_type": "lokr", "network_dim": 1},
        {"network_type": "lokr", "dora_wd": True},
        {"dora_wd": True},
        {"network_type": "loha", "mixed_precision": "bf16"},
        {"dora_wd": True, "mixed_precision": "bf16", "gradient_checkpointing": True},
    ],
    ids=str,
)
def test_every_kind_learns_and_its_file_loads(train, models, values):
    result, _ = train(text_encoder_lr=1e-3, conv_dim=1, **values)
    tensors = saved(result)
    zero = ("lora_up.weight", "hada_w2_a", "lokr_w2", "lokr_w2_b")
    still = [key for key, t in tensors.items() if key.endswith(zero) and not t.any()]
    assert still == []
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())
    model = host().get(str(models["epsilon"]), dtype=torch.float32)
    info = adapters.attach(model, result.checkpoints[-1].path, "kind")
    assert info.unknown == ()
    adapters.detach(model, "kind")


def test_a_run_goes_on_from_the_weights_of_another(train, tmp_path):
    first, _ = train(max_train_epochs=1)
    start = first.checkpoints[-1].path
    frozen = {"unet_lr": 1e-9, "lr_scheduler": "constant", "weight_decay": 0.0}
    second, events = train(
        network_weights=start, dim_from_weights=True, output_dir=str(tmp_path / "second"), **frozen
    )
    for key, tensor in load_file(start).items():
        torch.testing.assert_close(saved(second)[key], tensor, rtol=1e-4, atol=1e-6)
    assert not [event for event in events if event.kind == "train.warning"]


def test_what_a_run_cannot_go_on_with_is_a_warning_of_the_run(train, tmp_path):
    first, _ = train(text_encoder_lr=1e-3)
    _, events = train(
        network_weights=first.checkpoints[-1].path, output_dir=str(tmp_path / "second")
    )
    (text,) = [event.data["text"] for event in events if event.kind == "train.warning"]
    assert "lora_te_" in text
