"""In how many bits a run computes, and that fp16's gradients survive."""

from __future__ import annotations

import pytest
import torch

from engine.models.host import host
from engine.runtime.errors import BadInputError
from engine.training import checks
from engine.training.base_model import variant
from engine.training.config import TrainRequest
from engine.training.jobfile import load_toml
from engine.training.precision import Precision

CPU = torch.device("cpu")


def request(**changes):
    values = {"train_data_dir": "art", "output_dir": "run"}
    return TrainRequest.model_validate(values | changes)


def losses(events):
    return [event.data["loss"] for event in events if event.kind == "train.step"]


def test_auto_is_the_best_of_the_device(monkeypatch):
    assert Precision.of(request(), CPU).name == "no"
    assert Precision.of(request(), torch.device("mps")).name == "no"
    card = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert Precision.of(request(), card).name == "bf16"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert Precision.of(request(), card).name == "fp16"
    assert Precision.of(request(mixed_precision="no"), card).name == "no"


@pytest.mark.parametrize(("name", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
@pytest.mark.parametrize("full", [False, True])
def test_what_is_frozen_and_what_learns(name, dtype, full):
    found = Precision.of(request(mixed_precision=name, **{f"full_{name}": full}), CPU)
    assert found.frozen == dtype
    assert found.trained == (dtype if full else torch.float32)
    parameter = torch.nn.Parameter(torch.ones(2))
    found.lower([parameter])
    assert parameter.dtype == found.trained
    with found.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"full_fp16": True}, "needs mixed precision fp16"),
        ({"full_fp16": True, "mixed_precision": "bf16"}, "needs mixed precision fp16"),
        ({"full_bf16": True, "mixed_precision": "fp16"}, "needs mixed precision bf16"),
        ({"fp8_base": True, "mixed_precision": "no"}, "fp8 needs mixed precision fp16 or bf16"),
        ({"fp8_base_unet": True, "mixed_precision": "no"}, "fp8 needs mixed precision"),
        ({"cache_text_encoder_outputs": True}, "text encoder that learns cannot be cached"),
        (
            {"cache_text_encoder_outputs": True, "text_encoder_lr": 0, "shuffle_caption": True},
            "Captions that change at every draw",
        ),
        ({"color_aug": True}, "Colors that change at every draw cannot be cached"),
        ({"random_crop": True}, "Crops that change at every draw cannot be cached"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        request(**changes)


def test_kohyas_switch_of_xformers_is_understood(tmp_path):
    job = tmp_path / "job.toml"
    job.write_text('train_data_dir = "art"\noutput_dir = "run"\nxformers = true\n')
    assert load_toml(job).attention == "xformers"
    assert request(attention=False).attention == "none"


def test_what_the_device_cannot_is_refused():
    apple = torch.device("mps")
    with pytest.raises(BadInputError, match="fp16 cannot be trained on this graphics card"):
        checks.check_memory(request(mixed_precision="fp16"), apple)
    with pytest.raises(BadInputError, match="fp8 needs a graphics card"):
        checks.check_memory(request(fp8_base=True), CPU)
    with pytest.raises(BadInputError, match="fp8 needs a graphics card"):
        checks.check_memory(request(fp8_base_unet=True), CPU)
    with pytest.raises(BadInputError, match="xformers"):
        checks.check_memory(request(attention="xformers"), CPU)
    checks.check_memory(request(mixed_precision="fp16", fp8_base=True), CPU)


def test_full_halves_scale_their_gradients_too():
    parameter = torch.nn.Parameter(torch.ones(4, dtype=torch.float16))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scaler = Precision.of(request(mixed_precision="fp16", full_fp16=True), CPU).scaler()
    tiny = 2.0**-24  # the smallest number of fp16; its half would vanish
    scaler.scale((parameter.float() * tiny).sum() / 2).backward()
    scaler.unscale_(optimizer)
    assert parameter.grad.dtype == torch.float16
    scaler.step(optimizer)
    scaler.update()
    assert not Precision.of(request(mixed_precision="bf16"), CPU).scaler().is_enabled()


@pytest.mark.parametrize("name", ["bf16", "fp16"])
@pytest.mark.parametrize("full", [False, True])
def test_a_run_in_half_the_bits_learns_nearly_the_same(train, name, full):
    common = {"unet_lr": 1e-3, "max_train_epochs": 1}
    changes = {"mixed_precision": name, f"full_{name}": full}
    exact, halved = losses(train(**common)[1]), losses(train(**common, **changes)[1])
    assert halved != exact
    assert halved == pytest.approx(exact, rel=0.05)


def test_adapters_of_full_halves_are_in_half_the_bits(train, monkeypatch):
    seen = []
    original = Precision.lower

    def lower(self, parameters):
        original(self, parameters)
        seen.append({parameter.dtype for parameter in parameters})

    monkeypatch.setattr(Precision, "lower", lower)
    train(mixed_precision="bf16", full_bf16=True, max_train_epochs=1)
    train(mixed_precision="bf16", max_train_epochs=1)
    assert seen == [{torch.bfloat16}, {torch.float32}]


def test_a_base_in_eight_bits_learns_nearly_the_same_and_leaves_no_trace(train, models):
    common = {"mixed_precision": "bf16", "text_encoder_lr": 1e-3, "max_train_epochs": 1}
    exact = losses(train(**common)[1])
    unet = losses(train(fp8_base_unet=True, **common)[1])
    both = losses(train(fp8_base=True, **common)[1])
    assert exact[0] != unet[0] != both[0]
    assert unet == pytest.approx(exact, rel=0.15)
    assert both == pytest.approx(exact, rel=0.15)
    model = host().get(str(models["epsilon"]), dtype=torch.bfloat16)
    assert losses(train(**common)[1]) == exact
    assert model is host().get(str(models["epsilon"]), dtype=torch.bfloat16)


@pytest.mark.parametrize("kind", ["lora", "loha"])
def test_every_adapter_learns_on_a_base_in_eight_bits(train, kind):
    common = {
        "network_type": kind,
        "dora_wd": True,
        "conv_dim": 2,
        "unet_lr": 1e-3,
        "max_train_epochs": 1,
    }
    common["mixed_precision"] = "bf16"
    wide, narrow = (losses(train(fp8_base=eight, **common)[1]) for eight in (False, True))
    assert wide != narrow
    assert narrow == pytest.approx(wide, rel=0.2)


def test_a_run_that_changes_the_model_itself_gets_a_copy_of_its_own(request_for):
    changes = ({}, {"fp8_base": True}, {"fp8_base_unet": True})
    names = [variant(request_for(mixed_precision="bf16", **change)) for change in changes]
    assert names[0] == ""
    assert len(set(names)) == 3
